import { type Dim, mul } from '../dim/index.js';
import { contraction, type Work } from './work.js';

export interface LowRankExtents {
  /** Vectors that go through the layer. */
  readonly rows: Dim;
  readonly from: Dim;
  readonly to: Dim;
  readonly rank: number;
}

/**
 * Work of s·B·(A·x) added to a layer's output, with A of r×from and B of to×r (LoRA, arXiv 2106.09685): rows·r·from and
 * rows·r·to products forward; backward each again for its weight, B's for A·x as well, and A's for x with `upstream`.
 */
export function lowRankWork(
  { rows, from, to, rank }: LowRankExtents,
  upstream: boolean,
): { readonly forward: readonly Work[]; readonly backward: readonly Work[] } {
  const [a, b] = [mul(rows, rank, from), mul(rows, rank, to)];
  const [inputs, low, outputs] = [mul(rows, from), mul(rows, rank), mul(rows, to)];
  return {
    forward: [
      contraction(a, low),
      contraction(b, outputs),
      { kind: 'map', elements: outputs, each: { mul: 1, add: 1 } },
    ],
    backward: [
      { kind: 'map', elements: outputs, each: { mul: 1 } },
      contraction(b, mul(rank, to)),
      contraction(b, low),
      contraction(a, mul(rank, from)),
      ...(upstream ? [contraction(a, inputs)] : []),
    ],
  };
}
