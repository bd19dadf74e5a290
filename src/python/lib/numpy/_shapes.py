"""Shapes: reshaping, turning, joining, splitting, repeating, padding."""

import builtins
import math

from . import _array, _dtypes
from ._array import array_of, ndarray, new, sizes, steps_of, view
from ._index import broadcast, broadcast_to
from ._reductions import axes_of, axis_of, flat_of
from ._ufuncs import refused


def reshape(a, *shape, order="C", **more):
    if "newshape" in more or "shape" in more:
        shape = (more.pop("newshape", None) or more.pop("shape"),)
    if len(shape) == 2 and isinstance(shape[1], str):
        *shape, order = shape
    if order not in ("C", "A", "K"):
        refused("reshape", {"order": order})
    refused("reshape", {k: v for k, v in more.items() if k != "copy"})
    a = array_of(a)
    wanted = shape[0] if len(shape) == 1 else shape
    wanted = [d.__index__() for d in (wanted if isinstance(wanted, (tuple, list)) or getattr(wanted, "shape", ()) else (wanted,))]
    if wanted.count(-1) == 1:
        rest = -math.prod(wanted)
        if rest <= 0 or a.size % rest:
            raise ValueError(f"cannot reshape array of size {a.size} into shape {tuple(wanted)}")
        wanted[wanted.index(-1)] = a.size // rest
    if math.prod(wanted) != a.size or any(d < 0 for d in wanted):
        raise ValueError(f"cannot reshape array of size {a.size} into shape {tuple(wanted)}")
    if a._steps == steps_of(a.shape) or not a.known:
        return view(a, wanted, steps_of(wanted), a._at)
    return new(list(a._flat()), wanted, a.dtype)


def transpose(a, *axes):
    a = array_of(a)
    if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
        axes = axes[0]
    order = [axis_of(i, a.ndim) for i in axes] if axes else list(reversed(range(a.ndim)))
    if sorted(order) != list(range(a.ndim)):
        raise ValueError("axes don't match array")
    return view(a, [a.shape[i] for i in order], [a._steps[i] for i in order], a._at)


def swapaxes(a, axis1, axis2):
    a = array_of(a)
    order = list(range(a.ndim))
    i, j = axis_of(axis1, a.ndim), axis_of(axis2, a.ndim)
    order[i], order[j] = order[j], order[i]
    return transpose(a, order)


def moveaxis(a, source, destination):
    a = array_of(a)
    source, destination = axes_of(source, a.ndim), axes_of(destination, a.ndim)
    order = [i for i in range(a.ndim) if i not in source]
    for d, s in sorted(zip(destination, source)):
        order.insert(d, s)
    return transpose(a, order)


def rollaxis(a, axis, start=0):
    a = array_of(a)
    axis = axis_of(axis, a.ndim)
    start = start + a.ndim if start < 0 else start
    return moveaxis(a, axis, start - 1 if axis < start else start)


def expand_dims(a, axis):
    a = array_of(a)
    wanted = axes_of(axis, a.ndim + (len(axis) if isinstance(axis, (tuple, list)) else 1))
    shape, steps, own = [], [], iter(zip(a.shape, a._steps))
    for i in range(a.ndim + len(wanted)):
        d, s = (1, 0) if i in wanted else next(own)
        shape.append(d)
        steps.append(s)
    return view(a, shape, steps, a._at)


def squeeze(a, axis=None):
    a = array_of(a)
    gone = [i for i, d in enumerate(a.shape) if d == 1] if axis is None else axes_of(axis, a.ndim)
    if any(a.shape[i] != 1 for i in gone):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    kept = [i for i in range(a.ndim) if i not in gone]
    return view(a, [a.shape[i] for i in kept], [a._steps[i] for i in kept], a._at)


def ravel(a, order="C"):
    refused("ravel", {} if order in "CKA" else {"order": order})
    a = array_of(a)
    return reshape(a, a.size)


def concatenate(arrays, axis=0, out=None, dtype=None, casting="same_kind"):
    refused("concatenate", {} if out is None else {"out": out})
    parts = [array_of(a) for a in arrays]
    if not parts:
        raise ValueError("need at least one array to concatenate")
    if axis is None:
        parts, axis = [flat_of(a) for a in parts], 0
    rank = parts[0].ndim
    if not rank:
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    axis = axis_of(axis, rank)
    for p in parts:
        if p.ndim != rank or any(x != y for i, (x, y) in enumerate(zip(p.shape, parts[0].shape)) if i != axis):
            raise ValueError("all the input array dimensions except for the concatenation axis must match exactly")
    found = parts[0].dtype
    for p in parts[1:]:
        found = _dtypes.promote(found, p.dtype)
    found = _dtypes.find(dtype) if dtype is not None else found
    shape = [*parts[0].shape[:axis], sum(p.shape[axis] for p in parts), *parts[0].shape[axis + 1 :]]
    if not all(p.known for p in parts):
        return new(None, shape, found)
    outer = math.prod(shape[:axis])
    flats = [(p._flat(), math.prod(p.shape[axis:])) for p in parts]
    return new([found.cast(x) for i in range(outer) for flat, n in flats for x in flat[i * n : i * n + n]], shape, found)


def stack(arrays, axis=0, out=None, dtype=None, casting="same_kind"):
    parts = [array_of(a) for a in arrays]
    if not parts or any(p.shape != parts[0].shape for p in parts):
        raise ValueError("all input arrays must have the same shape" if parts else "need at least one array to stack")
    return concatenate([expand_dims(p, axis) for p in parts], axis, out, dtype)


def atleast_1d(*arrays):
    return _each(arrays, lambda a: a if a.ndim else reshape(a, 1))


def atleast_2d(*arrays):
    return _each(arrays, lambda a: a if a.ndim > 1 else reshape(a, 1, -1))


def atleast_3d(*arrays):
    return _each(arrays, lambda a: a if a.ndim > 2 else reshape(a, *(a.shape if a.ndim == 2 else (1, a.size)), 1))


def _each(arrays, f):
    made = [f(array_of(a)) for a in arrays]
    return made[0] if len(made) == 1 else made


def _listed(made):
    return made if isinstance(made, list) else [made]


def vstack(arrays, dtype=None):
    return concatenate(_listed(atleast_2d(*arrays)), 0, dtype=dtype)


def hstack(arrays, dtype=None):
    parts = _listed(atleast_1d(*arrays))
    return concatenate(parts, 0 if parts[0].ndim == 1 else 1, dtype=dtype)


def dstack(arrays):
    return concatenate(_listed(atleast_3d(*arrays)), 2)


def column_stack(arrays):
    return concatenate([reshape(a, -1, 1) if a.ndim < 2 else a for a in map(array_of, arrays)], 1)


def append(a, values, axis=None):
    a, values = array_of(a), array_of(values)
    return concatenate([flat_of(a), flat_of(values)]) if axis is None else concatenate([a, values], axis)


def array_split(a, indices_or_sections, axis=0, exact=False):
    a = array_of(a)
    axis = axis_of(axis, a.ndim)
    n = a.shape[axis]
    if hasattr(indices_or_sections, "__index__"):
        k = indices_or_sections.__index__()
        if exact and n % k:
            raise ValueError("array split does not result in an equal division")
        ends = [0]
        for i in range(k):
            ends.append(ends[-1] + n // k + (1 if i < n % k else 0))
    else:
        ends = [0, *[i.__index__() for i in indices_or_sections], n]
    return [a[(slice(None),) * axis + (slice(i, j),)] for i, j in zip(ends, ends[1:])]


def split(a, indices_or_sections, axis=0):
    return array_split(a, indices_or_sections, axis, exact=True)


def hsplit(a, n):
    return split(a, n, 0 if array_of(a).ndim == 1 else 1)


def vsplit(a, n):
    return split(a, n, 0)


def tile(a, reps):
    a = array_of(a)
    reps = list(sizes(reps))
    a = reshape(a, *([1] * (len(reps) - a.ndim)), *a.shape) if len(reps) > a.ndim else a
    reps = [1] * (a.ndim - len(reps)) + reps
    apart = view(a, [x for d in a.shape for x in (1, d)], [x for s in a._steps for x in (0, s)], a._at)
    wide = broadcast_to(apart, [x for r, d in zip(reps, a.shape) for x in (r, d)])
    return _copied(wide, [r * d for r, d in zip(reps, a.shape)])


def _copied(a, shape):
    known = a.known and a.size <= _array.MAX_KEPT
    return new(list(a._flat()) if known else None, shape, a.dtype)


def repeat(a, repeats, axis=None):
    a = array_of(a)
    if axis is None:
        a, axis = flat_of(a), 0
    axis = axis_of(axis, a.ndim)
    counts = array_of(repeats)
    times = counts._flat("repeat()") if counts.ndim and counts.size > 1 else [int(counts)] * a.shape[axis]
    if len(times) != a.shape[axis]:
        raise ValueError("operands could not be broadcast together: repeats has another length than the axis")
    places = [i for i, t in enumerate(times) for _ in range(int(t))]
    return a[(slice(None),) * axis + (new(places, (len(places),), _dtypes.int64),)]


def roll(a, shift, axis=None):
    a = array_of(a)
    if axis is None:
        return reshape(roll(flat_of(a), shift, 0), a.shape)
    for s, i in zip(shift if isinstance(shift, (tuple, list)) else [shift] * len(axes_of(axis, a.ndim)), axes_of(axis, a.ndim)):
        n = a.shape[i]
        a = a[(slice(None),) * i + ([(k - int(s)) % n for k in range(n)],)]
    return a


def flip(a, axis=None):
    a = array_of(a)
    axes = axes_of(axis, a.ndim)
    return a[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(a.ndim))]


def fliplr(a):
    return flip(a, 1)


def flipud(a):
    return flip(a, 0)


def rot90(a, k=1, axes=(0, 1)):
    a = array_of(a)
    for _ in range(k % 4):
        a = swapaxes(flip(a, axes[1]), *axes)
    return a


def delete(a, obj, axis=None):
    a = array_of(a)
    if axis is None:
        a, axis = flat_of(a), 0
    axis = axis_of(axis, a.ndim)
    n = a.shape[axis]
    places = range(n)[obj] if isinstance(obj, slice) else array_of(obj).ravel()._flat("delete()")
    gone = {p % n for p in places}
    return a[(slice(None),) * axis + ([i for i in range(n) if i not in gone],)]


def insert(a, obj, values, axis=None):
    a = array_of(a)
    if axis is None:
        a, axis = flat_of(a), 0
    axis = axis_of(axis, a.ndim)
    at = int(obj) % (a.shape[axis] + 1)
    before, after = split(a, [at], axis)
    shape = [1 if i == axis else d for i, d in enumerate(a.shape)]
    values = array_of(values, a.dtype)
    if broadcast(values.shape, tuple(shape)) != tuple(shape):
        raise NotImplementedError("numpy.insert: values of several places are not implemented by opcount")
    return concatenate([before, broadcast_to(values, shape), after], axis)


_PLACES = {
    "edge": lambda k, n: builtins.min(builtins.max(k, 0), n - 1),
    "wrap": lambda k, n: k % n,
    "reflect": lambda k, n: (lambda m: m if m < n else 2 * (n - 1) - m)(k % (2 * (n - 1))) if n > 1 else 0,
    "symmetric": lambda k, n: (lambda m: m if m < n else 2 * n - 1 - m)(k % (2 * n)),
}


def pad(a, pad_width, mode="constant", **more):
    a = array_of(a)
    widths = (
        broadcast_to(array_of(pad_width), (a.ndim, 2)).tolist()
        if not isinstance(pad_width, dict)
        else [_pair(pad_width.get(i, 0)) for i in range(a.ndim)]
    )
    if mode == "constant":
        value = more.pop("constant_values", 0)
        refused("pad", more)
        values = broadcast_to(array_of(value), (a.ndim, 2)).tolist()
        for i, (before, after) in enumerate(widths):
            ends = [[n if k == i else d for k, d in enumerate(a.shape)] for n in (before, after)]
            low, high = (_array.filled(v, s, a.dtype) for v, s in zip(values[i], ends))
            a = concatenate([low, a, high], i)
        return a
    if mode not in _PLACES:
        refused("pad", {"mode": mode})
    refused("pad", more)
    for i, (before, after) in enumerate(widths):
        n = a.shape[i]
        a = a[(slice(None),) * i + ([_PLACES[mode](k, n) for k in range(-before, n + after)],)]
    return a


def _pair(x):
    return (x, x) if hasattr(x, "__index__") else tuple(x)


ndarray.reshape = lambda self, *shape, **more: reshape(self, *shape, **more)
ndarray.transpose = lambda self, *axes: transpose(self, *axes)
ndarray.swapaxes, ndarray.squeeze, ndarray.repeat = swapaxes, squeeze, repeat
ndarray.ravel = ravel
ndarray.flatten = lambda self, order="C": ravel(self, order).copy()
ndarray.T = property(lambda self: transpose(self))
