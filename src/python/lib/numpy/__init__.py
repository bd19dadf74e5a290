"""The little of NumPy that models' sources use while they are built: numbers in lists. No arithmetic of data."""

import builtins
import math

from torch._tensor import Tensor as _Tensor

pi, e, inf, nan = math.pi, math.e, math.inf, math.nan
newaxis = None
__version__ = "2.0.0"


class ndarray:
    """A list of numbers, or of such lists, with the shape that follows."""

    def __init__(self, data):
        self._data = data

    @property
    def shape(self):
        shape, at = [], self._data
        while isinstance(at, list):
            shape.append(len(at))
            at = at[0] if at else None
        return tuple(shape)

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def size(self):
        return math.prod(self.shape)

    @property
    def T(self):
        return ndarray([list(row) for row in zip(*self._data)]) if self.ndim == 2 else self

    def tolist(self):
        return self._data

    def item(self):
        flat = _flat(self._data)
        if len(flat) != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return flat[0]

    def _map(self, f):
        return ndarray(_deep(f, self._data)) if isinstance(self._data, list) else f(self._data)

    def astype(self, dtype, *args, **kwargs):
        kind = _kind(dtype)
        return self._map(kind)

    def copy(self):
        return ndarray(_deep(lambda x: x, self._data))

    def reshape(self, *shape):
        shape = list(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else list(shape)
        flat = _flat(self._data)
        if -1 in shape:
            known = math.prod(d for d in shape if d != -1)
            shape[shape.index(-1)] = len(flat) // known
        for d in reversed(shape[1:]):
            flat = [flat[i : i + d] for i in range(0, len(flat), d)]
        return ndarray(flat)

    def flatten(self):
        return ndarray(_flat(self._data))

    ravel = flatten

    def sum(self, axis=None):
        return builtins.sum(_flat(self._data))

    def prod(self, axis=None):
        return math.prod(_flat(self._data))

    def mean(self, axis=None):
        flat = _flat(self._data)
        return builtins.sum(flat) / len(flat)

    def max(self, axis=None):
        return builtins.max(_flat(self._data))

    def min(self, axis=None):
        return builtins.min(_flat(self._data))

    def argmax(self, axis=None):
        flat = _flat(self._data)
        return flat.index(builtins.max(flat))

    def __len__(self):
        return len(self._data)

    def __iter__(self):
        return iter([ndarray(x) if isinstance(x, list) else x for x in self._data])

    def __getitem__(self, i):
        if isinstance(i, tuple):
            out = self
            for k in i:
                out = out[k]
            return out
        if isinstance(i, ndarray):
            flags = i._data
            if flags and isinstance(flags[0], builtins.bool):
                return ndarray([x for x, f in zip(self._data, flags) if f])
            return ndarray([self._data[k] for k in flags])
        found = self._data[i]
        return ndarray(found) if isinstance(found, list) else found

    def __setitem__(self, i, value):
        self._data[i] = value.tolist() if isinstance(value, ndarray) else value

    def __array__(self, *args):
        return self

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __bool__(self):
        return bool(self.item())

    def __repr__(self):
        return f"array({self._data})"


def _flat(data):
    return [y for x in data for y in _flat(x)] if isinstance(data, list) else [data]


def _deep(f, data):
    return [_deep(f, x) for x in data] if isinstance(data, list) else f(data)


def _kind(dtype):
    name = getattr(dtype, "__name__", str(dtype))
    return builtins.int if "int" in name else builtins.bool if "bool" in name else builtins.float


def _data(x):
    return x.tolist() if isinstance(x, (ndarray, _Tensor)) else list(x) if isinstance(x, (tuple, range)) else x


def _zip(f, a, b):
    a, b = _data(a), _data(b)
    if isinstance(a, list) and isinstance(b, list):
        if len(a) == 1 and len(b) > 1:
            a = a * len(b)
        if len(b) == 1 and len(a) > 1:
            b = b * len(a)
        return [_zip(f, x, y) for x, y in zip(a, b)]
    if isinstance(a, list):
        return [_zip(f, x, b) for x in a]
    if isinstance(b, list):
        return [_zip(f, a, y) for y in b]
    return f(a, b)


def _wrapped(data):
    return ndarray(data) if isinstance(data, list) else data


def _binary(f):
    return lambda a, b: _wrapped(_zip(f, a, b))


for _name, _f in {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "truediv": lambda a, b: a / b,
    "floordiv": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "pow": lambda a, b: a**b,
}.items():
    setattr(ndarray, f"__{_name}__", _binary(_f))
    setattr(ndarray, f"__r{_name}__", lambda self, other, _f=_f: _wrapped(_zip(_f, other, self)))
for _name, _f in {
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
}.items():
    setattr(ndarray, f"__{_name}__", _binary(_f))
ndarray.__hash__ = None
ndarray.__neg__ = lambda self: self._map(lambda x: -x)


def array(data, dtype=None, **kwargs):
    data = _deep(lambda x: _data(x), list(data) if isinstance(data, (tuple, range)) else _data(data))
    data = [list(x) if isinstance(x, tuple) else _data(x) for x in data] if isinstance(data, list) else data
    made = ndarray(data)
    return made if dtype is None else made.astype(dtype)


asarray = asanyarray = ascontiguousarray = array


def _unary(f):
    return lambda x, *args, **kwargs: _wrapped(_deep(f, _data(x))) if isinstance(_data(x), list) else f(_data(x))


sqrt, exp, log, log2, log10 = map(_unary, (math.sqrt, math.exp, math.log, math.log2, math.log10))
floor, ceil = (_unary(lambda x, _f=f: builtins.float(_f(x))) for f in (math.floor, math.ceil))
sin, cos, tan, tanh = map(_unary, (math.sin, math.cos, math.tan, math.tanh))
abs = absolute = _unary(builtins.abs)
rint = _unary(lambda x: builtins.float(builtins.round(x)))


def round(x, decimals=0):
    f = lambda v: builtins.round(v, decimals) if decimals else builtins.float(builtins.round(v))
    return _wrapped(_deep(f, _data(x)))


around = round


def arange(*args, dtype=None):
    start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
    return ndarray([start + i * step for i in range(builtins.max(0, math.ceil((stop - start) / step)))])


def linspace(start, stop, num=50, **kwargs):
    return ndarray([start + (stop - start) * i / (num - 1) if num > 1 else start for i in range(num)])


def _filled(value):
    def make(shape, *args, **kwargs):
        shape = [shape] if isinstance(shape, int) else list(shape)
        if math.prod(shape) > 1_000_000:
            raise NotImplementedError("an array of this size is data, and opcount runs without it")
        out = value
        for d in reversed(shape):
            out = [out] * d if not isinstance(out, list) else [list(out) if not isinstance(out[0], list) else [list(r) for r in out] for _ in range(d)]
        return ndarray(out) if isinstance(out, list) else out

    return make


zeros, ones, empty = _filled(0.0), _filled(1.0), _filled(0.0)


def full(shape, fill_value, **kwargs):
    return _filled(fill_value)(shape)


def prod(x, *args, **kwargs):
    return math.prod(_flat(_data(x)))


def sum(x, *args, **kwargs):
    return builtins.sum(_flat(_data(x)))


def mean(x, *args, **kwargs):
    flat = _flat(_data(x))
    return builtins.sum(flat) / len(flat)


def max(x, *args, **kwargs):
    return builtins.max(_flat(_data(x)))


def min(x, *args, **kwargs):
    return builtins.min(_flat(_data(x)))


amax, amin = max, min


def cumsum(x, *args, **kwargs):
    total, out = 0, []
    for v in _flat(_data(x)):
        total += v
        out.append(total)
    return ndarray(out)


def diff(x):
    flat = _flat(_data(x))
    return ndarray([b - a for a, b in zip(flat, flat[1:])])


def unique(x, return_counts=False, **kwargs):
    flat = _flat(_data(x))
    values = sorted(set(flat))
    return (ndarray(values), ndarray([flat.count(v) for v in values])) if return_counts else ndarray(values)


def power(a, b):
    return _wrapped(_zip(lambda x, y: x**y, a, b))


multiply = _binary(lambda a, b: a * b)
divide = _binary(lambda a, b: a / b)
maximum = _binary(builtins.max)
minimum = _binary(builtins.min)


def clip(x, low, high):
    return _wrapped(_deep(lambda v: builtins.min(builtins.max(v, low), high), _data(x)))


def where(condition, a, b):
    return ndarray([x if c else y for c, x, y in zip(_data(condition), _data(a), _data(b))])


def concatenate(arrays, axis=0):
    return ndarray([x for a in arrays for x in _data(a)])


def stack(arrays, axis=0):
    return ndarray([_data(a) for a in arrays])


def argmax(x):
    flat = _flat(_data(x))
    return flat.index(builtins.max(flat))


def isscalar(x):
    return isinstance(x, (int, float))


def meshgrid(*xs, **kwargs):
    raise NotImplementedError("numpy.meshgrid makes data, and opcount runs without it")


class _Number:
    def __new__(cls, x=0):
        return _kind(cls)(x)


for _name in ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "bool_", "float_", "int_"):
    globals()[_name] = type(_name, (_Number,), {})
integer = type("integer", (), {})
floating = type("floating", (), {})
number = type("number", (), {})
generic = type("generic", (), {})


class dtype:
    def __init__(self, x):
        self.name = str(x)


class _Random:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "seed":
            return lambda *a: None

        def refuse(*args, **kwargs):
            raise NotImplementedError(f"numpy.random.{name} makes data, and opcount runs without it")

        return refuse


random = _Random()


def set_printoptions(*args, **kwargs):
    return None


def load(*args, **kwargs):
    raise NotImplementedError("numpy.load reads data, and opcount runs without it")


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    if name in ("linalg", "fft", "ma", "typing", "testing"):
        from _opcount.standins import Absent

        return Absent("numpy." + name)

    def refuse(*args, **kwargs):
        raise NotImplementedError(f"numpy.{name} is called, and opcount runs without NumPy")

    refuse.__name__ = name
    return refuse
