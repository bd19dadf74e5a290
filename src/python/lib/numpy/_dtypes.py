"""dtypes: names, sizes, casts of one element, and NumPy's promotion."""

import array as _array
import builtins
import math

_INF = math.inf


class dtype:
    """A dtype by NumPy's name; `kind` is b, i, u, f, c or O."""

    _known = {}

    def __new__(cls, spec, align=False, copy=False, **_):
        return find(spec)

    def __repr__(self):
        return f"dtype('{self.name}')"

    def __str__(self):
        return self.name

    def __eq__(self, other):
        try:
            return find(other) is self
        except TypeError:
            return False

    def __hash__(self):
        return hash(self.name)

    def __deepcopy__(self, memo):
        return self

    def __copy__(self):
        return self

    def __reduce__(self):
        return (find, (self.name,))


def _make(name, kind, size, char):
    made = object.__new__(dtype)
    made.name, made.kind, made.itemsize, made.char = name, kind, size, char
    made.type = None
    made.cast = _cast(kind, size)
    dtype._known[name] = made
    return made


def _cast(kind, size):
    if kind == "b":
        return builtins.bool
    if kind in "iu":
        bits = 8 * size
        if size == 8 and kind == "i":
            return lambda x: x if hasattr(x, "_formula") else builtins.int(x)
        mask, low = (1 << bits) - 1, (1 << (bits - 1)) if kind == "i" else 0
        return lambda x: x if hasattr(x, "_formula") else ((builtins.int(x) + low) & mask) - low
    if kind == "f":
        return _single if size == 4 else float
    return complex if kind == "c" else lambda x: x


def _single(x):
    """Rounded to single precision."""
    x = float(x)
    try:
        return _array.array("f", (x,))[0]
    except OverflowError:
        return math.copysign(_INF, x)


bool_ = _make("bool", "b", 1, "?")
_INTEGERS = [_make(f"int{8 * s}", "i", s, c) for s, c in zip((1, 2, 4, 8), "bhil")]
_UNSIGNED = [_make(f"uint{8 * s}", "u", s, c) for s, c in zip((1, 2, 4, 8), "BHIL")]
int64 = _INTEGERS[3]
float16, float32, float64 = (_make(f"float{8 * s}", "f", s, c) for s, c in zip((2, 4, 8), "efd"))
complex64, complex128 = (_make(f"complex{8 * s}", "c", s, c) for s, c in zip((8, 16), "FD"))
object_ = _make("object", "O", 8, "O")

_NAMES = {
    "float": float64, "double": float64, "f": float32, "single": float32, "half": float16, "d": float64, "e": float16, "int": int64,
    "long": int64, "i": dtype._known["int32"], "l": int64, "q": int64, "?": bool_, "bool_": bool_, "complex": complex128, "object": object_,
    "O": object_, "uint": dtype._known["uint64"], "str": object_, "B": dtype._known["uint8"], "b": dtype._known["int8"], "intp": int64,
    **{f"{d.kind}{d.itemsize}": d for d in dtype._known.values()},
}  # fmt: skip
_PYTHON = {builtins.bool: bool_, builtins.int: int64, float: float64, complex: complex128, object: object_, str: object_}


def find(spec):
    """The dtype that a name, a Python type or a scalar type stands for."""
    if isinstance(spec, dtype):
        return spec
    if spec is None:
        return float64
    own = getattr(spec, "_dtype", None)
    if isinstance(own, dtype):
        return own
    if isinstance(spec, type):
        found = _PYTHON.get(spec)
    elif isinstance(spec, str):
        name = spec.lstrip("<>=|")
        found = dtype._known.get(name) or _NAMES.get(name) or (object_ if name[:1] in "US" else None)
    else:
        found = None
    if found is None:
        raise TypeError(f"Cannot interpret {spec!r} as a data type")
    return found


_RANK = {"b": 0, "u": 1, "i": 2, "f": 3, "c": 4, "O": 5}


def promote(a, b):
    """The dtype of a result of two."""
    if a is b:
        return a
    if _RANK[a.kind] > _RANK[b.kind]:
        a, b = b, a
    if a.kind == b.kind:
        return a if a.itemsize >= b.itemsize else b
    if a.kind == "b" or b.kind == "O":
        return b
    if a.kind == "u" and b.kind == "i":
        if b.itemsize > a.itemsize:
            return b
        return float64 if a.itemsize == 8 else _INTEGERS[(1, 2, 4, 8).index(2 * a.itemsize)]
    if a.kind in "ui":
        need = {1: 2, 2: 4}.get(a.itemsize, 8)
        if b.kind == "f":
            return b if b.itemsize >= need else (float32 if need == 4 else float64)
        return b if b.itemsize >= 2 * need else complex128
    return b if 2 * a.itemsize <= b.itemsize else complex128


def of_number(x):
    """The dtype of a number of Python."""
    if isinstance(x, builtins.bool):
        return bool_
    if isinstance(x, builtins.int) or hasattr(x, "_formula"):
        return int64
    return float64 if isinstance(x, float) else complex128 if isinstance(x, complex) else object_


def weak(number, strong):
    """A number of Python beside an array: only its kind matters."""
    own = of_number(number)
    if _RANK[own.kind] <= _RANK[strong.kind] or (own.kind == "i" and strong.kind == "u"):
        return strong
    if own.kind == "c" and strong.kind == "f":
        return complex64 if strong.itemsize <= 4 else complex128
    return own
