"""Joining and splitting along axes."""

import builtins

from . import _types
from ._dispatch import _axes, apply
from ._tensor import Tensor  # noqa: F401


def cat(tensors=None, dim=0, *, out=None, **kwargs):
    _axes(kwargs)
    return apply("cat", (list(kwargs.pop("tensors", tensors)), kwargs.pop("dim", dim)), None, "torch.cat")


concat = concatenate = cat


def stack(tensors, dim=0, *, out=None):
    return apply("stack", (list(tensors), dim), None, "torch.stack")


def hstack(tensors):
    tensors = [t.reshape(1) if not t.shape else t for t in tensors]
    return cat(tensors, 0 if len(tensors[0].shape) == 1 else 1)


def vstack(tensors):
    return cat([t if len(t.shape) > 1 else t.reshape(1, -1) for t in tensors], 0)


row_stack = vstack


def dstack(tensors):
    return cat([t if len(t.shape) > 2 else t.reshape(*(t.shape if len(t.shape) == 2 else (1, *t.shape)), 1) for t in tensors], 2)


def meshgrid(*tensors, indexing=None):
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tensors[0]
    return apply("meshgrid", (list(tensors),), {"indexing": indexing or "ij"}, "torch.meshgrid")


def split(tensor, split_size_or_sections, dim=0):
    return split_of(tensor, split_size_or_sections, dim, "torch.split")


def split_of(tensor, sizes, dim, spelling):
    if isinstance(sizes, (tuple, list)):
        return apply("split_with_sizes", (tensor, list(sizes), dim), None, spelling)
    return apply("split", (tensor, sizes, dim), None, spelling)


def tensor_split(input, indices_or_sections=None, dim=0, *, indices=None, sections=None):
    indices_or_sections = next(x for x in (indices_or_sections, indices, sections) if x is not None)
    n = input.shape[dim]
    if isinstance(indices_or_sections, builtins.int):
        k = indices_or_sections
        sizes = [n // k + (1 if i < n % k else 0) for i in range(k)]
        bounds = [0]
        for s in sizes:
            bounds.append(bounds[-1] + s)
    else:
        bounds = [0, *[builtins.int(i) for i in indices_or_sections], n]
    return tuple(input.narrow(dim, a, builtins.max(b - a, 0)) for a, b in zip(bounds, bounds[1:]))


def hsplit(input, sections):
    return tensor_split(input, sections, 0 if input.ndim == 1 else 1)


def vsplit(input, sections):
    return tensor_split(input, sections, 0)


def broadcast_shapes(*shapes):
    out = []
    for extents in zip(*[(1,) * (builtins.max(map(len, shapes)) - len(s)) + tuple(s) for s in shapes]):
        wide = [e for e in extents if e != 1]
        if builtins.any(e != wide[0] for e in wide):
            raise RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape")
        out.append(wide[0] if wide else 1)
    return _types.Size(out)


def broadcast_tensors(*tensors):
    shape = broadcast_shapes(*[t.shape for t in tensors])
    return tuple(t.expand(*shape) for t in tensors)


def cartesian_prod(*tensors):
    return stack([g.flatten() for g in meshgrid(*tensors)], -1)


def block_diag(*tensors):
    rows = builtins.sum(t.shape[0] for t in tensors)
    columns = builtins.sum(t.shape[1] for t in tensors)
    return apply("empty", ([rows, columns],), {"dtype": tensors[0].dtype}, "torch.block_diag")
