"""Dropout by dictionary, and stochastic depth."""

from mmengine.registry import Registry, build_from_cfg
from torch import nn

DROPOUT_LAYERS = Registry("drop out layers")


def drop_path(x, drop_prob=0.0, training=False):
    if drop_prob == 0.0 or not training:
        return x
    keep = 1 - drop_prob
    return x.div(keep) * (keep + x.new_empty(x.shape[0], *([1] * (x.dim() - 1)))).floor()


@DROPOUT_LAYERS.register_module()
class DropPath(nn.Module):
    def __init__(self, drop_prob=0.1):
        super().__init__()
        self.drop_prob = drop_prob

    def forward(self, x):
        return drop_path(x, self.drop_prob, self.training)


@DROPOUT_LAYERS.register_module()
class Dropout(nn.Dropout):
    def __init__(self, drop_prob=0.5, inplace=False):
        super().__init__(p=drop_prob, inplace=inplace)


def build_dropout(cfg, default_args=None):
    return build_from_cfg(cfg, DROPOUT_LAYERS, default_args)
