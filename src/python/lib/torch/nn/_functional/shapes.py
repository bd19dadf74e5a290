"""Padding, resizing, patches, and the order of pixels and channels."""

import builtins
import math

from ..._dispatch import apply, outer
from ._lists import listed as _list
from .pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d


def pad(input, pad, mode="constant", value=None):
    if mode not in ("constant", "reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    return apply("pad", (input, list(pad), mode, value), None, "F.pad")


@outer("F.interpolate")
def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False):
    """The wanted size, or the extents times the factors, rounded down."""
    axes = input.dim() - 2
    if (size is None) == (scale_factor is None):
        raise ValueError(
            "only one of size or scale_factor should be defined" if size is not None else "either size or scale_factor should be defined"
        )
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError("align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear")
    else:
        align_corners = builtins.bool(align_corners)
    wanted = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}.get(mode)
    if wanted is not None and wanted != axes:
        raise NotImplementedError(f"Got {input.dim()}D input, but {mode} mode needs {wanted + 2}D input")
    if size is not None:
        if isinstance(size, (tuple, list)) and len(size) != axes:
            raise ValueError(
                f"Input and output must have the same number of spatial dimensions, but got input with spatial dimensions of {list(input.shape[2:])} and output size of {size}"
            )
        target = [s if hasattr(s, "_formula") else builtins.int(s) for s in size] if isinstance(size, (tuple, list)) else [size] * axes
    else:
        factors = list(scale_factor) if isinstance(scale_factor, (tuple, list)) else [scale_factor] * axes
        target = [_scaled(d, f) for d, f in zip(input.shape[2:], factors)]
    if mode == "area":
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[axes - 1](input, target)
    if mode.startswith("nearest"):
        name = ("_upsample_nearest_exact" if mode == "nearest-exact" else "upsample_nearest") + f"{axes}d"
        return apply(name, (input, target), None, "F.interpolate")
    name = {
        "linear": "upsample_linear1d",
        "bilinear": "upsample_bilinear2d",
        "bicubic": "upsample_bicubic2d",
        "trilinear": "upsample_trilinear3d",
    }[mode]
    if antialias:
        name = f"_{name}_aa"
    return apply(name, (input, target, align_corners), None, "F.interpolate")


def _scaled(extent, factor):
    if hasattr(extent, "_formula"):
        if float(factor).is_integer():
            return extent * builtins.int(factor)
        part = (1.0 / factor) if factor else 0
        if float(part).is_integer():
            return extent // builtins.int(part)
    return math.floor(float(extent * factor))


@outer("F.upsample")
def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    return interpolate(input, size, scale_factor, mode, align_corners)


@outer("F.upsample_nearest")
def upsample_nearest(input, size=None, scale_factor=None):
    return interpolate(input, size, scale_factor, mode="nearest")


@outer("F.upsample_bilinear")
def upsample_bilinear(input, size=None, scale_factor=None):
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    modes = {"bilinear": 0, "nearest": 1, "bicubic": 2}
    paddings = {"zeros": 0, "border": 1, "reflection": 2}
    return apply("grid_sampler", (input, grid, modes[mode], paddings[padding_mode], builtins.bool(align_corners)), None, "F.grid_sample")


def affine_grid(theta, size, align_corners=None):
    return apply("affine_grid_generator", (theta, list(size), builtins.bool(align_corners)), None, "F.affine_grid")


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    return apply("im2col", (input, _list(kernel_size), _list(dilation), _list(padding), _list(stride)), None, "F.unfold")


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    size = list(output_size) if isinstance(output_size, (tuple, list)) else [output_size] * 2
    return apply("col2im", (input, size, _list(kernel_size), _list(dilation), _list(padding), _list(stride)), None, "F.fold")


def pixel_shuffle(input, upscale_factor):
    return apply("pixel_shuffle", (input, upscale_factor), None, "F.pixel_shuffle")


def pixel_unshuffle(input, downscale_factor):
    return apply("pixel_unshuffle", (input, downscale_factor), None, "F.pixel_unshuffle")


def channel_shuffle(input, groups):
    return apply("channel_shuffle", (input, groups), None, "F.channel_shuffle")


def native_channel_shuffle(input, groups):
    return channel_shuffle(input, groups)
