"""Arrays from nothing, and from other arrays."""

import builtins
import math

from . import _array, _dtypes
from ._array import array_of, cast, filled, ndarray, new, sizes, view
from ._index import broadcast, broadcast_to
from ._shapes import expand_dims, moveaxis, stack
from ._ufuncs import UFUNCS, refused


def array(data, dtype=None, *, copy=True, order="K", subok=False, ndmin=0, like=None):
    made = array_of(data, dtype)
    if made is data and copy:
        made = made.copy()
    while made.ndim < ndmin:
        made = expand_dims(made, 0)
    return made


def asarray(data, dtype=None, order=None, **more):
    return array_of(data, dtype)


def ascontiguousarray(data, dtype=None, **more):
    made = array_of(data, dtype)
    return made if made.ndim else made.reshape(1)


def _full_of(value):
    def make(shape, dtype=float, order="C", **more):
        refused("zeros", {k: v for k, v in more.items() if v is not None})
        return filled(value, sizes(shape), _dtypes.find(dtype))

    return make


def _like(value):
    def make(a, dtype=None, order="K", subok=True, shape=None, **more):
        a = array_of(a)
        return filled(value, a.shape if shape is None else sizes(shape), a.dtype if dtype is None else _dtypes.find(dtype))

    return make


zeros, ones, empty = _full_of(0), _full_of(1), _full_of(0)
zeros_like, ones_like, empty_like = _like(0), _like(1), _like(0)


def full(shape, fill_value, dtype=None, order="C", **more):
    value = array_of(fill_value)
    found = value.dtype if dtype is None else _dtypes.find(dtype)
    return cast(broadcast_to(value, sizes(shape)), found)


def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None):
    a = array_of(a)
    return full(a.shape if shape is None else shape, fill_value, a.dtype if dtype is None else dtype)


def arange(*args, dtype=None, **more):
    named = [more.pop(k) for k in ("start", "stop", "step") if k in more]
    refused("arange", more)
    args = [a.item() if hasattr(a, "item") else a for a in (*args, *named)]
    if len(args) == 4:
        *args, dtype = args
    start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
    n = builtins.max(0, math.ceil((stop - start) / step))
    whole = all(isinstance(a, builtins.int) for a in (start, stop, step))
    found = _dtypes.find(dtype) if dtype is not None else _dtypes.int64 if whole else _dtypes.float64
    return new([found.cast(start + i * step) for i in range(n)] if n <= _array.MAX_KEPT else None, (n,), found)


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    n = num.__index__()
    start, stop = array_of(start), array_of(stop)
    step = (stop - start) / builtins.max(n - 1 if endpoint else n, 1)
    line = arange(n, dtype=float).reshape(n, *([1] * broadcast_rank(start, stop)))
    made = line * step + start
    if endpoint and n > 1 and made.known:
        made[-1] = stop
    found = _dtypes.find(dtype) if dtype is not None else _dtypes.float64
    if found.kind in "iu":
        made = UFUNCS["floor"](made)
    made = moveaxis(cast(array_of(made), found), 0, axis)
    return (made, step) if retstep else made


def broadcast_rank(*arrays):
    return len(broadcast(*[a.shape for a in arrays]))


def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    made = UFUNCS["power"](float(base), linspace(start, stop, num, endpoint, axis=axis))
    return made if dtype is None else made.astype(dtype)


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    made = logspace(UFUNCS["log10"](start), UFUNCS["log10"](stop), num, endpoint, axis=axis)
    return made if dtype is None else made.astype(dtype)


def eye(N, M=None, k=0, dtype=float, **more):
    refused("eye", {key: v for key, v in more.items() if key != "order" and v is not None})
    n, m, found = int(N), int(N if M is None else M), _dtypes.find(dtype)
    known = n * m <= _array.MAX_KEPT
    return new([found.cast(j - i == k) for i in range(n) for j in range(m)] if known else None, (n, m), found)


def identity(n, dtype=float):
    return eye(n, dtype=dtype)


def diag(v, k=0):
    v = array_of(v)
    if v.ndim == 1:
        made = filled(0, (v.size + abs(k),) * 2, v.dtype)
        rows = [i - builtins.min(k, 0) for i in range(v.size)]
        made[rows, [i + builtins.max(k, 0) for i in range(v.size)]] = v
        return made
    return diagonal(v, k)


def diagonal(a, offset=0, axis1=0, axis2=1):
    a = moveaxis(a, (axis1, axis2), (-2, -1))
    n, m = a.shape[-2:]
    count = builtins.max(0, builtins.min(n + builtins.min(offset, 0), m - builtins.max(offset, 0)))
    first = [i - builtins.min(offset, 0) for i in range(count)]
    return a[..., first, [i + builtins.max(offset, 0) for i in range(count)]]


def diagflat(v, k=0):
    return diag(array_of(v).ravel(), k)


def tri(N, M=None, k=0, dtype=float):
    n, m, found = int(N), int(N if M is None else M), _dtypes.find(dtype)
    return new([found.cast(j - i <= k) for i in range(n) for j in range(m)] if n * m <= _array.MAX_KEPT else None, (n, m), found)


def tril(m, k=0):
    m = array_of(m)
    keep = tri(*m.shape[-2:], k, dtype=bool)
    return cast(m * keep, m.dtype)


def triu(m, k=0):
    m = array_of(m)
    keep = tri(*m.shape[-2:], k - 1, dtype=bool)
    return cast(m * ~keep, m.dtype)


def tril_indices(n, k=0, m=None):
    return _places([(i, j) for i in range(n) for j in range(n if m is None else m) if j - i <= k])


def triu_indices(n, k=0, m=None):
    return _places([(i, j) for i in range(n) for j in range(n if m is None else m) if j - i >= k])


def _places(pairs):
    return tuple(new([p[i] for p in pairs], (len(pairs),), _dtypes.int64) for i in range(2))


def meshgrid(*xs, indexing="xy", sparse=False, copy=True):
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    lines = [array_of(x).ravel() for x in xs]
    order = list(range(len(lines)))
    if indexing == "xy" and len(lines) > 1:
        order[:2] = [1, 0]
    axis = {i: at for at, i in enumerate(order)}
    apart = [x.reshape([-1 if axis[i] == k else 1 for k in range(len(lines))]) for i, x in enumerate(lines)]
    if sparse:
        return apart
    shape = broadcast(*[a.shape for a in apart])
    return [broadcast_to(a, shape).copy() if math.prod(shape) <= _array.MAX_KEPT else new(None, shape, a.dtype) for a in apart]


class _Grid:
    def __init__(self, dense):
        self._dense = dense

    def __getitem__(self, key):
        slices = key if isinstance(key, tuple) else (key,)
        lines = []
        for s in slices:
            start, step = s.start or 0, s.step
            lines.append(linspace(start, s.stop, int(abs(step))) if isinstance(step, complex) else arange(start, s.stop, step or 1))
        grids = meshgrid(*lines, indexing="ij", sparse=not self._dense)
        if not isinstance(key, tuple):
            return grids[0]
        return stack(grids) if self._dense else tuple(grids)


mgrid, ogrid = _Grid(True), _Grid(False)


def indices(dimensions, dtype=int, sparse=False):
    grids = meshgrid(*[arange(d, dtype=dtype) for d in dimensions], indexing="ij", sparse=sparse)
    return tuple(grids) if sparse else stack(grids)


def fromfunction(function, shape, *, dtype=float, **more):
    return function(*indices(shape, dtype), **more)


def fromiter(iterable, dtype, count=-1):
    items = list(iterable)
    return array_of(items if count < 0 else items[:count], dtype)


def vander(x, N=None, increasing=False):
    x = array_of(x)
    n = x.size if N is None else N
    powers = range(n) if increasing else range(n - 1, -1, -1)
    return stack([x**p for p in powers], axis=-1)


def _window(of):
    def make(M):
        n = int(M)
        return array_of([of(2 * math.pi * i / (n - 1)) if n > 1 else 1.0 for i in range(n)], float)

    return make


hanning = _window(lambda x: 0.5 - 0.5 * math.cos(x))
hamming = _window(lambda x: 0.54 - 0.46 * math.cos(x))
blackman = _window(lambda x: 0.42 - 0.5 * math.cos(x) + 0.08 * math.cos(2 * x))
bartlett = _window(lambda x: x / math.pi if x <= math.pi else 2 - x / math.pi)


def copy(a, order="K", subok=False):
    return array_of(a).copy()


def broadcast_arrays(*arrays):
    made = [array_of(a) for a in arrays]
    shape = broadcast(*[a.shape for a in made])
    return [broadcast_to(a, shape) for a in made]


_ = ndarray, view
