"""Transforms of images: there to be named and put together; there are no images."""

from torch import _noop


class _Transform:
    def __init__(self, *args, **kwargs):
        self.args = args

    def __call__(self, image):
        raise NotImplementedError(
            f"torchvision.transforms.{type(self).__name__}: opcount has no images to transform; profile the model on a tensor of the image's shape"
        )


for _name in (
    "Compose ToTensor Normalize Resize CenterCrop RandomCrop RandomResizedCrop RandomHorizontalFlip RandomVerticalFlip ColorJitter Grayscale"
    " RandomRotation Pad Lambda PILToTensor ConvertImageDtype ToPILImage RandomErasing RandomAffine GaussianBlur RandomApply RandomChoice"
    " AutoAugment RandAugment TrivialAugmentWide AugMix RandomGrayscale FiveCrop TenCrop RandomPerspective"
).split():
    globals()[_name] = type(_name, (_Transform,), {"__module__": "torchvision.transforms"})

InterpolationMode = _noop.Words("InterpolationMode")
functional = _noop.module("torchvision.transforms.functional", InterpolationMode=InterpolationMode)
v2 = _noop.module("torchvision.transforms.v2")
transforms = _noop.module("torchvision.transforms.transforms")
