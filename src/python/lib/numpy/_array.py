"""
Arrays of few elements: a flat list that views share, an offset and strides. Larger ones, and those that come from data,
have a shape and a dtype alone: their contents are an error where they are asked for.
"""

import math

from _opcount.bridge import UnknownValue

from . import _dtypes

# Contents longer than this are not kept.
MAX_KEPT = 65536


class Buffer:
    """Elements that an array and its views share; None where they are not known."""

    __slots__ = ("items",)

    def __init__(self, items):
        self.items = items


def steps_of(shape):
    """Strides of a row-major array, in elements."""
    steps, step = [], 1
    for d in reversed(shape):
        steps.append(step)
        step *= d
    return tuple(reversed(steps))


def places(shape, steps, start=0):
    """The place of each element of a view in its buffer, in row-major order."""
    at = [start]
    for n, step in zip(shape, steps):
        if n == 1:
            continue
        offsets = [k * step for k in range(n)]
        at = [i + o for i in at for o in offsets]
    return at


class ndarray:
    __array_priority__ = 0

    def __new__(cls, shape, dtype=float, buffer=None, **_):
        return new([0] * math.prod(sizes(shape)), sizes(shape), _dtypes.find(dtype))

    # --- what it is

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def size(self):
        return math.prod(self.shape)

    @property
    def itemsize(self):
        return self.dtype.itemsize

    @property
    def nbytes(self):
        return self.size * self.dtype.itemsize

    @property
    def known(self):
        return self._buffer.items is not None

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __repr__(self):
        return f"array({self.tolist()!r})" if self.known else f"array(..., shape={self.shape}, dtype={self.dtype})"

    def __str__(self):
        return str(self.tolist()) if self.known else repr(self)

    # --- contents

    def _flat(self, what="this"):
        """The elements in row-major order."""
        items = self._buffer.items
        if items is None:
            raise UnknownValue(f"{what} needs the contents of an array of shape {list(self.shape)}, and opcount runs without data")
        n = self.size
        if self._steps == steps_of(self.shape):
            return items[self._at : self._at + n]
        return [items[i] for i in places(self.shape, self._steps, self._at)] if n else []

    def tolist(self):
        flat = self._flat("tolist()")
        for d in reversed(self.shape[1:]):
            flat = [flat[i : i + d] for i in range(0, len(flat), d)] if d else [[] for _ in range(self.shape[0])]
        return flat if self.shape else flat[0]

    def item(self, *index):
        if index:
            return self[index if len(index) > 1 else index[0] if self.ndim == 1 else divide(index[0], self.shape)].item()
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self._flat("item()")[0]

    def __array__(self, *_):
        return self

    def __opcount_array__(self):
        """Shape, dtype and elements, or None for these, as torch takes them."""
        return self.shape, self.dtype.name, self._flat() if self.known else None

    def astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
        return cast(self, _dtypes.find(dtype))

    def copy(self, order="C"):
        return new(list(self._flat()) if self.known else None, self.shape, self.dtype)

    def __copy__(self):
        return self.copy()

    def __deepcopy__(self, memo):
        return self.copy()

    def __reduce__(self):
        return (new, (self._flat() if self.known else None, self.shape, self.dtype))

    def view(self, dtype=None):
        if dtype is None or dtype is ndarray or _dtypes.find(dtype) is self.dtype:
            return view(self, self.shape, self._steps, self._at)
        raise NotImplementedError("numpy: a view of an array as another dtype is not implemented by opcount")

    def fill(self, value):
        self[...] = value

    def tobytes(self, order="C"):
        raise NotImplementedError("numpy: the bytes of an array are not available in opcount")

    def setflags(self, write=None, align=None, uic=None):
        return None

    @property
    def flat(self):
        return iter(scalar(x, self.dtype) for x in self._flat("flat"))

    def __iter__(self):
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))

    def __contains__(self, x):
        return x in self._flat("in")

    # --- as a number

    def _number(self, what):
        if self.size != 1:
            raise TypeError("only length-1 arrays can be converted to Python scalars")
        return self._flat(what)[0]

    def __bool__(self):
        if self.size != 1:
            raise ValueError("The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()")
        return bool(self._flat("a branch on an array")[0])

    def __int__(self):
        return int(self._number("int()"))

    def __float__(self):
        return float(self._number("float()"))

    def __complex__(self):
        return complex(self._number("complex()"))

    def __index__(self):
        if self.dtype.kind not in "iu":
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return int(self._number("an index"))

    def __hash__(self):
        raise TypeError("unhashable type: 'numpy.ndarray'")


def sizes(shape):
    """A shape from a number or numbers."""
    if hasattr(shape, "tolist"):
        shape = shape.tolist()
    if hasattr(shape, "__index__") or hasattr(shape, "_formula"):
        shape = (shape,)
    found = tuple(d.__index__() for d in shape)
    if any(d < 0 for d in found):
        raise ValueError("negative dimensions are not allowed")
    return found


def new(items, shape, dtype):
    """An array of its own elements in row-major order; None where they are not known."""
    made = object.__new__(ndarray)
    made.shape = tuple(shape)
    made.dtype = dtype
    made._buffer = Buffer(items if items is not None and len(items) <= MAX_KEPT else None)
    made._steps = steps_of(made.shape)
    made._at = 0
    return made


def view(source, shape, steps, at):
    made = object.__new__(ndarray)
    made.shape, made.dtype, made._buffer = tuple(shape), source.dtype, source._buffer
    made._steps, made._at = tuple(steps), at
    return made


def filled(value, shape, dtype):
    n = math.prod(shape)
    return new([dtype.cast(value)] * n if n <= MAX_KEPT else None, shape, dtype)


def cast(a, dtype):
    items = list(map(dtype.cast, a._flat())) if a.known else None
    return new(items, a.shape, dtype)


def divide(place, shape):
    """A flat place as an index."""
    out = []
    for d in reversed(shape):
        out.append(place % d)
        place //= d
    return tuple(reversed(out))


def scalar(x, dtype):
    """An element as NumPy's scalar of its dtype."""
    return dtype.type(x) if dtype.type is not None and not hasattr(x, "_formula") else x


def result(a):
    """The result of an operation: an array, or a scalar where it has no axes."""
    return scalar(a._flat()[0], a.dtype) if a.shape == () and a.known else a


def array_of(x, dtype=None):
    """A value as an array; one that is an array already is not copied."""
    wanted = None if dtype is None else _dtypes.find(dtype)
    if isinstance(x, ndarray):
        return x if wanted is None or wanted is x.dtype else cast(x, wanted)
    if isinstance(x, (set, frozenset)) or hasattr(x, "__next__"):
        x = list(x)
    shape, own, items = _parts(x)
    found = wanted or own or _dtypes.float64
    return new(None if items is None else [found.cast(i) for i in items], shape, found)


def _parts(x):
    """Shape, dtype and elements of nested sequences of numbers and arrays; None for what is not known."""
    own = getattr(x, "__opcount_array__", None)
    if own is not None and not isinstance(x, type):
        shape, name, items = own()
        return tuple(shape), _dtypes.dtype._known.get(name, _dtypes.float32), items
    if not isinstance(x, (list, tuple, range)):
        return (), _dtypes.of_number(x), [x]
    if not x:
        return (0,), None, []
    parts = [_parts(y) for y in x]
    shape = parts[0][0]
    if any(p[0] != shape for p in parts):
        raise ValueError("setting an array element with a sequence. The requested array has an inhomogeneous shape")
    dtype = None
    for _, d, _ in parts:
        dtype = d if dtype is None or d is None else _dtypes.promote(dtype, d)
    items = None if any(p[2] is None for p in parts) else [i for p in parts for i in p[2]]
    return (len(parts), *shape), dtype, items
