import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { llamaLike, type Plan, plainMlp, sizes } from '../../blocks/llama.js';
import type { Architecture, Builder, BuildOptions } from '../../blocks/model.js';
import { type Activation, activation, type Layer, layerNorm, linear } from '../../blocks/parts.js';
import { type Parts, unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

/** A projection that GPT-2 stores as in×out. */
export function conv1d(inputs: number, outputs: number): Layer {
  const weight = new nn.Parameter([inputs, outputs]);
  const bias = new nn.Parameter([outputs]);
  return unit('Conv1D', { weight, bias }, (x: nn.Tensor) =>
    nn.functional.addmm(bias, x.view(-1, inputs), weight).view(...x.shape.slice(0, -1), outputs),
  );
}
export const GPT_NAMES = { base: 'transformer', embed: 'wte', layers: 'h', norm: 'ln_f' };
const GPT_PROJECTIONS = { qkv: 'c_attn', o: 'c_proj' };
type Matrix = (inputs: number, outputs: number) => Layer;

/** Attention to an encoder's states: among the parameters, and not run if there is no encoder. */
export function crossParts(hidden: number, type = 'GPT2', norm = layerNorm): Parts {
  const parts = { c_attn: conv1d(hidden, 2 * hidden), q_attn: conv1d(hidden, hidden) };
  const cross = unit(`${type}Attention`, { ...parts, c_proj: conv1d(hidden, hidden) }, (x: nn.Tensor) => x);
  return { crossattention: cross, ln_cross_attn: norm(hidden) };
}
/** A table of positions, two norms, and an MLP of two matrices: the frame of GPT-2 and of those after it. */
function gptLike(
  c: Config,
  o: BuildOptions,
  type: string,
  plan: Omit<Partial<Plan>, 'mlp'> & {
    readonly inner: number | null;
    readonly act: Activation;
    readonly make?: Matrix;
  },
): Architecture {
  const { inner, act, make, ...own } = plan;
  const { hidden } = sizes(c);
  const matrices = ['c_fc', 'c_proj'] as const;
  return llamaLike(c, o, {
    type,
    norm: layerNorm,
    norms: ['ln_1', 'ln_2'],
    attentionName: 'attn',
    mlp: () => ['mlp', plainMlp(`${type}MLP`, hidden, inner ?? 4 * hidden, act, matrices, true, make)],
    decoder: { names: GPT_NAMES, positions: ['wpe', c.size('max_position_embeddings')] },
    ...own,
  });
}
const gpt2: Builder = (c, o) =>
  gptLike(c, o, 'GPT2', {
    inner: c.maybe('n_inner'),
    act: activation(c, 'activation_function', 'gelu_new'),
    make: conv1d,
    attention: () => ({ names: GPT_PROJECTIONS, linear: conv1d, rotary_dim: 0 }),
    ...(c.bool('add_cross_attention') ? { block: () => ({ parts: crossParts(sizes(c).hidden) }) } : {}),
  });
const bigcode: Builder = (c, o) => {
  const kv = c.bool('multi_query', true) ? 1 : sizes(c).heads;
  return gptLike(c, o, 'GPTBigCode', {
    inner: c.maybe('n_inner'),
    act: activation(c, 'activation_function'),
    attention: () => ({ num_kv_heads: kv, bias: true, names: GPT_PROJECTIONS, rotary_dim: 0 }),
  });
};
/** Attention of every position and of a window, in turns; the cache keeps all. */
const gptNeo: Builder = (c, o) => {
  const s = sizes(c);
  const types = c.list('attention_types') ?? [[['global', 'local'], Math.ceil(s.layers / 2)]];
  const kinds = types.flatMap((t) => {
    const [names, times] = Array.isArray(t) ? t : [];
    if (!Array.isArray(names) || typeof times !== 'number')
      throw c.wrong('attention_types', 'is not a list of kinds and numbers');
    return Array.from({ length: Math.min(times, s.layers) }, () => names as unknown[]).flat();
  });
  return gptLike(c, o, 'GPTNeo', {
    inner: c.maybe('intermediate_size'),
    act: activation(c, 'activation_function'),
    kind: (i) => kinds[i],
    mixer: (i) => {
      const attention = new nn.GroupedAttention({
        hidden_size: s.hidden,
        num_heads: s.heads,
        output_bias: true,
        rotary_dim: 0,
        names: { o: 'out_proj' },
        window: kinds[i] === 'local' ? c.int('window_size', 256) : null,
        windowed_cache: false,
      });
      return ['attn', unit('GPTNeoAttention', { attention }, (x: nn.Tensor, pass: nn.Pass) => attention(x, pass))];
    },
  });
};
/** GPT-J and CodeGen: attention and MLP side by side. */
function gptJ(type: string, names: Partial<Record<'qkv' | 'o', string>>): Builder {
  return (c, o) => {
    const s = sizes(c);
    const inner = c.maybe('n_inner') ?? 4 * s.hidden;
    return llamaLike(c, o, {
      type,
      norm: layerNorm,
      style: 'parallel',
      norms: ['ln_1'],
      attentionName: 'attn',
      attention: () => ({ bias: false, num_kv_heads: s.heads, names, rotary_dim: c.maybe('rotary_dim') ?? s.d }),
      mlp: () => [
        'mlp',
        plainMlp(`${type}MLP`, s.hidden, inner, activation(c, 'activation_function'), ['fc_in', 'fc_out']),
      ],
      decoder: { names: GPT_NAMES, headBias: true, longest: c.maybe('n_positions') },
    });
  };
}
export const NEOX_MLP = ['dense_h_to_4h', 'dense_4h_to_h'] as const;
const neox: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'GPTNeoX',
    norm: layerNorm,
    style: c.bool('use_parallel_residual', true) ? 'parallel' : 'pre',
    attentionName: 'attention',
    attention: () => ({
      bias: c.bool('attention_bias', true),
      num_kv_heads: s.heads,
      names: { qkv: 'query_key_value', o: 'dense' },
      rotary_dim: Math.floor(s.d * c.number('rotary_pct', 0.25)),
    }),
    mlp: () => ['mlp', plainMlp('GPTNeoXMLP', s.hidden, s.inner, activation(c), NEOX_MLP)],
    decoder: { names: { base: 'gpt_neox', embed: 'embed_in', norm: 'final_layer_norm' } },
  });
};
const neoxJapanese: Builder = (c, o) => {
  const s = sizes(c);
  const inner = s.hidden * c.int('intermediate_multiple_size', 4);
  return llamaLike(c, o, {
    type: 'GPTNeoXJapanese',
    norm: layerNorm,
    mixer: (i) => {
      const attention = new nn.GroupedAttention({
        hidden_size: s.hidden,
        num_heads: s.heads,
        names: { qkv: 'query_key_value', o: 'dense' },
      });
      // The last layer's bias is beside the projection.
      if (i === s.layers - 1)
        (attention as unknown as Record<string, unknown>)['dense_bias'] = new nn.Parameter([s.hidden]);
      return ['attention', attention];
    },
    mlp: () => ['mlp', plainMlp('GPTNeoXJapaneseMLP', s.hidden, inner, activation(c), NEOX_MLP, false)],
    decoder: { names: { base: 'gpt_neox_japanese', embed: 'embed_in', norm: 'final_layer_norm', head: 'embed_out' } },
  });
};
const ctrl: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'CTRL',
    norm: layerNorm,
    norms: ['layernorm1', 'layernorm2'],
    attentionName: 'multi_head_attention',
    attention: () => ({ bias: true, names: { q: 'Wq', k: 'Wk', v: 'Wv', o: 'dense' }, rotary_dim: 0 }),
    mlp: () => [
      'ffn',
      new nn.Sequential(linear(s.hidden, c.size('dff'), true), new nn.ReLU(), linear(c.size('dff'), s.hidden, true)),
    ],
    decoder: {
      names: { base: 'transformer', embed: 'w', layers: 'h', norm: 'layernorm' },
      headBias: true,
      longest: c.maybe('n_positions'),
    },
  });
};
const openaiGpt: Builder = (c, o) =>
  gptLike(c, o, 'OpenAIGPT', {
    inner: null,
    act: activation(c, 'afn', 'gelu_new'),
    make: conv1d,
    style: 'after',
    attention: () => ({ names: GPT_PROJECTIONS, linear: conv1d, rotary_dim: 0, cached: false }),
    decoder: {
      names: { ...GPT_NAMES, embed: 'tokens_embed' },
      norm: null,
      positions: ['positions_embed', c.size('max_position_embeddings')],
    },
  });
export const families: Readonly<Record<string, Builder>> = byName({
  gpt2,
  'gpt-sw3': gpt2,
  gpt_bigcode: bigcode,
  gpt_neo: gptNeo,
  gptj: gptJ('GPTJ', { o: 'out_proj' }),
  codegen: gptJ('CodeGen', { qkv: 'qkv_proj', o: 'out_proj' }),
  gpt_neox: neox,
  gpt_neox_japanese: neoxJapanese,
  ctrl,
  'openai-gpt': openaiGpt,
});
