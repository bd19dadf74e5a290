"""Rotary embeddings: two products and a sum for each element of the rotated part."""

import torch


def apply_rotary_emb(x, cos, sin, interleaved=False, inplace=False, seqlen_offsets=0, **_):
    width = cos.shape[-1] * 2
    cos, sin = (torch.cat([t, t], -1)[: x.shape[1]].unsqueeze(1) for t in (cos, sin))
    part, rest = x[..., :width], x[..., width:]
    a, b = part.chunk(2, dim=-1)
    return torch.cat([part * cos + torch.cat((-b, a), dim=-1) * sin, rest], dim=-1)


apply_rotary_emb_func = apply_rotary_emb
