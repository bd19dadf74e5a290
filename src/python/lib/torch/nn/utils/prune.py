"""
Pruning as PyTorch has it: the weight becomes `weight_orig`, a mask stands beside it as a buffer, and before each call the
weight is their product. Which places a mask keeps is data; that the dense product is still computed is not.
"""

import builtins

from ... import _factories
from ..parameter import Parameter


class BasePruningMethod:
    PRUNING_TYPE = "unstructured"
    _tensor_name = ""

    def __init__(self, *args, **kwargs):
        self.amount = kwargs.get("amount", args[0] if args else None)

    def __call__(self, module, inputs):
        setattr(module, self._tensor_name, self.apply_mask(module))

    def compute_mask(self, t, default_mask):
        return _factories.empty_like(default_mask)

    def apply_mask(self, module):
        return getattr(module, self._tensor_name + "_mask") * getattr(module, self._tensor_name + "_orig")

    @classmethod
    def apply(cls, module, name, *args, importance_scores=None, **kwargs):
        method = cls(*args, **kwargs)
        method._tensor_name = name
        before = _methods(module).get(name)
        if before is not None:
            before[1].remove()
            mask = getattr(module, name + "_mask")
        else:
            original = getattr(module, name)
            if not isinstance(original, Parameter):
                raise TypeError(f"{name} of {type(module).__name__} is not a parameter that can be pruned")
            del module._parameters[name]
            module.register_parameter(name + "_orig", original)
            mask = _factories.ones_like(original)
            module.register_buffer(name + "_mask", mask)
        method.compute_mask(getattr(module, name + "_orig"), mask)
        object.__setattr__(module, name, _factories.empty_like(getattr(module, name + "_orig")))
        _methods(module)[name] = (method, module.register_forward_pre_hook(method))
        return method

    def prune(self, t, default_mask=None, importance_scores=None):
        return self.compute_mask(t, _factories.ones_like(t) if default_mask is None else default_mask) * t

    def remove(self, module):
        name = self._tensor_name
        _methods(module).pop(name)[1].remove()
        original = module._parameters.pop(name + "_orig")
        del module._buffers[name + "_mask"]
        module.__dict__.pop(name, None)
        module.register_parameter(name, original)


def _methods(module):
    return module.__dict__.setdefault("_opcount_pruned", {})


def _method(name, type_="unstructured"):
    return type(name, (BasePruningMethod,), {"PRUNING_TYPE": type_, "__module__": __name__})


Identity = _method("Identity")
RandomUnstructured = _method("RandomUnstructured")
L1Unstructured = _method("L1Unstructured")
RandomStructured = _method("RandomStructured", "structured")
LnStructured = _method("LnStructured", "structured")
CustomFromMask = _method("CustomFromMask", "global")


class PruningContainer(BasePruningMethod):
    pass


def _by(cls):
    def prune(module, name, *args, **kwargs):
        cls.apply(module, name, *args, **kwargs)
        return module

    return prune


identity = _by(Identity)
random_unstructured = _by(RandomUnstructured)
l1_unstructured = _by(L1Unstructured)
random_structured = _by(RandomStructured)
ln_structured = _by(LnStructured)
custom_from_mask = _by(CustomFromMask)


def global_unstructured(parameters, pruning_method, importance_scores=None, **kwargs):
    for module, name in parameters:
        pruning_method.apply(module, name, **kwargs)


def remove(module, name):
    if name not in _methods(module):
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    _methods(module)[name][0].remove(module)
    return module


def is_pruned(module):
    return builtins.any(m.__dict__.get("_opcount_pruned") for m in module.modules())
