"""Normalization."""

import builtins
import math

from ..._dispatch import apply, outer
from ._lists import listed as _list
from .pooling import avg_pool2d, avg_pool3d
from .shapes import pad


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    if training:
        size = input.shape
        per_channel = math.prod(d for i, d in enumerate(size) if i != 1) if all(type(d) is builtins.int for d in size) else 2
        if per_channel == 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")
    return apply("batch_norm", (input, weight, bias, running_mean, running_var, training, momentum, eps, True), None, "F.batch_norm")


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5):
    args = (input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, True)
    return apply("instance_norm", args, None, "F.instance_norm")


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    return apply("layer_norm", (input, list(normalized_shape), weight, bias, eps), None, "F.layer_norm")


def rms_norm(input, normalized_shape, weight=None, eps=None):
    return apply("rms_norm", (input, list(normalized_shape), weight, eps), None, "F.rms_norm")


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    return apply("group_norm", (input, num_groups, weight, bias, eps), None, "F.group_norm")


@outer("F.local_response_norm")
def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """k + α · the mean of squares over neighbouring channels, to the power of β, divides the input."""
    squares = input.mul(input)
    if input.dim() == 3:
        mean = avg_pool2d(pad(squares.unsqueeze(1), (0, 0, size // 2, (size - 1) // 2)), (size, 1), stride=1).squeeze(1)
    else:
        shape = input.shape
        flat = squares.view(shape[0], 1, shape[1], shape[2], -1)
        padded = pad(flat, (0, 0, 0, 0, size // 2, (size - 1) // 2))
        mean = avg_pool3d(padded, (size, 1, 1), stride=1).squeeze(1).view(shape)
    return input / mean.mul(alpha).add(k).pow(beta)


@outer("F.normalize")
def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    norm = apply("norm", (input, p, _list(dim) if isinstance(dim, (tuple, list)) else [dim], True), None, "F.normalize")
    return input / norm.clamp_min(eps).expand_as(input)
