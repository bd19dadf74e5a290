"""
Attention with scores and masks of the program's own. Counted over all places, as `scaled_dot_product_attention` is: which
blocks a mask leaves out is not evaluated, and what is done to a score is not among the FLOPs; both are said.
"""

from _opcount import bridge, recorder

from ... import _factories, _types
from ..functional import scaled_dot_product_attention


class BlockMask:
    def __init__(self, shape, mask_mod=None, block_size=128):
        self._shape, self.mask_mod = tuple(shape), mask_mod
        self.BLOCK_SIZE = block_size if isinstance(block_size, tuple) else (block_size, block_size)

    @property
    def shape(self):
        return self._shape

    @property
    def seq_lengths(self):
        return self._shape[-2:]

    def numel(self):
        return _types.Size(self._shape).numel()

    def to(self, *args, **kwargs):
        return self

    def __getitem__(self, index):
        return self

    @classmethod
    def from_kv_blocks(cls, kv_num_blocks, kv_indices, *args, BLOCK_SIZE=128, mask_mod=None, seq_lengths=None, **kwargs):
        size = BLOCK_SIZE if isinstance(BLOCK_SIZE, int) else BLOCK_SIZE[0]
        rows, columns = seq_lengths or (kv_indices.shape[-2] * size, kv_indices.shape[-1] * size)
        return cls((*kv_num_blocks.shape[:2], rows, columns), mask_mod, BLOCK_SIZE)


def create_block_mask(mask_mod, B, H, Q_LEN, KV_LEN, device="cuda", BLOCK_SIZE=128, _compile=False):
    return BlockMask((B or 1, H or 1, Q_LEN, KV_LEN), mask_mod, BLOCK_SIZE)


def create_nested_block_mask(mask_mod, B, H, q_nt, kv_nt=None, BLOCK_SIZE=128, _compile=False):
    raise NotImplementedError("create_nested_block_mask: nested tensors are not part of opcount's torch")


def create_mask(mod_fn, B, H, Q_LEN, KV_LEN, device="cuda"):
    return _factories.empty(B or 1, H or 1, Q_LEN, KV_LEN, dtype=_types.bool)


def noop_mask(batch, head, token_q, token_kv):
    return batch.new_ones((), dtype=_types.bool)


def _joined(join):
    def combine(*mask_mods):
        def mask(b, h, q_idx, kv_idx):
            found = mask_mods[0](b, h, q_idx, kv_idx)
            for mod in mask_mods[1:]:
                found = join(found, mod(b, h, q_idx, kv_idx))
            return found

        return mask

    return combine


and_masks, or_masks = _joined(lambda a, b: a & b), _joined(lambda a, b: a | b)


def flex_attention(
    query, key, value, score_mod=None, block_mask=None, scale=None, enable_gqa=False, return_lse=False, kernel_options=None, **_
):
    if score_mod is not None:
        _say("left-out-of-flops", "FLOPs leave out what flex_attention's score_mod does to a score")
    if block_mask is not None:
        _say("assumed", "flex_attention is counted over all places: the blocks that its mask leaves out are not taken away")
    out = scaled_dot_product_attention(query, key, value, None, 0.0, False, scale, enable_gqa)
    return (out, query.new_empty(*query.shape[:-1])) if return_lse else out


def _say(code, message):
    if recorder.active is not None:
        bridge.pending.append(("note", code, message))
