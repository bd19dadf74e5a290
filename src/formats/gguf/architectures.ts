import { byName } from '../../source/by-name.js';
import {
  causal,
  experts,
  expertWidth,
  type Fields,
  gemma3,
  type Known,
  kindsOf,
  latent,
  llama,
  moe,
  parallel,
  pattern,
  routed,
  window,
} from './entry.js';
import type { GgufFacts } from './metadata.js';
import { NEWER } from './newer.js';

const recurrentHead = (f: GgufFacts, prefix: 'mamba_' | ''): Fields => {
  const heads = f.number('ssm.time_step_rank') ?? 1;
  const inner = f.number('ssm.inner_size') ?? 0;
  const names =
    prefix === ''
      ? ['num_heads', 'head_dim', 'n_groups', 'state_size', 'conv_kernel']
      : ['mamba_n_heads', 'mamba_d_head', 'mamba_n_groups', 'mamba_d_state', 'mamba_d_conv'];
  const values = [
    heads,
    inner / heads,
    f.number('ssm.group_count'),
    f.number('ssm.state_size'),
    f.number('ssm.conv_kernel'),
  ];
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
};
/** By `general.architecture`. What is not here is read by its tensors alone. */
const ARCHITECTURES: Readonly<Record<string, Known>> = byName<Record<string, Known>>({
  ...NEWER,
  llama: (f) =>
    (f.number('expert_count') ?? 0) > 0
      ? causal('mixtral', 'Mixtral', experts)
      : f.some('attn_q.bias') && !f.some('attn_output.bias')
        ? causal('qwen2', 'Qwen2')
        : llama,
  llama4: causal('llama4_text', 'Llama4', (f) => ({
    ...experts(f),
    intermediate_size: expertWidth(f),
    intermediate_size_mlp: f.number('feed_forward_length'),
    interleave_moe_layer_step: f.number('interleave_moe_layer_step'),
    moe_layers: f.layersWith('ffn_gate_inp'),
  })),
  baichuan: llama,
  xverse: llama,
  internlm2: llama,
  minicpm: llama,
  llada: llama,
  exaone: llama,
  'llama-embed': llama,
  mistral3: causal('ministral3', 'Ministral3'),
  falcon: causal('falcon', 'Falcon', (f) => {
    const two = f.some('attn_norm_2');
    return {
      new_decoder_architecture: two,
      num_ln_in_parallel_attn: two ? 2 : undefined,
      multi_query: f.number('attention.head_count_kv') === 1,
      num_kv_heads: f.number('attention.head_count_kv'),
      parallel_attn: true,
      bias: f.some('attn_qkv.bias'),
      ffn_hidden_size: f.number('feed_forward_length'),
    };
  }),
  gpt2: causal('gpt2', 'GPT2LMHeadModel', (f) => ({ n_inner: f.number('feed_forward_length') })),
  gptj: causal('gptj', 'GPTJ', (f) => ({
    n_inner: f.number('feed_forward_length'),
    rotary_dim: f.number('rope.dimension_count'),
  })),
  gptneox: causal('gpt_neox', 'GPTNeoX', (f) => ({
    use_parallel_residual: f.bool('use_parallel_residual') ?? true,
    attention_bias: f.some('attn_qkv.bias'),
  })),
  mpt: causal('mpt', 'Mpt', (f) => ({
    expansion_ratio: (f.number('feed_forward_length') ?? 0) / (f.number('embedding_length') ?? 1),
  })),
  starcoder: causal('gpt_bigcode', 'GPTBigCode', (f) => ({
    multi_query: f.number('attention.head_count_kv') === 1,
    n_inner: f.number('feed_forward_length'),
  })),
  starcoder2: causal('starcoder2', 'Starcoder2', (f) => ({ use_bias: f.some('attn_q.bias'), sliding_window: null })),
  bloom: causal('bloom', 'Bloom'),
  bert: {
    type: 'bert',
    as: 'BertModel',
    fields: (f) => ({ type_vocab_size: f.dim('token_types', 1) ?? 0, add_pooling_layer: f.has('cls') }),
  },
  'nomic-bert': {
    type: 'nomic_bert',
    as: 'NomicBertModel',
    fields: (f) => ({ type_vocab_size: f.dim('token_types', 1) ?? 0, add_pooling_layer: false }),
  },
  stablelm: causal('stablelm', 'StableLm', (f) => ({
    ...parallel(f),
    use_qkv_bias: f.some('attn_q.bias'),
    qk_layernorm: f.some('attn_q_norm'),
  })),
  qwen: causal('qwen2', 'Qwen2', (f) => ({ intermediate_size: f.layerDim('ffn_gate', 1) })),
  qwen2: causal('qwen2', 'Qwen2'),
  qwen2vl: causal('qwen2', 'Qwen2'),
  dream: causal('qwen2', 'Qwen2'),
  qwen2moe: causal('qwen2_moe', 'Qwen2Moe', (f) => ({
    ...moe(f),
    shared_expert_intermediate_size:
      f.number('expert_shared_feed_forward_length') ?? f.layerDim('ffn_up_shexp', 1) ?? f.number('feed_forward_length'),
    qkv_bias: f.some('attn_q.bias'),
  })),
  qwen3: causal('qwen3', 'Qwen3'),
  qwen3vl: causal('qwen3', 'Qwen3'),
  'hunyuan-dense': causal('qwen3', 'Qwen3'),
  maincoder: causal('qwen3', 'Qwen3'),
  qwen3moe: causal('qwen3_moe', 'Qwen3Moe', moe),
  qwen3vlmoe: causal('qwen3_moe', 'Qwen3Moe', moe),
  rnd1: causal('qwen3_moe', 'Qwen3Moe', moe),
  phi2: causal('phi', 'Phi'),
  phi3: causal('phi3', 'Phi3', window),
  phimoe: causal('phimoe', 'Phimoe', (f) => ({
    ...experts(f),
    intermediate_size: expertWidth(f),
    lm_head_bias: f.has('output.bias'),
    ...window(f),
  })),
  minicpm3: causal('minicpm3', 'MiniCPM3', latent),
  gemma: causal('gemma', 'Gemma'),
  gemma2: causal('gemma2', 'Gemma2', window),
  gemma3: causal('gemma3_text', 'Gemma3', gemma3),
  'gemma-embedding': {
    type: 'gemma3_text',
    as: 'Gemma3TextModel',
    fields: (f) => ({ ...gemma3(f), use_bidirectional_attention: true }),
  },
  mamba: (f) =>
    causal(
      f.bool('ssm.dt_b_c_rms') ? 'falcon_mamba' : 'mamba',
      f.bool('ssm.dt_b_c_rms') ? 'FalconMamba' : 'Mamba',
      (g) => ({
        intermediate_size: g.number('ssm.inner_size'),
        state_size: g.number('ssm.state_size'),
        conv_kernel: g.number('ssm.conv_kernel'),
        time_step_rank: g.number('ssm.time_step_rank'),
      }),
    ),
  mamba2: causal('mamba2', 'Mamba2', (f) => ({
    ...recurrentHead(f, ''),
    expand: (f.number('ssm.inner_size') ?? 0) / (f.number('embedding_length') ?? 1),
  })),
  jamba: causal('jamba', 'Jamba', (f) => {
    const [first = 0, second] = f.layersWith('ffn_gate_inp');
    return {
      ...experts(f),
      layers_block_type: kindsOf(f, [
        ['attn_q', 'attention'],
        ['ssm_in', 'mamba'],
      ]),
      expert_layer_period: second === undefined ? f.layers : second - first,
      expert_layer_offset: first,
      mamba_d_state: f.number('ssm.state_size'),
      mamba_d_conv: f.number('ssm.conv_kernel'),
      mamba_expand: (f.number('ssm.inner_size') ?? 0) / (f.number('embedding_length') ?? 1),
      mamba_dt_rank: f.number('ssm.time_step_rank'),
    };
  }),
  'falcon-h1': causal('falcon_h1', 'FalconH1', (f) => ({
    ...recurrentHead(f, 'mamba_'),
    mamba_d_ssm: f.number('ssm.inner_size'),
    mamba_rms_norm: f.some('ssm_norm'),
  })),
  nemotron_h: causal('nemotron_h', 'NemotronH', nemotronH),
  nemotron_h_moe: causal('nemotron_h', 'NemotronH', nemotronH),
  lfm2: causal('lfm2', 'Lfm2', (f) => ({
    conv_L_cache: f.number('shortconv.l_cache'),
    block_auto_adjust_ff_dim: false,
    layer_types: kindsOf(f, [
      ['attn_q', 'full_attention'],
      ['shortconv.conv', 'conv'],
    ]),
  })),
  lfm2moe: causal('lfm2_moe', 'Lfm2Moe', (f) => ({
    ...moe(f),
    num_dense_layers: f.number('leading_dense_block_count') ?? f.layersWith('ffn_gate_inp')[0] ?? 0,
    conv_L_cache: f.number('shortconv.l_cache'),
    layer_types: kindsOf(f, [
      ['attn_q', 'full_attention'],
      ['shortconv.conv', 'conv'],
    ]),
  })),
  granitehybrid: causal('granitemoehybrid', 'GraniteMoeHybrid', (f) => {
    const sparse = (f.number('expert_count') ?? 0) > 0;
    return {
      ...experts(f),
      ...recurrentHead(f, 'mamba_'),
      num_local_experts: f.number('expert_count') ?? 0,
      intermediate_size: expertWidth(f),
      // Without experts the MLP is what is beside them elsewhere.
      shared_intermediate_size: f.number(sparse ? 'expert_shared_feed_forward_length' : 'feed_forward_length'),
      mamba_expand: (f.number('ssm.inner_size') ?? 0) / (f.number('embedding_length') ?? 1),
      layers_block_type: kindsOf(f, [
        ['attn_q', 'attention'],
        ['ssm_in', 'mamba'],
      ]),
    };
  }),
  'hunyuan-moe': causal('hunyuan_v1_moe', 'HunYuanMoEV1', (f) => ({
    num_experts: f.number('expert_count'),
    moe_topk: f.number('expert_used_count'),
    intermediate_size: expertWidth(f),
  })),
  orion: causal('orion', 'Orion'),
  'command-r': causal('cohere', 'Cohere', (f) => ({ use_qk_norm: f.some('attn_q_norm') })),
  cohere2: causal('cohere2', 'Cohere2', (f) => ({ ...window(f), ...pattern(f) })),
  olmo: causal('olmo', 'Olmo'),
  olmo2: (f) =>
    f.number('attention.sliding_window') === undefined
      ? causal('olmo2', 'Olmo2')
      : causal('olmo3', 'Olmo3', (g) => ({ ...window(g), ...pattern(g) })),
  olmoe: causal('olmoe', 'Olmoe', (f) => ({ ...experts(f), intermediate_size: expertWidth(f) })),
  deepseek: causal('glm4_moe', 'Glm4Moe', (f) => ({ ...routed(f), use_qk_norm: false })),
  bailingmoe: causal('glm4_moe', 'Glm4Moe', (f) => ({ ...routed(f), use_qk_norm: f.some('attn_q_norm') })),
  bailingmoe2: causal('glm4_moe', 'Glm4Moe', (f) => ({ ...routed(f), use_qk_norm: f.some('attn_q_norm') })),
  dots1: causal('glm4_moe', 'Glm4Moe', (f) => ({ ...routed(f), use_qk_norm: true })),
  glm4moe: causal('glm4_moe', 'Glm4Moe', (f) => ({ ...routed(f), use_qk_norm: f.some('attn_q_norm') })),
  deepseek2: (f) =>
    f.some('exp_probs_b.bias') || f.number('expert_gating_func') === 2
      ? causal('deepseek_v3', 'DeepseekV3', (g) => ({ ...latent(g), ...routed(g) }))
      : causal('deepseek_v2', 'DeepseekV2', (g) => ({ ...latent(g), ...routed(g) })),
  chatglm: causal('glm', 'Glm'),
  glm4: causal('glm4', 'Glm4'),
  bitnet: causal('bitnet', 'BitNet'),
  nemotron: causal('nemotron', 'Nemotron'),
  exaone4: causal('exaone4', 'Exaone4', (f) => ({
    sliding_window: f.number('attention.sliding_window') ?? null,
    ...pattern(f),
  })),
  granite: causal('granite', 'Granite'),
  granitemoe: causal('granitemoeshared', 'GraniteMoeShared', (f) => ({
    ...experts(f),
    intermediate_size: expertWidth(f),
    shared_intermediate_size: f.number('expert_shared_feed_forward_length') ?? 0,
  })),
  arcee: causal('arcee', 'Arcee'),
  apertus: causal('apertus', 'Apertus'),
  jais2: causal('jais2', 'Jais2'),
  seed_oss: causal('seed_oss', 'SeedOss', (f) => ({ attention_out_bias: f.some('attn_output.bias') })),
  smollm3: causal('smollm3', 'SmolLM3'),
  ernie4_5: causal('ernie4_5', 'Ernie4_5', (f) => ({ use_bias: f.some('attn_q.bias') })),
  'ernie4_5-moe': causal('ernie4_5_moe', 'Ernie4_5_Moe', (f) => ({
    moe_num_experts: f.number('expert_count'),
    moe_k: f.number('expert_used_count'),
    moe_intermediate_size: expertWidth(f),
    moe_num_shared_experts: f.number('expert_shared_count') ?? 0,
    moe_layer_start_index: f.layersWith('ffn_gate_inp')[0],
    moe_layer_interval: f.number('interleave_moe_layer_step'),
    use_bias: f.some('attn_q.bias'),
  })),
  'gpt-oss': causal('gpt_oss', 'GptOss', (f) => ({ ...experts(f), intermediate_size: expertWidth(f), ...window(f) })),
  'minimax-m2': causal('minimax_m2', 'MiniMaxM2', (f) => ({ ...experts(f), intermediate_size: expertWidth(f) })),
  afmoe: causal('afmoe', 'Afmoe', (f) => ({
    ...moe(f),
    num_dense_layers: f.number('leading_dense_block_count') ?? f.layersWith('ffn_gate_inp')[0],
    num_shared_experts: f.number('expert_shared_count') || null,
    ...window(f),
  })),
});

function nemotronH(f: GgufFacts): Fields {
  return {
    mamba_num_heads: f.number('ssm.time_step_rank'),
    mamba_head_dim: (f.number('ssm.inner_size') ?? 0) / (f.number('ssm.time_step_rank') ?? 1),
    ssm_state_size: f.number('ssm.state_size'),
    n_groups: f.number('ssm.group_count'),
    conv_kernel: f.number('ssm.conv_kernel'),
    n_routed_experts: f.number('expert_count'),
    num_experts_per_tok: f.number('expert_used_count'),
    moe_intermediate_size: expertWidth(f),
    moe_shared_expert_intermediate_size: f.number('expert_shared_feed_forward_length'),
    layers_block_type: kindsOf(f, [
      ['ssm_in', 'linear_attention'],
      ['attn_q', 'full_attention'],
      ['ffn_gate_inp', 'moe'],
      ['ffn_up', 'mlp'],
    ]),
  };
}

/** The config.json that the file's metadata amount to; null for an architecture that has no entry. */
export function configOf(f: GgufFacts): Readonly<Record<string, unknown>> | null {
  const known = ARCHITECTURES[f.architecture];
  if (known === undefined || f.layers === 0) return null;
  const entry = typeof known === 'function' ? known(f) : known;
  const heads = f.number('attention.head_count');
  const given: Fields = {
    hidden_size: f.number('embedding_length'),
    num_hidden_layers: f.layers,
    num_attention_heads: heads,
    num_key_value_heads: f.number('attention.head_count_kv') ?? heads,
    intermediate_size: f.number('feed_forward_length'),
    head_dim: f.number('attention.key_length'),
    vocab_size: f.dim('token_embd', 1) ?? f.number('vocab_size'),
    max_position_embeddings: f.dim('position_embd', 1) ?? f.number('context_length'),
    tie_word_embeddings: !f.has('output'),
    attention_bias: f.some('attn_q.bias') || f.some('attn_qkv.bias'),
    mlp_bias: f.some('ffn_up.bias'),
    ...entry.fields?.(f),
  };
  // Activations and the cache are of 16 bits unless the program is told otherwise.
  return {
    model_type: entry.type,
    architectures: [entry.as.replace(/^(\w+LMHeadModel)ForCausalLM$/, '$1')],
    dtype: 'float16',
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}
