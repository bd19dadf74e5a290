"""Tensors made from a shape: what a program has before any operator ran. And whether a run is being recorded."""

import builtins

from . import _dispatch, _types
from ._dispatch import Store
from ._types import Size

# Contents longer than this are not kept: shape arithmetic is short.
MAX_KNOWN = 4096

_next_local = [0]


def _local_ref():
    _next_local[0] -= 1
    return _next_local[0]


def _become(tensor, shape, dtype):
    tensor.shape = size_of(shape)
    tensor.dtype = dtype
    tensor._store = Store()
    tensor._version = 0


def _adopt(tensor, other):
    """Takes over what another tensor is: the same memory under another object."""
    for name in ("shape", "dtype", "_store", "_version", "_ref", "_value", "_has"):
        value = getattr(other, name)
        setattr(tensor, name, value)


def size_of(shape):
    """A shape from whatever numbers it was given as."""
    extents = []
    for d in shape:
        if type(d) is not builtins.int:
            if isinstance(d, builtins.float):
                raise TypeError(f"a size must be an int, not float ({d})")
            d = d.__index__() if not hasattr(d, "_formula") else d
        if type(d) is builtins.int and d < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {d}: {list(shape)}")
        extents.append(d)
    return Size(extents)


def local(shape, dtype, value=None):
    """A tensor that no operator made: a parameter, a constant of the program."""
    made = object.__new__(_dispatch.Tensor)
    made.shape = shape if type(shape) is Size else size_of(shape)
    made.dtype = dtype
    made._store = Store()
    made._version = 0
    if value is not None and len(value) <= MAX_KNOWN:
        made._value = value
    return made


_default = [_types.float32]
_recording = [False]


def bridge_recording():
    return _recording[0]
