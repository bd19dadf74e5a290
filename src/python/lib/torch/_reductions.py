"""Reductions, whose axes PyTorch takes in several ways."""

import builtins

from . import _types
from ._dispatch import _axes, apply
from ._tensor import Tensor


def _list(x):
    return list(x) if isinstance(x, (tuple, list)) else [x]


def _reduction(name):
    """All axes, or those named by `dim`."""

    def run(input, dim=None, keepdim=False, *, dtype=None, **kwargs):
        _axes(kwargs)
        dim = kwargs.pop("dim", dim)
        keepdim = kwargs.pop("keepdim", keepdim)
        if isinstance(dim, _types.dtype):
            dim, dtype = None, dim
        more = {"dtype": dtype} if dtype is not None else {}
        if dim is None:
            return apply(name, (input,), more, "torch." + name)
        return apply(name, (input, dim if isinstance(dim, builtins.int) else list(dim), builtins.bool(keepdim)), more, "torch." + name)

    run.__name__ = name
    return run


sum = _reduction("sum")
mean = _reduction("mean")
any = _reduction("any")
all = _reduction("all")
median = _reduction("median")


def _extremum(name, pairwise):
    def run(input, *args, **kwargs):
        _axes(kwargs)
        if args and isinstance(args[0], Tensor):
            return apply(pairwise, (input, args[0]), None, "torch." + name)
        if "other" in kwargs:
            return apply(pairwise, (input, kwargs["other"]), None, "torch." + name)
        return apply(name, (input, *args), kwargs, "torch." + name)

    run.__name__ = name
    return run


max = _extremum("max", "maximum")
min = _extremum("min", "minimum")


def _spread(name):
    def run(input, dim=None, unbiased=True, keepdim=False, *, correction=1, **kwargs):
        _axes(kwargs)
        dim = kwargs.pop("dim", dim)
        keepdim = kwargs.pop("keepdim", keepdim)
        if isinstance(dim, builtins.bool):
            dim, unbiased = None, dim
        correction = correction if unbiased else 0
        axes = None if dim is None else _list(dim)
        return apply(name, (input, axes), {"correction": correction, "keepdim": builtins.bool(keepdim)}, "torch." + name)

    run.__name__ = name
    return run


std = _spread("std")
var = _spread("var")
var_mean = _spread("var_mean")
std_mean = _spread("std_mean")


def norm(input, p="fro", dim=None, keepdim=False, dtype=None):
    if p == "fro" or p == "nuc" or p is None:
        p = 2
    if dim is None:
        return apply("norm", (input, p), None, "torch.norm")
    return apply("norm", (input, p, _list(dim), keepdim), None, "torch.norm")
