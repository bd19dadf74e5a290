"""Layers of neighborhood attention."""

import torch
from torch import nn

from .functional import na1d_av, na1d_qk, na2d_av, na2d_qk


class _NeighborhoodAttention(nn.Module):
    _axes = 2

    def __init__(
        self,
        dim,
        num_heads,
        kernel_size=7,
        dilation=1,
        is_causal=False,
        rel_pos_bias=False,
        qkv_bias=True,
        qk_scale=None,
        attn_drop=0.0,
        proj_drop=0.0,
        bias=None,
    ):
        super().__init__()
        self.num_heads, self.head_dim = num_heads, dim // num_heads
        self.scale = qk_scale or self.head_dim**-0.5
        self.kernel_size, self.dilation = kernel_size, dilation
        self.qkv = nn.Linear(dim, dim * 3, bias=qkv_bias)
        has_bias = rel_pos_bias if bias is None else bias
        side = 2 * (kernel_size if isinstance(kernel_size, int) else kernel_size[0]) - 1
        self.rpb = nn.Parameter(torch.zeros(num_heads, *([side] * self._axes))) if has_bias else None
        self.attn_drop, self.proj = nn.Dropout(attn_drop), nn.Linear(dim, dim)
        self.proj_drop = nn.Dropout(proj_drop)

    def forward(self, x):
        *lead, width = x.shape
        qkv = self.qkv(x).reshape(*lead, 3, self.num_heads, self.head_dim)
        q, k, v = (t.movedim(-2, 1) for t in qkv.unbind(-3))
        qk, av = (na1d_qk, na1d_av) if self._axes == 1 else (na2d_qk, na2d_av)
        attn = self.attn_drop(qk(q * self.scale, k, self.kernel_size, self.dilation, rpb=self.rpb).softmax(-1))
        x = av(attn, v, self.kernel_size, self.dilation).movedim(1, -2).reshape(*lead, width)
        return self.proj_drop(self.proj(x))


class NeighborhoodAttention2D(_NeighborhoodAttention):
    pass


class NeighborhoodAttention1D(_NeighborhoodAttention):
    _axes = 1
