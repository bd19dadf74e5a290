"""Weights that are computed from others each time they are asked for: `register_parametrization` and what goes with it."""

from contextlib import contextmanager

from ..._tensor import Tensor
from ..modules.container import ModuleDict, ModuleList
from ..modules.module import Module
from ..parameter import Parameter

_cache_enabled = [0]
_cache = {}


@contextmanager
def cached():
    """Inside, a weight is computed once."""
    _cache_enabled[0] += 1
    try:
        yield
    finally:
        _cache_enabled[0] -= 1
        if not _cache_enabled[0]:
            _cache.clear()


class ParametrizationList(ModuleList):
    """The steps that make one weight, and the tensors that it is made of: `original`, or `original0`, `original1`, …"""

    def __init__(self, modules, original, unsafe=False):
        super().__init__(modules)
        self.unsafe = unsafe
        made = original
        for step in reversed(list(self)):
            inverse = getattr(step, "right_inverse", None)
            if inverse is not None:
                try:
                    made = inverse(made)
                except NotImplementedError:
                    pass
        self.is_tensor = isinstance(made, Tensor)
        self.ntensors = 1 if self.is_tensor else len(made)
        learns = isinstance(original, Parameter)
        for name, tensor in [("original", made)] if self.is_tensor else [(f"original{i}", t) for i, t in enumerate(made)]:
            if learns:
                tensor = tensor if isinstance(tensor, Parameter) else Parameter(tensor, original.requires_grad)
                self.register_parameter(name, tensor)
            else:
                self.register_buffer(name, tensor)

    def right_inverse(self, value):
        for step in reversed(list(self)):
            if hasattr(step, "right_inverse"):
                value = step.right_inverse(value)
        for name, tensor in [("original", value)] if self.is_tensor else [(f"original{i}", t) for i, t in enumerate(value)]:
            getattr(self, name).data = tensor.data

    def forward(self):
        steps = list(self)
        x = steps[0](*([self.original] if self.is_tensor else [getattr(self, f"original{i}") for i in range(self.ntensors)]))
        for step in steps[1:]:
            x = step(x)
        return x


def _property(name):
    def get(self):
        if not _cache_enabled[0]:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = self.parametrizations[name]()
        return _cache[key]

    def set_(self, value):
        self.parametrizations[name].right_inverse(value)

    return property(get, set_)


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    if is_parametrized(module, tensor_name):
        module.parametrizations[tensor_name].append(parametrization)
        return module
    original = module._parameters.get(tensor_name)
    if original is None:
        original = module._buffers.get(tensor_name)
    if original is None:
        raise ValueError(f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'")
    steps = ParametrizationList([parametrization], original, unsafe=unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        cls = type(module)
        made = type(f"Parametrized{cls.__name__}", (cls,), {"__module__": cls.__module__, "_opcount_plain": cls})
        object.__setattr__(module, "__class__", made)
        module.parametrizations = ModuleDict()
    setattr(type(module), tensor_name, _property(tensor_name))
    module.parametrizations[tensor_name] = steps
    return module


def is_parametrized(module, tensor_name=None):
    found = module.__dict__.get("_modules", {}).get("parametrizations")
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    steps = module.parametrizations[tensor_name]
    tensor = getattr(module, tensor_name) if leave_parametrized or not steps.is_tensor else steps.original
    learns = any(True for _ in steps.parameters(recurse=False))
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if learns:
        module.register_parameter(tensor_name, tensor if isinstance(tensor, Parameter) else Parameter(tensor.detach()))
    else:
        module.register_buffer(tensor_name, tensor)
    if not len(module.parametrizations):
        del module._modules["parametrizations"]
        object.__setattr__(module, "__class__", type(module)._opcount_plain)
    return module


def type_before_parametrizations(module):
    return type(module)._opcount_plain if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module, to_module, tensor_name=None):
    for name in [tensor_name] if tensor_name else list(from_module.parametrizations) if is_parametrized(from_module) else []:
        for step in from_module.parametrizations[name]:
            register_parametrization(to_module, name, step)
    return to_module


_ = Module
