import { byName } from '../../../../source/by-name.js';
import type * as nn from '../../../../torch/nn/index.js';
import { gated, llamaLike, mixture, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { linear, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

/** Norms of queries and keys under Hunyuan's names. */
const normed = (c: Config): Partial<nn.GroupedAttentionOptions> => {
  const { d } = sizes(c);
  return { q_norm: ['query_layernorm', rms(d)], k_norm: ['key_layernorm', rms(d)] };
};
const dense: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'HunYuanDenseV1',
    attention: () => normed(c),
    mlp: () => ['mlp', gated(c, sizes(c).inner, { bias: false })],
  });
/** The number of a layer, if the file gives one for each. */
function ofLayer(c: Config, name: string, layer: number): number {
  const given = c.get(name);
  if (!Array.isArray(given)) return c.size(name, 1);
  const own = c.ints(name)?.[layer];
  if (own === undefined || own < 1) throw c.wrong(name, `says nothing of layer ${layer}`);
  return own;
}
/** Experts beside one MLP that every token goes through. */
const routed: Builder = (c, o) => {
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'HunYuanMoEV1',
    kind: (i) => [ofLayer(c, 'num_experts', i), ofLayer(c, 'moe_topk', i)],
    attention: () => normed(c),
    mlp: (i) => {
      const experts = ofLayer(c, 'num_experts', i);
      const wg = linear(s.hidden, experts);
      return [
        'mlp',
        mixture(c, 'HunYuanMoEV1Moe', {
          router: ['gate', unit('HunYuanMoEV1Gate', { wg }, (x: nn.Tensor) => wg(x))],
          experts,
          top_k: ofLayer(c, 'moe_topk', i),
          inner: s.inner,
          shared: ['shared_mlp', gated(c, s.inner, { bias: false })],
        }),
      ];
    },
  });
};

export const families: Readonly<Record<string, Builder>> = byName({
  hunyuan_v1_dense: dense,
  hunyuan_v1_moe: routed,
});
