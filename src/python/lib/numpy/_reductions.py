"""Functions over axes: sums, means, extremes, running sums, orders."""

import builtins
import functools
import itertools
import math
import operator

from . import _dtypes
from ._array import array_of, ndarray, new, result, view
from ._ufuncs import IDENTITY, _larger, _smaller, refused, ufunc


def axis_of(axis, rank):
    axis = axis.__index__()
    if not -rank <= axis < rank:
        raise ValueError(f"axis {axis} is out of bounds for array of dimension {rank}")
    return axis % rank


def axes_of(axis, rank):
    if axis is None:
        return tuple(range(rank))
    listed = axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(axis_of(i, rank) for i in listed)


def groups(a, axes):
    """The elements of each place of the result, in order, and the shape of the result."""
    rest = [i for i in range(a.ndim) if i not in axes]
    shape = [a.shape[i] for i in rest]
    turned = view(a, shape + [a.shape[i] for i in axes], [a._steps[i] for i in (*rest, *axes)], a._at)
    n = math.prod(a.shape[i] for i in axes)
    flat = turned._flat("a reduction")
    return [flat[i * n : i * n + n] for i in range(math.prod(shape))], shape


def along(a, axis, keepdims, fold, dtype=None):
    """A function of a list of elements for each place that is left when the axes are gone."""
    axes = axes_of(axis, a.ndim)
    dtype = dtype or a.dtype
    shape = tuple(1 if i in axes else d for i, d in enumerate(a.shape) if keepdims or i not in axes)
    if not a.known:
        return new(None, shape, dtype)
    lists, _ = groups(a, axes)
    return result(new([dtype.cast(fold(xs)) for xs in lists], shape, dtype))


def running(a, axis, f, dtype=None):
    """Partial results along an axis; over the flat array where it is None."""
    if axis is None:
        a, axis = flat_of(a), 0
    axis = axis_of(axis, a.ndim)
    found = _dtypes.find(dtype) if dtype is not None else _whole(a.dtype)
    if not a.known:
        return new(None, a.shape, found)
    lists, rest = groups(a, (axis,))
    items = [found.cast(x) for xs in lists for x in itertools.accumulate(xs, f)]
    return turned_back(new(items, (*rest, a.shape[axis]), found), axis)


def turned_back(a, axis):
    """The last axis moved to where it was."""
    order = list(range(a.ndim - 1))
    order.insert(axis, a.ndim - 1)
    return view(a, [a.shape[i] for i in order], [a._steps[i] for i in order], a._at).copy()


def flat_of(a):
    return new(a._flat() if a.known else None, (a.size,), a.dtype)


def _whole(dtype):
    """Sums of small integers and of booleans are int64."""
    return _dtypes.int64 if dtype.kind in "bi" else _dtypes.dtype._known["uint64"] if dtype.kind == "u" else dtype


def _real(dtype):
    return dtype if dtype.kind in "fc" else _dtypes.float64


def _same(dtype):
    return dtype


def _fixed(name):
    return lambda dtype: _dtypes.dtype._known[name]


def _mean(xs):
    return builtins.sum(xs) / len(xs) if xs else math.nan


def _median(xs):
    xs = sorted(xs)
    n = len(xs)
    return math.nan if not n else xs[n // 2] if n % 2 else (xs[n // 2 - 1] + xs[n // 2]) / 2


def _first(better):
    def fold(xs):
        if not xs:
            raise ValueError("attempt to get argmax of an empty sequence")
        best = 0
        for i, x in enumerate(xs):
            if better(x, xs[best]):
                best = i
        return best

    return fold


def _extreme(f):
    def fold(xs):
        if not xs:
            raise ValueError("zero-size array to reduction operation which has no identity")
        best = xs[0]
        for x in xs[1:]:
            best = f(best, x)
        return best

    return fold


def _present(fold):
    return lambda xs: fold([x for x in xs if x == x])


# name: what becomes of the dtype, what is done to a list
_FOLDS = {
    "sum": (_whole, builtins.sum),
    "prod": (_whole, math.prod),
    "mean": (_real, _mean),
    "median": (_real, _median),
    "amax": (_same, _extreme(_larger)),
    "amin": (_same, _extreme(_smaller)),
    "ptp": (_same, lambda xs: builtins.max(xs) - builtins.min(xs)),
    "any": (_fixed("bool"), builtins.any),
    "all": (_fixed("bool"), builtins.all),
    "argmax": (_fixed("int64"), _first(operator.gt)),
    "argmin": (_fixed("int64"), _first(operator.lt)),
    "count_nonzero": (_fixed("int64"), lambda xs: builtins.sum(1 for x in xs if x)),
    "nansum": (_whole, _present(builtins.sum)),
    "nanmean": (_real, _present(_mean)),
    "nanmax": (_same, _present(_extreme(_larger))),
    "nanmin": (_same, _present(_extreme(_smaller))),
    "nanmedian": (_real, _present(_median)),
}


def _reduction(name, of_dtype, fold):
    def run(a, axis=None, dtype=None, out=None, keepdims=False, **more):
        if (
            name in ("argmax", "argmin", "amax", "amin", "any", "all", "ptp", "count_nonzero", "median", "nanmax", "nanmin", "nanmedian")
            and dtype is not None
        ):
            dtype, out = None, dtype  # these take `out` second
        if name == "count_nonzero" and out is not None:
            keepdims, out = out, None
        start = more.pop("initial", None)
        refused(name, {k: v for k, v in more.items() if v is not None})
        a = array_of(a)
        own = fold if start is None else lambda xs: fold([start, *xs])
        made = along(a, axis, keepdims, own, _dtypes.find(dtype) if dtype is not None else of_dtype(a.dtype))
        if out is None:
            return made
        out[...] = made
        return out

    run.__name__ = name
    return run


REDUCTIONS = {name: _reduction(name, *row) for name, row in _FOLDS.items()}
REDUCTIONS |= {"max": REDUCTIONS["amax"], "min": REDUCTIONS["amin"]}


def _spread(root):
    def run(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, correction=None, **more):
        refused("var", {k: v for k, v in {"out": out, **more}.items() if v is not None})
        less = ddof if correction is None else correction

        def fold(xs):
            mean = _mean(xs)
            n = len(xs) - less
            square = builtins.sum(builtins.abs(x - mean) ** 2 for x in xs) / n if n > 0 else math.nan
            return math.sqrt(square) if root and square == square else square

        a = array_of(a)
        return along(a, axis, keepdims, fold, _dtypes.find(dtype) if dtype is not None else _real(a.dtype))

    return run


REDUCTIONS |= {"std": _spread(True), "var": _spread(False)}


def _cumulative(f):
    def run(a, axis=None, dtype=None, out=None):
        refused("cumsum", {} if out is None else {"out": out})
        return running(array_of(a), axis, f, dtype)

    return run


cumsum, cumprod = _cumulative(operator.add), _cumulative(operator.mul)


def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    a = array_of(a)
    if weights is None:
        found = REDUCTIONS["mean"](a, axis, keepdims=keepdims)
        total = a.size if axis is None else math.prod(a.shape[i] for i in axes_of(axis, a.ndim))
    else:
        weights = array_of(weights)
        if weights.shape != a.shape:
            axis_ = axis_of(axis, a.ndim)
            weights = weights.reshape([-1 if i == axis_ else 1 for i in range(a.ndim)])
        total = (a * 0 + weights).sum(axis, keepdims=keepdims)
        found = (a * weights).sum(axis, keepdims=keepdims) / total
    return (found, total) if returned else found


def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, **more):
    refused("quantile", {**({} if out is None else {"out": out}), **({} if method == "linear" else {"method": method}), **more})

    def one(p):
        def fold(xs):
            xs = sorted(xs)
            at = p * (len(xs) - 1)
            low = math.floor(at)
            high = builtins.min(low + 1, len(xs) - 1)
            return xs[low] + (xs[high] - xs[low]) * (at - low)

        return along(array_of(a), axis, keepdims, fold, _dtypes.float64)

    parts = array_of(q)
    return one(float(q)) if parts.shape == () else array_of([one(p) for p in parts.tolist()])


def percentile(a, q, *args, **kwargs):
    return quantile(a, array_of(q) / 100, *args, **kwargs)


def _order(xs):
    return sorted(range(len(xs)), key=xs.__getitem__)


def _sorted(name, of, dtype_of):
    def run(a, axis=-1, kind=None, order=None, stable=None):
        refused(name, {} if order is None else {"order": order})
        a = array_of(a)
        if axis is None:
            a, axis = flat_of(a), 0
        axis = axis_of(axis, a.ndim)
        if not a.known:
            return new(None, a.shape, dtype_of(a.dtype))
        lists, rest = groups(a, (axis,))
        return turned_back(new([x for xs in lists for x in of(xs)], (*rest, a.shape[axis]), dtype_of(a.dtype)), axis)

    return run


sort, argsort = _sorted("sort", sorted, _same), _sorted("argsort", _order, _fixed("int64"))


def _reduce(self, a, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=None):
    refused(self.__name__ + ".reduce", {k: v for k, v in {"out": out, "where": where}.items() if v is not None})
    start = initial if initial is not None else IDENTITY.get(self.__name__)
    fold = (lambda xs: functools.reduce(self._function, xs)) if start is None else lambda xs: functools.reduce(self._function, xs, start)
    return along(array_of(a), axis, keepdims, fold, _dtypes.find(dtype) if dtype is not None else None)


def _accumulate(self, a, axis=0, dtype=None, out=None):
    refused(self.__name__ + ".accumulate", {} if out is None else {"out": out})
    return running(array_of(a), axis, self._function, dtype)


ufunc.reduce, ufunc.accumulate = _reduce, _accumulate


def _method(f):
    return lambda self, *args, **kwargs: f(self, *args, **kwargs)


for _name in ("sum", "prod", "mean", "max", "min", "any", "all", "argmax", "argmin", "std", "var"):
    setattr(ndarray, _name, _method(REDUCTIONS[_name]))
ndarray.cumsum, ndarray.cumprod, ndarray.argsort = _method(cumsum), _method(cumprod), _method(argsort)


def _sort_in_place(self, axis=-1, kind=None, order=None):
    self[...] = sort(self, axis, order=order)


ndarray.sort = _sort_in_place
