import * as nn from '../../../torch/nn/index.js';

/** Attention of whole texts, images and sounds: every position sees every other; no cache, no rotary positions. */
export function fullAttention(
  hidden: number,
  heads: number,
  more: Partial<nn.GroupedAttentionOptions> = {},
): nn.GroupedAttention {
  return new nn.GroupedAttention({
    hidden_size: hidden,
    num_heads: heads,
    bias: true,
    rotary_dim: 0,
    causal: false,
    cached: false,
    ...more,
  });
}
