"""Memory-efficient attention: the same products as any other."""

import torch.nn.functional as F

from . import attn_bias  # noqa: F401
from .attn_bias import BlockDiagonalMask, LowerTriangularMask  # noqa: F401

MemoryEfficientAttentionFlashAttentionOp = MemoryEfficientAttentionCutlassOp = None
AttentionBias = attn_bias.AttentionBias


def memory_efficient_attention(query, key, value, attn_bias=None, p=0.0, scale=None, *, op=None, output_dtype=None):
    if isinstance(attn_bias, BlockDiagonalMask):
        return attn_bias.attention(query, key, value, scale)
    three = query.dim() == 3
    q, k, v = ((t.unsqueeze(1) if three else t.transpose(1, 2)) for t in (query, key, value))
    causal = isinstance(attn_bias, LowerTriangularMask)
    mask = attn_bias if attn_bias is not None and hasattr(attn_bias, "_store") else None
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal, scale=scale)
    return out.squeeze(1) if three else out.transpose(1, 2)


memory_efficient_attention_forward = memory_efficient_attention
