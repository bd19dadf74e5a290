"""Stochastic depth: nothing at inference."""

import torch
from torch import nn


def drop_path(x, drop_prob=0.0, training=False, scale_by_keep=True):
    if drop_prob == 0.0 or not training:
        return x
    shape = (x.shape[0],) + (1,) * (x.ndim - 1)
    keep = x.new_empty(shape).bernoulli_(1 - drop_prob)
    if scale_by_keep and drop_prob < 1.0:
        keep.div_(1 - drop_prob)
    return x * keep


class DropPath(nn.Module):
    def __init__(self, drop_prob=0.0, scale_by_keep=True):
        super().__init__()
        self.drop_prob, self.scale_by_keep = drop_prob, scale_by_keep

    def forward(self, x):
        return drop_path(x, self.drop_prob, self.training, self.scale_by_keep)

    def extra_repr(self):
        return f"drop_prob={round(self.drop_prob, 3):0.3f}" if isinstance(self.drop_prob, float) else ""


def drop_block_2d(x, drop_prob=0.1, block_size=7, gamma_scale=1.0, with_noise=False, inplace=False, batchwise=False, training=True):
    return x * torch.empty_like(x)


class DropBlock2d(nn.Module):
    def __init__(self, drop_prob=0.1, block_size=7, gamma_scale=1.0, with_noise=False, inplace=False, batchwise=False, fast=True):
        super().__init__()
        self.drop_prob = drop_prob

    def forward(self, x):
        return x if not self.training or not self.drop_prob else drop_block_2d(x)


def calculate_drop_path_rates(drop_path_rate, depths, stagewise=False):
    total = depths if isinstance(depths, int) else sum(depths)
    rates = [drop_path_rate * i / max(total - 1, 1) for i in range(total)]
    if isinstance(depths, int):
        return rates
    out, at = [], 0
    for d in depths:
        out.append(rates[at : at + d])
        at += d
    return out
