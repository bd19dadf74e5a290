"""Functions with a gradient of their own: only their forward half runs. Gradients themselves are not computed."""

from _opcount.bridge import OpcountError

from . import _grad_mode, _noop
from . import profiler as _timed


class _Context:
    needs_input_grad = (False,) * 16
    saved_tensors = ()

    def save_for_backward(self, *tensors):
        self.saved_tensors = tensors

    save_for_forward = save_for_backward

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


def refused(name):
    """A function that needs gradients: an error that says so."""

    def refuse(*args, **kwargs):
        raise OpcountError(
            f"{name} is called, and opcount does not compute gradients: it counts the forward pass",
            "unsupported",
            "profile the part of the model before the gradient is taken",
        )

    refuse.__name__ = name.rpartition(".")[2]
    return refuse


grad = refused("torch.autograd.grad")


def backward(tensors, *args, **kwargs):
    for tensor in tensors if isinstance(tensors, (tuple, list)) else [tensors]:
        tensor.backward()


grad_mode = _noop.module(
    "torch.autograd.grad_mode",
    no_grad=_grad_mode.no_grad,
    enable_grad=_grad_mode.enable_grad,
    set_grad_enabled=_grad_mode.set_grad_enabled,
    inference_mode=_grad_mode.inference_mode,
)
profiler = _noop.module(
    "torch.autograd.profiler", profile=_timed.profile, record_function=_timed.record_function, EventList=_timed.EventList
)
function = _noop.module("torch.autograd.function", Function=Function, FunctionCtx=_Context, once_differentiable=_noop.decorator)
variable = _noop.module("torch.autograd.variable", Variable=Variable)
functional = _noop.module(
    "torch.autograd.functional",
    **{n: refused(f"torch.autograd.functional.{n}") for n in ("jacobian", "hessian", "vjp", "jvp", "hvp", "vhp")},
)
graph = _noop.module("torch.autograd.graph", saved_tensors_hooks=_noop.Context, save_on_cpu=_noop.Context)
forward_ad = _noop.module("torch.autograd.forward_ad")
set_detect_anomaly = detect_anomaly = _noop.Context
