"""Compiled operators of mmcv by formula: deformable convolutions and attention, regions."""

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import RoIAlign, RoIPool, batched_nms, deform_conv2d, nms, roi_align, roi_pool  # noqa: F401

from .multi_scale_deform_attn import MultiScaleDeformableAttention  # noqa: F401
from torch.nn.modules.utils import _pair


class _Deform(nn.Module):
    """A convolution whose taps move: `deform_groups` maps of offsets."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, deform_groups=1, bias=True, **_):
        super().__init__()
        self.in_channels, self.out_channels, self.groups, self.deform_groups = in_channels, out_channels, groups, deform_groups
        self.kernel_size, self.stride, self.padding, self.dilation = (_pair(x) for x in (kernel_size, stride, padding, dilation))
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels // groups, *self.kernel_size))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None

    def forward(self, x, offset, mask=None):
        return deform_conv2d(x, offset, self.weight, self.bias, self.stride, self.padding, self.dilation, mask)

    def _offsets(self, per_tap):
        taps = self.kernel_size[0] * self.kernel_size[1]
        return nn.Conv2d(
            self.in_channels, self.deform_groups * per_tap * taps, self.kernel_size, self.stride, self.padding, self.dilation, bias=True
        )


class ModulatedDeformConv2d(_Deform):
    pass


class DeformConv2d(_Deform):
    def __init__(self, *args, bias=False, **kwargs):
        super().__init__(*args, bias=bias, **kwargs)


class DeformConv2dPack(DeformConv2d):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.conv_offset = self._offsets(2)

    def forward(self, x):
        return super().forward(x, self.conv_offset(x))


class ModulatedDeformConv2dPack(ModulatedDeformConv2d):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.conv_offset = self._offsets(3)

    def forward(self, x):
        a, b, mask = self.conv_offset(x).chunk(3, dim=1)
        return super().forward(x, torch.cat((a, b), dim=1), torch.sigmoid(mask))


def deform_conv2d_function(x, offset, weight, stride=1, padding=0, dilation=1, groups=1, deform_groups=1, *_):
    return deform_conv2d(x, offset, weight, None, _pair(stride), _pair(padding), _pair(dilation))


def modulated_deform_conv2d(x, offset, mask, weight, bias, stride=1, padding=0, dilation=1, groups=1, deform_groups=1):
    return deform_conv2d(x, offset, weight, bias, _pair(stride), _pair(padding), _pair(dilation), mask)


def point_sample(input, points, align_corners=False, **kwargs):
    three = points.dim() == 3
    out = F.grid_sample(input, (points.unsqueeze(2) if three else points) * 2.0 - 1.0, align_corners=align_corners, **kwargs)
    return out.squeeze(3) if three else out


def sigmoid_focal_loss(*args, **kwargs):
    raise NotImplementedError("mmcv.ops.sigmoid_focal_loss: losses are not part of a model's inference")
