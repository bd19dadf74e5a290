"""`numpy.linalg`: norms, determinants, inverses and solutions of small matrices; decompositions have shapes alone."""

import builtins
import math

from . import _dtypes
from ._array import array_of, new, result
from ._creation import eye
from ._index import broadcast
from ._products import matmul, outer, trace  # noqa: F401
from ._reductions import along, axes_of
from ._ufuncs import UFUNCS, refused


class LinAlgError(ValueError):
    pass


def norm(x, ord=None, axis=None, keepdims=False):
    x = array_of(x)
    if x.dtype.kind in "iub":
        x = x.astype(float)
    axes = axes_of(axis, x.ndim)
    if len(axes) == 2 and ord not in (None, "fro"):
        if ord in (1, -1, math.inf, -math.inf):
            over, then = (axes[0], axes[1]) if abs(ord) == 1 else (axes[1], axes[0])
            sums = array_of(UFUNCS["absolute"](x)).sum(over, keepdims=True)
            best = sums.max if ord > 0 else sums.min
            made = array_of(best(axis=then, keepdims=True))
            return result(made if keepdims else made.squeeze(axes))
        return new(None, tuple(1 if i in axes else d for i, d in enumerate(x.shape) if keepdims or i not in axes), x.dtype)
    if ord in (None, 2, "fro"):
        fold = lambda xs: math.sqrt(sum(builtins.abs(v) ** 2 for v in xs))
    elif ord == math.inf:
        fold = lambda xs: builtins.max(map(builtins.abs, xs))
    elif ord == -math.inf:
        fold = lambda xs: builtins.min(map(builtins.abs, xs))
    elif ord == 0:
        fold = lambda xs: sum(1 for v in xs if v)
    else:
        fold = lambda xs: sum(builtins.abs(v) ** ord for v in xs) ** (1.0 / ord)
    return along(x, axis, keepdims, fold, x.dtype)


def _square(a):
    a = array_of(a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise LinAlgError("Last 2 dimensions of the array must be square")
    return a


def _eliminated(rows, right):
    """Gauss and Jordan with the largest pivot: the solution for `right`, and the determinant."""
    n = len(rows)
    rows = [list(map(float, r)) + list(map(float, s)) for r, s in zip(rows, right)]
    determinant = 1.0
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: builtins.abs(rows[r][i]))
        if rows[pivot][i] == 0:
            return None, 0.0
        if pivot != i:
            rows[i], rows[pivot] = rows[pivot], rows[i]
            determinant = -determinant
        head = rows[i][i]
        determinant *= head
        rows[i] = [v / head for v in rows[i]]
        for r in range(n):
            if r != i and rows[r][i]:
                factor = rows[r][i]
                rows[r] = [v - factor * w for v, w in zip(rows[r], rows[i])]
    return [r[n:] for r in rows], determinant


def _float(dtype):
    return dtype if dtype.kind in "fc" else _dtypes.float64


def _each(a, of, shape, dtype):
    """A function of every matrix of a stack."""
    if not a.known:
        return new(None, shape, dtype)
    n, m = a.shape[-2:]
    flat = a._flat()
    matrices = [[flat[k + i * m : k + i * m + m] for i in range(n)] for k in range(0, len(flat), n * m or 1)]
    return result(new([x for matrix in matrices for x in of(matrix)], shape, dtype))


def inv(a):
    a = _square(a)

    def of(rows):
        found, _ = _eliminated(rows, eye(len(rows)).tolist())
        if found is None:
            raise LinAlgError("Singular matrix")
        return [x for r in found for x in r]

    return _each(a, of, a.shape, _float(a.dtype))


def det(a):
    a = _square(a)
    return _each(a, lambda rows: [_eliminated(rows, [[] for _ in rows])[1]], a.shape[:-2], _float(a.dtype))


def solve(a, b):
    a, b = _square(a), array_of(b)
    if a.ndim == 2 and a.known and b.known:
        column = b.ndim == 1
        found, _ = _eliminated(a.tolist(), [[x] for x in b.tolist()] if column else b.tolist())
        if found is None:
            raise LinAlgError("Singular matrix")
        made = array_of(found, float)
        return made.reshape(-1) if column else made
    lead = broadcast(a.shape[:-2], b.shape[:-2])
    return new(None, (*lead, *b.shape[-2:]), _float(a.dtype))


def matrix_power(a, n):
    a = _square(a)
    if n < 0:
        a, n = inv(a), -n
    made = eye(a.shape[-1], dtype=a.dtype)
    for _ in range(n):
        made = matmul(made, a)
    return made


def _unknown(a, *shapes):
    return tuple(new(None, s, _float(a.dtype)) for s in shapes)


def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    a = array_of(a)
    *lead, n, m = a.shape
    k = builtins.min(n, m)
    if not compute_uv:
        return _unknown(a, (*lead, k))[0]
    return _unknown(a, (*lead, n, n if full_matrices else k), (*lead, k), (*lead, m if full_matrices else k, m))


def qr(a, mode="reduced"):
    refused("linalg.qr", {} if mode in ("reduced", "complete", "r") else {"mode": mode})
    a = array_of(a)
    *lead, n, m = a.shape
    k = n if mode == "complete" else builtins.min(n, m)
    q, r = _unknown(a, (*lead, n, k), (*lead, k, m))
    return r if mode == "r" else (q, r)


def eig(a):
    a = _square(a)
    return _unknown(a, a.shape[:-1], a.shape)


eigh = lambda a, UPLO="L": eig(a)


def eigvals(a):
    a = _square(a)
    return _unknown(a, a.shape[:-1])[0]


eigvalsh = lambda a, UPLO="L": eigvals(a)


def cholesky(a):
    a = _square(a)
    return _unknown(a, a.shape)[0]


def pinv(a, *args, **kwargs):
    a = array_of(a)
    return _unknown(a, (*a.shape[:-2], a.shape[-1], a.shape[-2]))[0]


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(f"numpy.linalg.{name} is not implemented by opcount")
