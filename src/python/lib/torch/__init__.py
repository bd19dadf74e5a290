"""
PyTorch's names over tensors without data. Nothing here computes: shapes, dtypes and costs come from opcount, and the
modules are there to be built, traversed and called as PyTorch's are.
"""

import math as _math
import sys as _sys

from . import _quiet, _types
from ._types import *  # noqa: F401,F403
from ._types import Size, bool, device, dtype, float, int  # noqa: F401
from . import _dispatch, _tensor
from ._tensor import Tensor
from ._factories import *  # noqa: F401,F403
from ._factories import complex, empty, full, tensor  # noqa: F401
from ._functions import *  # noqa: F401,F403
from ._functions import all, any, max, min, sum  # noqa: F401
from ._symbols import SymInt  # noqa: F401

__version__ = "2.13.0+opcount"

import builtins as _builtins

inf = _math.inf
nan = _math.nan
pi = _math.pi
e = _math.e
newaxis = None

# --- types of old, and the default

for _name, _legacy in _tensor._LEGACY_NAMES.items():
    globals()[_legacy] = type(_legacy, (Tensor,), {"_legacy_dtype": _types.dtype._known[_name], "__module__": "torch"})


def _legacy_init(self, *args):
    Tensor.__init__(self, *args, dtype=type(self)._legacy_dtype)


for _legacy in _tensor._LEGACY_NAMES.values():
    globals()[_legacy].__init__ = _legacy_init
    _dispatch.TENSORS.add(globals()[_legacy])


def get_default_dtype():
    return _tensor._default[0]


def set_default_dtype(d):
    _tensor._default[0] = d


def set_default_tensor_type(t):
    _tensor._default[0] = getattr(t, "_legacy_dtype", None) or _tensor.legacy_dtype(t)


def get_default_device():
    return device("cpu")


set_default_device = _quiet.none
set_printoptions = _quiet.none
set_num_threads = set_num_interop_threads = _quiet.none
set_float32_matmul_precision = _quiet.none
use_deterministic_algorithms = _quiet.none
are_deterministic_algorithms_enabled = _quiet.false
set_flush_denormal = _quiet.none


def get_num_threads():
    return 1


def manual_seed(seed):
    return Generator()


def seed():
    return 0


initial_seed = seed


class Generator:
    def __init__(self, device=None):
        pass

    def manual_seed(self, seed):
        return self

    def initial_seed(self):
        return 0


# --- modes

no_grad = type("no_grad", (_quiet.Context,), {})
enable_grad = type("enable_grad", (_quiet.Context,), {})
inference_mode = type("inference_mode", (_quiet.Context,), {})
set_grad_enabled = type("set_grad_enabled", (_quiet.Context,), {})
autocast = type("autocast", (_quiet.Context,), {})
is_grad_enabled = is_inference_mode_enabled = is_autocast_enabled = is_autocast_cpu_enabled = _quiet.false
get_autocast_gpu_dtype = get_autocast_cpu_dtype = get_autocast_dtype = lambda *a: _types.bfloat16
is_anomaly_enabled = _quiet.false
compile = _quiet.decorator


def _assert(condition, message=""):
    if condition is not True and not condition:
        raise AssertionError(message)


def _check(condition, message=None):
    if not condition:
        raise RuntimeError(message() if callable(message) else message or "Expected cond to be True")


def _check_is_size(i, message=None, *, max=None):
    return None


def _shape_as_tensor(x):
    return tensor(list(x.shape))


def typename(o):
    return f"{type(o).__module__}.{type(o).__name__}"


def is_storage(obj):
    return False


def is_inference(x):
    return False


is_warn_always_enabled = _quiet.false


def load(f, *args, **kwargs):
    raise NotImplementedError("torch.load: weights are not read; build the model from its source without loading a checkpoint (weights=None, pretrained=False)")


def save(obj, f, *args, **kwargs):
    raise NotImplementedError("torch.save: there is nothing to save without data")


def vmap(func, *args, **kwargs):
    raise NotImplementedError("torch.vmap is not part of opcount's torch")


def sym_int(x):
    return x if hasattr(x, "_formula") else _builtins.int(x)


def sym_float(x):
    return _builtins.float(x)


def sym_max(a, b):
    return a if a >= b else b


def sym_min(a, b):
    return a if a <= b else b


# --- sub-packages

from . import nn, utils, jit, autograd, hub, random, version, return_types, ops, serialization, library, linalg, fft, special  # noqa: E402,F401
from . import _quiet_modules  # noqa: E402,F401
from ._quiet_modules import amp, ao, backends, cuda, distributed, distributions, fx, multiprocessing, onnx, optim, overrides, quantization, sparse, testing  # noqa: E402,F401

from .nn.parameter import Parameter as _Parameter  # noqa: E402

nn.Parameter = _Parameter


def __getattr__(name):
    if name == "functional":
        return nn.functional
    found = _dispatch.function(name)
    if found is None:
        raise AttributeError(f"module 'torch' has no attribute '{name}'")
    return found


_ = _sys
