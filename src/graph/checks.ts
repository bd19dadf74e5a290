import { type Dim, equal, isStatic } from '../dim/index.js';
import type { Value } from '../ledger/index.js';
import type { Effect } from '../ops/index.js';
import { ModelError } from '../source/errors.js';
import { type GraphValue, isTensor, tensorOrNull } from './values.js';

/** Bits of an extent: far past any tensor; a loop can double one in every round. */
const MAX_EXTENT = 1n << 512n;

/** Throws ModelError `limit`, which the runner says the node of. */
export function checkExtents(shape: readonly Dim[], format: string): void {
  for (let i = 0; i < shape.length; i++) {
    const d = shape[i] as Dim;
    if (typeof d === 'bigint' && d > MAX_EXTENT)
      throw new ModelError('limit', `an extent of its result has more than ${MAX_EXTENT.toString(2).length - 1} bits`, {
        format: format,
        hint: 'a loop doubles it in every round: give a smaller trip count',
      });
  }
}

/** The tensors among inputs, in their places. */
export function tensorsAmong(inputs: readonly (GraphValue | null)[]): readonly (Value | null)[] {
  for (const input of inputs) if (input !== null && !isTensor(input)) return inputs.map((i) => tensorOrNull(i));
  return inputs as readonly (Value | null)[];
}

export function isEffect(made: Effect | readonly GraphValue[]): made is Effect {
  return !Array.isArray(made);
}

/** Extents that are known to differ; a formula may be spelled in many ways. */
export function agree(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((d, i) => !isStatic(d) || !isStatic(b[i] as Dim) || equal(d, b[i] as Dim));
}

export function text(shape: readonly Dim[]): string {
  return shape.length === 0 ? 'a scalar' : shape.map(String).join('×');
}
