"""Layers that restoration networks share."""

import collections.abc
import math
from itertools import repeat

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.init import trunc_normal_  # noqa: F401


def _ntuple(n):
    return lambda x: x if isinstance(x, collections.abc.Iterable) else tuple(repeat(x, n))


to_1tuple, to_2tuple, to_3tuple, to_4tuple = map(_ntuple, (1, 2, 3, 4))
to_ntuple = _ntuple


def default_init_weights(module_list, scale=1, bias_fill=0, **kwargs):
    return None


def make_layer(basic_block, num_basic_block, **kwarg):
    return nn.Sequential(*[basic_block(**kwarg) for _ in range(num_basic_block)])


class ResidualBlockNoBN(nn.Module):
    def __init__(self, num_feat=64, res_scale=1, pytorch_init=False):
        super().__init__()
        self.res_scale = res_scale
        self.conv1 = nn.Conv2d(num_feat, num_feat, 3, 1, 1, bias=True)
        self.conv2 = nn.Conv2d(num_feat, num_feat, 3, 1, 1, bias=True)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return x + self.conv2(self.relu(self.conv1(x))) * self.res_scale


class Upsample(nn.Sequential):
    def __init__(self, scale, num_feat):
        if scale == 3:
            layers = [nn.Conv2d(num_feat, 9 * num_feat, 3, 1, 1), nn.PixelShuffle(3)]
        elif scale & (scale - 1) == 0:
            layers = []
            for _ in range(int(math.log(scale, 2))):
                layers += [nn.Conv2d(num_feat, 4 * num_feat, 3, 1, 1), nn.PixelShuffle(2)]
        else:
            raise ValueError(f"scale {scale} is not supported. Supported scales: 2^n and 3.")
        super().__init__(*layers)


def flow_warp(x, flow, interp_mode="bilinear", padding_mode="zeros", align_corners=True):
    _, _, h, w = x.size()
    rows, columns = torch.meshgrid(torch.arange(0, h).type_as(x), torch.arange(0, w).type_as(x), indexing="ij")
    moved = torch.stack((columns, rows), 2).float() + flow
    across = 2.0 * moved[:, :, :, 0] / max(w - 1, 1) - 1.0
    down = 2.0 * moved[:, :, :, 1] / max(h - 1, 1) - 1.0
    return F.grid_sample(x, torch.stack((across, down), dim=3), mode=interp_mode, padding_mode=padding_mode, align_corners=align_corners)


def pixel_unshuffle(x, scale):
    return F.pixel_unshuffle(x, scale)
