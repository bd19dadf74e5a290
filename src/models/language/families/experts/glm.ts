import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { corrected, deepseekMoe } from '../../blocks/deepseek-moe.js';
import { full, kindsOf, sparse, windowsOf } from '../../blocks/layer-kinds.js';
import { everyNth, gated, llamaLike, mixture, sizes, windows } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { type Layer, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';

const glm4Moe: Builder = (c, o) => {
  const s = sizes(c);
  const isSparse = sparse(c, c.int('first_k_dense_replace', 1));
  return llamaLike(c, o, {
    type: 'Glm4Moe',
    kind: isSparse,
    qk: c.bool('use_qk_norm') ? 'head' : null,
    attention: () => ({ output_bias: false }),
    mlp: (i) => ['mlp', isSparse(i) ? deepseekMoe(c, 'Glm4MoeMoE') : gated(c, s.inner, { bias: false })],
  });
};
const solarOpen: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'SolarOpen',
    attention: () => ({ output_bias: false }),
    mlp: () => ['mlp', deepseekMoe(c, 'SolarOpenMoE')],
  });
const ernieMoe: Builder = (c, o) => {
  const s = sizes(c);
  const bias = c.bool('use_bias');
  const end = c.get('moe_layer_end_index');
  const last = typeof end === 'number' && end >= 0 ? end : s.layers - 1;
  const from = c.int('moe_layer_start_index', 1);
  const every = Math.max(1, c.int('moe_layer_interval', 1));
  const experts = c.size('moe_num_experts');
  const shared = c.int('moe_num_shared_experts', 0);
  const inner = c.size('moe_intermediate_size');
  const router = (): Layer => {
    const weight = new nn.Parameter([experts, s.hidden]);
    const statics = unit(
      'Ernie4_5_MoeStatics',
      { e_score_correction_bias: new nn.Parameter([1, experts]) },
      (x: nn.Tensor) => x,
    );
    return unit('Ernie4_5_MoeTopKRouter', { weight, moe_statics: statics }, (x: nn.Tensor) =>
      nn.functional.linear(x, weight),
    );
  };
  return llamaLike(c, o, {
    type: 'Ernie4_5_Moe',
    kind: (i) => (i + 1) % every === 0 && i >= from && i <= last,
    attention: () => ({ bias }),
    mlp: (i) => [
      'mlp',
      (i + 1) % every === 0 && i >= from && i <= last
        ? mixture(c, 'Ernie4_5_MoeSparseMoeBlock', {
            experts,
            top_k: c.size('moe_k'),
            inner,
            router: ['gate', router()],
            shared: shared > 0 ? ['shared_experts', gated(c, inner * shared, { bias })] : null,
          })
        : gated(c, s.inner, { bias }),
    ],
    decoder: { headBias: bias },
  });
};
const gptOss: Builder = (c, o) => {
  const s = sizes(c);
  const w = windowsOf(c, (i) => ((i + 1) % 2 === 1 ? 'sliding_attention' : 'full_attention'));
  return llamaLike(c, o, {
    type: 'GptOss',
    attention: (i) => ({ window: w[i] ?? null, sinks: 'sinks', bias: c.bool('attention_bias', true) }),
    mlp: () => [
      'mlp',
      mixture(c, 'GptOssMLP', {
        router: 'router',
        router_bias: true,
        experts: c.size('num_local_experts'),
        top_k: c.size('num_experts_per_tok'),
        inner: s.inner,
        activation: (x) => nn.functional.silu(x.clamp(null, 7)),
        expert: { bias: true, in_out: true },
      }),
    ],
  });
};
const hyV3: Builder = (c, o) => {
  const s = sizes(c);
  const isSparse = sparse(c, c.int('first_k_dense_replace', 1));
  const inner = c.size('moe_intermediate_size');
  return llamaLike(c, o, {
    type: 'HYV3',
    kind: isSparse,
    qk: 'head',
    mlp: (i) => [
      'mlp',
      isSparse(i)
        ? mixture(c, 'HYV3MoE', {
            experts: c.size('num_experts'),
            top_k: c.size('num_experts_per_tok'),
            inner,
            // The reference takes the width of dense layers for none.
            shared: ['shared_experts', gated(c, inner * c.int('num_shared_experts', 1) || s.inner)],
          })
        : gated(c, s.inner),
    ],
  });
};
const laguna: Builder = (c, o) => {
  const s = sizes(c);
  const isSparse = sparse(c, 1);
  const w = windowsOf(c, full);
  const perLayer = c.ints('num_attention_heads_per_layer');
  return llamaLike(c, o, {
    type: 'Laguna',
    kind: isSparse,
    qk: 'head',
    attention: (i) => {
      const heads = perLayer?.[i] ?? s.heads;
      const gating = c.get('gating');
      const outputs = gating === true || gating === 'per-head' ? heads : heads * s.d;
      // Half of a head is turned where attention is full.
      const rotary_dim = w[i] == null ? Math.floor(s.d / 2) : s.d;
      return { num_heads: heads, rotary_dim, window: w[i] ?? null, gate: { name: 'g_proj', outputs } };
    },
    mlp: (i) => [
      'mlp',
      isSparse(i)
        ? mixture(c, 'LagunaSparseMoeBlock', {
            experts: c.size('num_experts'),
            top_k: c.size('num_experts_per_tok'),
            inner: c.size('moe_intermediate_size'),
            router: ['gate', corrected(s.hidden, c.size('num_experts'))],
            shared: ['shared_experts', gated(c, c.size('shared_expert_intermediate_size'), { bias: false })],
          })
        : gated(c, s.inner, { bias: false }),
    ],
  });
};
const mellum: Builder = (c, o) => {
  const w = windowsOf(c, full);
  const isSparse = sparse(c, 0);
  return llamaLike(c, o, {
    type: 'Mellum',
    kind: isSparse,
    qk: 'head',
    attention: (i) => ({ window: w[i] ?? null }),
    mlp: (i) => [
      'mlp',
      isSparse(i)
        ? mixture(c, 'MellumSparseMoeBlock', {
            experts: c.size('num_experts'),
            top_k: c.size('num_experts_per_tok'),
            inner: c.size('moe_intermediate_size'),
          })
        : gated(c, sizes(c).inner, { bias: false }),
    ],
  });
};
const minimaxM2: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'MiniMaxM2',
    qk: 'all',
    attention: () => ({ bias: false }),
    mlp: () => [
      'mlp',
      mixture(c, 'MiniMaxM2SparseMoeBlock', {
        experts: c.size('num_local_experts'),
        top_k: c.size('num_experts_per_tok'),
        inner: sizes(c).inner,
      }),
    ],
  });
const afmoe: Builder = (c, o) => {
  const s = sizes(c);
  const w = windowsOf(c, everyNth(c.int('global_attn_every_n_layers', 4)));
  const dense = c.int('num_dense_layers', 1);
  const inner = c.size('moe_intermediate_size');
  const experts = c.size('num_experts');
  const shared = c.maybe('num_shared_experts');
  return llamaLike(c, o, {
    type: 'Afmoe',
    kind: (i) => i < dense,
    qk: 'head',
    style: 'both',
    norms: ['input_layernorm', 'post_attention_layernorm', 'pre_mlp_layernorm', 'post_mlp_layernorm'],
    attention: (i) => ({
      window: w[i] ?? null,
      rotary_dim: w[i] === null ? 0 : s.d,
      gate: { name: 'gate_proj', outputs: s.heads * s.d },
    }),
    mlp: (i) => {
      if (i < dense) return ['mlp', gated(c, s.inner, { bias: false })];
      const gate = linear(s.hidden, experts);
      const router = unit('AfmoeTokenChoiceRouter', { gate }, (x: nn.Tensor) => gate(x));
      return [
        'mlp',
        mixture(c, 'AfmoeMoE', {
          experts,
          top_k: c.size('num_experts_per_tok'),
          inner,
          router: ['router', router],
          shared: shared === null ? null : ['shared_experts', gated(c, inner * shared, { bias: false })],
          parts: { expert_bias: new nn.Parameter([experts]) },
        }),
      ];
    },
  });
};
/** MiMo V2: two geometries of heads, one for windows and one for all positions, values narrower than keys. */
const mimo: Builder = (c, o) => {
  const s = sizes(c);
  const kinds = kindsOf(c, (i) => (i === 0 || (i + 1) % 6 === 0 ? 'full_attention' : 'sliding_attention'));
  const w = windows(c, kinds);
  const isSparse = sparse(c, 1);
  return llamaLike(c, o, {
    type: 'MiMoV2Flash',
    kind: isSparse,
    attention: (i) => {
      const local = w[i] !== null && w[i] !== undefined;
      const own = (name: string, otherwise: number): number => (local ? c.int(`swa_${name}`, otherwise) : otherwise);
      return {
        window: w[i] ?? null,
        num_heads: own('num_attention_heads', s.heads),
        // The reference has twice as many in layers with a window, whatever the file says of them.
        num_kv_heads: local ? 2 * s.kv : s.kv,
        head_dim: own('head_dim', s.d),
        // A third of a head is turned.
        rotary_dim: Math.floor(0.334 * own('head_dim', s.d)),
        value_dim: own('v_head_dim', c.int('v_head_dim', s.d)),
        output_bias: false,
        sinks: local ? 'sinks' : null,
      };
    },
    mlp: (i) => [
      'mlp',
      isSparse(i) ? deepseekMoe(c, 'MiMoV2FlashMoE', { shared: false }) : gated(c, s.inner, { bias: false }),
    ],
  });
};

const aria: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'AriaText',
    mlp: () => [
      'mlp',
      mixture(c, 'AriaTextMoELayer', {
        router: 'router',
        experts: c.size('moe_num_experts'),
        top_k: c.size('moe_topk'),
        inner: sizes(c).inner,
        shared: [
          'shared_experts',
          gated(c, sizes(c).inner * c.int('moe_num_shared_experts', 2), { bias: c.bool('mlp_bias') }),
        ],
        expert: { in_out: true },
      }),
    ],
  });
/** dots: attention of Qwen 3, experts of DeepSeek 3. */
const dots1: Builder = (c, o) => {
  const isSparse = sparse(c, c.int('first_k_dense_replace', 0));
  const from = c.int('max_window_layers', 62);
  const on = c.maybe('sliding_window') !== null;
  const w = windowsOf(c, (i) => (on && i >= from ? 'sliding_attention' : 'full_attention'));
  return llamaLike(c, o, {
    type: 'Dots1',
    kind: isSparse,
    qk: 'head',
    attention: (i) => ({ window: w[i] ?? null }),
    mlp: (i) => ['mlp', isSparse(i) ? deepseekMoe(c, 'Dots1MoE') : gated(c, sizes(c).inner, { bias: false })],
  });
};

export const families: Readonly<Record<string, Builder>> = byName({
  glm4_moe: glm4Moe,
  dots1,
  glm4v_moe_text: glm4Moe,
  solar_open: solarOpen,
  ernie4_5_moe: ernieMoe,
  gpt_oss: gptOss,
  aria_text: aria,
  hy_v3: hyV3,
  laguna,
  mellum,
  minimax_m2: minimaxM2,
  afmoe,
  mimo_v2_flash: mimo,
});
