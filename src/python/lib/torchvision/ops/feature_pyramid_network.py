"""Feature pyramids."""

from collections import OrderedDict

import torch.nn.functional as F
from torch import nn

from .misc import Conv2dNormActivation


class LastLevelMaxPool(nn.Module):
    def forward(self, results, x, names):
        names.append("pool")
        results.append(F.max_pool2d(results[-1], kernel_size=1, stride=2, padding=0))
        return results, names


class FeaturePyramidNetwork(nn.Module):
    """From the smallest map up: each is reduced to `out_channels` and gets the one above, enlarged, added."""

    def __init__(self, in_channels_list, out_channels, extra_blocks=None, norm_layer=None):
        super().__init__()
        settings = {"norm_layer": norm_layer, "activation_layer": None}
        self.inner_blocks = nn.ModuleList(
            [Conv2dNormActivation(c, out_channels, kernel_size=1, padding=0, **settings) for c in in_channels_list]
        )
        self.layer_blocks = nn.ModuleList(
            [Conv2dNormActivation(out_channels, out_channels, kernel_size=3, **settings) for _ in in_channels_list]
        )
        self.extra_blocks = extra_blocks

    def forward(self, x):
        names, maps = list(x.keys()), list(x.values())
        last = self.inner_blocks[-1](maps[-1])
        results = [self.layer_blocks[-1](last)]
        for i in range(len(maps) - 2, -1, -1):
            inner = self.inner_blocks[i](maps[i])
            last = inner + F.interpolate(last, size=inner.shape[-2:], mode="nearest")
            results.insert(0, self.layer_blocks[i](last))
        if self.extra_blocks is not None:
            results, names = self.extra_blocks(results, maps, names)
        return OrderedDict(zip(names, results))
