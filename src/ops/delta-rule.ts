import { add, ceildiv, type Dim, floordiv, mod, mul } from '../dim/index.js';
import type { DType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import { contraction, type Effect, map, type Work } from './work.js';

export interface DeltaExtents {
  readonly dtype: DType;
  readonly batch: Dim;
  readonly steps: Dim;
  readonly heads: Dim;
  readonly keyDepth: Dim;
  readonly valueDepth: Dim;
  /** Steps that are computed as matrix products; null for one step, which is elementwise. */
  readonly chunk: Dim | null;
}

/**
 * The gated delta rule as the reference implementation computes it: in chunks of L steps, each with keys and queries against keys,
 * L²·d_k twice, within the chunk times values, L²·d_v, and state read by keys and by queries and written, L·d_k·d_v three times;
 * the triangular system in between is solved by substitution. A single step is elementwise. The last chunk is filled up.
 * Source: Gated Delta Networks, arXiv 2412.06464, section 3.
 */
export function gatedDeltaRule(of: DeltaExtents): Effect {
  const { dtype, batch, steps, heads, keyDepth, valueDepth, chunk } = of;
  const outputs = mul(batch, steps, heads, valueDepth);
  const cells = mul(keyDepth, valueDepth);
  const work: Work[] = [];
  if (chunk === null) {
    const all = mul(batch, steps, heads, cells);
    // Decay, what the state predicts, the update, and what is read of it.
    work.push(...map(dtype, all, { mul: 4, add: 3 }), ...map(dtype, outputs, { add: 1, mul: 1 }));
  } else {
    const n = ceildiv(steps, chunk);
    const rows = mul(batch, n, heads, chunk);
    const pairs = mul(rows, chunk);
    work.push(
      contraction(mul(pairs, keyDepth), pairs),
      contraction(mul(pairs, keyDepth), pairs),
      ...map(dtype, pairs, { add: 1, exp: 1, mul: 3 }),
      contraction(mul(pairs, valueDepth), mul(rows, valueDepth)),
      contraction(mul(rows, cells), mul(rows, valueDepth)),
      contraction(mul(rows, cells), mul(rows, valueDepth)),
      contraction(mul(rows, cells), mul(batch, n, heads, cells)),
    );
  }
  return {
    op: 'gated_delta_rule',
    outputs: [
      { dtype, shape: [batch, steps, heads, valueDepth] },
      { dtype, shape: [batch, heads, keyDepth, valueDepth] },
    ],
    work,
    attrs: { steps, heads, d: keyDepth, dv: valueDepth, chunk } satisfies AttrsOf<'gated_delta_rule'>,
  };
}

/**
 * Linear attention in blocks of B steps: inside a block q·kᵀ and its product with v, between blocks a state of d × d a head that is
 * read and written. The last block is as long as what is left. One step reads the state: d² a head, its update is elementwise.
 */
export function lightningAttention(of: Omit<DeltaExtents, 'valueDepth'>): Effect {
  const { dtype, batch, steps, heads, keyDepth: d, chunk } = of;
  const outputs = mul(batch, steps, heads, d);
  const states = mul(batch, steps, heads, d, d);
  const rest = chunk === null ? 0 : mod(steps, chunk);
  const pairs = chunk === null ? 0 : mul(batch, heads, add(mul(floordiv(steps, chunk), chunk, chunk), mul(rest, rest)));
  return {
    op: 'lightning_attention',
    outputs: [
      { dtype, shape: [batch, steps, heads, d] },
      { dtype, shape: [batch, heads, d, d] },
    ],
    work:
      chunk === null
        ? [contraction(states, outputs), ...map(dtype, states, { mul: 2, add: 1 })]
        : [
            contraction(mul(pairs, d), pairs),
            ...map(dtype, pairs, { mul: 1 }),
            contraction(mul(pairs, d), outputs),
            contraction(states, outputs),
            contraction(states, mul(batch, heads, d, d)),
            ...map(dtype, outputs, { mul: 3, add: 1 }),
          ],
    attrs: { steps, heads, d, chunk } satisfies AttrsOf<'lightning_attention'>,
  };
}
