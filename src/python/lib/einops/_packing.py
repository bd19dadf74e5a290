"""Several tensors as one, and back."""

import torch

from ._errors import EinopsError
from ._rearranging import _product


def _ends(pattern):
    names = pattern.split()
    if names.count("*") != 1:
        raise EinopsError(f"a pattern of pack has one '*': {pattern!r}")
    at = names.index("*")
    return at, len(names) - 1 - at


def pack(tensors, pattern):
    before, after = _ends(pattern)
    shapes, flat = [], []
    for t in tensors:
        middle = t.shape[before : len(t.shape) - after]
        shapes.append(middle)
        flat.append(t.reshape([*t.shape[:before], _product(middle), *t.shape[len(t.shape) - after :]]))
    return torch.cat(flat, dim=before), shapes


def unpack(tensor, packed_shapes, pattern):
    before, after = _ends(pattern)
    sizes = [None if -1 in list(s) else _product(s) for s in packed_shapes]
    if None in sizes:
        rest = sum(s for s in sizes if s is not None)
        sizes[sizes.index(None)] = tensor.shape[before] - rest
    parts = torch.split(tensor, sizes, dim=before)
    tail = list(tensor.shape[before + 1 :])
    return [p.reshape([*tensor.shape[:before], *s, *tail]) for p, s in zip(parts, packed_shapes)]
