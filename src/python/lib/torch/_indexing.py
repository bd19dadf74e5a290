"""`x[…]` and `x[…] = v`: the places of an index, as the host takes them."""

import builtins

from . import _factories, _routing, _types
from ._dispatch import apply
from ._tensor import Tensor, from_data, local


def _index(index):
    """An index as the host takes it: a list of axes, each a number, a slice, None, an ellipsis or a tensor."""
    if not isinstance(index, tuple):
        if isinstance(index, list) and any(isinstance(i, (slice, Tensor, list)) or i is None for i in index):
            index = tuple(index)
        else:
            index = (index,)
    out = []
    for i in index:
        if isinstance(i, slice):
            out.append({"slice": [_bound(i.start), _bound(i.stop), _bound(i.step)]})
        elif i is None:
            out.append({"new": 1})
        elif i is Ellipsis:
            out.append({"rest": 1})
        elif isinstance(i, Tensor):
            count = _routing.mask_count(i) if i.dtype.kind == "b" else None
            if count is not None:
                out += [_factories.empty(count, dtype=_types.int64) for _ in i.shape]
            elif not i.shape and i.dtype.kind == "i" and i._known():
                out.append(builtins.int(i))
            else:
                out.append(i)
        elif isinstance(i, builtins.bool):
            out.append(local((), _types.bool, [builtins.int(i)]))
        elif isinstance(i, (list, tuple, range)) or hasattr(i, "tolist"):
            out.append(from_data(list(i) if isinstance(i, range) else i))
        else:
            out.append(i if hasattr(i, "_formula") else i.__index__())
    return out


def _bound(i):
    if isinstance(i, Tensor):
        return builtins.int(i)
    return i if i is None or hasattr(i, "_formula") else i.__index__()


def _getitem(self, index):
    if self._ref is None and type(index) is builtins.int and len(self.shape) == 1 and self._known():
        n = len(self._value)
        if not -n <= index < n:
            raise IndexError(f"index {index} is out of bounds for dimension 0 with size {n}")
        return local((), self.dtype, [self._value[index]])
    return apply("__getitem__", (self, _index(index)), None, "Tensor.__getitem__")


def _setitem(self, index, value):
    apply("__setitem__", (self, _index(index), value), None, "Tensor.__setitem__")
    self._forget()


Tensor.__getitem__ = _getitem
Tensor.__setitem__ = _setitem
