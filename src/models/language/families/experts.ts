import * as nn from '../../../torch/nn/index.js';
import type { Config } from '../config.js';
import { everyNth, gated, llamaLike, mixture, sizes, windows } from '../llama.js';
import type { Builder } from '../model.js';
import { activation, type Layer, layerNorm, linear } from '../parts.js';
import { unit } from '../unit.js';

const kindsOf = (c: Config, otherwise: (i: number) => string): string[] =>
  c.kinds('layer_types', c.layers('num_hidden_layers'), otherwise);
const windowsOf = (c: Config, otherwise: (i: number) => string): (number | null)[] => windows(c, kindsOf(c, otherwise));
const full = (): string => 'full_attention';
/** Dense layers first, experts after them; `mlp_layer_types` says otherwise where it is given. */
const sparse = (c: Config, dense: number): ((i: number) => boolean) => {
  const kinds = c.kinds('mlp_layer_types', c.layers('num_hidden_layers'), (i) => (i < dense ? 'dense' : 'sparse'));
  return (i) => kinds[i] === 'sparse';
};
/** A router that keeps a correction of each expert among its parameters. */
const corrected = (hidden: number, experts: number, name = 'e_score_correction_bias'): Layer => {
  const weight = new nn.Parameter([experts, hidden]);
  const correction = new nn.Parameter([experts]);
  return unit('TopKRouter', { weight, [name]: correction }, (x: nn.Tensor) =>
    nn.functional.linear(x, weight).sigmoid().add(correction),
  );
};

const mixtral: Builder = (c, o) => {
  const window = c.maybe('sliding_window');
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'Mixtral',
    attention: () => ({ bias: false, window }),
    mlp: () => [
      'mlp',
      mixture(c, 'MixtralSparseMoeBlock', {
        experts: c.size('num_local_experts'),
        top_k: c.size('num_experts_per_tok'),
        inner: s.inner,
      }),
    ],
  });
};
const phimoe: Builder = (c, o) => {
  const s = sizes(c);
  const window = c.maybe('sliding_window');
  return llamaLike(c, o, {
    type: 'Phimoe',
    norm: layerNorm,
    attention: () => ({ window, output_bias: c.bool('attention_bias') }),
    mlp: () => [
      'mlp',
      mixture(c, 'PhimoeSparseMoeBlock', {
        router: 'router',
        experts: c.size('num_local_experts'),
        top_k: c.size('num_experts_per_tok'),
        inner: s.inner,
      }),
    ],
    decoder: { headBias: c.bool('lm_head_bias') },
  });
};
/** Whether a layer of Qwen has experts: every `decoder_sparse_step`-th, but those listed as dense. */
const qwenSparse = (c: Config): ((i: number) => boolean) => {
  const step = Math.max(1, c.int('decoder_sparse_step', 1));
  const dense = c.ints('mlp_only_layers') ?? [];
  return (i) => !dense.includes(i) && c.int('num_experts') > 0 && (i + 1) % step === 0;
};
const qwen2Moe: Builder = (c, o) => {
  const s = sizes(c);
  const isSparse = qwenSparse(c);
  const on = c.bool('use_sliding_window') && c.maybe('sliding_window') !== null;
  const from = c.int('max_window_layers', 28);
  const w = windowsOf(c, (i) => (on && i >= from ? 'sliding_attention' : 'full_attention'));
  return llamaLike(c, o, {
    type: 'Qwen2Moe',
    attention: (i) => ({ bias: c.bool('qkv_bias', true), output_bias: false, window: w[i] ?? null }),
    mlp: (i) => [
      'mlp',
      isSparse(i)
        ? mixture(c, 'Qwen2MoeSparseMoeBlock', {
            experts: c.size('num_experts'),
            top_k: c.size('num_experts_per_tok'),
            inner: c.size('moe_intermediate_size'),
            shared: ['shared_expert', gated(c, c.size('shared_expert_intermediate_size'), { bias: false })],
            shared_gate: 'shared_expert_gate',
          })
        : gated(c, s.inner, { bias: false }),
    ],
  });
};
const qwen3Moe: Builder = (c, o) => {
  const s = sizes(c);
  const isSparse = qwenSparse(c);
  const window = c.bool('use_sliding_window') ? c.maybe('sliding_window') : null;
  return llamaLike(c, o, {
    type: 'Qwen3Moe',
    qk: 'head',
    attention: () => ({ window }),
    mlp: (i) => [
      'mlp',
      isSparse(i)
        ? mixture(c, 'Qwen3MoeSparseMoeBlock', {
            experts: c.size('num_experts'),
            top_k: c.size('num_experts_per_tok'),
            inner: c.size('moe_intermediate_size'),
          })
        : gated(c, s.inner, { bias: false }),
    ],
  });
};
const cohere2Moe: Builder = (c, o) => {
  const w = windowsOf(c, everyNth(c.int('sliding_window_pattern', 4)));
  const s = sizes(c);
  const isSparse = sparse(c, c.int('first_k_dense_replace', 0));
  const shared = c.int('num_shared_experts', 0);
  return llamaLike(c, o, {
    type: 'Cohere2Moe',
    style: 'parallel',
    norm: (n) => layerNorm(n, false),
    norms: ['input_layernorm'],
    attention: (i) => ({ window: w[i] ?? null, ...(w[i] === null ? { rotary_dim: 0 } : {}) }),
    mlp: (i) => [
      'mlp',
      isSparse(i)
        ? mixture(c, 'Cohere2MoeSparseMoeBlock', {
            experts: c.size('num_experts'),
            top_k: c.size('num_experts_per_tok'),
            inner: s.inner,
            shared: shared > 0 ? ['shared_experts', gated(c, s.inner * shared, { bias: false })] : null,
          })
        : gated(c, c.int('prefix_dense_intermediate_size', s.inner), { bias: false }),
    ],
  });
};
const olmoMixture = (c: Config, type: string): Layer =>
  mixture(c, type, {
    experts: c.size('num_experts'),
    top_k: c.size('num_experts_per_tok'),
    inner: c.size('intermediate_size'),
  });
const olmoe: Builder = (c, o) =>
  llamaLike(c, o, { type: 'Olmoe', qk: 'all', mlp: () => ['mlp', olmoMixture(c, 'OlmoeSparseMoeBlock')] });
const flexOlmo: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'FlexOlmo',
    qk: 'all',
    style: 'post',
    norms: ['post_attention_layernorm', 'post_feedforward_layernorm'],
    mlp: () => ['mlp', olmoMixture(c, 'FlexOlmoSparseMoeBlock')],
  });
/** Routed experts beside shared ones, as DeepSeek and GLM have them. */
export function deepseekMoe(c: Config, type: string, o: { correction?: boolean; experts?: string } = {}): Layer {
  const experts = c.size(o.experts ?? 'n_routed_experts');
  const inner = c.size('moe_intermediate_size');
  const shared = c.int('n_shared_experts', 0);
  return mixture(c, type, {
    experts,
    top_k: c.size('num_experts_per_tok'),
    inner,
    ...(o.correction ? { router: ['gate', corrected(c.size('hidden_size'), experts)] as const } : {}),
    shared: shared > 0 ? ['shared_experts', gated(c, inner * shared, { bias: false })] : null,
  });
}
const glm4Moe: Builder = (c, o) => {
  const s = sizes(c);
  const isSparse = sparse(c, c.int('first_k_dense_replace', 1));
  return llamaLike(c, o, {
    type: 'Glm4Moe',
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
const exaoneMoe: Builder = (c, o) => {
  const s = sizes(c);
  const pattern = c.get('sliding_window_pattern');
  const window = c.maybe('sliding_window');
  const w = windowsOf(c, (i) => {
    if (window === null) return 'full_attention';
    if (typeof pattern === 'string')
      return pattern[i % pattern.length] === 'L' && i < s.layers - 1 ? 'sliding_attention' : 'full_attention';
    return (i + 1) % c.int('sliding_window_pattern', 4) === 0 ? 'full_attention' : 'sliding_attention';
  });
  const isSparse = sparse(c, c.int('first_k_dense_replace', 1));
  const experts = c.size('num_experts');
  const inner = c.size('moe_intermediate_size');
  return llamaLike(c, o, {
    type: 'ExaoneMoe',
    qk: 'head',
    attention: (i) => ({ bias: false, window: w[i] ?? null }),
    mlp: (i) => [
      'mlp',
      isSparse(i)
        ? mixture(c, 'ExaoneMoeSparseMoEBlock', {
            experts,
            top_k: c.size('num_experts_per_tok'),
            inner,
            shared: ['shared_experts', gated(c, inner * c.int('num_shared_experts', 1), { bias: false })],
          })
        : gated(c, s.inner, { bias: false }),
    ],
  });
};
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
  });
};
/** Granite's experts, and a shared MLP beside them where it has a size. */
function graniteMoe(type: string, o: { sinks?: boolean; shared?: boolean }): Builder {
  return (c, build) => {
    const s = sizes(c);
    const w = o.sinks ? windowsOf(c, (i) => (i % 4 === 0 ? 'full_attention' : 'sliding_attention')) : [];
    const shared = o.shared ? c.int('shared_intermediate_size', 0) : 0;
    return llamaLike(c, build, {
      type,
      attention: (i) => ({ window: w[i] ?? null, sinks: o.sinks ? 'sinks' : null }),
      block: () => ({ scaled: true }),
      mlp: () => {
        const routed = mixture(c, `${type}MoE`, {
          router: 'router',
          experts: c.size('num_local_experts'),
          top_k: c.size('num_experts_per_tok'),
          inner: s.inner,
        });
        return ['block_sparse_moe', routed];
      },
      ...(shared > 0 ? { shared: () => ['shared_mlp', graniteShared(c, type, shared)] as const } : {}),
    });
  };
}
function graniteShared(c: Config, type: string, inner: number): Layer {
  const hidden = c.size('hidden_size');
  const [input, output] = [linear(hidden, 2 * inner), linear(inner, hidden)];
  const act = activation(c, 'hidden_act', 'silu');
  return unit(`${type}MLP`, { input_linear: input, output_linear: output }, (x: nn.Tensor) => {
    const [gate, up] = input(x).chunk(2, -1) as [nn.Tensor, nn.Tensor];
    return output(act(gate).mul(up));
  });
}
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
/** Llama 4: the reference puts every token through every expert, and the count is of that. */
const llama4: Builder = (c, o) => {
  const s = sizes(c);
  const rope = c.ints('no_rope_layers');
  const every = c.int('no_rope_layer_interval', 4);
  const rotated = (i: number): boolean => (rope === null || rope.length === 0 ? (i + 1) % every !== 0 : rope[i] !== 0);
  const kinds = kindsOf(c, (i) => (rotated(i) ? 'chunked_attention' : 'full_attention'));
  const w = windows(c, kinds);
  const listed = c.ints('moe_layers');
  const step = Math.max(1, c.int('interleave_moe_layer_step', 1));
  const isSparse = (i: number): boolean => (listed === null ? (i + 1) % step === 0 : listed.includes(i));
  return llamaLike(c, o, {
    type: 'Llama4Text',
    attention: (i) => ({ window: w[i] ?? null, rotary_dim: rotated(i) ? s.d : 0 }),
    mlp: (i) => [
      'feed_forward',
      isSparse(i)
        ? mixture(c, 'Llama4TextMoe', {
            router: 'router',
            experts: c.size('num_local_experts'),
            top_k: c.size('num_local_experts'),
            inner: s.inner,
            shared: ['shared_expert', gated(c, s.inner, { bias: false })],
            expert: { in_out: true, active: c.size('num_experts_per_tok') },
          })
        : gated(c, c.size('intermediate_size_mlp'), { bias: false }),
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
const hyV3: Builder = (c, o) => {
  const s = sizes(c);
  const isSparse = sparse(c, c.int('first_k_dense_replace', 1));
  const inner = c.size('moe_intermediate_size');
  return llamaLike(c, o, {
    type: 'HYV3',
    qk: 'head',
    mlp: (i) => [
      'mlp',
      isSparse(i)
        ? mixture(c, 'HYV3MoE', {
            experts: c.size('num_experts'),
            top_k: c.size('num_experts_per_tok'),
            inner,
            shared: ['shared_experts', gated(c, inner * c.int('num_shared_experts', 1))],
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
    qk: 'head',
    attention: (i) => {
      const heads = perLayer?.[i] ?? s.heads;
      const gating = c.get('gating');
      const outputs = gating === 'per-element' ? heads * s.d : heads;
      return { num_heads: heads, window: w[i] ?? null, gate: gating ? { name: 'g_proj', outputs } : null };
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
  const shared = c.int('num_shared_experts', 0);
  return llamaLike(c, o, {
    type: 'Afmoe',
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
          shared: shared > 0 ? ['shared_experts', gated(c, inner * shared, { bias: false })] : null,
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
    attention: (i) => {
      const local = w[i] !== null && w[i] !== undefined;
      const own = (name: string, otherwise: number): number => (local ? c.int(`swa_${name}`, otherwise) : otherwise);
      return {
        window: w[i] ?? null,
        num_heads: own('num_attention_heads', s.heads),
        num_kv_heads: local ? c.int('swa_num_key_value_heads', 8) : s.kv,
        head_dim: own('head_dim', s.d),
        value_dim: own('v_head_dim', c.int('v_head_dim', s.d)),
        output_bias: false,
        sinks: local ? 'sinks' : null,
      };
    },
    mlp: (i) => ['mlp', isSparse(i) ? deepseekMoe(c, 'MiMoV2FlashMoE') : gated(c, s.inner, { bias: false })],
  });
};

export const families: Readonly<Record<string, Builder>> = {
  mixtral,
  phimoe,
  qwen2_moe: qwen2Moe,
  qwen3_moe: qwen3Moe,
  cohere2_moe: cohere2Moe,
  olmoe,
  flex_olmo: flexOlmo,
  glm4_moe: glm4Moe,
  solar_open: solarOpen,
  exaone_moe: exaoneMoe,
  ernie4_5_moe: ernieMoe,
  granitemoe: graniteMoe('GraniteMoe', {}),
  granitemoeshared: graniteMoe('GraniteMoeShared', { shared: true }),
  granitemoe_swa: graniteMoe('GraniteMoeSWA', { sinks: true, shared: true }),
  gpt_oss: gptOss,
  llama4_text: llama4,
  aria_text: aria,
  hy_v3: hyV3,
  laguna,
  mellum,
  minimax_m2: minimaxM2,
  afmoe,
  mimo_v2_flash: mimo,
};
