"""Known contents of tensors, and the numbers and lists that a program makes of them."""

import builtins
import math
import sys

from _opcount import bridge, guards
from _opcount.bridge import UnknownValue

from ._making import local


class Contents:
    """Contents are kept where they are few and follow from the program; where they are not known, that is an error."""

    def _known(self):
        return (self._value is not None or self._has) and self._version == self._store.version

    def _forget(self):
        """Something was written into the memory: nobody knows what is in it now."""
        self._value = None
        self._has = False
        self._store.version += 1
        self._version = self._store.version

    def _contents(self, what):
        """The contents as a flat list."""
        if self._version == self._store.version:
            if self._value is not None:
                return self._value
            if self._has:
                found = bridge.call("value", self._ref)
                if found is not None:
                    self._value = found
                    return found
        raise UnknownValue(f"{what} needs the data of a tensor of shape {list(self.shape)}, and opcount runs the model on shapes alone")

    def item(self):
        if self.numel() != 1:
            raise RuntimeError(f"a Tensor with {self.numel()} elements cannot be converted to Scalar")
        return self._python(self._contents("item()")[0])

    def _python(self, x):
        kind = self.dtype.kind
        if kind == "b":
            return builtins.bool(x)
        if type(x) is str:
            from ._symbols import SymInt

            return SymInt(x)
        return builtins.float(x) if kind == "f" else builtins.int(x) if kind == "i" else x

    def tolist(self):
        flat = [self._python(x) for x in self._contents("tolist()")]
        for d in reversed(self.shape[1:]):
            flat = [flat[i : i + d] for i in range(0, len(flat), d)] if d else []
        return flat if self.shape else flat[0]

    def numpy(self, *, force=False):
        from numpy import asarray

        return asarray(self)

    def __array__(self, *_args, **_kwargs):
        return self.numpy()

    def __opcount_array__(self):
        """Shape, dtype and elements, or None for these, as NumPy takes them."""
        known = [self._python(x) for x in self._contents("numpy()")] if self._known() else None
        return tuple(self.shape), self.dtype.name, known

    def __bool__(self):
        if self.numel() != 1:
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        if not self._known():
            checked = guards.expected(sys._getframe(1))
            if checked is not None:
                return checked
        return builtins.bool(self._contents("a branch on a tensor (if, while, and, or, not)")[0])

    def __int__(self):
        return builtins.int(self._scalar("int()"))

    def __float__(self):
        return builtins.float(self._scalar("float()"))

    def __index__(self):
        return builtins.int(self._scalar("an index"))

    def __complex__(self):
        return complex(self._scalar("complex()"))

    def __round__(self, n=0):
        return round(builtins.float(self), n)

    def __ceil__(self):
        return math.ceil(self._scalar("math.ceil()"))

    def __floor__(self):
        return math.floor(self._scalar("math.floor()"))

    def _scalar(self, what):
        if self.numel() != 1:
            raise RuntimeError(f"a Tensor with {self.numel()} elements cannot be converted to Scalar")
        return self._python(self._contents(what)[0])

    def __contains__(self, item):
        return item in self._contents("in")

    def __iter__(self):
        if not self.shape:
            raise TypeError("iteration over a 0-d tensor")
        if hasattr(self.shape[0], "_formula"):
            raise UnknownValue(f"a loop over {self.shape[0]} rows needs their number, which is not known")
        if self._ref is None and self._known() and self._value is not None and self.shape[0]:
            step = len(self._value) // self.shape[0]
            return iter([local(self.shape[1:], self.dtype, self._value[i : i + step]) for i in range(0, len(self._value), step)])
        return iter(self.unbind(0))

    def __reversed__(self):
        return self.flip(0) if self.shape else self
