import { byName } from '../../../../source/by-name.js';
import type * as nn from '../../../../torch/nn/index.js';
import { Parameter } from '../../../../torch/nn/index.js';
import { kindsOf, windowsOf } from '../../blocks/layer-kinds.js';
import { everyNth, gated, llamaLike, sizes, windows } from '../../blocks/llama.js';
import { type Builder, partlyCounted } from '../../blocks/model.js';
import { layerNorm } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { type Config, MAX_DECODER_LAYERS } from '../../config.js';

/** Layers of Qwen 2: sliding from `max_window_layers` on, where the configuration uses windows at all. */
function qwenKinds(c: Config, layers: number): string[] {
  const on = c.bool('use_sliding_window') && c.maybe('sliding_window') !== null;
  const from = c.int('max_window_layers', 28);
  return c.kinds('layer_types', layers, (i) => (on && i >= from ? 'sliding_attention' : 'full_attention'));
}
function qwenWindows(c: Config): (number | null)[] {
  return windows(c, qwenKinds(c, c.layers('num_hidden_layers', undefined, MAX_DECODER_LAYERS)));
}
const llama: Builder = (c, o) => llamaLike(c, o, { type: 'Llama' });
const mistral: Builder = (c, o) => {
  const window = c.maybe('sliding_window');
  return llamaLike(c, o, { type: 'Mistral', attention: () => ({ bias: false, window }) });
};
const ministral3: Builder = (c, o) => {
  const window = c.maybe('sliding_window');
  return llamaLike(c, o, { type: 'Ministral3', attention: () => ({ bias: false, window }) });
};
const qwen2: Builder = (c, o) => {
  const w = qwenWindows(c);
  return llamaLike(c, o, {
    type: 'Qwen2',
    attention: (i) => ({ bias: true, output_bias: false, window: w[i] ?? null }),
  });
};
const qwen3: Builder = (c, o) => {
  const w = qwenWindows(c);
  return llamaLike(c, o, { type: 'Qwen3', qk: 'head', attention: (i) => ({ window: w[i] ?? null }) });
};
const phi3: Builder = (c, o) => {
  const window = c.maybe('sliding_window');
  return llamaLike(c, o, {
    type: 'Phi3',
    attention: () => ({ bias: false, names: { qkv: 'qkv_proj' }, window }),
    mlp: () => ['mlp', gated(c, c.size('intermediate_size'), { bias: false, names: { merged: 'gate_up_proj' } })],
  });
};
/** Phi 4 multimodal: its fields are those of the language model, and encoders are beside it. */
const phi4Multimodal: Builder = (c, o) =>
  partlyCounted(
    phi3(c, o),
    `the encoders of images and sounds of ${c.type} and their projections are not counted: its language model is`,
  );
const bare = (size: number) => layerNorm(size, false);
const cohere: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'Cohere',
    style: 'parallel',
    norm: bare,
    norms: ['input_layernorm'],
    ...(c.bool('use_qk_norm') ? cohereNorm(c) : {}),
  });
/** Scales of their own for every head. */
function cohereNorm(c: Config): { attention: () => Partial<nn.GroupedAttentionOptions> } {
  const s = sizes(c);
  const norm = (heads: number) => {
    const weight = new Parameter([heads, s.d]);
    return unit('CohereLayerNorm', { weight }, (x: nn.Tensor) =>
      x.sub(x.mean(-1, true)).mul(x.square().mean(-1, true).rsqrt()).mul(weight.unsqueeze(1)),
    );
  };
  return { attention: () => ({ q_norm: ['q_norm', norm(s.heads)], k_norm: ['k_norm', norm(s.kv)] }) };
}
const cohere2: Builder = (c, o) => {
  const kinds = kindsOf(c, everyNth(c.int('sliding_window_pattern', 4)));
  const w = windows(c, kinds);
  return llamaLike(c, o, {
    type: 'Cohere2',
    style: 'parallel',
    norm: bare,
    norms: ['input_layernorm'],
    attention: (i) => ({ window: w[i] ?? null, ...(w[i] === null ? { rotary_dim: 0 } : {}) }),
  });
};
const noNorm = (): nn.Module<[nn.Tensor], nn.Tensor> =>
  unit('LayerNorm', {}, (x: nn.Tensor) => x.sub(x.mean(-1, true)).mul(x.square().mean(-1, true).rsqrt()));
const olmo: Builder = (c, o) => llamaLike(c, o, { type: 'Olmo', norm: noNorm });
const olmo2: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'Olmo2',
    qk: 'all',
    style: 'post',
    norms: ['post_attention_layernorm', 'post_feedforward_layernorm'],
  });
const olmo3: Builder = (c, o) => {
  const w = windowsOf(c, everyNth(4));
  return llamaLike(c, o, {
    type: 'Olmo3',
    qk: 'all',
    style: 'post',
    norms: ['post_attention_layernorm', 'post_feedforward_layernorm'],
    attention: (i) => ({ window: w[i] ?? null }),
  });
};
const exaone4: Builder = (c, o) => {
  const s = sizes(c);
  const pattern = c.get('sliding_window_pattern');
  const window = c.maybe('sliding_window');
  const kind = (i: number): string => {
    if (window === null) return 'full_attention';
    if (typeof pattern === 'string')
      return pattern[i % pattern.length] === 'L' && i < s.layers - 1 ? 'sliding_attention' : 'full_attention';
    return (i + 1) % c.int('sliding_window_pattern', 4) === 0 && i < s.layers ? 'full_attention' : 'sliding_attention';
  };
  const w = windowsOf(c, kind);
  return llamaLike(c, o, {
    type: 'Exaone4',
    qk: 'head',
    style: 'post',
    norms: ['post_attention_layernorm', 'post_feedforward_layernorm'],
    attention: (i) => ({
      bias: false,
      window: w[i] ?? null,
      ...(window !== null && w[i] === null ? { rotary_dim: 0 } : {}),
    }),
    mlp: () => ['mlp', gated(c, s.inner, { bias: false })],
  });
};
const glm: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'Glm',
    attention: () => ({ output_bias: false }),
    mlp: () => ['mlp', gated(c, c.size('intermediate_size'), { bias: false, names: { merged: 'gate_up_proj' } })],
  });
const glm4: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'Glm4',
    style: 'both',
    norms: ['input_layernorm', 'post_self_attn_layernorm', 'post_attention_layernorm', 'post_mlp_layernorm'],
    attention: () => ({ output_bias: false }),
    mlp: () => ['mlp', gated(c, c.size('intermediate_size'), { bias: false, names: { merged: 'gate_up_proj' } })],
  });
const granite: Builder = (c, o) => llamaLike(c, o, { type: 'Granite', block: () => ({ scaled: true }) });
const graniteSwa: Builder = (c, o) => {
  const w = windowsOf(c, (i) => (i % 4 === 0 ? 'full_attention' : 'sliding_attention'));
  return llamaLike(c, o, {
    type: 'GraniteSWA',
    block: () => ({ scaled: true }),
    attention: (i) => ({ window: w[i] ?? null, sinks: 'sinks' }),
  });
};
const hyperclovax: Builder = (c, o) => {
  const post = c.bool('use_post_norm', true);
  return llamaLike(c, o, {
    type: 'HyperCLOVAX',
    style: post ? 'both' : 'pre',
    norms: post
      ? ['input_layernorm', 'post_norm1', 'post_attention_layernorm', 'post_norm2']
      : ['input_layernorm', 'post_attention_layernorm'],
    block: () => ({ scaled: true }),
  });
};
const smollm3: Builder = (c, o) => {
  const s = sizes(c);
  const rope = c.ints('no_rope_layers');
  const every = c.int('no_rope_layer_interval', 4);
  const used = (i: number): boolean => (rope === null ? (i + 1) % every !== 0 : rope[i] !== 0);
  const on = c.bool('use_sliding_window') && c.maybe('sliding_window') !== null;
  const w = windowsOf(c, (i) => (on && used(i) ? 'sliding_attention' : 'full_attention'));
  return llamaLike(c, o, {
    type: 'SmolLM3',
    attention: (i) => ({ window: on ? (w[i] ?? null) : null, rotary_dim: used(i) ? s.d : 0 }),
  });
};
const helium: Builder = (c, o) => llamaLike(c, o, { type: 'Helium', attention: () => ({ output_bias: false }) });
const ernie: Builder = (c, o) => {
  const bias = c.bool('use_bias');
  return llamaLike(c, o, {
    type: 'Ernie4_5',
    attention: () => ({ bias }),
    mlp: () => ['mlp', gated(c, c.size('intermediate_size'), { bias })],
  });
};
const seed: Builder = (c, o) =>
  llamaLike(c, o, { type: 'SeedOss', attention: () => ({ output_bias: c.bool('attention_out_bias') }) });
const cwm: Builder = (c, o) => {
  const w = windowsOf(c, everyNth(4, true));
  return llamaLike(c, o, { type: 'Cwm', attention: (i) => ({ bias: false, window: w[i] ?? null }) });
};
export const families: Readonly<Record<string, Builder>> = byName({
  llama,
  mistral,
  ministral: mistral,
  ministral3,
  qwen2,
  qwen2_vl_text: qwen2,
  qwen2_5_vl_text: qwen2,
  qwen2_5_omni_text: qwen2,
  qwen3,
  qwen3_vl_text: qwen3,
  phi3,
  phi4mm: phi4Multimodal,
  phi4_multimodal: phi4Multimodal,
  cohere,
  cohere2,
  olmo,
  olmo2,
  olmo3,
  exaone4,
  glm,
  glm4,
  granite,
  granite_swa: graniteSwa,
  hyperclovax,
  smollm3,
  helium,
  ernie4_5: ernie,
  seed_oss: seed,
  cwm,
});
