import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { gated, llamaLike, mixture, sizes } from '../../blocks/llama.js';
import { type Builder, decoder } from '../../blocks/model.js';
import { type Layer, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

const rankOf = (c: Config, name: string, hidden: number): number =>
  c.get(name) === 'auto' ? Math.ceil(hidden / 16) : c.int(name, Math.ceil(hidden / 16));

/** Layers of one norm and one mixer. */
export function mixed(type: string, norm: Layer, mixer: PassLayer, name = 'mixer', normName = 'norm'): PassLayer {
  return unit(`${type}Block`, { [normName]: norm, [name]: mixer }, (x: nn.Tensor, pass: nn.Pass) =>
    x.add(mixer(norm(x), pass)),
  );
}
function mamba(type: string, norms: 'plain' | null): Builder {
  return (c, o) => {
    const hidden = c.size('hidden_size');
    const inner = c.maybe('intermediate_size') ?? Math.floor(c.number('expand', 2) * hidden);
    const layer = (): PassLayer =>
      mixed(
        type,
        rms(hidden),
        new nn.Mamba({
          hidden_size: hidden,
          inner_size: inner,
          state_size: c.size('state_size'),
          conv_kernel: c.size('conv_kernel'),
          dt_rank: rankOf(c, 'time_step_rank', hidden),
          conv_bias: c.bool('use_conv_bias', true),
          bias: c.bool('use_bias'),
          norms,
        }),
      );
    return decoder(
      c,
      {
        type,
        hidden,
        vocab: c.size('vocab_size'),
        layers: layersOf(c.layers('num_hidden_layers'), layer),
        norm: rms(hidden),
        tie: c.bool('tie_word_embeddings', true),
        names: { base: 'backbone', embed: 'embeddings', norm: 'norm_f' },
      },
      o,
    );
  };
}
const mamba2: Builder = (c, o) => {
  const hidden = c.size('hidden_size');
  const layer = (): PassLayer =>
    mixed(
      'Mamba2',
      rms(hidden),
      new nn.Mamba2({
        hidden_size: hidden,
        num_heads: c.size('num_heads'),
        head_dim: c.size('head_dim'),
        state_size: c.size('state_size'),
        n_groups: c.size('n_groups'),
        conv_kernel: c.size('conv_kernel'),
        chunk_size: c.size('chunk_size'),
        conv_bias: c.bool('use_conv_bias', true),
        bias: c.bool('use_bias'),
      }),
    );
  return decoder(
    c,
    {
      type: 'Mamba2',
      hidden,
      vocab: c.size('vocab_size'),
      layers: layersOf(c.layers('num_hidden_layers'), layer),
      norm: rms(hidden),
      tie: c.bool('tie_word_embeddings'),
      names: { base: 'backbone', embed: 'embeddings', norm: 'norm_f' },
    },
    o,
  );
};
const jamba: Builder = (c, o) => {
  const s = sizes(c);
  const attention = (i: number): boolean => i % c.size('attn_layer_period') === c.int('attn_layer_offset');
  const kinds = c.kinds('layers_block_type', s.layers, (i) => (attention(i) ? 'attention' : 'mamba'));
  const experts = c.int('num_experts', 1);
  const routed = (i: number): boolean =>
    experts > 1 && i % c.size('expert_layer_period') === c.int('expert_layer_offset');
  return llamaLike(c, o, {
    type: 'Jamba',
    kind: (i) => [kinds[i], routed(i)],
    norms: ['input_layernorm', 'pre_ff_layernorm'],
    attention: () => ({ bias: false, rotary_dim: 0 }),
    mixer: (i) =>
      /attention$/.test(kinds[i] as string) && kinds[i] !== 'linear_attention'
        ? null
        : [
            'mamba',
            new nn.Mamba({
              hidden_size: s.hidden,
              inner_size: c.size('mamba_expand') * s.hidden,
              state_size: c.size('mamba_d_state'),
              conv_kernel: c.size('mamba_d_conv'),
              dt_rank: rankOf(c, 'mamba_dt_rank', s.hidden),
              conv_bias: c.bool('mamba_conv_bias', true),
              bias: c.bool('mamba_proj_bias'),
              norms: 'learned',
            }),
          ],
    mlp: (i) => [
      'feed_forward',
      routed(i)
        ? mixture(c, 'JambaSparseMoeBlock', {
            router: 'router',
            experts,
            top_k: c.size('num_experts_per_tok'),
            inner: s.inner,
          })
        : gated(c, s.inner, { bias: false }),
    ],
    decoder: { names: { norm: 'final_layernorm' } },
  });
};
/** The Mamba 2 mixer of hybrids, whose fields begin with `mamba_`. */
export function hybridMamba(c: Config, o: { inner?: number; norm?: boolean; out?: boolean } = {}): nn.Mamba2 {
  const hidden = c.size('hidden_size');
  const heads = c.size('mamba_n_heads');
  const inner = o.inner ?? Math.floor(c.number('mamba_expand', 2) * hidden);
  const given = c.get('mamba_d_head');
  return new nn.Mamba2({
    hidden_size: hidden,
    num_heads: heads,
    head_dim: typeof given === 'number' ? given : Math.floor(inner / heads),
    state_size: c.size('mamba_d_state'),
    n_groups: c.size('mamba_n_groups', 1),
    conv_kernel: c.size('mamba_d_conv'),
    chunk_size: c.size('mamba_chunk_size'),
    conv_bias: c.bool('mamba_conv_bias', true),
    bias: c.bool('mamba_proj_bias'),
    ...(o.out === undefined ? {} : { output_bias: o.out }),
    norm: o.norm ?? true,
  });
}
const bamba: Builder = (c, o) => {
  const s = sizes(c);
  const listed = c.ints('attn_layer_indices') ?? [];
  const kinds = c.kinds('layers_block_type', s.layers, (i) => (listed.includes(i) ? 'attention' : 'mamba'));
  return llamaLike(c, o, {
    type: 'Bamba',
    kind: (i) => kinds[i],
    norms: ['input_layernorm', 'pre_ff_layernorm'],
    attention: () => ({ rotary_dim: Math.floor(s.d / 2) }),
    mixer: (i) => (kinds[i] === 'mamba' || kinds[i] === 'linear_attention' ? ['mamba', hybridMamba(c)] : null),
    mlp: () => ['feed_forward', gated(c, s.inner)],
    decoder: { names: { norm: 'final_layernorm' } },
  });
};
/** Attention and a state space side by side in every layer. */
const falconH1: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'FalconH1',
    norms: ['input_layernorm', 'pre_ff_layernorm'],
    block: () => {
      const attention = new nn.GroupedAttention({
        hidden_size: s.hidden,
        num_heads: s.heads,
        num_kv_heads: s.kv,
        head_dim: s.d,
        bias: c.bool('attention_bias'),
      });
      const mixer = hybridMamba(c, {
        inner: c.maybe('mamba_d_ssm') ?? Math.floor(c.number('mamba_expand', 2) * s.hidden),
        norm: c.bool('mamba_rms_norm'),
        out: c.bool('projectors_bias'),
      });
      const both = unit('FalconH1Mixer', {}, (x: nn.Tensor, pass: nn.Pass) =>
        mixer(x, pass)
          .mul(1)
          .add(attention(x.mul(1), pass).mul(1)),
      );
      // Both are in the layer itself.
      return { attention: ['both', both] as never, parts: { mamba: mixer, self_attn: attention } };
    },
    mlp: () => ['feed_forward', gated(c, s.inner)],
    decoder: { names: { norm: 'final_layernorm' } },
  });
};
export const families: Readonly<Record<string, Builder>> = {
  mamba: mamba('Mamba', null),
  falcon_mamba: mamba('FalconMamba', 'plain'),
  mamba2,
  jamba,
  bamba,
  falcon_h1: falconH1,
};
