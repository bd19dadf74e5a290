"""Deformable convolutions of the third version, channels last: sampled, weighted and summed, as its reference spells it."""

import torch.nn.functional as F


def dcnv3_forward(
    input,
    offset,
    mask,
    kernel_h,
    kernel_w,
    stride_h,
    stride_w,
    pad_h,
    pad_w,
    dilation_h,
    dilation_w,
    group,
    group_channels,
    offset_scale,
    im2col_step=256,
    remove_center=0,
):
    """input: B×H×W×C; mask: B×H'×W'×(group·points). Gives B×H'×W'×C."""
    batch, height, width, _ = input.shape
    out_h = (height + 2 * pad_h - (dilation_h * (kernel_h - 1) + 1)) // stride_h + 1
    out_w = (width + 2 * pad_w - (dilation_w * (kernel_w - 1) + 1)) // stride_w + 1
    points = kernel_h * kernel_w - int(remove_center)
    padded = F.pad(input, [0, 0, pad_h, pad_h, pad_w, pad_w])
    places = 2 * (offset * offset_scale) - 1
    maps = padded.permute(0, 3, 1, 2).reshape(batch * group, group_channels, padded.shape[1], padded.shape[2])
    grid = places.reshape(batch, out_h * out_w, group, points, 2).transpose(1, 2).reshape(batch * group, out_h * out_w, points, 2)
    sampled = F.grid_sample(maps, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    weights = mask.reshape(batch, out_h * out_w, group, points).transpose(1, 2).reshape(batch * group, 1, out_h * out_w, points)
    out = (sampled * weights).sum(-1).view(batch, group * group_channels, out_h * out_w)
    return out.transpose(1, 2).reshape(batch, out_h, out_w, group * group_channels).contiguous()
