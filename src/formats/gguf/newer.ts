import {
  causal,
  expertWidth,
  type Fields,
  type Known,
  kindsOf,
  latent,
  llama,
  moe,
  pattern,
  routed,
  window,
} from './entry.js';
import type { GgufFacts } from './metadata.js';

/** Linear attention with a gated delta rule in most layers, full attention in the others. */
const delta = (f: GgufFacts): Fields => {
  const heads = f.number('ssm.time_step_rank') ?? 1;
  return {
    linear_conv_kernel_dim: f.number('ssm.conv_kernel'),
    linear_key_head_dim: f.number('ssm.state_size'),
    linear_num_key_heads: f.number('ssm.group_count'),
    linear_num_value_heads: heads,
    linear_value_head_dim: (f.number('ssm.inner_size') ?? 0) / heads,
    attention_bias: false,
    layer_types: kindsOf(f, [
      ['ssm_conv1d', 'linear_attention'],
      ['attn_q', 'full_attention'],
    ]),
  };
};
const deltaMoe = (f: GgufFacts): Fields => ({
  ...delta(f),
  ...moe(f),
  shared_expert_intermediate_size: f.number('expert_shared_feed_forward_length') ?? f.layerDim('ffn_up_shexp', 1),
});
/** Embeddings of their own for each layer, and keys of some layers for those after them. */
const perLayer = (f: GgufFacts): Fields => ({
  ...window(f),
  ...pattern(f),
  hidden_size_per_layer_input: f.number('embedding_length_per_layer_input') ?? 0,
  vocab_size_per_layer_input: f.dim('per_layer_token_embd', 1),
  num_kv_shared_layers: f.number('attention.shared_kv_layers') ?? 0,
});
/** T5's own names for sizes; a gate in its MLP is a tensor of its own. */
const t5 = (f: GgufFacts): Fields => ({
  d_model: f.number('embedding_length'),
  d_kv: f.number('attention.key_length'),
  d_ff: f.number('feed_forward_length'),
  num_layers: f.layers,
  num_decoder_layers: f.number('decoder_block_count') ?? f.layers,
  num_heads: f.number('attention.head_count'),
  relative_attention_num_buckets: f.number('attention.relative_buckets_count'),
  feed_forward_proj: f.has('enc.blk.0.ffn_gate') ? 'gated-gelu' : 'relu',
});

/** Architectures that came later, and those of other kinds than one decoder. */
export const NEWER: Readonly<Record<string, Known>> = {
  qwen3next: causal('qwen3_next', 'Qwen3Next', deltaMoe),
  qwen35: causal('qwen3_5_text', 'Qwen3_5', delta),
  qwen35moe: causal('qwen3_5_moe_text', 'Qwen3_5Moe', deltaMoe),
  gemma3n: causal('gemma3n_text', 'Gemma3n', (f) => ({
    ...perLayer(f),
    altup_num_inputs: f.number('altup.num_inputs'),
    laurel_rank: f.layerDim('laurel_l', 1),
  })),
  gemma4: causal('gemma4_text', 'Gemma4', (f) => {
    const kinds = f.list('attention.sliding_window_pattern');
    const kv = f.list('attention.head_count_kv');
    const count = (on: boolean): number | undefined => kv[kinds.findIndex((k) => (k !== 0) === on)];
    const full = f.layersWith('attn_q').find((i) => kinds[i] === 0);
    const bare = full !== undefined && !f.has(`blk.${full}.attn_v`);
    return {
      ...perLayer(f),
      head_dim: f.number('attention.key_length_swa', 'attention.key_length'),
      global_head_dim: f.number('attention.key_length'),
      num_key_value_heads: count(true) ?? f.number('attention.head_count_kv'),
      num_global_key_value_heads: count(false),
      attention_k_eq_v: bare,
      attention_bias: false,
      enable_moe_block: (f.number('expert_count') ?? 0) > 0,
      num_experts: f.number('expert_count'),
      top_k_experts: f.number('expert_used_count'),
      moe_intermediate_size: expertWidth(f),
    };
  }),
  'glm-dsa': causal('glm_moe_dsa', 'GlmMoeDsa', (f) => ({
    ...latent(f),
    ...routed(f),
    index_n_heads: f.number('attention.indexer.head_count'),
    index_head_dim: f.number('attention.indexer.key_length'),
    index_topk: f.number('attention.indexer.top_k'),
  })),
  'exaone-moe': causal('exaone_moe', 'ExaoneMoe', (f) => ({
    ...moe(f),
    num_shared_experts: f.number('expert_shared_count') ?? 0,
    first_k_dense_replace: f.number('leading_dense_block_count') ?? f.layersWith('ffn_gate_inp')[0] ?? 0,
    ...window(f),
    ...pattern(f),
  })),
  dbrx: causal('dbrx', 'Dbrx', (f) => ({
    d_model: f.number('embedding_length'),
    n_heads: f.number('attention.head_count'),
    n_layers: f.layers,
    attn_config: { kv_n_heads: f.number('attention.head_count_kv') },
    ffn_config: {
      ffn_hidden_size: expertWidth(f),
      moe_num_experts: f.number('expert_count'),
      moe_top_k: f.number('expert_used_count'),
    },
  })),
  'pangu-embedded': llama,
  paddleocr: causal('ernie4_5', 'Ernie4_5', (f) => ({ use_bias: f.some('attn_q.bias') })),
  hunyuan_vl: causal('qwen3', 'Qwen3'),
  eurobert: { type: 'eurobert', as: 'EuroBertModel' },
  'modern-bert': {
    type: 'modernbert',
    as: 'ModernBertModel',
    fields: (f) => ({ local_attention: f.number('attention.sliding_window') }),
  },
  t5: { type: 't5', as: 'T5ForConditionalGeneration', fields: t5 },
  t5encoder: { type: 't5', as: 'T5EncoderModel', fields: t5 },
};
