"""The signs of arithmetic on tensors."""

import builtins

from ._dispatch import apply
from ._tensor import Tensor, from_data, local

SIGNS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "matmul": "@",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "and": "&",
    "or": "|",
    "xor": "^",
    "lshift": "<<",
    "rshift": ">>",
}


def _sign(name, spelling):
    def operator(self, other):
        if not isinstance(other, (Tensor, builtins.int, builtins.float, builtins.complex)) and not hasattr(other, "_formula"):
            return _foreign(other, lambda o: apply(name, (self, o), None, spelling))
        return apply(name, (self, other), None, spelling)

    return operator


def _foreign(other, then):
    """NumPy scalars and the like are numbers; anything else is not for a tensor to answer."""
    if hasattr(other, "__opcount_array__") and not isinstance(other, type):
        return then(from_data(other) if other.shape else other.item())
    return NotImplemented


def _reflected(name, spelling):
    def operator(self, other):
        if not isinstance(other, (builtins.int, builtins.float)) and not hasattr(other, "_formula"):
            return _foreign(other, lambda o: apply(name, (self, o), None, spelling))
        return apply(name, (self, other), None, spelling)

    return operator


def _inplace(name, spelling):
    def operator(self, other):
        return apply(name + "_", (self, other), None, spelling)

    return operator


for sign, name in {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "truediv": "div",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "pow",
    "matmul": "matmul",
    "eq": "eq",
    "ne": "ne",
    "lt": "lt",
    "le": "le",
    "gt": "gt",
    "ge": "ge",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift",
    "rshift": "bitwise_right_shift",
}.items():
    setattr(Tensor, f"__{sign}__", _sign(name, SIGNS[sign]))
for sign, name in {
    "radd": "add",
    "rmul": "mul",
    "rsub": "rsub",
    "rand": "bitwise_and",
    "ror": "bitwise_or",
    "rxor": "bitwise_xor",
}.items():
    setattr(Tensor, f"__{sign}__", _reflected(name, SIGNS[sign[1:]]))
for sign, name in {
    "iadd": "add",
    "isub": "sub",
    "imul": "mul",
    "itruediv": "div",
    "ifloordiv": "floor_divide",
    "imod": "remainder",
    "ipow": "pow",
    "iand": "bitwise_and",
    "ior": "bitwise_or",
    "ixor": "bitwise_xor",
}.items():
    setattr(Tensor, f"__{sign}__", _inplace(name, SIGNS[sign[1:]] + "="))


def _rtruediv(self, other):
    # As PyTorch does it: two operators.
    return apply("mul", (apply("reciprocal", (self,), None, "/"), other), None, "/")


def _rpow(self, other):
    return apply("pow", (other, self), None, "**")


def _rfloordiv(self, other):
    return apply("floor_divide", (local((), self.dtype, [other]), self), None, "//")


def _rmod(self, other):
    return apply("remainder", (other, self), None, "%")


Tensor.__rtruediv__ = _rtruediv
Tensor.__rpow__ = _rpow
Tensor.__rfloordiv__ = _rfloordiv
Tensor.__rmod__ = _rmod
Tensor.__neg__ = lambda self: apply("neg", (self,), None, "-")
Tensor.__pos__ = lambda self: self
Tensor.__abs__ = lambda self: apply("abs", (self,), None, "Tensor.__abs__")
Tensor.__invert__ = lambda self: apply("bitwise_not", (self,), None, "~")
