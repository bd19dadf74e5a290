import { type Ledger, totalsOf } from '../../src/ledger/index.js';
import type { Tally } from '../../src/ops/index.js';
import type { DType, Shape, TensorType } from '../../src/tensor/index.js';

export type Input = Shape | { readonly shape: Shape; readonly dtype: DType };

/** Integers that are known: a list, or of another shape. */
export interface Stored {
  readonly value: readonly number[];
  readonly shape?: Shape;
}

/** What an operator costs, and the extents that come out. */
export interface Cost {
  readonly ops: readonly string[];
  readonly macs: Tally['macs'];
  readonly macsUnpadded: Tally['macsUnpadded'];
  readonly flops: Tally['flops'];
  readonly primitives: Tally['primitives'];
  readonly shapes: readonly (Shape | undefined)[];
}

export const typeOf = (input: Input): TensorType => ('dtype' in input ? input : { shape: input, dtype: 'float32' });

/** The cost of a model that holds one operator. Throws where it is a gap. */
export function costOf(ledger: Ledger, outputs: number): Cost {
  const { macs, macsUnpadded, flops, primitives } = totalsOf(ledger);
  for (const { op, type, result } of ledger.entries)
    if (result.kind === 'gap') throw new Error(`${op} (${type}): ${result.why}`);
  return {
    ops: ledger.entries.map((entry) => entry.op),
    macs,
    macsUnpadded,
    flops,
    primitives: known(primitives),
    shapes: ledger.outputs.slice(0, outputs).map(({ value }) => value.type?.shape),
  };
}

/** Without primitives that nothing takes. */
export function known(primitives: Tally['primitives']): Tally['primitives'] {
  return Object.fromEntries(Object.entries(primitives).filter(([, n]) => n !== 0));
}
