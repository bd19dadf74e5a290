"""The parts of huggingface_hub that models use: classes that it loads and saves, dataclasses that check their fields. Nothing is fetched."""

from . import constants, dataclasses, errors, utils  # noqa: F401

__version__ = "1.0.0"


class ModelHubMixin:
    """A class that is built as it is without it: settings of the class statement are the hub's."""

    def __init_subclass__(cls, **_):
        super().__init_subclass__()

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, **_):
        raise NotImplementedError(f"weights are not read: build {cls.__name__} by its arguments")

    def save_pretrained(self, *_, **__):
        raise NotImplementedError("there is nothing to save without data")

    push_to_hub = save_pretrained


class PyTorchModelHubMixin(ModelHubMixin):
    pass


def is_offline_mode():
    return True
