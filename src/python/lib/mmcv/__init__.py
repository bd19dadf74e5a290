"""mmcv: the layers and registries that detection and segmentation models are built from."""

from mmengine.config import Config, ConfigDict  # noqa: F401
from mmengine.registry import Registry, build_from_cfg  # noqa: F401
from mmengine.utils import digit_version, is_list_of, is_seq_of, is_str, is_tuple_of, mkdir_or_exist, wanted_version  # noqa: F401

from . import cnn, ops, runner, utils  # noqa: F401


def __getattr__(name):
    if name == "__version__":
        return wanted_version("1.7.2")
    raise AttributeError(f"module 'mmcv' has no attribute '{name}'")


def jit(func=None, **_):
    return func if func is not None else (lambda f: f)
