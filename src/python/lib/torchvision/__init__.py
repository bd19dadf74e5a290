"""torchvision without a checkout: its models are opcount's built-in ones, its operators those of models."""

from . import models, ops, transforms  # noqa: F401
from torch import _noop

__version__ = "0.28.0"

datasets = _noop.module("torchvision.datasets")
io = _noop.module("torchvision.io")
utils = _noop.module("torchvision.utils")
tv_tensors = _noop.module("torchvision.tv_tensors")


def _is_tracing():
    return False


def disable_beta_transforms_warning():
    return None


def set_image_backend(backend):
    return None


def get_image_backend():
    return "PIL"
