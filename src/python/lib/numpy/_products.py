"""Sums of products: matmul, dot, einsum and what follows from them."""

import builtins
import itertools
import math
import operator

from . import _array, _dtypes
from ._array import array_of, ndarray, new, result
from ._index import broadcast, broadcast_to
from ._shapes import expand_dims, reshape, transpose
from ._ufuncs import UFUNCS, refused

# More products than this are not worked out: the result has a shape alone.
MAX_PRODUCTS = 2_000_000


def einsum(*operands, out=None, **more):
    refused(
        "einsum", {**({} if out is None else {"out": out}), **{k: v for k, v in more.items() if k not in ("optimize", "dtype", "order")}}
    )
    if isinstance(operands[0], str):
        equation, *arrays = operands
    else:
        equation, arrays = _spelled(operands)
    arrays = [array_of(a) for a in arrays]
    equation = equation.replace(" ", "")
    inputs, arrow, output = equation.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(arrays):
        raise ValueError("einsum: the equation and the operands differ in number")
    terms, rest = _without_dots(terms, arrays)
    letters = "".join(terms)
    if not arrow:
        output = rest + "".join(sorted(c for c in set(letters) - set(rest) if letters.count(c) == 1))
    else:
        output = output.replace("...", rest)
    extents = {}
    for term, a in zip(terms, arrays):
        if len(term) != a.ndim:
            raise ValueError(f"einsum: {term!r} has not as many labels as its operand has axes ({a.ndim})")
        for c, d in zip(term, a.shape):
            if extents.setdefault(c, d) == 1:
                extents[c] = d
            elif d not in (1, extents[c]):
                raise ValueError(f"einsum: the label {c!r} stands for {extents[c]} and {d}")
    found = arrays[0].dtype
    for a in arrays[1:]:
        found = _dtypes.promote(found, a.dtype)
    shape = tuple(extents[c] for c in output)
    summed = [c for c in extents if c not in output]
    total = math.prod(extents.values())
    if not all(a.known for a in arrays) or total > MAX_PRODUCTS:
        return new(None, shape, found)
    return result(new(_sums(terms, arrays, output, summed, extents, found), shape, found))


def _sums(terms, arrays, output, summed, extents, dtype):
    """For each place of the output, the sum over all others."""

    def offsets(term, a, labels):
        at = [0]
        for c in labels:
            step = sum(s for t, s, d in zip(term, a._steps, a.shape) if t == c and d != 1)
            at = [i + k * step for i in at for k in range(extents[c])]
        return at

    outer = [offsets(t, a, output) for t, a in zip(terms, arrays)]
    inner = [offsets(t, a, summed) for t, a in zip(terms, arrays)]
    items = [(a._buffer.items, a._at) for a in arrays]
    made = []
    for places in zip(*outer):
        total = 0
        for moves in zip(*inner):
            product = 1
            for (values, at), p, m in zip(items, places, moves):
                product *= values[at + p + m]
            total += product
        made.append(dtype.cast(total))
    return made


def _without_dots(terms, arrays):
    """Ellipses spelled out with labels that nothing else uses."""
    rank = max((a.ndim - len(t.replace("...", "")) for t, a in zip(terms, arrays) if "..." in t), default=0)
    free = [c for c in map(chr, itertools.chain(range(65, 91), range(192, 300))) if not any(c in t for t in terms)]
    rest = "".join(free[:rank])
    return [t.replace("...", rest[rank - (a.ndim - len(t) + 3) :] if "..." in t else "") for t, a in zip(terms, arrays)], rest


def _spelled(operands):
    arrays, lists = list(operands[0::2]), list(operands[1::2])
    output = arrays.pop() if len(operands) % 2 else None
    text = lambda labels: "".join("..." if i is Ellipsis else chr(97 + i) for i in labels)
    return ",".join(map(text, lists)) + ("" if output is None else "->" + text(output)), arrays


def matmul(a, b, out=None, **more):
    refused("matmul", {**({} if out is None else {"out": out}), **more})
    a, b = array_of(a), array_of(b)
    if not a.ndim or not b.ndim:
        raise ValueError("matmul: Input operand does not have enough dimensions")
    left, right = a.ndim == 1, b.ndim == 1
    a, b = (expand_dims(a, 0) if left else a), (expand_dims(b, 1) if right else b)
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(
            f"matmul: Input operand 1 has a mismatch in its core dimension 0 (size {b.shape[-2]} is different from {a.shape[-1]})"
        )
    lead = broadcast(a.shape[:-2], b.shape[:-2])
    made = einsum("...ij,...jk->...ik", broadcast_to(a, (*lead, *a.shape[-2:])), broadcast_to(b, (*lead, *b.shape[-2:])))
    made = array_of(made)
    shape = [*lead, *([] if left else [a.shape[-2]]), *([] if right else [b.shape[-1]])]
    return result(reshape(made, shape))


def dot(a, b, out=None):
    a, b = array_of(a), array_of(b)
    if not a.ndim or not b.ndim:
        return a * b
    return tensordot(a, b, ([a.ndim - 1], [max(b.ndim - 2, 0)]))


def tensordot(a, b, axes=2):
    a, b = array_of(a), array_of(b)
    if hasattr(axes, "__index__"):
        n = int(axes)
        axes = (list(range(a.ndim - n, a.ndim)), list(range(n)))
    left, right = ([x] if hasattr(x, "__index__") else list(x) for x in axes)
    left, right = [i % a.ndim for i in left], [i % b.ndim for i in right]
    first = [chr(97 + i) for i in range(a.ndim)]
    second = [chr(97 + a.ndim + i) for i in range(b.ndim)]
    for i, j in zip(left, right):
        second[j] = first[i]
    out = [c for i, c in enumerate(first) if i not in left] + [c for j, c in enumerate(second) if j not in right]
    return einsum(f"{''.join(first)},{''.join(second)}->{''.join(out)}", a, b)


def inner(a, b):
    a, b = array_of(a), array_of(b)
    return a * b if not a.ndim or not b.ndim else tensordot(a, b, ([a.ndim - 1], [b.ndim - 1]))


def vdot(a, b):
    return dot(array_of(a).ravel(), array_of(b).ravel())


def outer(a, b, out=None):
    return UFUNCS["multiply"].outer(array_of(a).ravel(), array_of(b).ravel())


def kron(a, b):
    a, b = array_of(a), array_of(b)
    rank = max(a.ndim, b.ndim)
    a, b = (reshape(x, *([1] * (rank - x.ndim)), *x.shape) for x in (a, b))
    grid = UFUNCS["multiply"].outer(a, b)
    order = [k for i in range(rank) for k in (i, rank + i)]
    return reshape(transpose(grid, order).copy(), [x * y for x, y in zip(a.shape, b.shape)])


def trace(a, offset=0, axis1=0, axis2=1, **more):
    from ._creation import diagonal

    refused("trace", more)
    return diagonal(a, offset, axis1, axis2).sum(-1)


def cross(a, b, axis=-1, **more):
    refused("cross", more)
    a, b = array_of(a), array_of(b)
    if axis != -1 or a.shape[-1] != 3 or b.shape[-1] != 3:
        raise NotImplementedError("numpy.cross: only vectors of 3 along the last axis are implemented by opcount")
    x, y = [a[..., i] for i in range(3)], [b[..., i] for i in range(3)]
    from ._shapes import stack

    return stack([x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]], -1)


def _matmul_of(self, other):
    return NotImplemented if hasattr(other, "_store") else matmul(self, other)


ndarray.__matmul__ = _matmul_of
ndarray.__rmatmul__ = lambda self, other: NotImplemented if hasattr(other, "_store") else matmul(other, self)
ndarray.dot, ndarray.trace = dot, trace
_ = builtins, operator, _array
