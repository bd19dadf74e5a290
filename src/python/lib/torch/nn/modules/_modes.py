"""Training and evaluation, devices and dtypes of a whole tree of modules."""

from ..._tensor import Tensor


class Modes:
    def train(self, mode=True):
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        for p in self.parameters():
            p.grad = None

    def _apply(self, fn, recurse=True):
        for module in self.children():
            module._apply(fn)
        for name, param in self._parameters.items():
            if param is not None:
                changed = fn(param)
                if changed is not param:
                    param.data = changed
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args, **kwargs):
        from ... import _types

        dtype = kwargs.get("dtype")
        for a in args:
            if isinstance(a, _types.dtype):
                dtype = a
            elif isinstance(a, Tensor):
                dtype = a.dtype
        if dtype is None:
            return self
        if dtype.kind not in "fc":
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype!r}")
        return self._apply(lambda t: t.to(dtype) if t.dtype.kind == "f" else t)

    def type(self, dst_type):
        return self._apply(lambda t: t.type(dst_type))

    def float(self):
        return self._floating("float32")

    def double(self):
        return self._floating("float64")

    def half(self):
        return self._floating("float16")

    def bfloat16(self):
        return self._floating("bfloat16")

    def _floating(self, name):
        from ... import _types

        return self.to(dtype=_types.dtype._known[name])

    def cuda(self, device=None):
        return self

    def cpu(self):
        return self

    def xpu(self, device=None):
        return self

    def to_empty(self, *, device, recurse=True):
        return self

    def share_memory(self):
        return self

    def compile(self, *args, **kwargs):
        return None
