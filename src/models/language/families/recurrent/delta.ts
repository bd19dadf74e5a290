import * as nn from '../../../../torch/nn/index.js';
import type { BlockSpec } from '../../blocks/block.js';
import { deepseekMoe } from '../../blocks/deepseek-moe.js';
import { kindsOf, sparse } from '../../blocks/layer-kinds.js';
import { gated, llamaLike, mixture, type Plan, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { type Parts, unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { latent } from '../experts/latent.js';

const F = nn.functional;
const CHUNK = 64;

interface DeltaSizes {
  readonly hidden: number;
  readonly k_heads: number;
  readonly v_heads: number;
  readonly k_dim: number;
  readonly v_dim: number;
  readonly kernel: number;
}
const deltaSizes = (c: Config): DeltaSizes => ({
  hidden: c.size('hidden_size'),
  k_heads: c.size('linear_num_key_heads'),
  v_heads: c.size('linear_num_value_heads'),
  k_dim: c.size('linear_key_head_dim'),
  v_dim: c.size('linear_value_head_dim'),
  kernel: c.size('linear_conv_kernel_dim'),
});

/** Keys, queries and values through a short convolution, then the delta rule; its state is kept in float32. */
function deltaCore(s: DeltaSizes): {
  conv: nn.Conv1d;
  run: (mixed: nn.Tensor, gates: readonly nn.Tensor[], pass: nn.Pass) => nn.Tensor;
} {
  const [key, value] = [s.k_heads * s.k_dim, s.v_heads * s.v_dim];
  const channels = 2 * key + value;
  const conv = new nn.Conv1d(channels, channels, s.kernel, { groups: channels, bias: false, padding: s.kernel - 1 });
  return {
    conv,
    run: (mixed, gates, pass) => {
      const y = F.silu(nn.causal_conv1d(mixed.transpose(1, 2), conv, pass)).transpose(1, 2);
      const [q, k, v] = y.split([key, key, value], -1) as [nn.Tensor, nn.Tensor, nn.Tensor];
      const before = pass.state('recurrent', [pass.batch, s.v_heads, s.k_dim, s.v_dim], 'float32');
      const out = F.gated_delta_rule([q, k, v, ...gates, ...(pass.first ? [] : [before])], {
        heads: s.v_heads,
        key_dim: s.k_dim,
        value_dim: s.v_dim,
        chunk: pass.step ? null : CHUNK,
      });
      return out;
    },
  };
}

/** Qwen's mixer: projections merged (Next) or apart (3.5). */
function qwenDelta(c: Config, merged: boolean): PassLayer {
  const s = deltaSizes(c);
  const [key, value] = [s.k_heads * s.k_dim, s.v_heads * s.v_dim];
  const core = deltaCore(s);
  const norm = rms(s.v_dim);
  const out = linear(value, s.hidden);
  const parts: Record<string, Layer> = merged
    ? { in_proj_qkvz: linear(s.hidden, 2 * key + 2 * value), in_proj_ba: linear(s.hidden, 2 * s.v_heads) }
    : {
        in_proj_qkv: linear(s.hidden, 2 * key + value),
        in_proj_z: linear(s.hidden, value),
        in_proj_b: linear(s.hidden, s.v_heads),
        in_proj_a: linear(s.hidden, s.v_heads),
      };
  const bias = new nn.Parameter([s.v_heads]);
  return unit(
    'GatedDeltaNet',
    {
      dt_bias: bias,
      A_log: new nn.Parameter([s.v_heads]),
      conv1d: core.conv as unknown as Layer,
      norm,
      out_proj: out,
      ...parts,
    },
    (x: nn.Tensor, pass: nn.Pass) => {
      const call = (name: string): nn.Tensor => (parts[name] as Layer)(x);
      let mixed: nn.Tensor;
      let z: nn.Tensor;
      let gates: nn.Tensor[];
      if (merged) {
        [mixed, z] = call('in_proj_qkvz').split([2 * key + value, value], -1) as [nn.Tensor, nn.Tensor];
        gates = call('in_proj_ba').chunk(2, -1);
      } else {
        mixed = call('in_proj_qkv');
        z = call('in_proj_z');
        gates = [call('in_proj_b'), call('in_proj_a')];
      }
      const [b, a] = gates as [nn.Tensor, nn.Tensor];
      const y = core.run(mixed, [b.sigmoid(), F.softplus(a.add(bias))], pass);
      const normed = norm(y).mul(F.silu(z.view(x.size(0), x.size(1), s.v_heads, s.v_dim)));
      return out(normed.reshape(x.size(0), x.size(1), value));
    },
  );
}
/** Delta rule and gated full attention, every fourth layer by default; experts or one MLP. */
function qwen(type: string, merged: boolean, mlp: (c: Config) => Plan['mlp']): Builder {
  return (c, o) => {
    const every = Math.max(1, c.int('full_attention_interval', 4));
    const kinds = kindsOf(c, (i) => ((i + 1) % every === 0 ? 'full_attention' : 'linear_attention'));
    const d = sizes(c).d;
    const chosen = mlp(c);
    return llamaLike(c, o, {
      type,
      kind: (i) => [kinds[i], isDense(c, i)],
      qk: 'head',
      attention: () => ({ gate: 'in_q', rotary_dim: Math.floor(d / 4) }),
      mixer: (i) => (kinds[i] === 'linear_attention' ? ['linear_attn', qwenDelta(c, merged)] : null),
      ...(chosen === undefined ? {} : { mlp: chosen }),
    });
  };
}
/** Layers of a mixture that have one MLP all the same. */
function isDense(c: Config, i: number): boolean {
  const step = Math.max(1, c.int('decoder_sparse_step', 1));
  return (c.ints('mlp_only_layers') ?? []).includes(i) || c.int('num_experts', 0) === 0 || (i + 1) % step !== 0;
}
const qwenExperts = (type: string) => (c: Config) => {
  return (i: number): BlockSpec['mlp'] => {
    if (isDense(c, i)) return ['mlp', gated(c, c.size('intermediate_size'), { bias: false })];
    return [
      'mlp',
      mixture(c, `${type}SparseMoeBlock`, {
        experts: c.size('num_experts'),
        top_k: c.size('num_experts_per_tok'),
        inner: c.size('moe_intermediate_size'),
        shared: ['shared_expert', gated(c, c.size('shared_expert_intermediate_size'), { bias: false })],
        shared_gate: 'shared_expert_gate',
      }),
    ];
  };
};
/** OLMo's hybrid: norms before the recurrent layers, after the branches of attention layers. */
const olmoHybrid: Builder = (c, o) => {
  const s = sizes(c);
  const kinds = kindsOf(c, (i) => (i % 4 === 3 ? 'full_attention' : 'linear_attention'));
  if (!kinds.includes('full_attention') && c.get('layer_types') == null) kinds[s.layers - 1] = 'full_attention';
  const k_heads = c.int('linear_num_key_heads', s.heads);
  const v_heads = c.int('linear_num_value_heads', s.heads);
  const k_dim = c.int('linear_key_head_dim', Math.floor((0.75 * s.hidden) / k_heads));
  const d: DeltaSizes = {
    hidden: s.hidden,
    k_heads,
    v_heads,
    k_dim,
    v_dim: c.int('linear_value_head_dim', 2 * k_dim),
    kernel: c.size('linear_conv_kernel_dim'),
  };
  const [key, value] = [d.k_heads * d.k_dim, d.v_heads * d.v_dim];
  const mixer = (): PassLayer => {
    const core = deltaCore(d);
    const [q, k, v] = [linear(s.hidden, key), linear(s.hidden, key), linear(s.hidden, value)];
    const [a, b, g] = [linear(s.hidden, d.v_heads), linear(s.hidden, d.v_heads), linear(s.hidden, value)];
    const [norm, out] = [rms(d.v_dim), linear(value, s.hidden)];
    const parts: Parts = {
      A_log: new nn.Parameter([d.v_heads]),
      dt_bias: new nn.Parameter([d.v_heads]),
      q_proj: q,
      k_proj: k,
      v_proj: v,
      a_proj: a,
      b_proj: b,
      g_proj: g,
      o_proj: out,
      conv1d: core.conv as unknown as Layer,
      o_norm: norm,
    };
    return unit('OlmoHybridGatedDeltaNet', parts, (x: nn.Tensor, pass: nn.Pass) => {
      const y = core.run(F.cat([q(x), k(x), v(x)], -1), [b(x).sigmoid(), F.softplus(a(x))], pass);
      const gate = F.silu(g(x).view(x.size(0), x.size(1), d.v_heads, d.v_dim));
      return out(norm(y).mul(gate).reshape(x.size(0), x.size(1), value));
    });
  };
  return llamaLike(c, o, {
    type: 'OlmoHybrid',
    kind: (i) => kinds[i],
    qk: 'all',
    mixer: (i) => (kinds[i] === 'linear_attention' ? ['linear_attn', mixer()] : null),
    block: (i) =>
      kinds[i] === 'linear_attention'
        ? {}
        : {
            style: 'post',
            norms: [
              ['post_attention_layernorm', rms(s.hidden)],
              ['post_feedforward_layernorm', rms(s.hidden)],
            ],
          },
  });
};
/** Kimi: a delta rule with decays of every channel, and latent attention without rotation in some layers. */
const kimi: Builder = (c, o) => {
  const s = sizes(c);
  const own = c.sub('linear_attn_config', c.type);
  const pick = (inside: string, outside: string): number => (own.says(inside) ? own.size(inside) : c.size(outside));
  const heads = pick('num_heads', 'linear_num_heads');
  const dim = pick('head_dim', 'linear_head_dim');
  const d: DeltaSizes = {
    hidden: s.hidden,
    k_heads: heads,
    v_heads: heads,
    k_dim: dim,
    v_dim: dim,
    kernel: pick('short_conv_kernel_size', 'linear_conv_kernel_dim'),
  };
  const listed = own.says('full_attn_layers') ? own.ints('full_attn_layers') : null;
  const kinds = kindsOf(c, (i) =>
    (listed === null ? i > 0 && i % 4 === 0 : listed.includes(i + 1)) ? 'full_attention' : 'linear_attention',
  );
  const width = heads * dim;
  const isSparse = sparse(c, c.int('first_k_dense_replace', 1));
  const mixer = (): PassLayer => {
    const core = deltaCore(d);
    const [q, k, v] = [linear(s.hidden, width), linear(s.hidden, width), linear(s.hidden, width)];
    const [fa, fb, b] = [linear(s.hidden, dim), linear(dim, width), linear(s.hidden, heads)];
    const [ga, gb, norm, out] = [linear(s.hidden, dim), linear(dim, width), rms(dim), linear(width, s.hidden)];
    const forget = unit(
      'KimiLinearForgetGate',
      { dt_bias: new nn.Parameter([width]), A_log: new nn.Parameter([1, 1, heads, 1]), f_a_proj: fa, f_b_proj: fb },
      (x: nn.Tensor) => F.softplus(fb(fa(x))),
    );
    return unit(
      'KimiLinearDeltaAttention',
      {
        q_proj: q,
        k_proj: k,
        v_proj: v,
        conv1d: core.conv as unknown as Layer,
        forget_gate: forget,
        b_proj: b,
        g_a_proj: ga,
        g_b_proj: gb,
        o_norm: norm,
        o_proj: out,
      },
      (x: nn.Tensor, pass: nn.Pass) => {
        const y = core.run(F.cat([q(x), k(x), v(x)], -1), [forget(x), b(x).sigmoid()], pass);
        const gate = gb(ga(x)).view(x.size(0), x.size(1), heads, dim).sigmoid();
        return out(norm(y).mul(gate).reshape(x.size(0), x.size(1), width));
      },
    );
  };
  return llamaLike(c, o, {
    type: 'KimiLinear',
    kind: (i) => [kinds[i], isSparse(i)],
    mixer: (i) => ['self_attn', kinds[i] === 'linear_attention' ? mixer() : latent(c, o)],
    mlp: (i) => [
      'mlp',
      isSparse(i)
        ? deepseekMoe(c, 'KimiLinearMoE', { experts: 'num_local_experts' })
        : gated(c, s.inner, { bias: false }),
    ],
  });
};
/** Lightning attention in turns with full attention, experts in all layers. */
const minimax: Builder = (c, o) => {
  const s = sizes(c);
  const kinds = kindsOf(c, (i) => ((i + 1) % 2 === 1 ? 'full_attention' : 'linear_attention'));
  const width = s.heads * s.d;
  const mixer = (): PassLayer => {
    const [qkv, out, gate] = [linear(s.hidden, 3 * width), linear(width, s.hidden), linear(s.hidden, width)];
    const norm = rms(width);
    const act = activation(c, 'hidden_act', 'silu');
    return unit(
      'MiniMaxLightningAttention',
      { norm, qkv_proj: qkv, out_proj: out, output_gate: gate },
      (x: nn.Tensor, pass: nn.Pass) => {
        const [q, k, v] = act(qkv(x)).chunk(3, -1) as [nn.Tensor, nn.Tensor, nn.Tensor];
        const before = pass.state('state', [pass.batch, s.heads, s.d, s.d], x.dtype);
        const y = F.lightning_attention([q, k, v, ...(pass.first ? [] : [before])], {
          heads: s.heads,
          key_dim: s.d,
          chunk: pass.step ? null : c.size('block_size', 256),
        });
        return out(norm(y.reshape(x.size(0), x.size(1), width)).mul(gate(x).sigmoid()));
      },
    );
  };
  return llamaLike(c, o, {
    type: 'MiniMax',
    kind: (i) => kinds[i],
    // Its layers are full or linear; the reference has no use for `sliding_window`.
    attention: () => ({ bias: false }),
    mixer: (i) => (kinds[i] === 'linear_attention' ? ['self_attn', mixer()] : null),
    mlp: () => [
      'mlp',
      mixture(c, 'MiniMaxSparseMoeBlock', {
        experts: c.size('num_local_experts'),
        top_k: c.size('num_experts_per_tok'),
        inner: s.inner,
      }),
    ],
    block: () => ({ scaled: true }),
  });
};

export const families: Readonly<Record<string, Builder>> = {
  qwen3_next: qwen('Qwen3Next', true, qwenExperts('Qwen3Next')),
  qwen3_5_text: qwen('Qwen3_5', false, () => undefined),
  qwen3_5_moe_text: qwen('Qwen3_5Moe', false, qwenExperts('Qwen3_5Moe')),
  olmo_hybrid: olmoHybrid,
  kimi_linear: kimi,
  minimax,
};
