"""Steps of `multi_head_attention_forward` that copies of it import by their private names."""

from ... import _factories, _types
from .convolutions import linear


def _in_projection_packed(q, k, v, w, b=None):
    e = q.size(-1)
    if k is v and q is k:
        return linear(q, w, b).chunk(3, -1)
    if k is v:
        rows = (w[:e], w[e:])
        biases = (None, None) if b is None else (b[:e], b[e:])
        return (linear(q, rows[0], biases[0]), *linear(k, rows[1], biases[1]).chunk(2, -1))
    biases = (None,) * 3 if b is None else b.chunk(3)
    return tuple(linear(x, row, bias) for x, row, bias in zip((q, k, v), w.chunk(3), biases))


def _in_projection(q, k, v, w_q, w_k, w_v, b_q=None, b_k=None, b_v=None):
    return linear(q, w_q, b_q), linear(k, w_k, b_k), linear(v, w_v, b_v)


def _mha_shape_check(query, key, value, key_padding_mask, attn_mask, num_heads):
    if query.dim() not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {query.dim()}-D query tensor")
    return query.dim() == 3


def _none_or_dtype(input):
    return None if input is None else input.dtype


def _canonical_mask(mask, mask_name, other_type, other_name, target_type, check_other=True):
    """A mask of truth values as one of numbers to add."""
    if mask is None or mask.is_floating_point():
        return mask
    if mask.dtype is not _types.bool:
        raise RuntimeError(f"only bool and floating types of {mask_name} are supported")
    return _factories.zeros_like(mask, dtype=target_type).masked_fill_(mask, float("-inf"))
