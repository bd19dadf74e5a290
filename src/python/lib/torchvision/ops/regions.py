"""Regions of feature maps, and convolutions whose taps move."""

import torch
from torch import nn
from torch.nn.modules.utils import _pair


def _rois(boxes):
    """Boxes of each image as rows with the image's number in front."""
    if isinstance(boxes, torch.Tensor):
        return boxes
    return torch.cat([torch.cat([torch.full_like(b[:, :1], i), b], 1) for i, b in enumerate(boxes)], 0)


def roi_align(input, boxes, output_size, spatial_scale=1.0, sampling_ratio=-1, aligned=False):
    height, width = _pair(output_size)
    return torch.ops.torchvision.roi_align(input, _rois(boxes), spatial_scale, height, width, sampling_ratio, aligned)


def roi_pool(input, boxes, output_size, spatial_scale=1.0):
    height, width = _pair(output_size)
    return torch.ops.torchvision.roi_pool(input, _rois(boxes), spatial_scale, height, width)


class RoIAlign(nn.Module):
    def __init__(self, output_size, spatial_scale, sampling_ratio, aligned=False):
        super().__init__()
        self.settings = (output_size, spatial_scale, sampling_ratio, aligned)

    def forward(self, input, rois):
        return roi_align(input, rois, *self.settings)


class RoIPool(nn.Module):
    def __init__(self, output_size, spatial_scale):
        super().__init__()
        self.settings = (output_size, spatial_scale)

    def forward(self, input, rois):
        return roi_pool(input, rois, *self.settings)


def deform_conv2d(input, offset, weight, bias=None, stride=(1, 1), padding=(0, 0), dilation=(1, 1), mask=None):
    (sh, sw), (ph, pw), (dh, dw) = _pair(stride), _pair(padding), _pair(dilation)
    kernel = weight.shape[-2] * weight.shape[-1]
    use_mask = mask is not None
    mask = mask if use_mask else torch.zeros(input.shape[0], 1)
    bias = bias if bias is not None else torch.zeros(weight.shape[0])
    groups = input.shape[1] // weight.shape[1]
    offset_groups = offset.shape[1] // (2 * kernel)
    return torch.ops.torchvision.deform_conv2d(input, weight, offset, mask, bias, sh, sw, ph, pw, dh, dw, groups, offset_groups, use_mask)


class DeformConv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True):
        super().__init__()
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride = _pair(kernel_size), _pair(stride)
        self.padding, self.dilation, self.groups = _pair(padding), _pair(dilation), groups
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels // groups, *self.kernel_size))
        if bias:
            self.bias = nn.Parameter(torch.empty(out_channels))
        else:
            self.register_parameter("bias", None)

    def forward(self, input, offset, mask=None):
        return deform_conv2d(input, offset, self.weight, self.bias, self.stride, self.padding, self.dilation, mask)
