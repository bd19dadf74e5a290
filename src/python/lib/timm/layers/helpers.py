"""Tuples, divisible widths, settings."""

import collections.abc
from enum import Enum
from itertools import repeat

import torch


def _ntuple(n):
    def parse(x):
        if isinstance(x, collections.abc.Iterable) and not isinstance(x, str):
            return tuple(x)
        return tuple(repeat(x, n))

    return parse


to_1tuple, to_2tuple, to_3tuple, to_4tuple = (_ntuple(n) for n in (1, 2, 3, 4))
to_ntuple = _ntuple


def make_divisible(v, divisor=8, min_value=None, round_limit=0.9):
    least = min_value or divisor
    new = max(least, int(v + divisor / 2) // divisor * divisor)
    return new + divisor if new < round_limit * v else new


def extend_tuple(x, n):
    x = tuple(x) if isinstance(x, (tuple, list)) else (x,)
    return x + (x[-1],) * (n - len(x)) if len(x) < n else x[:n]


def use_fused_attn(experimental=False):
    return True


def set_fused_attn(enable=True, experimental=False):
    return None


def is_exportable():
    return False


is_scriptable = is_no_jit = set_exportable = set_scriptable = set_layer_config = is_exportable


class Format(str, Enum):
    NCHW = "NCHW"
    NHWC = "NHWC"
    NCL = "NCL"
    NLC = "NLC"


def nchw_to(x, fmt):
    if fmt == Format.NHWC:
        return x.permute(0, 2, 3, 1)
    if fmt == Format.NLC:
        return x.flatten(2).transpose(1, 2)
    return x.flatten(2) if fmt == Format.NCL else x


def nhwc_to(x, fmt):
    if fmt == Format.NCHW:
        return x.permute(0, 3, 1, 2)
    if fmt == Format.NLC:
        return x.flatten(1, 2)
    return x.flatten(1, 2).transpose(1, 2) if fmt == Format.NCL else x


def _assert(condition, message):
    if condition is not True and not condition:
        raise AssertionError(message)


_float_to_int = int
__all__ = [n for n in globals() if not n.startswith("__")]
_ = torch
