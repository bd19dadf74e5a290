import { byName } from '../../../../source/by-name.js';
import { llamaLike, mixture, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { graniteShared } from '../experts/mixtures.js';
import { hybridMamba } from './mamba.js';

/** Granite 4: state spaces, attention in a few layers; experts beside a shared MLP, or that MLP alone. */
const granitemoehybrid: Builder = (c, o) => {
  const s = sizes(c);
  const kinds = c.kinds('layers_block_type', s.layers, () => 'linear_attention');
  const experts = c.int('num_local_experts', 0);
  const inner = c.size('shared_intermediate_size', 1024);
  const shared = (): ReturnType<typeof graniteShared> => graniteShared(c, 'GraniteMoeHybrid', inner);
  return llamaLike(c, o, {
    type: 'GraniteMoeHybrid',
    kind: (i) => kinds[i],
    attention: () => (c.str('position_embedding_type') === 'rope' ? {} : { rotary_dim: 0 }),
    mixer: (i) => (kinds[i] === 'mamba' || kinds[i] === 'linear_attention' ? ['mamba', hybridMamba(c)] : null),
    block: () => ({ scaled: true }),
    mlp: () =>
      experts === 0
        ? ['shared_mlp', shared()]
        : [
            'block_sparse_moe',
            mixture(c, 'GraniteMoeHybridMoE', {
              router: 'router',
              experts,
              top_k: c.size('num_experts_per_tok'),
              inner: s.inner,
            }),
          ],
    ...(experts > 0 ? { shared: () => ['shared_mlp', shared()] as const } : {}),
  });
};

export const families: Readonly<Record<string, Builder>> = byName({ granitemoehybrid });
