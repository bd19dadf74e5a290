import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { mixture, plainMlp } from '../../blocks/llama.js';
import { type Builder, decoder } from '../../blocks/model.js';
import { activation, type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import type { Config } from '../../config.js';
import { mixed } from './mamba.js';

/** Kinds of layers by the letters of `hybrid_override_pattern`. */
const LETTERS: Readonly<Record<string, string>> = byName({
  M: 'linear_attention',
  E: 'moe',
  '*': 'full_attention',
  '-': 'mlp',
});
const DEFAULT = ['linear_attention', 'moe', 'full_attention', 'mlp'];
/** Letters of a pattern that are read; the longest published has 118. */
const MAX_LETTERS = 4096;

function kindsOf(c: Config): readonly string[] {
  const pattern = c.get('hybrid_override_pattern');
  if (typeof pattern === 'string' && !c.says('layers_block_type'))
    return [...pattern.slice(0, MAX_LETTERS)].map((letter) => LETTERS[letter] ?? letter);
  return (c.list('layers_block_type') as string[] | null) ?? DEFAULT;
}

function mamba(c: Config): PassLayer {
  const named = (older: string, newer: string): number => (c.says(older) ? c.size(older) : c.size(newer));
  return new nn.Mamba2({
    hidden_size: c.size('hidden_size'),
    num_heads: c.size('mamba_num_heads'),
    head_dim: c.size('mamba_head_dim'),
    state_size: c.size('ssm_state_size'),
    n_groups: named('mamba_n_groups', 'n_groups'),
    conv_kernel: named('mamba_d_conv', 'conv_kernel'),
    chunk_size: named('mamba_chunk_size', 'chunk_size'),
    conv_bias: c.bool('use_conv_bias', true),
    bias: c.bool('use_bias'),
  });
}

function attention(c: Config): PassLayer {
  const [hidden, heads] = [c.size('hidden_size'), c.size('num_attention_heads')];
  return new nn.GroupedAttention({
    hidden_size: hidden,
    num_heads: heads,
    num_kv_heads: c.int('num_key_value_heads', heads),
    head_dim: c.int('head_dim', Math.floor(hidden / heads)),
    rotary_dim: 0,
  });
}

function mlp(c: Config, inner: number): Layer {
  const act = activation(c, 'mlp_hidden_act', 'relu2');
  return plainMlp('NemotronHMLP', c.size('hidden_size'), inner, act, ['up_proj', 'down_proj'], c.bool('mlp_bias'));
}

/** Experts beside one that all tokens share; with `moe_latent_size` they work in a narrower space, into which all are projected. */
function experts(c: Config): Layer {
  const hidden = c.size('hidden_size');
  const bias = c.bool('mlp_bias');
  const latent = c.maybe('moe_latent_size');
  const [into, out] = latent === null ? [null, null] : [linear(hidden, latent, bias), linear(latent, hidden, bias)];
  return mixture(c, 'NemotronHMOE', {
    hidden,
    experts: c.size('n_routed_experts'),
    top_k: c.size('num_experts_per_tok'),
    inner: c.size('moe_intermediate_size'),
    activation: activation(c, 'mlp_hidden_act', 'relu2'),
    shared: ['shared_experts', mlp(c, c.size('moe_shared_expert_intermediate_size'))],
    expert: { gated: false, hidden: latent ?? hidden },
    around:
      into === null || out === null
        ? null
        : { parts: { fc1_latent_proj: into, fc2_latent_proj: out }, before: into, after: out },
  });
}

function mixerOf(c: Config, kind: string): PassLayer {
  switch (kind) {
    case 'linear_attention':
    case 'mamba':
      return mamba(c);
    case 'full_attention':
    case 'attention':
      return attention(c);
    case 'mlp':
      return mlp(c, c.size('intermediate_size')) as never;
    case 'moe':
      return experts(c) as never;
    default:
      throw c.wrong('layers_block_type', `has a layer of the unknown kind "${kind.slice(0, 40)}"`);
  }
}

/** Nemotron-H: each layer is one norm and one mixer, of the kind that the configuration lists for it. */
const nemotronH: Builder = (c, o) => {
  const hidden = c.size('hidden_size');
  const kinds = kindsOf(c);
  return decoder(
    c,
    {
      type: 'NemotronH',
      hidden,
      vocab: c.size('vocab_size'),
      layers: layersOf(
        kinds.length,
        (i) => mixed('NemotronH', rms(hidden), mixerOf(c, kinds[i] as string)),
        (i) => kinds[i],
      ),
      norm: rms(hidden),
      // The reference has no table to tie the head to.
      tie: false,
      names: { embed: 'embeddings', norm: 'norm_f' },
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = { nemotron_h: nemotronH };
