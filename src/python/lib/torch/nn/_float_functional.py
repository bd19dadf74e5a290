"""Sums and products as a quantised model spells them."""

from .. import _joins
from .modules.module import Module


class FloatFunctional(Module):
    def add(self, a, b):
        return a + b

    def mul(self, a, b):
        return a * b

    def cat(self, tensors, dim=0):
        return _joins.cat(tensors, dim)

    def add_relu(self, a, b):
        return (a + b).relu()

    def add_scalar(self, a, b):
        return a + b

    def mul_scalar(self, a, b):
        return a * b


class _Stub(Module):
    def __init__(self, qconfig=None):
        super().__init__()

    def forward(self, x):
        return x


QuantStub = type("QuantStub", (_Stub,), {"__module__": "torch.ao.quantization.stubs"})
DeQuantStub = type("DeQuantStub", (_Stub,), {"__module__": "torch.ao.quantization.stubs"})
FloatFunctional.__module__ = "torch.ao.nn.quantized.modules.functional_modules"
