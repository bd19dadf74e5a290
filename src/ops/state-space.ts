import { add, ceildiv, type Dim, mul } from '../dim/index.js';
import type { DType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import { contraction, type Effect, map, type Work } from './work.js';

export interface ScanExtents {
  readonly dtype: DType;
  readonly batch: Dim;
  readonly steps: Dim;
  readonly heads: Dim;
  /** Values a head; channels of Mamba 1 are heads of one value. */
  readonly depth: Dim;
  /** Numbers of state for each value. */
  readonly state: Dim;
  /** Steps that are computed as one matrix product; null for step by step. */
  readonly chunk: Dim | null;
}

/**
 * A selective state space: S ← exp(Δ·A)·S + Δ·B·x, y = C·S + D·x, with a state of depth × state a head.
 * Step by step the product C·S takes depth·state a head and step, the rest is elementwise. In chunks of L (state space duality): C·Bᵀ
 * L²·state, times x L²·depth, states in and out of each chunk L·depth·state each, and states between n chunks
 * (n + 1)²·depth·state; the last chunk is filled up. Source: Mamba, arXiv 2312.00752, and Mamba 2, arXiv 2405.21060.
 */
export function selectiveScan(of: ScanExtents): Effect {
  const { dtype, batch, steps, heads, depth, state, chunk } = of;
  const outputs = mul(batch, steps, heads, depth);
  const cells = mul(heads, depth, state);
  const work: Work[] = [];
  if (chunk === null) {
    const all = mul(batch, steps, cells);
    // exp(Δ·A), Δ·B·x, the state's decay and sum.
    work.push(...map(dtype, all, { mul: 4, exp: 1, add: 1 }), contraction(all, outputs));
  } else {
    const n = ceildiv(steps, chunk);
    const pairs = mul(batch, n, chunk, chunk, heads);
    const rows = mul(batch, n, chunk);
    const between = mul(batch, add(n, 1), add(n, 1));
    work.push(
      contraction(mul(pairs, state), pairs),
      // The decay between every two steps of a chunk, times what they have in common.
      ...map(dtype, pairs, { add: 1, exp: 1, mul: 1 }),
      contraction(mul(pairs, depth), mul(rows, heads, depth)),
      contraction(mul(rows, cells), mul(batch, n, cells)),
      contraction(mul(between, cells), mul(batch, add(n, 1), cells)),
      contraction(mul(rows, cells), mul(rows, heads, depth)),
    );
  }
  work.push(...map(dtype, outputs, { mul: 1, add: 1 }));
  return {
    op: 'selective_scan',
    outputs: [
      { dtype, shape: [batch, steps, mul(heads, depth)] },
      { dtype, shape: [batch, heads, depth, state] },
    ],
    work,
    attrs: { steps, heads, depth, state, chunk } satisfies AttrsOf<'selective_scan'>,
  };
}

/** A gated linear recurrence, h ← a·h + √(1 − a²)·x with a = exp(−c·gate): elementwise, one state a channel. */
export function linearRecurrence(x: { readonly dtype: DType; readonly shape: readonly Dim[] }): Effect {
  const n = x.shape.reduce<Dim>((a, b) => mul(a, b), 1);
  return {
    op: 'linear_recurrence',
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    work: map(x.dtype, n, { mul: 5, exp: 1, add: 2, sqrt: 1 }),
  };
}
