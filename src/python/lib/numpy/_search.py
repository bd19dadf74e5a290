"""Looking into arrays: where, nonzero, unique, comparisons of whole arrays, counting and binning."""

import bisect
import builtins
import math

from _opcount.bridge import UnknownValue

from . import _array, _dtypes
from ._array import array_of, divide, ndarray, new, result
from ._index import broadcast, spread
from ._reductions import axis_of, flat_of
from ._ufuncs import UFUNCS, common, refused


def where(condition, x=None, y=None):
    if x is None and y is None:
        return nonzero(condition)
    c, a, b = array_of(condition), array_of(x), array_of(y)
    shape, found = broadcast(c.shape, a.shape, b.shape), common((x, y), (a, b))
    if not (c.known and a.known and b.known) or math.prod(shape) > _array.MAX_KEPT:
        return new(None, shape, found)
    return result(new([found.cast(p if k else q) for k, p, q in zip(*[spread(z, shape) for z in (c, a, b)])], shape, found))


def nonzero(a):
    a = array_of(a)
    found = [divide(i, a.shape) for i, x in enumerate(a._flat("nonzero()")) if x]
    return tuple(new([p[k] for p in found], (len(found),), _dtypes.int64) for k in range(builtins.max(a.ndim, 1)))


def argwhere(a):
    places = nonzero(a)
    return new([p[i] for i in range(places[0].size) for p in map(ndarray.tolist, places)], (places[0].size, len(places)), _dtypes.int64)


def flatnonzero(a):
    return nonzero(flat_of(array_of(a)))[0]


def select(condlist, choicelist, default=0):
    made = array_of(default)
    for c, x in reversed(list(zip(condlist, choicelist))):
        made = where(c, x, made)
    return made


def choose(a, choices, out=None, mode="raise"):
    raise NotImplementedError("numpy.choose is not implemented by opcount")


def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, **more):
    refused("unique", {**({} if axis is None else {"axis": axis}), **{k: v for k, v in more.items() if k != "equal_nan"}})
    a = array_of(ar)
    flat = a._flat("unique()")
    values = sorted(set(flat))
    at = {v: i for i, v in enumerate(values)}
    out = [new(values, (len(values),), a.dtype)]
    if return_index:
        out.append(array_of([flat.index(v) for v in values], int))
    if return_inverse:
        out.append(new([at[x] for x in flat], a.shape, _dtypes.int64))
    if return_counts:
        out.append(array_of([flat.count(v) for v in values], int))
    return out[0] if len(out) == 1 else tuple(out)


def isin(element, test_elements, assume_unique=False, invert=False, **more):
    a, wanted = array_of(element), set(array_of(test_elements)._flat("isin()"))
    return result(new([(x in wanted) != invert for x in a._flat("isin()")], a.shape, _dtypes.bool_))


in1d = isin


def _sets(f):
    def run(a, b, **more):
        refused("set operations", {k: v for k, v in more.items() if v and k != "assume_unique"})
        a, b = array_of(a), array_of(b)
        return array_of(sorted(f(set(a._flat("a set")), set(b._flat("a set")))), _dtypes.promote(a.dtype, b.dtype))

    return run


union1d, intersect1d, setdiff1d, setxor1d = (
    _sets(set.union),
    _sets(set.intersection),
    _sets(set.difference),
    _sets(set.symmetric_difference),
)


def searchsorted(a, v, side="left", sorter=None):
    refused("searchsorted", {} if sorter is None else {"sorter": sorter})
    line, wanted = array_of(a)._flat("searchsorted()"), array_of(v)
    find = bisect.bisect_left if side == "left" else bisect.bisect_right
    return result(new([find(line, x) for x in wanted._flat("searchsorted()")], wanted.shape, _dtypes.int64))


def digitize(x, bins, right=False):
    line = array_of(bins)._flat("digitize()")
    if line != sorted(line):
        raise NotImplementedError("numpy.digitize: falling bins are not implemented by opcount")
    return searchsorted(bins, x, "left" if right else "right")


def bincount(x, weights=None, minlength=0):
    refused("bincount", {} if weights is None else {"weights": weights})
    flat = array_of(x)._flat("bincount()")
    n = builtins.max(builtins.max(flat, default=-1) + 1, minlength)
    return array_of([flat.count(i) for i in range(n)], int)


def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    close = UFUNCS["absolute"](UFUNCS["subtract"](a, b)) <= atol + rtol * UFUNCS["absolute"](b)
    return close if not equal_nan else UFUNCS["logical_or"](close, UFUNCS["logical_and"](UFUNCS["isnan"](a), UFUNCS["isnan"](b)))


def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return bool(array_of(isclose(a, b, rtol, atol, equal_nan)).all())


def array_equal(a, b, equal_nan=False):
    a, b = array_of(a), array_of(b)
    return a.shape == b.shape and a._flat("array_equal()") == b._flat("array_equal()")


def clip(a, a_min=None, a_max=None, out=None, **more):
    a_min, a_max = more.pop("min", a_min), more.pop("max", a_max)
    refused("clip", more)
    made = a if a_min is None else UFUNCS["maximum"](a, a_min)
    made = made if a_max is None else UFUNCS["minimum"](made, a_max)
    if out is None:
        return made
    out[...] = made
    return out


def round(a, decimals=0, out=None):
    refused("round", {} if out is None else {"out": out})
    a = array_of(a)
    f = (
        (lambda x: builtins.round(x, decimals))
        if decimals or a.dtype.kind in "iu"
        else lambda x: float(builtins.round(x)) if math.isfinite(x) else x
    )
    return result(new([a.dtype.cast(f(x)) for x in a._flat()] if a.known else None, a.shape, a.dtype))


def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    a = array_of(x)
    high = posinf if posinf is not None else 1.7976931348623157e308
    low = neginf if neginf is not None else -high
    f = lambda v: nan if v != v else high if v == math.inf else low if v == -math.inf else v
    return result(new([f(v) for v in a._flat()] if a.known else None, a.shape, a.dtype))


def diff(a, n=1, axis=-1, prepend=None, append=None):
    refused("diff", {k: v for k, v in {"prepend": prepend, "append": append}.items() if v is not None})
    a = array_of(a)
    axis = axis_of(axis, a.ndim)
    lead = (slice(None),) * axis
    for _ in range(n):
        high, low = a[(*lead, slice(1, None))], a[(*lead, slice(None, -1))]
        a = high - low if a.dtype.kind != "b" else high != low
    return a


def take(a, indices, axis=None, out=None, mode="raise"):
    refused("take", {**({} if out is None else {"out": out}), **({} if mode == "raise" else {"mode": mode})})
    a = array_of(a)
    if axis is None:
        return flat_of(a)[indices]
    return a[(slice(None),) * axis_of(axis, a.ndim) + (indices,)]


def take_along_axis(arr, indices, axis):
    a, places = array_of(arr), array_of(indices)
    if axis is None:
        return flat_of(a)[places]
    axis = axis_of(axis, a.ndim)
    grid = [array_of(range(d)).reshape([-1 if k == i else 1 for k in range(a.ndim)]) for i, d in enumerate(places.shape)]
    return a[tuple(places if i == axis else grid[i] for i in range(a.ndim))]


def interp(x, xp, fp, left=None, right=None, period=None):
    refused("interp", {} if period is None else {"period": period})
    xs, line, values = array_of(x), array_of(xp)._flat("interp()"), array_of(fp)._flat("interp()")

    def one(v):
        if v <= line[0]:
            return values[0] if left is None or v == line[0] else left
        if v >= line[-1]:
            return values[-1] if right is None or v == line[-1] else right
        k = bisect.bisect_right(line, v)
        return values[k - 1] + (values[k] - values[k - 1]) * (v - line[k - 1]) / (line[k] - line[k - 1])

    return result(new([float(one(v)) for v in xs._flat("interp()")], xs.shape, _dtypes.float64))


def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = array_of(y)
    axis = axis_of(axis, y.ndim)
    step = dx if x is None else diff(x)
    lead = (slice(None),) * axis
    return ((y[(*lead, slice(1, None))] + y[(*lead, slice(None, -1))]) * step / 2).sum(axis)


def convolve(a, v, mode="full"):
    a, v = array_of(a)._flat("convolve()"), array_of(v)._flat("convolve()")
    if len(v) > len(a):
        a, v = v, a
    full = [sum(a[i - j] * v[j] for j in range(len(v)) if 0 <= i - j < len(a)) for i in range(len(a) + len(v) - 1)]
    if mode == "full":
        return array_of(full)
    cut = (len(v) - 1) // 2 if mode == "same" else len(v) - 1
    return array_of(full[cut : cut + (len(a) if mode == "same" else len(a) - len(v) + 1)])


ndarray.clip, ndarray.round, ndarray.nonzero, ndarray.take = clip, round, nonzero, take
_ = UnknownValue
