"""Learnable tensors."""

from .. import _dispatch
from .._tensor import Store, Tensor, _adopt, local


class Parameter(Tensor):
    """A tensor that a module registers when it is assigned to one of its fields."""

    _is_parameter = True

    def __new__(cls, *args, **kwargs):
        return object.__new__(cls)

    def __init__(self, data=None, requires_grad=True):
        _adopt(self, data if data is not None else local((0,), _float32()))
        if self._ref is not None:
            # A parameter made of another tensor shares its memory, not what the host recorded of it.
            self._ref = None
            self._has = False
        self.requires_grad = requires_grad

    def __repr__(self):
        return "Parameter containing:\n" + Tensor.__repr__(self).replace("Parameter containing:\n", "")


class Buffer(Tensor):
    def __new__(cls, data=None, *, persistent=True):
        made = object.__new__(cls)
        return made

    def __init__(self, data=None, *, persistent=True):
        _adopt(self, data if data is not None else local((0,), _float32()))
        self.persistent = persistent


class UninitializedTensorMixin:
    def numel(self):
        raise ValueError(
            "Attempted to use an uninitialized parameter in numel(). This error happens when you are using a `LazyModule`: run a batch through the model first"
        )

    nelement = numel


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape follows from the first input."""

    def __init__(self, requires_grad=True, device=None, dtype=None):
        Parameter.__init__(self, local((0,), dtype or _float32()), requires_grad)

    def materialize(self, shape, device=None, dtype=None):
        made = local(shape, dtype or self.dtype)
        self.__class__ = Parameter
        _adopt(self, made)


class UninitializedBuffer(UninitializedTensorMixin, Tensor):
    pass


def is_lazy(param):
    return isinstance(param, UninitializedTensorMixin)


def _float32():
    from .._tensor import _default

    return _default[0]


_dispatch.TENSORS.update((Parameter, Buffer, UninitializedParameter))
__all__ = ["Parameter", "Buffer", "UninitializedParameter", "UninitializedBuffer", "is_lazy"]
_ = Store
