import { describe, expect, test } from 'vitest';
import { readGguf } from '../../src/formats/gguf/read.js';
import { totalsOf } from '../../src/ledger/index.js';
import { parametersOf, traceConfig } from '../../src/models/language/trace.js';
import { memorySource } from '../../src/node.js';
import { gguf, type Meta } from './gguf-build.js';

type Config = Readonly<Record<string, unknown>>;
interface Case {
  readonly config: Config & { readonly model_type: string };
  /** Keys of the architecture, without its name before them. */
  readonly meta: Meta;
  /** Tensors under the names that llama.cpp has, where the entry asks for them. */
  readonly named?: readonly (readonly [parameter: RegExp, tensor: string])[];
}
const T = {
  vocab_size: 96,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  tie_word_embeddings: false,
};
const SIZES: Meta = {
  block_count: 4,
  embedding_length: 32,
  feed_forward_length: 48,
  'attention.head_count': 4,
  'attention.head_count_kv': 2,
  'attention.key_length': 8,
  vocab_size: 96,
};
const MOE: Meta = { expert_count: 4, expert_used_count: 2, expert_feed_forward_length: 24 };
const EXPERTS = { num_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 24 };
const KINDS = ['linear_attention', 'linear_attention', 'linear_attention', 'full_attention'];
const DELTA = {
  linear_conv_kernel_dim: 4,
  linear_key_head_dim: 4,
  linear_num_key_heads: 2,
  linear_num_value_heads: 4,
  linear_value_head_dim: 8,
  layer_types: KINDS,
};
const SSM: Meta = {
  'ssm.conv_kernel': 4,
  'ssm.state_size': 4,
  'ssm.group_count': 2,
  'ssm.time_step_rank': 4,
  'ssm.inner_size': 32,
};
const CONV = [[/conv1d\.weight$/, 'ssm_conv1d.weight']] as const;
const WINDOWS = ['sliding_attention', 'sliding_attention', 'sliding_attention', 'full_attention'];
const SWA: Meta = { 'attention.sliding_window': 40, 'attention.sliding_window_pattern': [1, 1, 1, 0] };

const CASES: Readonly<Record<string, Case>> = {
  qwen35: {
    config: { ...T, ...DELTA, model_type: 'qwen3_5_text', architectures: ['Qwen3_5ForCausalLM'] },
    meta: { ...SIZES, ...SSM },
    named: CONV,
  },
  qwen3next: {
    config: {
      ...T,
      ...DELTA,
      ...EXPERTS,
      shared_expert_intermediate_size: 16,
      model_type: 'qwen3_next',
      architectures: ['Qwen3NextForCausalLM'],
    },
    meta: { ...SIZES, ...SSM, ...MOE, expert_shared_feed_forward_length: 16 },
    named: CONV,
  },
  qwen35moe: {
    config: {
      ...T,
      ...DELTA,
      ...EXPERTS,
      shared_expert_intermediate_size: 16,
      model_type: 'qwen3_5_moe_text',
      architectures: ['Qwen3_5MoeForCausalLM'],
    },
    meta: { ...SIZES, ...SSM, ...MOE, expert_shared_feed_forward_length: 16 },
    named: CONV,
  },
  dbrx: {
    config: {
      d_model: 32,
      n_heads: 4,
      n_layers: 4,
      vocab_size: 96,
      attn_config: { kv_n_heads: 2 },
      ffn_config: { ffn_hidden_size: 24, moe_num_experts: 4, moe_top_k: 2 },
      model_type: 'dbrx',
      architectures: ['DbrxForCausalLM'],
    },
    meta: { ...SIZES, ...MOE },
  },
  t5: {
    config: {
      d_model: 32,
      d_kv: 8,
      d_ff: 48,
      num_layers: 4,
      num_decoder_layers: 4,
      num_heads: 4,
      vocab_size: 96,
      tie_word_embeddings: false,
      model_type: 't5',
      architectures: ['T5ForConditionalGeneration'],
    },
    meta: { ...SIZES, decoder_block_count: 4 },
  },
  'exaone-moe': {
    config: {
      ...T,
      ...EXPERTS,
      num_shared_experts: 1,
      first_k_dense_replace: 1,
      sliding_window: 40,
      layer_types: WINDOWS,
      model_type: 'exaone_moe',
      architectures: ['ExaoneMoeForCausalLM'],
    },
    meta: { ...SIZES, ...MOE, ...SWA, expert_shared_count: 1, leading_dense_block_count: 1 },
  },
  gemma4: {
    config: {
      ...T,
      global_head_dim: 16,
      hidden_size_per_layer_input: 8,
      vocab_size_per_layer_input: 96,
      num_global_key_value_heads: 1,
      sliding_window: 40,
      layer_types: WINDOWS,
      tie_word_embeddings: true,
      model_type: 'gemma4_text',
      architectures: ['Gemma4ForCausalLM'],
    },
    meta: {
      ...SIZES,
      ...SWA,
      'attention.key_length': 16,
      'attention.key_length_swa': 8,
      'attention.head_count_kv': [2, 2, 2, 2],
      embedding_length_per_layer_input: 8,
    },
    named: [
      [/embed_tokens_per_layer\.weight$/, 'per_layer_token_embd.weight'],
      [/q_proj\.weight$/, 'attn_q.weight'],
      [/v_proj\.weight$/, 'attn_v.weight'],
    ],
  },
  'glm-dsa': {
    config: {
      ...T,
      head_dim: undefined,
      n_routed_experts: 4,
      num_experts_per_tok: 2,
      moe_intermediate_size: 24,
      n_shared_experts: 1,
      first_k_dense_replace: 1,
      q_lora_rank: 12,
      kv_lora_rank: 16,
      qk_rope_head_dim: 4,
      qk_nope_head_dim: 8,
      v_head_dim: 8,
      index_n_heads: 2,
      index_head_dim: 8,
      index_topk: 32,
      num_key_value_heads: 4,
      model_type: 'glm_moe_dsa',
      architectures: ['GlmMoeDsaForCausalLM'],
    },
    meta: {
      ...SIZES,
      ...MOE,
      'attention.head_count_kv': 4,
      expert_shared_count: 1,
      leading_dense_block_count: 1,
      'attention.q_lora_rank': 12,
      'attention.kv_lora_rank': 16,
      'attention.key_length': 12,
      'attention.value_length': 8,
      'rope.dimension_count': 4,
      'attention.indexer.head_count': 2,
      'attention.indexer.key_length': 8,
      'attention.indexer.top_k': 32,
    },
  },
  eurobert: {
    config: { ...T, model_type: 'eurobert', architectures: ['EuroBertModel'] },
    meta: SIZES,
  },
  'modern-bert': {
    config: {
      ...T,
      num_key_value_heads: undefined,
      head_dim: undefined,
      local_attention: 40,
      model_type: 'modernbert',
      architectures: ['ModernBertModel'],
    },
    meta: { ...SIZES, 'attention.head_count_kv': 4, 'attention.sliding_window': 40 },
  },
  lfm2moe: {
    config: {
      ...T,
      ...EXPERTS,
      num_dense_layers: 1,
      conv_L_cache: 3,
      layer_types: ['conv', 'full_attention', 'conv', 'conv'],
      head_dim: undefined,
      model_type: 'lfm2_moe',
      architectures: ['Lfm2MoeForCausalLM'],
    },
    meta: { ...SIZES, ...MOE, leading_dense_block_count: 1, 'shortconv.l_cache': 3 },
    named: [
      [/q_proj\.weight$/, 'attn_q.weight'],
      [/conv\.conv\.weight$/, 'shortconv.conv.weight'],
    ],
  },
  granitehybrid: {
    config: {
      ...T,
      head_dim: undefined,
      intermediate_size: 24,
      shared_intermediate_size: 40,
      num_local_experts: 4,
      num_experts_per_tok: 2,
      layer_types: ['mamba', 'attention', 'mamba', 'mamba'],
      mamba_n_heads: 4,
      mamba_d_head: 16,
      mamba_d_state: 4,
      mamba_n_groups: 1,
      mamba_d_conv: 4,
      mamba_expand: 2,
      model_type: 'granitemoehybrid',
      architectures: ['GraniteMoeHybridForCausalLM'],
    },
    meta: {
      ...SIZES,
      ...MOE,
      ...SSM,
      'ssm.group_count': 1,
      'ssm.inner_size': 64,
      expert_shared_feed_forward_length: 40,
    },
    named: [
      [/q_proj\.weight$/, 'attn_q.weight'],
      [/in_proj\.weight$/, 'ssm_in.weight'],
    ],
  },
  'hunyuan-moe': {
    config: {
      ...T,
      intermediate_size: 24,
      num_experts: 4,
      moe_topk: 2,
      model_type: 'hunyuan_v1_moe',
      architectures: ['HunYuanMoEV1ForCausalLM'],
    },
    meta: { ...SIZES, ...MOE },
  },
  orion: {
    config: { ...T, model_type: 'orion', architectures: ['OrionForCausalLM'] },
    meta: SIZES,
  },
  paddleocr: {
    config: { ...T, model_type: 'ernie4_5', architectures: ['Ernie4_5ForCausalLM'] },
    meta: SIZES,
  },
};

/** The file that such a model would be: each parameter a tensor of its layer, under some name. */
function fileOf(arch: string, { config, meta, named = [] }: Case): Uint8Array {
  const tensors = parametersOf(config).map(({ name, shape }, at) => {
    const dims = [...shape].reverse().map(Number);
    const layer = /\.(\d+)\./.exec(name)?.[1];
    const known = named.find(([pattern]) => pattern.test(name))?.[1] ?? `tensor_${at}.weight`;
    if (/embed_tokens\.weight$|tok_embeddings\.weight$|wte\.weight$|^shared\.weight$/.test(name))
      return { name: 'token_embd.weight', dims };
    if (name === 'lm_head.weight') return { name: 'output.weight', dims };
    return { name: layer === undefined ? known : `blk.${layer}.${known}`, dims };
  });
  const own = Object.entries(meta).map(([key, value]) => [`${arch}.${key}`, value] as const);
  return gguf({ 'general.architecture': arch, ...Object.fromEntries(own) }, tensors);
}

describe('an architecture of llama.cpp is the description that its metadata amount to', () => {
  const given = {
    bind: new Map([
      ['batch', 1],
      ['sequence', 50],
      ['source', 50],
      ['past', 0],
    ] as const),
  };
  test.each(Object.entries(CASES))('%s', (arch, c) => {
    const config = Object.fromEntries(Object.entries(c.config).filter(([, value]) => value !== undefined));
    const read = readGguf(memorySource(fileOf(arch, c), { name: 'model.gguf' }), given);
    const described = traceConfig(config, given);
    expect(read.description?.type).toBe(c.config.model_type);
    expect(totalsOf(read)).toMatchObject({ macs: totalsOf(described).macs, params: totalsOf(described).params });
    expect(read.notes.filter((note) => note.code === 'assumed')).toEqual([]);
  });
});
