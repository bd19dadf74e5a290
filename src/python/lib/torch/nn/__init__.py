"""Layers, with PyTorch's names, fields and behaviour."""

import importlib as _importlib

from . import functional, init, parameter  # noqa: F401
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter  # noqa: F401
from .modules import *  # noqa: F401,F403
from . import modules  # noqa: F401

# The layers have a `utils` of their own, which the line above brings along.
utils = _importlib.import_module(".utils", __name__)
from .parallel import DataParallel  # noqa: F401
from ._float_functional import FloatFunctional
from .. import _noop

quantized = _noop.module("torch.nn.quantized", FloatFunctional=FloatFunctional, QFunctional=FloatFunctional)
qat = _noop.module("torch.nn.qat")
intrinsic = _noop.module("torch.nn.intrinsic")
from . import attention, grad  # noqa: E402,F401


def factory_kwargs(kwargs):
    return {k: kwargs[k] for k in ("device", "dtype", "memory_format") if k in kwargs}
