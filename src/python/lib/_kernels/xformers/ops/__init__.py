"""Attention over batch × length × heads × width, and SwiGLU."""

import torch.nn.functional as F
from torch import nn

from . import fmha  # noqa: F401
from .fmha import LowerTriangularMask, MemoryEfficientAttentionFlashAttentionOp, memory_efficient_attention  # noqa: F401


def unbind(x, dim):
    return x.unbind(dim)


class SwiGLU(nn.Module):
    def __init__(self, in_features, hidden_features, out_features=None, bias=True, *, _pack_weights=True):
        super().__init__()
        out_features = out_features or in_features
        self.hidden_features, self.out_features, self.in_features = hidden_features, out_features, in_features
        if _pack_weights:
            self.w12 = nn.Linear(in_features, 2 * hidden_features, bias=bias)
        else:
            self.w12 = None
            self.w1, self.w2 = nn.Linear(in_features, hidden_features, bias=bias), nn.Linear(in_features, hidden_features, bias=bias)
        self.w3 = nn.Linear(hidden_features, out_features, bias=bias)

    def forward(self, x):
        a, b = self.w12(x).chunk(2, dim=-1) if self.w12 is not None else (self.w1(x), self.w2(x))
        return self.w3(F.silu(a) * b)


def swiglu(x, w1, b1, w2, b2, w3, b3, *, op=None):
    return F.linear(F.silu(F.linear(x, w1, b1)) * F.linear(x, w2, b2), w3, b3)


def scaled_index_add(input, index, source, scaling=None, alpha=1.0):
    return input.index_add(0, index, source if scaling is None else source * scaling, alpha=alpha)


def index_select_cat(sources, indices):
    import torch

    return torch.cat([s[i.long()].flatten() for s, i in zip(sources, indices)], dim=0)
