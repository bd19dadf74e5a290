"""Tensors as other dtypes, on other devices and with gradients: shapes stay, and nothing moves without data."""

from _opcount import recorder

from . import _dispatch, _types
from ._data import _LEGACY_NAMES, legacy_dtype
from ._dispatch import apply
from ._making import bridge_recording, local


class Casts:
    def requires_grad_(self, requires_grad=True):
        self.requires_grad = requires_grad
        return self

    def retain_grad(self):
        return None

    def register_hook(self, hook):
        from .utils.hooks import RemovableHandle

        return RemovableHandle({})

    def backward(self, *args, **kwargs):
        recorder.backward(self)

    def share_memory_(self):
        return self

    def pin_memory(self, device=None):
        return self

    def cpu(self, memory_format=None):
        return self

    def cuda(self, device=None, non_blocking=False, memory_format=None):
        return self

    def untyped_storage(self):
        return self._store

    storage = untyped_storage

    def __opcount_scripted__(self):
        return self

    def to(self, *args, **kwargs):
        dtype = kwargs.get("dtype")
        for a in args:
            if isinstance(a, _types.dtype):
                dtype = a
            elif isinstance(a, _dispatch.Tensor):
                dtype = a.dtype
        if dtype is None or dtype is self.dtype:
            return self
        return self._cast(dtype, "Tensor.to")

    def _cast(self, dtype, spelling):
        if self._ref is None and not bridge_recording() and self._value is None:
            made = local(self.shape, dtype)
            made.requires_grad = self.requires_grad
            return made
        return apply("to", (self, dtype), None, spelling)

    def type(self, dtype=None, non_blocking=False):
        if dtype is None:
            return "torch." + _LEGACY_NAMES.get(self.dtype.name, self.dtype.name)
        if isinstance(dtype, str):
            dtype = legacy_dtype(dtype)
        return self.to(getattr(dtype, "_legacy_dtype", dtype))

    def type_as(self, other):
        return self.to(other.dtype)

    def float(self, memory_format=None):
        return self.to(_types.float32)

    def double(self, memory_format=None):
        return self.to(_types.float64)

    def half(self, memory_format=None):
        return self.to(_types.float16)

    def bfloat16(self, memory_format=None):
        return self.to(_types.bfloat16)

    def long(self, memory_format=None):
        return self.to(_types.int64)

    def int(self, memory_format=None):
        return self.to(_types.int32)

    def short(self, memory_format=None):
        return self.to(_types.int16)

    def char(self, memory_format=None):
        return self.to(_types.int8)

    def byte(self, memory_format=None):
        return self.to(_types.uint8)

    def bool(self, memory_format=None):
        return self.to(_types.bool)
