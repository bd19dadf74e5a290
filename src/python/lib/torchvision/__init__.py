"""torchvision without a checkout: its models are opcount's built-in ones, its operators those of models."""

from . import models, ops, transforms  # noqa: F401
from torch import _quiet

__version__ = "0.28.0"

datasets = _quiet.module("torchvision.datasets")
io = _quiet.module("torchvision.io")
utils = _quiet.module("torchvision.utils")
tv_tensors = _quiet.module("torchvision.tv_tensors")


def _is_tracing():
    return False


def disable_beta_transforms_warning():
    return None


def set_image_backend(backend):
    return None


def get_image_backend():
    return "PIL"
