"""Attention."""

import builtins

from ..._dispatch import apply, outer
from .convolutions import linear
from .shapes import pad


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    more = {"scale": scale, "enable_gqa": enable_gqa}
    return apply(
        "scaled_dot_product_attention", (query, key, value, attn_mask, dropout_p, is_causal), more, "F.scaled_dot_product_attention"
    )


@outer("F.multi_head_attention_forward")
def attend(module, query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal):
    """
    Multi-head attention as a module has it: projections (one product where query, key and value are the same tensor),
    heads, attention, the output's projection. Length first, unless the module is batch_first.
    """
    batched = query.dim() == 3
    if query.shape[-1] != module.embed_dim:
        raise AssertionError(f"was expecting embedding dimension of {module.embed_dim}, but got {query.shape[-1]}")
    batch_first = batched and module.batch_first
    if batch_first:
        # The batch goes to the second place first: once for tensors that are the same.
        turned = {id(x): x for x in (query, key, value)}
        turned = {i: x.transpose(1, 0) for i, x in turned.items()}
        query, key, value = (turned[id(x)] for x in (query, key, value))
    q, k, v = _project(module, query, key, value)
    heads = module.num_heads
    width = module.embed_dim // heads

    def split(x):
        if not batched:
            return x.reshape(x.shape[0], 1, heads, width).permute(1, 2, 0, 3)
        return x.reshape(x.shape[0], x.shape[1], heads, width).permute(1, 2, 0, 3)

    def lengthened(x, rows):
        return pad(x, (0, 0, 0, rows)) if rows else x

    extra = (module.bias_k is not None) + builtins.bool(module.add_zero_attn)
    qh, kh, vh = split(q), lengthened(split(k), extra), lengthened(split(v), extra)
    mask = attn_mask if attn_mask is not None else key_padding_mask
    flags = {"masked": mask is not None, "causal": builtins.bool(is_causal)}
    heads_out = apply("opcount.attention", (qh, kh, vh, mask), flags, "F.multi_head_attention_forward")
    joined = heads_out.permute(2, 0, 1, 3).reshape(*query.shape)
    out = linear(joined, module.out_proj.weight, module.out_proj.bias)
    if batch_first:
        out = out.transpose(1, 0)
    if not need_weights:
        return out, None
    weights = apply("opcount.attention_weights", (qh, kh), None, "attention weights")
    if average_attn_weights:
        weights = weights.mean(1)
    return out, weights if batched else weights.squeeze(0)


def _project(module, query, key, value):
    e = module.embed_dim
    weight, bias = module.in_proj_weight, module.in_proj_bias
    if weight is not None and query is key and key is value:
        return linear(query, weight, bias).chunk(3, -1)
    if weight is None:
        weights = (module.q_proj_weight, module.k_proj_weight, module.v_proj_weight)
    else:
        weights = tuple(weight[i * e : (i + 1) * e] for i in range(3))
    biases = (None,) * 3 if bias is None else tuple(bias[i * e : (i + 1) * e] for i in range(3))
    return tuple(linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases))


@outer("F.multi_head_attention_forward")
def multi_head_attention_forward(
    query,
    key,
    value,
    embed_dim_to_check,
    num_heads,
    in_proj_weight,
    in_proj_bias,
    bias_k,
    bias_v,
    add_zero_attn,
    dropout_p,
    out_proj_weight,
    out_proj_bias,
    training=True,
    key_padding_mask=None,
    need_weights=True,
    attn_mask=None,
    use_separate_proj_weight=False,
    q_proj_weight=None,
    k_proj_weight=None,
    v_proj_weight=None,
    static_k=None,
    static_v=None,
    average_attn_weights=True,
    is_causal=False,
):
    class _Settings:
        pass

    m = _Settings()
    m.embed_dim, m.num_heads, m.batch_first, m.add_zero_attn = embed_dim_to_check, num_heads, False, add_zero_attn
    m.in_proj_weight, m.in_proj_bias = (None if use_separate_proj_weight else in_proj_weight), in_proj_bias
    m.q_proj_weight, m.k_proj_weight, m.v_proj_weight = q_proj_weight, k_proj_weight, v_proj_weight
    m.bias_k, m.bias_v = bias_k, bias_v
    m.out_proj = _Settings()
    m.out_proj.weight, m.out_proj.bias = out_proj_weight, out_proj_bias
    return attend(m, query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal)
