"""Scores with the neighbours, and their values weighted: K^n products of the width for each place and head."""

import torch


def _size(kernel_size, axes):
    if isinstance(kernel_size, int):
        return kernel_size**axes
    n = 1
    for k in kernel_size:
        n *= k
    return n


def _scores(q, k, kernel_size, axes, rpb=None):
    taps = _size(kernel_size, axes)
    near = k.unsqueeze(-1).expand(*k.shape, taps)
    out = torch.matmul(q.unsqueeze(-2), near).squeeze(-2)
    return out if rpb is None else out + rpb.new_empty(q.shape[1], *([1] * axes), taps)


def _values(attn, v, kernel_size, axes):
    near = v.unsqueeze(-2).expand(*v.shape[:-1], _size(kernel_size, axes), v.shape[-1])
    return torch.matmul(attn.unsqueeze(-2), near).squeeze(-2)


def _functions(axes):
    def qk(query, key, kernel_size, dilation=1, *args, rpb=None, **_):
        return _scores(query, key, kernel_size, axes, rpb)

    def qkrpb(query, key, rpb, kernel_size, dilation=1, *args, **_):
        return _scores(query, key, kernel_size, axes, rpb)

    def av(attn, value, kernel_size, dilation=1, *args, **_):
        return _values(attn, value, kernel_size, axes)

    def fused(query, key, value, kernel_size, dilation=1, is_causal=False, rpb=None, scale=None, **_):
        """Batch, places, heads, width."""
        q, k, v = (t.movedim(-2, 1) for t in (query, key, value))
        scores = _scores(q * (scale or q.shape[-1] ** -0.5), k, kernel_size, axes, rpb)
        return _values(scores.softmax(-1), v, kernel_size, axes).movedim(1, -2)

    return qk, qkrpb, av, fused


na1d_qk, natten1dqkrpb, na1d_av, na1d = _functions(1)
na2d_qk, natten2dqkrpb, na2d_av, na2d = _functions(2)
na3d_qk, natten3dqkrpb, na3d_av, na3d = _functions(3)
natten1dqk, natten1dav, natten2dqk, natten2dav = na1d_qk, na1d_av, na2d_qk, na2d_av
