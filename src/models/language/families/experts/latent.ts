import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { deepseekMoe, routedBy } from '../../blocks/deepseek-moe.js';
import { sparse } from '../../blocks/layer-kinds.js';
import { gated, llamaLike, sizes } from '../../blocks/llama.js';
import type { Builder, BuildOptions } from '../../blocks/model.js';
import { activation, type Layer, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { type Streams, streamed } from '../../blocks/streams.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

/** Latent attention of a configuration. */
export function latent(c: Config, o: BuildOptions, more: Partial<nn.LatentAttentionOptions> = {}): PassLayer {
  return new nn.LatentAttention({
    hidden_size: c.size('hidden_size'),
    num_heads: c.size('num_attention_heads'),
    q_lora_rank: c.maybe('q_lora_rank'),
    kv_lora_rank: c.size('kv_lora_rank'),
    qk_nope_head_dim: c.size('qk_nope_head_dim'),
    qk_rope_head_dim: c.size('qk_rope_head_dim'),
    v_head_dim: c.size('v_head_dim', Math.floor(c.size('hidden_size') / c.size('num_attention_heads'))),
    bias: c.bool('attention_bias'),
    form: o.latent ?? 'expanded',
    ...more,
  });
}
const indexerOf = (c: Config): { heads: number; dim: number } => ({
  heads: c.size('index_n_heads'),
  dim: c.size('index_head_dim'),
});

/** Latent attention, the first layers dense and experts in the others. */
function deepseek(type: string, o: { dense?: number; indexer?: boolean } = {}): Builder {
  return (c, build) => {
    const isSparse = sparse(c, c.int('first_k_dense_replace', o.dense ?? 0));
    const indexed = indexers(c);
    const made = llamaLike(c, build, {
      type,
      kind: (i) => [isSparse(i), o.indexer && indexed(i)],
      // Some say that they do without latents (`use_mla`): attention of Llama.
      ...(c.get('use_mla') === false
        ? { attention: () => ({ head_dim: Math.floor(c.size('hidden_size') / c.size('num_attention_heads')) }) }
        : {
            mixer: (i: number) =>
              ['self_attn', latent(c, build, o.indexer && indexed(i) ? { indexer: indexerOf(c) } : {})] as const,
          }),
      mlp: (i) => [
        'mlp',
        isSparse(i) ? deepseekMoe(c, `${type}MoE`) : gated(c, sizes(c).inner, o.indexer ? { bias: false } : {}),
      ],
    });
    return routedBy(c, made);
  };
}
/** Which layers run an indexer of their own; the others take the picks of the one before. */
function indexers(c: Config): (i: number) => boolean {
  const given = c.list('indexer_types');
  if (given !== null) return (i) => given[i] !== 'shared';
  const pattern = c.get('index_topk_pattern');
  if (typeof pattern === 'string') return (i) => pattern[i] !== 'S';
  const every = Math.max(1, c.int('index_topk_freq', 1));
  const offset = c.int('index_skip_topk_offset', 2);
  return (i) => Math.max(i - offset + 1, 0) % every === 0;
}
const dense = (type: string): Builder => {
  return (c, o) => llamaLike(c, o, { type, mixer: () => ['self_attn', latent(c, o)] });
};
/** Another norm after the experts. */
const axk1: Builder = (c, o) => {
  const s = sizes(c);
  const isSparse = sparse(c, c.int('first_k_dense_replace', 1));
  return llamaLike(c, o, {
    type: 'AXK1',
    kind: isSparse,
    mixer: () => ['self_attn', latent(c, o)],
    mlp: (i) => {
      if (!isSparse(i)) return ['mlp', gated(c, s.inner)];
      const norm = rms(s.hidden);
      const routed = deepseekMoe(c, 'AXK1MoE');
      (routed as unknown as Record<string, unknown>)['post_mlp_layernorm'] = norm;
      return ['mlp', then(routed, norm)];
    },
  });
};
/** The layer with something done to its result, still the same module. */
function then(layer: Layer, next: Layer): Layer {
  const forward = layer.forward.bind(layer);
  Object.defineProperty(layer, 'forward', { value: (x: nn.Tensor) => next(forward(x)), enumerable: false });
  return layer;
}
const axk2: Builder = (c, o) => {
  const s = sizes(c);
  const isSparse = sparse(c, c.int('first_k_dense_replace', 1));
  const rank = c.size('gated_norm_rank');
  const gatedNorm = (): Layer => {
    const norm = rms(s.hidden);
    const [fc1, fc2] = [linear(s.hidden, rank), linear(rank, s.hidden)];
    const act = activation(c, 'hidden_act', 'silu');
    const mlp = unit('AXK2GateMLP', { fc1, fc2 }, (x: nn.Tensor) => fc2(act(fc1(x))));
    return unit('AXK2GatedRMSNorm', { norm, mlp }, (x: nn.Tensor) => {
      const y = norm(x);
      return y.mul(mlp(y).sigmoid());
    });
  };
  return llamaLike(c, o, {
    type: 'AXK2',
    kind: isSparse,
    mixer: () => ['self_attn', latent(c, o, { indexer: indexerOf(c), gate: 'q_gate_proj' })],
    mlp: (i) => ['mlp', isSparse(i) ? deepseekMoe(c, 'AXK2MoE') : gated(c, s.inner, { bias: false })],
    block: (i) => ({
      norms: [
        ['input_layernorm', gatedNorm()],
        ['post_attention_layernorm', isSparse(i) ? gatedNorm() : rms(s.hidden)],
      ],
    }),
  });
};
/** Several residual streams, mixed before and after each branch. */
const hyV4: Builder = (c, o) => {
  const s = sizes(c);
  const isSparse = sparse(c, 1);
  const given = c.list('indexer_types');
  const indexed = (i: number): boolean => (given === null ? i === 0 || (i - 1) % 4 === 0 : given[i] !== 'shared');
  const streams: Streams = { count: c.size('hc_mult'), hidden: s.hidden, combine: false };
  return streamed(c, o, {
    type: 'HYV4',
    streams,
    kind: (i) => [isSparse(i), indexed(i)],
    layer: (i) => ({
      attention: latent(c, o, { sinks: true, gate: 'gate_proj', indexer: indexed(i) ? indexerOf(c) : null }),
      mlp: isSparse(i) ? deepseekMoe(c, 'HYV4MoE') : gated(c, s.inner, { bias: false }),
    }),
  });
};

export const families: Readonly<Record<string, Builder>> = byName({
  deepseek_v2: deepseek('DeepseekV2'),
  deepseek_v3: deepseek('DeepseekV3', { dense: 3 }),
  kimi_k2: deepseek('DeepseekV3', { dense: 1 }),
  deepseek_v32: deepseek('DeepseekV32', { dense: 3, indexer: true }),
  glm_moe_dsa: deepseek('GlmMoeDsa', { dense: 3, indexer: true }),
  glm4_moe_lite: deepseek('Glm4MoeLite', { dense: 1 }),
  mistral4: deepseek('Mistral4'),
  youtu: dense('Youtu'),
  minicpm3: dense('MiniCPM3'),
  axk1,
  axk2,
  hy_v4: hyV4,
});
