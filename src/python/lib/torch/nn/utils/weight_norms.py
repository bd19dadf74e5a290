"""Norms of weights: the weight is computed from its parts before each call, as PyTorch does."""

from ... import _factories
from ..parameter import Parameter


def weight_norm(module, name="weight", dim=0):
    weight = getattr(module, name)
    del module._parameters[name]
    shape = tuple(d if i == (dim or 0) % weight.dim() else 1 for i, d in enumerate(weight.shape)) if dim is not None else ()
    module.register_parameter(name + "_g", Parameter(_factories.local(shape, weight.dtype)))
    module.register_parameter(name + "_v", Parameter(_factories.local(weight.shape, weight.dtype)))
    setattr(module, name, _factories.local(weight.shape, weight.dtype))

    def compute(module, _inputs):
        g, v = getattr(module, name + "_g"), getattr(module, name + "_v")
        axes = [i for i in range(v.dim()) if dim is not None and i != dim % v.dim()]
        object.__setattr__(module, name, v * (g / v.norm(2, axes or None, keepdim=dim is not None)))

    handle = module.register_forward_pre_hook(compute)
    module.__dict__.setdefault("_weight_norms", {})[name] = handle
    return module


def remove_weight_norm(module, name="weight"):
    module.__dict__["_weight_norms"].pop(name).remove()
    weight = getattr(module, name + "_v")
    del module._parameters[name + "_g"], module._parameters[name + "_v"]
    module.__dict__.pop(name, None)
    module.register_parameter(name, Parameter(_factories.local(weight.shape, weight.dtype)))
    return module


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    """At inference the weight is its original divided by σ = uᵀ·W·v."""
    weight = getattr(module, name)
    del module._parameters[name]
    module.register_parameter(name + "_orig", Parameter(_factories.local(weight.shape, weight.dtype)))
    if dim is None:
        dim = 1 if type(module).__name__.startswith("ConvTranspose") else 0
    rows = weight.shape[dim]
    columns = weight.numel() // rows
    setattr(module, name, _factories.local(weight.shape, weight.dtype))
    module.register_buffer(name + "_u", _factories.empty(rows))
    module.register_buffer(name + "_v", _factories.empty(columns))

    def compute(module, _inputs):
        original = getattr(module, name + "_orig")
        if dim != 0:
            matrix = original.permute(dim, *[i for i in range(original.dim()) if i != dim]).reshape(rows, -1)
        else:
            matrix = original.reshape(rows, -1)
        sigma = getattr(module, name + "_u").dot(matrix.mv(getattr(module, name + "_v")))
        object.__setattr__(module, name, original / sigma)

    module.__dict__.setdefault("_spectral_norms", {})[name] = module.register_forward_pre_hook(compute)
    return module


def remove_spectral_norm(module, name="weight"):
    module.__dict__["_spectral_norms"].pop(name).remove()
    weight = getattr(module, name + "_orig")
    del module._parameters[name + "_orig"], module._buffers[name + "_u"], module._buffers[name + "_v"]
    module.__dict__.pop(name, None)
    module.register_parameter(name, Parameter(_factories.local(weight.shape, weight.dtype)))
    return module
