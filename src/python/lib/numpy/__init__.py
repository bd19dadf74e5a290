"""
NumPy for what models' sources do with it: arrays of few elements with their contents, larger ones by their shapes.
What is not implemented raises; no argument is passed over in silence.
"""

import math as _math

from . import _dtypes, _scalars
from ._array import MAX_KEPT as _MAX_KEPT, ndarray  # noqa: F401
from ._creation import *  # noqa: F401,F403
from ._creation import array, asarray, copy, diag  # noqa: F401
from ._dtypes import dtype, promote as _promote  # noqa: F401
from ._index import broadcast_to  # noqa: F401
from ._products import cross, dot, einsum, inner, kron, matmul, outer, tensordot, trace, vdot  # noqa: F401
from ._reductions import REDUCTIONS as _REDUCTIONS, argsort, average, cumprod, cumsum, percentile, quantile, sort  # noqa: F401
from ._scalars import SCALARS as _SCALARS, complexfloating, floating, generic, inexact, integer, number, signedinteger, unsignedinteger  # noqa: F401
from ._search import *  # noqa: F401,F403
from ._search import round, where  # noqa: F401
from ._shapes import *  # noqa: F401,F403
from ._shapes import append, insert, repeat, split  # noqa: F401
from ._ufuncs import UFUNCS as _UFUNCS, install as _install, ufunc  # noqa: F401
from . import fft, linalg, random  # noqa: E402,F401
from ._more import *  # noqa: E402,F401,F403

pi, e, inf, nan = _math.pi, _math.e, _math.inf, _math.nan
Inf = Infinity = inf
NaN = NAN = nan
euler_gamma = 0.5772156649015329
newaxis = None
__version__ = "2.3.4"

globals().update(_UFUNCS)
globals().update(_REDUCTIONS)
globals().update(_SCALARS)
_install(generic, False)
float_ = double = float64  # noqa: F821
single, half = float32, float16  # noqa: F821
int_ = intp = longlong = long = int64  # noqa: F821
intc, short, byte, ubyte, uint = int32, int16, int8, uint8, uint64  # noqa: F821
complex_ = cdouble = complex128  # noqa: F821
csingle = complex64  # noqa: F821
object = bool = int = float = str = None  # filled in below: names of Python that old sources take from here

import builtins as _builtins  # noqa: E402

object, bool, int, float, str, complex = (getattr(_builtins, n) for n in ("object", "bool", "int", "float", "str", "complex"))
str_ = _builtins.str
asanyarray = asfarray = asarray
concat = concatenate  # noqa: F405
row_stack = vstack  # noqa: F405
permute_dims = transpose  # noqa: F405
around = round
product = prod  # noqa: F821
trapz = trapezoid  # noqa: F405
cumulative_sum = cumsum
bool8 = bool_  # noqa: F821


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)

    def refuse(*args, **kwargs):
        raise NotImplementedError(
            f"numpy.{name} is not implemented by opcount: give what it computes as numbers, or torch's function of that name"
        )

    refuse.__name__ = name
    return refuse
