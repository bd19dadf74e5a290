import { type Dim, equal, isStatic } from '../dim/index.js';
import type { Value } from '../ledger/index.js';
import type { Effect } from '../ops/index.js';
import { type GraphValue, isTensor, tensorOrNull } from './values.js';

/** The tensors among inputs, in their places. */
export function tensorsAmong(inputs: readonly (GraphValue | null)[]): readonly (Value | null)[] {
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i] as GraphValue | null;
    if (input !== null && !isTensor(input)) return inputs.map((value) => tensorOrNull(value));
  }
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
