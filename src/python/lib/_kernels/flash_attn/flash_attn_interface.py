"""Functions over batch × length × heads × width, and over packed rows."""

import torch
import torch.nn.functional as F

_REMEDY = (
    "flash_attn over packed rows: the lengths of the sequences are data; call it on padded sequences (flash_attn_func), or export the model"
)


def flash_attn_func(
    q,
    k,
    v,
    dropout_p=0.0,
    softmax_scale=None,
    causal=False,
    window_size=(-1, -1),
    softcap=0.0,
    alibi_slopes=None,
    deterministic=False,
    return_attn_probs=False,
    **_,
):
    groups = q.shape[2] // k.shape[2]
    q, k, v = (t.transpose(1, 2) for t in (q, k, v))
    out = F.scaled_dot_product_attention(
        q, k, v, is_causal=causal and q.shape[2] == k.shape[2], scale=softmax_scale, enable_gqa=groups != 1
    ).transpose(1, 2)
    return (out, None, None) if return_attn_probs else out


def flash_attn_qkvpacked_func(qkv, *args, **kwargs):
    return flash_attn_func(*qkv.unbind(2), *args, **kwargs)


def flash_attn_kvpacked_func(q, kv, *args, **kwargs):
    return flash_attn_func(q, *kv.unbind(2), *args, **kwargs)


def flash_attn_with_kvcache(q, k_cache, v_cache, k=None, v=None, *args, softmax_scale=None, causal=False, **_):
    return flash_attn_func(q, k_cache, v_cache, softmax_scale=softmax_scale)


def flash_attn_varlen_func(
    q, k, v, cu_seqlens_q, cu_seqlens_k, max_seqlen_q, max_seqlen_k, dropout_p=0.0, softmax_scale=None, causal=False, **_
):
    """Rows of several sequences: each attends to its own."""
    if not (cu_seqlens_q._known() and cu_seqlens_k._known()):
        raise NotImplementedError(_REMEDY)
    ends = zip(cu_seqlens_q.tolist(), cu_seqlens_q.tolist()[1:], cu_seqlens_k.tolist(), cu_seqlens_k.tolist()[1:])
    parts = [
        flash_attn_func(q[a:b][None], k[c:d][None], v[c:d][None], softmax_scale=softmax_scale, causal=causal)[0] for a, b, c, d in ends
    ]
    return torch.cat(parts)


def flash_attn_varlen_qkvpacked_func(qkv, cu_seqlens, max_seqlen, *args, **kwargs):
    return flash_attn_varlen_func(*qkv.unbind(1), cu_seqlens, cu_seqlens, max_seqlen, max_seqlen, *args, **kwargs)


def flash_attn_varlen_kvpacked_func(q, kv, *args, **kwargs):
    return flash_attn_varlen_func(q, *kv.unbind(1), *args, **kwargs)


flash_attn_unpadded_func = flash_attn_varlen_func
flash_attn_unpadded_qkvpacked_func = flash_attn_varlen_qkvpacked_func
flash_attn_unpadded_kvpacked_func = flash_attn_varlen_kvpacked_func
