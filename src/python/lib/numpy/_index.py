"""`a[…]`: numbers, slices, None and Ellipsis give views; arrays of places and masks give copies."""

from _opcount.bridge import UnknownValue

from . import _array
from ._array import Buffer, array_of, ndarray, new, places, result, steps_of, view


def _items(a, index):
    """An index as a list with an item for each axis: ellipses and masks spelled out."""
    index = list(index) if isinstance(index, tuple) else [index]
    out = []
    for i in index:
        if isinstance(i, (list, range)) or (hasattr(i, "__opcount_array__") and getattr(i, "shape", ())):
            i = array_of(i)
            if i.size == 0 and i.dtype.kind == "f":
                i = i.astype("int64")
            if i.dtype.kind == "b":
                out += _places_of(i)
                continue
            if i.dtype.kind not in "iu":
                raise IndexError("arrays used as indices must be of integer (or boolean) type")
        elif i is True or i is False or (hasattr(i, "dtype") and getattr(i, "shape", None) == () and _kind(i) == "b"):
            raise NotImplementedError("numpy: a single boolean as an index is not implemented by opcount")
        elif i is not None and i is not Ellipsis and not isinstance(i, slice):
            i = i.__index__()
        out.append(i)
    if sum(i is Ellipsis for i in out) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    taken = sum(i is not None and i is not Ellipsis for i in out)
    if taken > a.ndim:
        raise IndexError(f"too many indices for array: array is {a.ndim}-dimensional, but {taken} were indexed")
    rest = [slice(None)] * (a.ndim - taken)
    at = next((k for k, i in enumerate(out) if i is Ellipsis), None)
    return out + rest if at is None else out[:at] + rest + out[at + 1 :]


def _kind(i):
    return getattr(i.dtype, "kind", "")


def _places_of(mask):
    """A mask as the places where it is true, an array for each of its axes."""
    flags = mask._flat("a mask")
    found = [_array.divide(i, mask.shape) for i, f in enumerate(flags) if f]
    return [new([p[k] for p in found], (len(found),), _array._dtypes.int64) for k in range(mask.ndim)]


def _resolve(a, index):
    """
    Axes of the result, each an extent with a stride or a list of offsets, and where they start; and whether it is a view.
    """
    items = _items(a, index)
    fancy = [i for i in items if isinstance(i, ndarray)]
    axes, start, axis, block, offsets, apart = [], a._at, 0, None, None, False
    shape = broadcast(*[i.shape for i in fancy]) if fancy else ()
    known = all(i.known for i in fancy)
    last = None
    for k, item in enumerate(items):
        if item is None:
            axes.append((1, 0))
            continue
        n, step = a.shape[axis], a._steps[axis]
        axis += 1
        if isinstance(item, slice):
            first, stop, by = item.indices(n)
            count = max(0, (stop - first + by - (1 if by > 0 else -1)) // by)
            start += first * step if count else 0
            axes.append((count, step * by))
            continue
        if isinstance(item, int) and not fancy:
            start += _within(item, n, axis - 1) * step
            continue
        if last is not None and k != last + 1:
            apart = True
        last = k
        if block is None:
            block = len(axes)
        if isinstance(item, int):
            start += _within(item, n, axis - 1) * step
        elif known:
            moves = [_within(p, n, axis - 1) * step for p in spread(item, shape)]
            offsets = moves if offsets is None else [x + y for x, y in zip(offsets, moves)]
    if fancy:
        axes.insert(0 if apart else block, (shape, offsets))
    return axes, start, not fancy, known


def _within(i, n, axis):
    if not -n <= i < n:
        raise IndexError(f"index {i} is out of bounds for axis {axis} with size {n}")
    return i + n if i < 0 else i


def _shape_of(axes):
    return tuple(d for n, _ in axes for d in (n if isinstance(n, tuple) else (n,)))


def _at(axes, start):
    at = [start]
    for n, step in axes:
        moves = step if isinstance(n, tuple) else [k * step for k in range(n)]
        at = [i + m for i in at for m in moves]
    return at


def getitem(a, index):
    if type(index) is int and len(a.shape) == 1 and a._buffer.items is not None:
        n = a.shape[0]
        if not -n <= index < n:
            raise IndexError(f"index {index} is out of bounds for axis 0 with size {n}")
        return _array.scalar(a._buffer.items[a._at + (index + n if index < 0 else index) * a._steps[0]], a.dtype)
    axes, start, whole, known = _resolve(a, index)
    shape = _shape_of(axes)
    if whole:
        found = view(a, shape, [s for _, s in axes], start)
        return result(found) if shape == () and _all_numbers(index) else found
    if not a.known or not known:
        return new(None, shape, a.dtype)
    items = a._buffer.items
    return new([items[i] for i in _at(axes, start)], shape, a.dtype)


def _all_numbers(index):
    return Ellipsis not in index if isinstance(index, tuple) else index is not Ellipsis


def setitem(a, index, value):
    axes, start, _, known = _resolve(a, index)
    shape = _shape_of(axes)
    value = array_of(value)
    while value.ndim > len(shape) and value.shape[0] == 1:
        value = view(value, value.shape[1:], value._steps[1:], value._at)
    if broadcast(value.shape, shape) != shape:
        raise ValueError(f"could not broadcast input array from shape {value.shape} into shape {shape}")
    if not a.known:
        return
    if not value.known or not known:
        a._buffer.items = None
        return
    items, cast = a._buffer.items, a.dtype.cast
    for i, x in zip(_at(axes, start), spread(value, shape)):
        items[i] = cast(x)


ndarray.__getitem__ = getitem
ndarray.__setitem__ = setitem


def broadcast(*shapes):
    """The shape in which all of these meet."""
    rank = max(map(len, shapes), default=0)
    out = []
    for extents in zip(*[(1,) * (rank - len(s)) + tuple(s) for s in shapes]):
        wide = {e for e in extents if e != 1}
        if len(wide) > 1:
            raise ValueError(f"operands could not be broadcast together with shapes {' '.join(map(str, shapes))}")
        out.append(wide.pop() if wide else 1)
    return tuple(out)


def broadcast_to(a, shape):
    a = array_of(a)
    shape = _array.sizes(shape)
    if broadcast(a.shape, shape) != shape:
        raise ValueError(f"operands could not be broadcast together with remapped shapes: {a.shape} and {shape}")
    lead = len(shape) - a.ndim
    steps = [0] * lead + [0 if d == 1 and w != 1 else s for d, w, s in zip(a.shape, shape[lead:], a._steps)]
    return view(a, shape, steps, a._at)


def spread(a, shape):
    """The elements of an array broadcast to a shape."""
    if a.shape == shape:
        return a._flat()
    if a.size == 1:
        return a._flat() * _count(shape)
    wide = broadcast_to(a, shape)
    items = wide._buffer.items
    if items is None:
        raise UnknownValue("the contents of an array are needed, and opcount runs without data")
    return [items[i] for i in places(wide.shape, wide._steps, wide._at)] if wide.size else []


def _count(shape):
    n = 1
    for d in shape:
        n *= d
    return n


_ = Buffer, steps_of
