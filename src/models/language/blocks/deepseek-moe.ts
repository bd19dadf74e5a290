import * as nn from '../../../torch/nn/index.js';
import type { Config } from '../config.js';
import { gated, mixture } from './llama.js';
import { type Architecture, partlyCounted } from './model.js';
import type { Layer } from './parts.js';
import { unit } from './unit.js';

/** A router that keeps a correction of each expert among its parameters. */
export const corrected = (hidden: number, experts: number, name = 'e_score_correction_bias'): Layer => {
  const weight = new nn.Parameter([experts, hidden]);
  const correction = new nn.Parameter([experts]);
  return unit('TopKRouter', { weight, [name]: correction }, (x: nn.Tensor) =>
    nn.functional.linear(x, weight).sigmoid().add(correction),
  );
};

/** With a note where nothing says how many experts a token goes to: the reference builds such a model and cannot run it. */
export function routedBy(c: Config, made: Architecture): Architecture {
  if (c.maybe('num_experts_per_tok') !== null) return made;
  return partlyCounted(
    made,
    `no pass through the experts: "num_experts_per_tok" is missing, and ${c.type} has no default for it; their parameters are counted`,
  );
}

/** Routed experts beside shared ones, as DeepSeek and GLM have them. */
export function deepseekMoe(
  c: Config,
  type: string,
  o: { correction?: boolean; experts?: string; shared?: false } = {},
): Layer {
  const experts = c.size(o.experts ?? 'n_routed_experts');
  const inner = c.size('moe_intermediate_size');
  // Of 0 shared experts the reference keeps the matrices, without rows.
  const shared = o.shared === false ? null : c.maybe('n_shared_experts');
  return mixture(c, type, {
    experts,
    top_k: c.maybe('num_experts_per_tok') ?? 0,
    inner,
    ...(o.correction ? { router: ['gate', corrected(c.size('hidden_size'), experts)] as const } : {}),
    shared: shared === null ? null : ['shared_experts', gated(c, inner * shared, { bias: false })],
  });
}
