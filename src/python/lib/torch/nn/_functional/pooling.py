"""Pooling, and its inverses."""

import builtins
import math

from ..._dispatch import apply, outer
from ._lists import listed as _list
from .activations import relu


def _max_pool(name):
    def run(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        kernel_size = _list(kernel_size)
        args = (input, kernel_size, kernel_size if stride is None else _list(stride), _list(padding), _list(dilation), ceil_mode)
        if return_indices:
            return tuple(apply(name + "_with_indices", args, None, "F." + name))
        return apply(name, args, None, "F." + name)

    run.__name__ = name
    return run


def _avg_pool(name):
    def run(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        kernel_size = _list(kernel_size)
        args = (input, kernel_size, kernel_size if stride is None else _list(stride), _list(padding), ceil_mode, count_include_pad)
        return apply(name, args, None, "F." + name)

    run.__name__ = name
    return run


def _adaptive(name, kind, axes):
    def run(input, output_size, return_indices=False):
        size = list(output_size) if isinstance(output_size, (tuple, list)) else [output_size] * axes
        size = [input.shape[i - axes] if s is None else s for i, s in enumerate(size)]
        out = apply(name, (input, size), None, "F." + name)
        if kind == "max":
            return out if return_indices else out[0] if isinstance(out, tuple) else out
        return out

    run.__name__ = name
    return run


max_pool1d, max_pool2d, max_pool3d = (_max_pool(f"max_pool{n}d") for n in (1, 2, 3))
avg_pool1d, avg_pool2d, avg_pool3d = (_avg_pool(f"avg_pool{n}d") for n in (1, 2, 3))
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = (_adaptive(f"adaptive_avg_pool{n}d", "avg", n) for n in (1, 2, 3))
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = (_adaptive(f"adaptive_max_pool{n}d", "max", n) for n in (1, 2, 3))


def _with_indices(pool):
    def run(*args, **kwargs):
        return pool(*args, **{**kwargs, "return_indices": True})

    return run


max_pool1d_with_indices, max_pool2d_with_indices, max_pool3d_with_indices = map(_with_indices, (max_pool1d, max_pool2d, max_pool3d))


def _lp_pool(axes):
    @outer(f"F.lp_pool{axes}d")
    def run(input, norm_type, kernel_size, stride=None, ceil_mode=False):
        if norm_type in (math.inf, -math.inf):
            most = (max_pool1d, max_pool2d, max_pool3d)[axes - 1]
            return (
                most(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
                if norm_type > 0
                else -most(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)
            )
        pool = (avg_pool1d, avg_pool2d, avg_pool3d)[axes - 1]
        n = kernel_size**axes if isinstance(kernel_size, builtins.int) else math.prod(kernel_size)
        out = pool(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
        return (out.sign() * relu(out.abs())).mul(n).pow(1.0 / norm_type)

    return run


lp_pool1d, lp_pool2d, lp_pool3d = (_lp_pool(n) for n in (1, 2, 3))


def _max_unpool(name, axes):
    def run(input, indices, kernel_size, stride=None, padding=0, output_size=None):
        if output_size is None:
            per = lambda x: list(x) if isinstance(x, (tuple, list)) else [x] * axes
            kernel, steps, pads = per(kernel_size), per(stride if stride is not None else kernel_size), per(padding)
            output_size = [(d - 1) * s - 2 * p + k for d, k, s, p in zip(input.shape[-axes:], kernel, steps, pads)]
        size = list(output_size)[-axes:]
        return apply("max_unpool" + name, (input, indices, size), None, "F.max_unpool" + name)

    return run


max_unpool1d, max_unpool2d, max_unpool3d = (_max_unpool(f"{n}d", n) for n in (1, 2, 3))
adaptive_max_pool1d_with_indices, adaptive_max_pool2d_with_indices, adaptive_max_pool3d_with_indices = map(
    _with_indices, (adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d)
)
