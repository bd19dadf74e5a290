"""
PyTorch's names over tensors without data. Nothing here computes: shapes, dtypes and costs come from opcount, and the
modules can be built, traversed and called as PyTorch's can.
"""

import importlib as _importlib
import math as _math
import sys as _sys

from . import _functions, _noop, _types
from ._types import *  # noqa: F401,F403
from ._types import Size, bool, device, dtype, float, int  # noqa: F401
from . import _dispatch, _tensor
from ._tensor import Tensor
from ._factories import *  # noqa: F401,F403
from ._factories import complex, empty, full, tensor  # noqa: F401
from ._functions import *  # noqa: F401,F403
from ._functions import all, any, max, min, sum  # noqa: F401
from . import _indexing, _methods, _signs  # noqa: F401  (the operators, as members of Tensor)
from . import _algebra, _compositions, _tensor_more  # noqa: F401
from ._symbols import SymInt  # noqa: F401
from . import _routing, _uniform  # noqa: F401

_dispatch.follow = _routing.follow
_dispatch.uniform = _uniform.follow
globals().update(_algebra.FUNCTIONS)
for _name, _function in vars(_compositions).items():
    if callable(_function) and getattr(_function, "__module__", "") == _compositions.__name__ and not _name.startswith("_"):
        globals()[_name] = _function

__version__ = "2.13.0+opcount"

import builtins as _builtins

inf = _math.inf
nan = _math.nan
pi = _math.pi
e = _math.e
newaxis = None

# --- legacy types, and the default

for _name, _legacy in _tensor._LEGACY_NAMES.items():
    globals()[_legacy] = type(_legacy, (Tensor,), {"_legacy_dtype": _types.dtype._known[_name], "__module__": "torch"})


def _legacy_init(self, *args):
    Tensor.__init__(self, *args, dtype=type(self)._legacy_dtype)


for _legacy in _tensor._LEGACY_NAMES.values():
    globals()[_legacy].__init__ = _legacy_init
    _dispatch.TENSORS.add(globals()[_legacy])


for _name in ("Byte", "Char", "Short", "Int", "Long", "Half", "Float", "Double", "Bool", "BFloat16", "Untyped", "Typed"):
    globals()[_name + "Storage"] = type(_name + "Storage", (), {"__module__": "torch"})


def get_default_dtype():
    return _tensor._default[0]


def set_default_dtype(d):
    _tensor._default[0] = d


def set_default_tensor_type(t):
    _tensor._default[0] = getattr(t, "_legacy_dtype", None) or _tensor.legacy_dtype(t)


def get_default_device():
    return device("cpu")


set_default_device = _noop.none
set_printoptions = _noop.none
set_num_threads = set_num_interop_threads = _noop.none
set_float32_matmul_precision = _noop.none
use_deterministic_algorithms = _noop.none
are_deterministic_algorithms_enabled = _noop.false
set_flush_denormal = _noop.none


def get_num_threads():
    return 1


from .random import Generator, fork_rng, get_rng_state, initial_seed, manual_seed, seed, set_rng_state  # noqa: E402,F401

default_generator = Generator()
complex32 = chalf = _types.complex64
qint8, quint8, qint32 = (_types._Word("torch." + n) for n in ("qint8", "quint8", "qint32"))
per_tensor_affine, per_channel_affine, per_tensor_symmetric, per_channel_symmetric = (
    _types._Word("torch." + n) for n in ("per_tensor_affine", "per_channel_affine", "per_tensor_symmetric", "per_channel_symmetric")
)
has_mkl = has_lapack = has_openmp = has_spectral = True
for _name in (
    "set_autocast_enabled",
    "set_autocast_dtype",
    "set_autocast_gpu_dtype",
    "set_autocast_cpu_enabled",
    "set_autocast_cpu_dtype",
    "set_autocast_cache_enabled",
    "clear_autocast_cache",
    "set_anomaly_enabled",
    "set_warn_always",
    "set_deterministic_debug_mode",
):
    globals()[_name] = _noop.none


def get_float32_matmul_precision():
    return "highest"


def get_device_module(device=None):
    return cuda if "cuda" in str(device) else cpu


def cond(pred, true_fn, false_fn, operands=()):
    return true_fn(*operands) if pred else false_fn(*operands)


# --- modes

from ._grad_mode import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled  # noqa: E402,F401

autocast = type("autocast", (_noop.Context,), {})
is_inference_mode_enabled = is_autocast_enabled = is_autocast_cpu_enabled = _noop.false
get_autocast_gpu_dtype = get_autocast_cpu_dtype = get_autocast_dtype = lambda *a: _types.bfloat16
is_anomaly_enabled = _noop.false
compile = _noop.decorator


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


def _foreach(name):
    def run(tensors, *others, **kwargs):
        rows = zip(tensors, *[o if isinstance(o, (list, tuple)) else [o] * len(tensors) for o in others])
        return [getattr(r[0], name)(*r[1:], **kwargs) for r in rows]

    return run


for _name in (
    "add",
    "sub",
    "mul",
    "div",
    "neg",
    "sqrt",
    "exp",
    "abs",
    "add_",
    "sub_",
    "mul_",
    "div_",
    "sqrt_",
    "zero_",
    "lerp_",
    "norm",
    "copy_",
):
    globals()["_foreach_" + _name] = _foreach(_name)


def typename(o):
    return f"{type(o).__module__}.{type(o).__name__}"


def is_storage(obj):
    return False


def is_inference(x):
    return False


is_warn_always_enabled = _noop.false


def get_deterministic_debug_mode():
    return 0


class Stream(_noop.Nothing):
    pass


class Event(_noop.Nothing):
    pass


class OutOfMemoryError(RuntimeError):
    pass


class SymFloat:
    """Sizes are never fractions here; the name is there to be asked for."""


class SymBool:
    """Comparisons of sizes are plain booleans here; the name only has to exist."""


def load(f, *args, **kwargs):
    raise NotImplementedError(
        "torch.load: weights are not read; build the model from its source without loading a checkpoint (weights=None, pretrained=False)"
    )


def save(obj, f, *args, **kwargs):
    raise NotImplementedError("torch.save: there is nothing to save without data")


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
from . import _noop_modules  # noqa: E402,F401
from . import func, sparse  # noqa: E402,F401
from .func import vmap  # noqa: E402,F401
from .sparse import hspmm, sparse_coo_tensor, sparse_csr_tensor, spmm  # noqa: E402,F401
from ._noop_modules import amp, ao, backends, cuda, distributed, fx, multiprocessing, onnx, optim, overrides, quantization, testing  # noqa: E402,F401

from .nn.parameter import Parameter as _Parameter  # noqa: E402

nn.Parameter = _Parameter

from _opcount import recorder as _recorder  # noqa: E402

_recorder.install(_sys.modules[__name__])


globals().update(_noop_modules.MEMBERS)

# Functions of layers that torch has as well.
_OF_LAYERS = set(
    "conv_tbc ctc_loss cosine_embedding_loss hinge_embedding_loss margin_ranking_loss poisson_nll_loss triplet_margin_loss kl_div pdist".split()
)


def __getattr__(name):
    if name == "functional":
        return _functions
    if name in ("distributions", "profiler"):
        return _importlib.import_module("torch." + name)
    if name in _OF_LAYERS:
        return getattr(nn.functional, name)
    found = _dispatch.function(name)
    if found is None:
        raise AttributeError(f"module 'torch' has no attribute '{name}'")
    return found


_ = _sys
