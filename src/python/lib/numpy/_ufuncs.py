"""Functions element by element: a table of what each does to numbers, broadcasting and dtypes around it."""

import builtins
import functools
import math
import operator

from . import _array, _dtypes, _scalars  # noqa: F401  (scalars are the types of dtypes)
from ._array import array_of, ndarray, new, result
from ._index import broadcast, spread

_NAN, _INF = math.nan, math.inf


def _guarded(f, at_fault):
    """Faults of Python's arithmetic become what IEEE arithmetic gives."""

    def run(*xs):
        try:
            return f(*xs)
        except ZeroDivisionError:
            return at_fault(*xs)
        except (ValueError, OverflowError):
            return at_fault(*xs)

    return run


def _nan(*_):
    return _NAN


def _divided(a, b):
    return _NAN if a == 0 or a != a else math.copysign(_INF, a) * math.copysign(1.0, b)


def _floor_divided(a, b):
    if isinstance(a, float) or isinstance(b, float):
        return _divided(a, b)
    return 0


def _power(a, b):
    if isinstance(a, builtins.int) and isinstance(b, builtins.int) and b < 0:
        raise ValueError("Integers to negative integer powers are not allowed.")
    x = a**b
    return _NAN if isinstance(x, complex) and not isinstance(a, complex) else x


def _round(x, n=0):
    return builtins.round(x, n) if n else float(builtins.round(x)) if isinstance(x, float) else x


def _larger(a, b):
    return a if a != a or a >= b else b


def _smaller(a, b):
    return a if a != a or a <= b else b


def _sign(x):
    return (x > 0) - (x < 0) if x == x else x


def _of_float(f):
    return lambda x: f(x) if x == x and abs(x) != _INF else x


# name: arguments, what the result's dtype is (same, float, bool, or int), what is done to numbers
TABLE = {
    "add": (2, "same", operator.add), "subtract": (2, "same", operator.sub), "multiply": (2, "same", operator.mul),
    "divide": (2, "float", _guarded(operator.truediv, _divided)), "floor_divide": (2, "same", _guarded(operator.floordiv, _floor_divided)),
    "remainder": (2, "same", _guarded(operator.mod, lambda a, b: _NAN if isinstance(a, float) or isinstance(b, float) else 0)),
    "power": (2, "same", _guarded(_power, lambda a, b: _INF)), "fmod": (2, "same", _guarded(math.fmod, _nan)),
    "maximum": (2, "same", _larger), "minimum": (2, "same", _smaller), "fmax": (2, "same", _larger), "fmin": (2, "same", _smaller),
    "arctan2": (2, "float", math.atan2), "hypot": (2, "float", math.hypot), "copysign": (2, "float", math.copysign),
    "logaddexp": (2, "float", lambda a, b: max(a, b) + math.log1p(math.exp(-abs(a - b)))),
    "bitwise_and": (2, "same", operator.and_), "bitwise_or": (2, "same", operator.or_), "bitwise_xor": (2, "same", operator.xor),
    "left_shift": (2, "same", operator.lshift), "right_shift": (2, "same", operator.rshift), "gcd": (2, "same", math.gcd), "lcm": (2, "same", math.lcm),
    "equal": (2, "bool", operator.eq), "not_equal": (2, "bool", operator.ne), "less": (2, "bool", operator.lt), "less_equal": (2, "bool", operator.le),
    "greater": (2, "bool", operator.gt), "greater_equal": (2, "bool", operator.ge),
    "logical_and": (2, "bool", lambda a, b: bool(a and b)), "logical_or": (2, "bool", lambda a, b: bool(a or b)), "logical_xor": (2, "bool", lambda a, b: bool(a) != bool(b)),
    "logical_not": (1, "bool", operator.not_), "isnan": (1, "bool", lambda x: x != x), "isinf": (1, "bool", lambda x: abs(x) == _INF), "isfinite": (1, "bool", lambda x: x == x and abs(x) != _INF), "signbit": (1, "bool", lambda x: math.copysign(1, x) < 0),
    "negative": (1, "same", operator.neg), "positive": (1, "same", operator.pos), "absolute": (1, "same", builtins.abs), "square": (1, "same", lambda x: x * x), "sign": (1, "same", _sign),
    "invert": (1, "same", lambda x: not x if isinstance(x, builtins.bool) else ~x), "conjugate": (1, "same", lambda x: x.conjugate()), "reciprocal": (1, "same", lambda x: 1 // x if isinstance(x, builtins.int) else 1 / x),
    "floor": (1, "whole", _of_float(math.floor)), "ceil": (1, "whole", _of_float(math.ceil)), "trunc": (1, "whole", _of_float(math.trunc)), "rint": (1, "float", _of_float(_round)), "fabs": (1, "float", builtins.abs),
    "sqrt": (1, "float", _guarded(math.sqrt, _nan)), "cbrt": (1, "float", math.cbrt), "exp": (1, "float", _guarded(math.exp, lambda x: _INF)), "exp2": (1, "float", _guarded(math.exp2, lambda x: _INF)), "expm1": (1, "float", _guarded(math.expm1, lambda x: _INF)),
    **{n: (1, "float", _guarded(getattr(math, n), lambda x: -_INF if x == 0 else _NAN)) for n in ("log", "log2", "log10", "log1p")},
    **{n: (1, "float", _guarded(getattr(math, n), _nan)) for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{"arc" + n: (1, "float", _guarded(getattr(math, "a" + n), _nan)) for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "deg2rad": (1, "float", math.radians), "rad2deg": (1, "float", math.degrees),
}  # fmt: skip
IDENTITY = {"add": 0, "multiply": 1, "logical_and": True, "logical_or": False, "bitwise_or": 0, "bitwise_xor": 0}


class ufunc:
    """One of the table, called with arrays, nested lists and numbers."""

    def __init__(self, name, nin, kind, function):
        self.__name__, self.nin, self._kind, self._function = name, nin, kind, function

    def __repr__(self):
        return f"<ufunc '{self.__name__}'>"

    def __call__(self, *given, out=None, dtype=None, **more):
        if out is None and dtype is None and not more and len(given) == self.nin and all(type(x) in _NUMBERS for x in given):
            return self._scalar(given)
        if len(given) == self.nin + 1 and out is None:
            *given, out = given
        if len(given) != self.nin:
            raise TypeError(f"{self.__name__}() takes {self.nin} arguments but {len(given)} were given")
        refused(self.__name__, {k: v for k, v in more.items() if k != "casting"})
        arrays = [array_of(x) for x in given]
        shape = broadcast(*[a.shape for a in arrays])
        found = _dtypes.find(dtype) if dtype is not None else self._dtype(given, arrays)
        made = self._made(arrays, shape, found)
        if out is not None:
            out = out[0] if isinstance(out, tuple) else out
            out[...] = made
            return out
        return result(made)

    def _scalar(self, given):
        """Numbers alone: no array is made of them."""
        kind = self._kind
        value = self._function(*[x if type(x) in (builtins.int, float) else type(x)._python(x) for x in given])
        if kind == "bool":
            return value
        whole = kind != "float" and type(value) is not float and all(type(x) in (builtins.int, _INT64) for x in given)
        return (_INT64 if whole else _FLOAT64)(value) if type(value) is not complex else value

    def _made(self, arrays, shape, dtype):
        n = math.prod(shape)
        if n > _array.MAX_KEPT or not all(a.known for a in arrays):
            return new(None, shape, dtype)
        cast, f = dtype.cast, self._function
        return new([cast(f(*xs)) for xs in zip(*[spread(a, shape) for a in arrays])], shape, dtype)

    def _dtype(self, given, arrays):
        if self._kind == "bool":
            return _dtypes.bool_
        found = common(given, arrays)
        if found.kind == "b" and self.__name__ in ("add", "multiply", "maximum", "minimum") or "bitwise" in self.__name__:
            return found
        if found.kind == "b" and self._kind == "same" and self.__name__ not in ("invert", "absolute", "fmax", "fmin"):
            return _dtypes.dtype._known["int8"]
        if self._kind == "float" and found.kind in "iub":
            return _dtypes.float64 if found.itemsize > 2 or self.nin == 2 else _dtypes.float32 if found.itemsize == 2 else _dtypes.float16
        if self.__name__ == "absolute" and found.kind == "c":
            return _dtypes.float32 if found.itemsize == 8 else _dtypes.float64
        return found

    def outer(self, a, b, **more):
        a, b = array_of(a), array_of(b)
        return self(a.reshape(*a.shape, *([1] * b.ndim)), b, **more)

    def at(self, a, index, b=None):
        raise NotImplementedError(f"numpy.{self.__name__}.at is not implemented by opcount")


def refused(name, more):
    """Arguments that are not implemented are errors, never ignored."""
    for k, v in more.items():
        raise NotImplementedError(f"numpy.{name}: the argument {k}={v!r} is not implemented by opcount")


def common(given, arrays):
    """The dtype of all: Python's own numbers count by their kind alone."""
    strong = [a.dtype for x, a in zip(given, arrays) if not _is_plain(x)]
    if not strong:
        return functools.reduce(_dtypes.promote, [a.dtype for a in arrays])
    found = functools.reduce(_dtypes.promote, strong)
    for x in given:
        if _is_plain(x):
            found = _dtypes.promote(found, _dtypes.weak(x, found)) if found.kind != "b" else _dtypes.of_number(x)
    return found


def _is_plain(x):
    return type(x) in (builtins.int, float, builtins.bool, complex) or hasattr(x, "_formula")


_INT64, _FLOAT64 = _dtypes.int64.type, _dtypes.float64.type
_NUMBERS = (builtins.int, float, _INT64, _FLOAT64)
UFUNCS = {name: ufunc(name, *row) for name, row in TABLE.items()}
for _new, _old in {
    "abs": "absolute", "mod": "remainder", "true_divide": "divide", "conj": "conjugate", "bitwise_not": "invert", "radians": "deg2rad", "degrees": "rad2deg",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "pow": "power", "float_power": "power",
}.items():  # fmt: skip
    UFUNCS[_new] = UFUNCS[_old]

_SIGNS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide", "mod": "remainder", "pow": "power",
    "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift",
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal",
}  # fmt: skip


def _sign_of(f, swapped=False):
    def operate(self, other):
        if hasattr(other, "_store") or hasattr(other, "_opcount_absent") or other is None or isinstance(other, str):
            return NotImplemented
        return f(other, self) if swapped else f(self, other)

    return operate


def _in_place(f):
    def operate(self, other):
        self[...] = f(self, other)
        return self

    return operate


def install(cls, compare):
    """Gives a class the signs of arithmetic."""
    for sign, name in _SIGNS.items():
        if name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"):
            if compare:
                setattr(cls, f"__{sign}__", _sign_of(UFUNCS[name]))
            continue
        setattr(cls, f"__{sign}__", _sign_of(UFUNCS[name]))
        setattr(cls, f"__r{sign}__", _sign_of(UFUNCS[name], swapped=True))
        if compare:
            setattr(cls, f"__i{sign}__", _in_place(UFUNCS[name]))
    cls.__neg__ = lambda self: UFUNCS["negative"](self)
    cls.__pos__ = lambda self: self
    cls.__abs__ = lambda self: UFUNCS["absolute"](self)


install(ndarray, True)
ndarray.__invert__ = lambda self: UFUNCS["invert"](self)
ndarray.__hash__ = None
