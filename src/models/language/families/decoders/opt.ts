import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import type { Loose } from '../../blocks/block.js';
import { llamaLike, plainMlp, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear } from '../../blocks/parts.js';
import { positionsOf } from '../../blocks/positions.js';
import { bartAttention } from '../../blocks/seq2seq.js';
import { type Parts, unit } from '../../blocks/unit.js';
import { GPT_NAMES, NEOX_MLP } from './gpt.js';

const opt: Builder = (c, o) => {
  const s = sizes(c);
  const before = c.bool('do_layer_norm_before', true);
  const bias = c.bool('enable_bias', true);
  const affine = c.bool('layer_norm_elementwise_affine', true);
  const norm = (n: number): Layer => new nn.LayerNorm(n, 1e-5, affine);
  const width = c.maybe('word_embed_proj_dim') ?? s.hidden;
  const [into, out] = width === s.hidden ? [null, null] : [linear(width, s.hidden), linear(s.hidden, width)];
  const positions = embedding(c.size('max_position_embeddings') + 2, s.hidden);
  return llamaLike(c, o, {
    type: 'OPT',
    norm,
    style: before ? 'pre' : 'after',
    norms: [...LAYER_NORMS],
    attention: () => ({ bias, names: { o: 'out_proj' }, rotary_dim: 0 }),
    mlp: () => loose(s.hidden, c.size('ffn_dim'), activation(c, 'activation_function', 'relu'), bias),
    decoder: {
      names: { norm: 'final_layer_norm' },
      width,
      norm: before && !c.bool('_remove_final_layer_norm') ? norm(s.hidden) : null,
      parts: { embed_positions: positions, project_in: into, project_out: out },
      before: (x, pass) => (into?.(x) ?? x).add(positionsOf(positions, pass, 2)),
      ...(out === null ? {} : { after: (x) => out(x) }),
      wrap: (base) =>
        unit('OPTModel', { decoder: base }, (...inputs: nn.Tensor[]) =>
          (base as unknown as nn.Module<nn.Tensor[]>)(...inputs),
        ),
    },
  });
};
const bloom: Builder = (c, o) => {
  const s = sizes(c);
  const norm = layerNorm(s.hidden);
  return llamaLike(c, o, {
    type: 'Bloom',
    norm: layerNorm,
    attentionName: 'self_attention',
    attention: () => ({
      bias: true,
      num_kv_heads: s.heads,
      names: { qkv: 'query_key_value', o: 'dense' },
      rotary_dim: 0,
    }),
    mlp: () => ['mlp', plainMlp('BloomMLP', s.hidden, 4 * s.hidden, activation(c, 'hidden_act', 'gelu_new'), NEOX_MLP)],
    decoder: {
      names: { ...GPT_NAMES, embed: 'word_embeddings' },
      parts: { word_embeddings_layernorm: norm },
      before: (x) => norm(x),
    },
  });
};
const mpt: Builder = (c, o) => {
  const s = sizes(c);
  const inner = 4 * s.hidden;
  return llamaLike(c, o, {
    type: 'Mpt',
    norm: (n) => layerNorm(n, false),
    norms: ['norm_1', 'norm_2'],
    attentionName: 'attn',
    attention: () => ({ bias: false, num_kv_heads: s.heads, names: { qkv: 'Wqkv', o: 'out_proj' }, rotary_dim: 0 }),
    mlp: () => [
      'ffn',
      plainMlp('MptMLP', s.hidden, inner, (x) => nn.functional.gelu(x), ['up_proj', 'down_proj'], false),
    ],
    decoder: {
      names: { base: 'transformer', embed: 'wte', layers: 'blocks', norm: 'norm_f' },
      longest: c.maybe('max_seq_len'),
    },
  });
};
const falcon: Builder = (c, o) => {
  const s = sizes(c);
  const fresh = c.bool('new_decoder_architecture');
  const parallel = fresh || c.bool('parallel_attn', true);
  const kv = fresh ? c.int('num_kv_heads', s.heads) : c.bool('multi_query', true) ? 1 : s.heads;
  const two = fresh && c.int('num_ln_in_parallel_attn', 2) === 2;
  const bias = c.bool('bias');
  return llamaLike(c, o, {
    type: 'Falcon',
    norm: layerNorm,
    style: parallel ? 'parallel' : 'pre',
    norms: two
      ? ['ln_attn', 'ln_mlp']
      : parallel
        ? ['input_layernorm']
        : ['input_layernorm', 'post_attention_layernorm'],
    attentionName: 'self_attention',
    attention: () => ({
      bias,
      num_kv_heads: kv,
      names: { qkv: 'query_key_value', o: 'dense' },
      ...(c.bool('alibi') ? { rotary_dim: 0 } : {}),
    }),
    mlp: () => [
      'mlp',
      plainMlp(
        'FalconMLP',
        s.hidden,
        c.int('ffn_hidden_size', 4 * s.hidden),
        activation(c, 'activation'),
        NEOX_MLP,
        bias,
      ),
    ],
    decoder: { names: { ...GPT_NAMES, embed: 'word_embeddings' } },
  });
};
const LAYER_NORMS = ['self_attn_layer_norm', 'final_layer_norm'] as const;
const biogpt: Builder = (c, o) => {
  const s = sizes(c);
  const positions = embedding(c.size('max_position_embeddings') + 2, s.hidden);
  return llamaLike(c, o, {
    type: 'BioGpt',
    norm: layerNorm,
    norms: [...LAYER_NORMS],
    attention: () => ({ bias: true, names: { o: 'out_proj' }, rotary_dim: 0 }),
    mlp: () => loose(s.hidden, s.inner, activation(c)),
    decoder: {
      names: { base: 'biogpt', norm: 'layer_norm', head: 'output_projection' },
      parts: { embed_positions: positions },
      before: (x, pass) => x.mul(1).add(positionsOf(positions, pass, 2)),
    },
  });
};
const xglm: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'XGLM',
    norm: layerNorm,
    norms: [...LAYER_NORMS],
    attention: () => ({ bias: true, names: { o: 'out_proj' }, rotary_dim: 0 }),
    mlp: () => loose(s.hidden, c.size('ffn_dim'), activation(c, 'activation_function')),
    // Attention to an encoder's states: among the parameters, and not run if there is no encoder.
    ...(c.bool('add_cross_attention') ? { block: () => ({ parts: crossParts(s.hidden, s.heads) }) } : {}),
    decoder: { names: { norm: 'layer_norm' }, before: (x) => x.mul(1).add(x) },
  });
};
const crossParts = (hidden: number, heads: number): Parts => ({
  encoder_attn: bartAttention(hidden, heads, { causal: false }),
  encoder_attn_layer_norm: layerNorm(hidden),
});
/** An MLP whose two matrices are in the layer itself. */
export function loose(hidden: number, inner: number, act: (x: nn.Tensor) => nn.Tensor, bias = true): Loose {
  const [fc1, fc2] = [linear(hidden, inner, bias), linear(inner, hidden, bias)];
  return { parts: { fc1, fc2 }, run: (x) => fc2(act(fc1(x))) };
}
export const families: Readonly<Record<string, Builder>> = byName({ opt, bloom, mpt, falcon, biogpt, xglm });
