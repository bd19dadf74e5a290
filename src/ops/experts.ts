import { type Dim, mul } from '../dim/index.js';
import type { TensorType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import { UNARY, type Unary } from './catalog/elementwise.js';
import { softmax } from './norm.js';
import { topk } from './reduce.js';
import { contraction, type Effect, map, reduction } from './work.js';

/** Extents of a mixture of experts, each of two layers with an activation between them, or three where it is gated. */
export interface MixtureExtents {
  readonly x: TensorType;
  /** Scores of all experts for each token. */
  readonly router: TensorType;
  readonly tokens: Dim;
  readonly hidden: Dim;
  /** Outputs of the first layer, and what is left of them after the activation: half where it gates one half by the other. */
  readonly fused: Dim;
  readonly inter: Dim;
  readonly chosen: number;
  /** Null if the activation does nothing. */
  readonly activation: Unary | null;
  /** A third layer whose result the activation's is multiplied with. */
  readonly gated: boolean;
  readonly halved: boolean;
  /** Of the first layer, the second, and the third. */
  readonly biases: readonly [boolean, boolean, boolean];
}

/**
 * A mixture of experts: each token goes through the `chosen` experts that the router gives it. Experts that a token is not
 * sent to cost nothing, however many there are. products = tokens · chosen · (hidden·fused + inter·hidden [+ hidden·inter]).
 */
export function mixtureOfExperts(of: MixtureExtents): Effect {
  const { x, router, tokens, hidden, fused, inter, chosen, biases } = of;
  const { dtype } = x;
  const rows = mul(tokens, chosen);
  const between = mul(rows, inter);
  return {
    op: 'moe',
    outputs: [{ dtype, shape: x.shape }],
    work: [
      ...softmax(router, -1).work,
      ...topk(router, chosen, -1).work,
      contraction(mul(rows, hidden, fused), mul(rows, fused), biases[0]),
      ...(of.gated ? [contraction(mul(rows, hidden, inter), between, biases[2])] : []),
      ...(of.activation === null ? [] : map(dtype, between, UNARY[of.activation].each)),
      ...(of.gated || of.halved ? map(dtype, between, { mul: 1 }) : []),
      contraction(mul(rows, inter, hidden), mul(rows, hidden), biases[1]),
      // the outputs of a token's experts, weighted and summed
      ...map(dtype, mul(rows, hidden), { mul: 1 }),
      ...reduction(dtype, mul(rows, hidden), mul(tokens, hidden), 'add'),
    ],
    attrs: { experts: router.shape.at(-1) ?? 1, k: chosen, hidden, inter, tokens } satisfies AttrsOf<'moe'>,
  };
}
