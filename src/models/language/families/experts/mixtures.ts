import { byName } from '../../../../source/by-name.js';
import type * as nn from '../../../../torch/nn/index.js';
import { kindsOf, sparse, windowsOf } from '../../blocks/layer-kinds.js';
import { everyNth, gated, llamaLike, mixture, sizes, windows } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, type Layer, layerNorm, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

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
        // The reference routes to the best two, whatever the configuration says.
        top_k: 2,
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
  const until = c.int('max_window_layers', 28);
  const w = windowsOf(c, (i) => (on && i % 2 === 0 && i < until ? 'sliding_attention' : 'full_attention'));
  return llamaLike(c, o, {
    type: 'Qwen2Moe',
    kind: isSparse,
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
    kind: isSparse,
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
    kind: isSparse,
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
    kind: isSparse,
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
export function graniteShared(c: Config, type: string, inner: number): Layer {
  const hidden = c.size('hidden_size');
  const [input, output] = [linear(hidden, 2 * inner), linear(inner, hidden)];
  const act = activation(c, 'hidden_act', 'silu');
  return unit(`${type}MLP`, { input_linear: input, output_linear: output }, (x: nn.Tensor) => {
    const [gate, up] = input(x).chunk(2, -1) as [nn.Tensor, nn.Tensor];
    return output(act(gate).mul(up));
  });
}
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
    kind: isSparse,
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
export const families: Readonly<Record<string, Builder>> = byName({
  mixtral,
  phimoe,
  qwen2_moe: qwen2Moe,
  qwen3_moe: qwen3Moe,
  qwen3_vl_moe_text: qwen3Moe,
  qwen3_omni_moe_text: qwen3Moe,
  cohere2_moe: cohere2Moe,
  olmoe,
  flex_olmo: flexOlmo,
  exaone_moe: exaoneMoe,
  granitemoe: graniteMoe('GraniteMoe', {}),
  granitemoeshared: graniteMoe('GraniteMoeShared', { shared: true }),
  granitemoe_swa: graniteMoe('GraniteMoeSWA', { sinks: true, shared: true }),
  llama4_text: llama4,
});
