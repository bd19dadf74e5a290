"""Registries, configurations and small helpers."""

from mmengine.config import Config, ConfigDict  # noqa: F401
from mmengine.registry import Registry, build_from_cfg  # noqa: F401
from mmengine.utils import (
    deprecated_api_warning,
    digit_version,
    is_list_of,
    is_seq_of,
    is_str,
    is_tuple_of,
    mkdir_or_exist,
    to_1tuple,
    to_2tuple,
    to_3tuple,
    to_4tuple,
    to_ntuple,
)  # noqa: F401
from torch.nn.modules.batchnorm import _BatchNorm  # noqa: F401
from torch.nn.modules.instancenorm import _InstanceNorm  # noqa: F401

TORCH_VERSION = "2.13.0"


def get_logger(name, *args, **kwargs):
    import logging

    return logging.getLogger(name)


def print_log(msg, logger=None, level=20):
    return None


def is_jit_tracing():
    return False


def import_modules_from_strings(*args, **kwargs):
    return None
