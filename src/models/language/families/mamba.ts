import * as nn from '../../../torch/nn/index.js';
import type { Config } from '../config.js';
import { gated, llamaLike, mixture, plainMlp, sizes } from '../llama.js';
import { type Builder, decoder } from '../model.js';
import { activation, type Layer, layerNorm, linear, type PassLayer, rms } from '../parts.js';
import { unit } from '../unit.js';

const rankOf = (c: Config, name: string, hidden: number): number =>
  c.get(name) === 'auto' ? Math.ceil(hidden / 16) : c.int(name, Math.ceil(hidden / 16));

/** Layers of one norm and one mixer. */
function mixed(type: string, norm: Layer, mixer: PassLayer, name = 'mixer', normName = 'norm'): PassLayer {
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
        layers: Array.from({ length: c.layers('num_hidden_layers') }, layer),
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
      layers: Array.from({ length: c.layers('num_hidden_layers') }, layer),
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
export function hybridMamba(c: Config, o: { inner?: number; norm?: boolean } = {}): nn.Mamba2 {
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
    norm: o.norm ?? true,
  });
}
const bamba: Builder = (c, o) => {
  const s = sizes(c);
  const listed = c.ints('attn_layer_indices') ?? [];
  const kinds = c.kinds('layers_block_type', s.layers, (i) => (listed.includes(i) ? 'attention' : 'mamba'));
  return llamaLike(c, o, {
    type: 'Bamba',
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
      });
      const both = unit('FalconH1Mixer', {}, (x: nn.Tensor, pass: nn.Pass) =>
        mixer(x, pass)
          .mul(1)
          .add(attention(x.mul(1), pass).mul(1)),
      );
      // Both stand in the layer itself.
      return { attention: ['both', both] as never, parts: { mamba: mixer, self_attn: attention } };
    },
    mlp: () => ['feed_forward', gated(c, s.inner)],
    decoder: { names: { norm: 'final_layernorm' } },
  });
};
const lfm2: Builder = (c, o) => {
  const s = sizes(c);
  const full = c.ints('full_attn_idxs');
  const kinds = c.kinds('layer_types', s.layers, (i) =>
    full === null || full.includes(i) ? 'full_attention' : 'conv',
  );
  const inner = lfmInner(c);
  return llamaLike(c, o, {
    type: 'Lfm2',
    norms: ['operator_norm', 'ffn_norm'],
    attention: () => ({
      bias: false,
      names: { o: 'out_proj' },
      q_norm: ['q_layernorm', rms(s.d)],
      k_norm: ['k_layernorm', rms(s.d)],
    }),
    mixer: (i) => (kinds[i] === 'full_attention' ? null : ['conv', shortConv(c)]),
    mlp: () => ['feed_forward', lfmMlp(s.hidden, inner)],
    decoder: { names: { norm: 'embedding_norm' } },
  });
};
function lfmInner(c: Config): number {
  let inner = c.says('block_ff_dim') ? c.size('block_ff_dim') : c.size('intermediate_size');
  if (!c.bool('block_auto_adjust_ff_dim', true)) return inner;
  inner = Math.floor((2 * inner) / 3);
  const by = c.get('block_ffn_dim_multiplier');
  if (typeof by !== 'number') return inner;
  const multiple = c.size('block_multiple_of', 256);
  return multiple * Math.ceil(Math.floor(by * inner) / multiple);
}
export function lfmMlp(hidden: number, inner: number): Layer {
  return new nn.GatedMLP(hidden, inner, {
    activation: (x) => nn.functional.silu(x),
    names: { gate: 'w1', up: 'w3', down: 'w2' },
  });
}
/** Gates around a short convolution. */
export function shortConv(c: Config): PassLayer {
  const hidden = c.size('hidden_size');
  const kernel = c.size('conv_L_cache');
  const bias = c.bool('conv_bias');
  const conv = new nn.Conv1d(hidden, hidden, kernel, { groups: hidden, bias, padding: kernel - 1 });
  const [into, out] = [linear(hidden, 3 * hidden, bias), linear(hidden, hidden, bias)];
  return unit(
    'Lfm2ShortConv',
    { conv: conv as unknown as Layer, in_proj: into, out_proj: out },
    (x: nn.Tensor, pass: nn.Pass) => {
      const [b, g, y] = into(x).transpose(1, 2).chunk(3, 1) as [nn.Tensor, nn.Tensor, nn.Tensor];
      return out(g.mul(nn.causal_conv1d(b.mul(y), conv, pass)).transpose(1, 2));
    },
  );
}
const nemotronH: Builder = (c, o) => {
  const hidden = c.size('hidden_size');
  const named = (older: string, newer: string): number => (c.says(older) ? c.size(older) : c.size(newer));
  const pattern = c.get('hybrid_override_pattern');
  const LETTERS: Readonly<Record<string, string>> = {
    M: 'linear_attention',
    E: 'moe',
    '*': 'full_attention',
    '-': 'mlp',
  };
  const given =
    typeof pattern === 'string' && !c.says('layers_block_type')
      ? [...pattern.slice(0, 4096)].map((letter) => LETTERS[letter] ?? letter)
      : ((c.list('layers_block_type') as string[] | null) ?? ['linear_attention', 'moe', 'full_attention', 'mlp']);
  const heads = c.size('num_attention_heads');
  const mixer = (kind: string): PassLayer => {
    if (kind === 'linear_attention' || kind === 'mamba')
      return new nn.Mamba2({
        hidden_size: hidden,
        num_heads: c.size('mamba_num_heads'),
        head_dim: c.size('mamba_head_dim'),
        state_size: c.size('ssm_state_size'),
        n_groups: named('mamba_n_groups', 'n_groups'),
        conv_kernel: named('mamba_d_conv', 'conv_kernel'),
        chunk_size: named('mamba_chunk_size', 'chunk_size'),
        conv_bias: c.bool('use_conv_bias', true),
        bias: c.bool('mamba_proj_bias'),
      });
    if (kind === 'full_attention' || kind === 'attention')
      return new nn.GroupedAttention({
        hidden_size: hidden,
        num_heads: heads,
        num_kv_heads: c.int('num_key_value_heads', heads),
        head_dim: c.int('head_dim', Math.floor(hidden / heads)),
        bias: c.bool('attention_bias'),
        rotary_dim: 0,
      });
    const act = activation(c, 'mlp_hidden_act', 'relu2');
    const bias = c.bool('mlp_bias');
    if (kind === 'mlp')
      return plainMlp(
        'NemotronHMLP',
        hidden,
        c.size('intermediate_size'),
        act,
        ['up_proj', 'down_proj'],
        bias,
      ) as never;
    if (kind !== 'moe') throw c.wrong('layers_block_type', `has a layer of the unknown kind "${kind.slice(0, 40)}"`);
    const latentSize = c.maybe('moe_latent_size');
    const inside = latentSize ?? hidden;
    const [down, upward] =
      latentSize === null ? [null, null] : [linear(hidden, inside, bias), linear(inside, hidden, bias)];
    const routed = mixture(c, 'NemotronHMOE', {
      hidden,
      experts: c.size('n_routed_experts'),
      top_k: c.size('num_experts_per_tok'),
      inner: c.size('moe_intermediate_size'),
      activation: act,
      shared: [
        'shared_experts',
        plainMlp(
          'NemotronHMLP',
          hidden,
          c.size('moe_shared_expert_intermediate_size'),
          act,
          ['up_proj', 'down_proj'],
          bias,
        ),
      ],
      expert: { gated: false, hidden: inside },
      around:
        down === null || upward === null
          ? null
          : { parts: { fc1_latent_proj: down, fc2_latent_proj: upward }, before: down, after: upward },
    });
    return routed as never;
  };
  return decoder(
    c,
    {
      type: 'NemotronH',
      hidden,
      vocab: c.size('vocab_size'),
      layers: given.map((kind) => mixed('NemotronH', rms(hidden), mixer(kind))),
      norm: rms(hidden),
      tie: c.bool('tie_word_embeddings'),
      names: { embed: 'embeddings', norm: 'norm_f' },
    },
    o,
  );
};
/** RWKV 4: time mixing and channel mixing, both elementwise recurrences around projections. */
const rwkv: Builder = (c, o) => {
  const hidden = c.size('hidden_size');
  const attn = c.maybe('attention_hidden_size') ?? hidden;
  const inner = c.maybe('intermediate_size') ?? 4 * hidden;
  const mix = (): nn.Parameter => new nn.Parameter([1, 1, hidden]);
  const shifted = (x: nn.Tensor, m: nn.Parameter): nn.Tensor => x.mul(m).add(x.mul(m));
  const layer = (i: number): PassLayer => {
    const [ln1, ln2] = [layerNorm(hidden), layerNorm(hidden)];
    const pre = i === 0 ? layerNorm(hidden) : null;
    const [key, value, receptance, output] = [
      linear(hidden, attn),
      linear(hidden, attn),
      linear(hidden, attn),
      linear(attn, hidden),
    ];
    const m = [mix(), mix(), mix()] as const;
    const [decay, first] = [new nn.Parameter([attn]), new nn.Parameter([attn])];
    const attention = unit(
      'RwkvSelfAttention',
      {
        time_decay: decay,
        time_first: first,
        time_mix_key: m[0],
        time_mix_value: m[1],
        time_mix_receptance: m[2],
        key,
        value,
        receptance,
        output,
      },
      (x: nn.Tensor, pass: nn.Pass) => {
        pass.state('attention_shift', [pass.batch, hidden], x.dtype);
        for (const name of ['numerator', 'denominator', 'maximum']) pass.state(name, [pass.batch, attn], 'float32');
        const k = key(shifted(x, m[0]))
          .exp()
          .mul(value(shifted(x, m[1])));
        return output(receptance(shifted(x, m[2])).sigmoid().mul(k.add(first).div(decay)));
      },
    );
    const f = [mix(), mix()] as const;
    const [up, gate, down] = [linear(hidden, inner), linear(hidden, hidden), linear(inner, hidden)];
    const ff = unit(
      'RwkvFeedForward',
      { time_mix_key: f[0], time_mix_receptance: f[1], key: up, receptance: gate, value: down },
      (x: nn.Tensor, pass: nn.Pass) => {
        pass.state('feed_forward_shift', [pass.batch, hidden], x.dtype);
        return gate(shifted(x, f[1]))
          .sigmoid()
          .mul(down(nn.functional.relu(up(shifted(x, f[0]))).square()));
      },
    );
    return unit('RwkvBlock', { pre_ln: pre, ln1, ln2, attention, feed_forward: ff }, (x: nn.Tensor, pass: nn.Pass) => {
      const y = pre?.(x) ?? x;
      const z = y.add(attention(ln1(y), pass));
      return z.add(ff(ln2(z), pass));
    });
  };
  return decoder(
    c,
    {
      type: 'Rwkv',
      hidden,
      vocab: c.size('vocab_size'),
      layers: Array.from({ length: c.layers('num_hidden_layers') }, (_, i) => layer(i)),
      norm: layerNorm(hidden),
      tie: c.bool('tie_word_embeddings'),
      names: { base: 'rwkv', embed: 'embeddings', layers: 'blocks', norm: 'ln_out', head: 'head' },
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = {
  mamba: mamba('Mamba', null),
  falcon_mamba: mamba('FalconMamba', 'plain'),
  mamba2,
  jamba,
  bamba,
  falcon_h1: falconH1,
  lfm2,
  nemotron_h: nemotronH,
  rwkv,
};
