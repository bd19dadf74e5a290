import type * as nn from '../../../torch/nn/index.js';
import { Parameter } from '../../../torch/nn/index.js';
import type { Config } from '../config.js';
import { everyNth, gated, llamaLike, plainMlp, sizes, windows } from '../llama.js';
import type { Builder } from '../model.js';
import { activation, layerNorm, linear, rms } from '../parts.js';
import { unit } from '../unit.js';

/** Layers of Qwen 2: sliding from `max_window_layers` on, where the configuration uses windows at all. */
function qwenKinds(c: Config, layers: number): string[] {
  const on = c.bool('use_sliding_window') && c.maybe('sliding_window') !== null;
  const from = c.int('max_window_layers', 28);
  return c.kinds('layer_types', layers, (i) => (on && i >= from ? 'sliding_attention' : 'full_attention'));
}
function qwenWindows(c: Config): (number | null)[] {
  return windows(c, qwenKinds(c, c.layers('num_hidden_layers')));
}
const kindsOf = (c: Config, otherwise: (i: number) => string): string[] =>
  c.kinds('layer_types', c.layers('num_hidden_layers'), otherwise);
const windowsOf = (c: Config, otherwise: (i: number) => string): (number | null)[] => windows(c, kindsOf(c, otherwise));
const SANDWICH = [
  'input_layernorm',
  'post_attention_layernorm',
  'pre_feedforward_layernorm',
  'post_feedforward_layernorm',
];

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
const gemma: Builder = (c, o) =>
  llamaLike(c, o, { type: 'Gemma', mlp: () => ['mlp', gated(c, c.size('intermediate_size'), {}, gemmaAct(c))] });
const gemmaAct = (c: Config): string => (c.get('hidden_activation') ? 'hidden_activation' : 'hidden_act');
const gemma2: Builder = (c, o) => {
  const w = windowsOf(c, everyNth(2));
  return llamaLike(c, o, {
    type: 'Gemma2',
    style: 'both',
    norms: SANDWICH,
    attention: (i) => ({ window: w[i] ?? null }),
    mlp: () => ['mlp', gated(c, c.size('intermediate_size'), {}, 'hidden_activation')],
    decoder: { softcap: c.get('final_logit_softcapping') != null },
  });
};
const vaultgemma: Builder = (c, o) => {
  const w = windowsOf(c, everyNth(2));
  return llamaLike(c, o, {
    type: 'VaultGemma',
    norms: ['input_layernorm', 'pre_feedforward_layernorm'],
    attention: (i) => ({ window: w[i] ?? null }),
    mlp: () => ['mlp', gated(c, c.size('intermediate_size'), {}, 'hidden_activation')],
    decoder: { softcap: c.get('final_logit_softcapping') != null },
  });
};
const gemma3: Builder = (c, o) => {
  const w = windowsOf(c, everyNth(c.int('sliding_window_pattern', 6)));
  return llamaLike(c, o, {
    type: 'Gemma3',
    style: 'both',
    norms: SANDWICH,
    qk: 'head',
    attention: (i) => ({ window: w[i] ?? null, causal: !c.bool('use_bidirectional_attention') }),
    mlp: () => ['mlp', gated(c, c.size('intermediate_size'), {}, 'hidden_activation')],
    decoder: { softcap: c.get('final_logit_softcapping') != null },
  });
};
const phi3: Builder = (c, o) => {
  const window = c.maybe('sliding_window');
  return llamaLike(c, o, {
    type: 'Phi3',
    attention: () => ({ bias: false, names: { qkv: 'qkv_proj' }, window }),
    mlp: () => ['mlp', gated(c, c.size('intermediate_size'), { bias: false, names: { merged: 'gate_up_proj' } })],
  });
};
const phi: Builder = (c, o) => {
  const s = sizes(c);
  const ln = c.bool('qk_layernorm');
  return llamaLike(c, o, {
    type: 'Phi',
    style: 'parallel',
    norm: layerNorm,
    norms: ['input_layernorm'],
    attention: () => ({
      bias: true,
      names: { o: 'dense' },
      ...(ln ? { q_norm: ['q_layernorm', layerNorm(s.d)], k_norm: ['k_layernorm', layerNorm(s.d)] } : {}),
    }),
    mlp: () => ['mlp', plainMlp('PhiMLP', s.hidden, s.inner, activation(c), ['fc1', 'fc2'])],
    decoder: { names: { norm: 'final_layernorm' }, headBias: true },
  });
};
const stablelm: Builder = (c, o) => {
  const s = sizes(c);
  const parallel = c.bool('use_parallel_residual');
  const perHead = (heads: number): nn.Module<[nn.Tensor], nn.Tensor> => {
    const norms = Array.from({ length: heads }, () => layerNorm(s.d, false));
    return unit(
      'StableLmLayerNormPerHead',
      { norms: unit('ModuleList', Object.fromEntries(norms.entries()), () => undefined) },
      (x: nn.Tensor) => (norms.length === 0 ? x : (norms[0] as (typeof norms)[0])(x)),
    );
  };
  return llamaLike(c, o, {
    type: 'StableLm',
    norm: layerNorm,
    style: parallel ? 'parallel' : 'pre',
    norms: parallel ? ['input_layernorm'] : ['input_layernorm', 'post_attention_layernorm'],
    attention: () => ({
      bias: c.bool('use_qkv_bias'),
      output_bias: false,
      ...(c.bool('qk_layernorm')
        ? { q_norm: ['q_layernorm', perHead(s.heads)], k_norm: ['k_layernorm', perHead(s.kv)] }
        : {}),
    }),
  });
};
const starcoder2: Builder = (c, o) => {
  const s = sizes(c);
  const bias = c.bool('use_bias', true);
  const window = c.maybe('sliding_window');
  return llamaLike(c, o, {
    type: 'Starcoder2',
    norm: layerNorm,
    attention: () => ({ bias, window }),
    mlp: () => ['mlp', plainMlp('Starcoder2MLP', s.hidden, s.inner, activation(c), ['c_fc', 'c_proj'], bias)],
  });
};
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
/** Up and down without a gate. */
const plain = (type: string, c: Config, names: readonly [string, string], bias: boolean) => () =>
  ['mlp', plainMlp(type, c.size('hidden_size'), c.size('intermediate_size'), activation(c), names, bias)] as const;
const jais2: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'Jais2',
    norm: layerNorm,
    mlp: plain('Jais2MLP', c, ['up_proj', 'down_proj'], c.bool('mlp_bias', true)),
  });
const arcee: Builder = (c, o) =>
  llamaLike(c, o, { type: 'Arcee', mlp: plain('ArceeMLP', c, ['up_proj', 'down_proj'], c.bool('mlp_bias')) });
const nemotron: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'Nemotron',
    norm: layerNorm,
    mlp: plain('NemotronMLP', c, ['up_proj', 'down_proj'], c.bool('mlp_bias')),
  });
const scaleless = (): nn.Module<[nn.Tensor], nn.Tensor> =>
  unit('RMSNorm', {}, (x: nn.Tensor) => x.mul(x.square().mean(-1, true).rsqrt()));
const nanochat: Builder = (c, o) => {
  const norm = scaleless();
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'NanoChat',
    norm: scaleless,
    qk: 'head',
    mlp: () => ['mlp', plainMlp('NanoChatMLP', s.hidden, s.inner, activation(c), ['fc1', 'fc2'], false)],
    decoder: { softcap: c.get('final_logit_softcapping') != null, parts: { input_norm: norm }, before: (x) => norm(x) },
  });
};
const apertus: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'Apertus',
    qk: 'head',
    norms: ['attention_layernorm', 'feedforward_layernorm'],
    mlp: () => {
      const [up, down] = [linear(s.hidden, s.inner), linear(s.inner, s.hidden)];
      const act = activation(c, 'hidden_act', 'xielu');
      const xielu = unit('XIELUActivation', { alpha_p: new Parameter([1]), alpha_n: new Parameter([1]) }, act);
      const learned = c.str('hidden_act', 'xielu') === 'xielu';
      return [
        'mlp',
        unit('ApertusMLP', { up_proj: up, down_proj: down, act_fn: learned ? xielu : null }, (x: nn.Tensor) =>
          down((learned ? xielu : act)(up(x))),
        ),
      ];
    },
  });
};
const cwm: Builder = (c, o) => {
  const w = windowsOf(c, everyNth(4, true));
  return llamaLike(c, o, { type: 'Cwm', attention: (i) => ({ bias: false, window: w[i] ?? null }) });
};
const bitnet: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'BitNet',
    attention: () => ({ o_norm: ['attn_sub_norm', rms(s.hidden)] }),
    mlp: () => {
      const [gate, up, down] = [linear(s.hidden, s.inner), linear(s.hidden, s.inner), linear(s.inner, s.hidden)];
      const norm = rms(s.inner);
      const act = activation(c, 'hidden_act', 'relu2');
      return [
        'mlp',
        unit('BitNetMLP', { gate_proj: gate, up_proj: up, down_proj: down, ffn_sub_norm: norm }, (x: nn.Tensor) =>
          down(norm(act(gate(x)).mul(up(x)))),
        ),
      ];
    },
  });
};
const persimmon: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'Persimmon',
    norm: layerNorm,
    attention: () => ({
      bias: true,
      num_kv_heads: s.heads,
      names: { qkv: 'query_key_value', o: 'dense' },
      ...(c.bool('qk_layernorm', true)
        ? { q_norm: ['q_layernorm', layerNorm(s.d)], k_norm: ['k_layernorm', layerNorm(s.d)] }
        : {}),
    }),
    mlp: () => ['mlp', plainMlp('PersimmonMLP', s.hidden, s.inner, activation(c), ['dense_h_to_4h', 'dense_4h_to_h'])],
    decoder: { names: { norm: 'final_layernorm' } },
  });
};

export const families: Readonly<Record<string, Builder>> = {
  llama,
  mistral,
  ministral: mistral,
  ministral3,
  qwen2,
  qwen3,
  gemma,
  gemma2,
  vaultgemma,
  gemma3_text: gemma3,
  phi3,
  phi,
  stablelm,
  starcoder2,
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
  jais2,
  arcee,
  nemotron,
  nanochat,
  apertus,
  cwm,
  bitnet,
  persimmon,
};
