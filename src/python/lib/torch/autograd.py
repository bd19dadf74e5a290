"""Functions with a gradient of their own: only their forward half runs."""

from . import _quiet
from ._tensor import Tensor


class _Context:
    needs_input_grad = (False,) * 16

    def save_for_backward(self, *tensors):
        self.saved_tensors = tensors

    def mark_dirty(self, *tensors):
        return None

    def mark_non_differentiable(self, *tensors):
        return None

    def set_materialize_grads(self, value):
        return None


class Function:
    @classmethod
    def apply(cls, *args, **kwargs):
        if "setup_context" in cls.__dict__:
            return cls.forward(*args, **kwargs)
        return cls.forward(_Context(), *args, **kwargs)


class Variable:
    def __new__(cls, data=None, requires_grad=False, volatile=False):
        return data


grad = backward = _quiet.none
grad_mode = _quiet.module("torch.autograd.grad_mode", no_grad=_quiet.Context, set_grad_enabled=_quiet.Context)
profiler = _quiet.module("torch.autograd.profiler", profile=_quiet.Context, record_function=_quiet.Context)
function = _quiet.module("torch.autograd.function", Function=Function, once_differentiable=_quiet.decorator)
variable = _quiet.module("torch.autograd.variable", Variable=Variable)
functional = _quiet.module("torch.autograd.functional")
graph = _quiet.module("torch.autograd.graph")
set_detect_anomaly = detect_anomaly = _quiet.Context
_ = Tensor
