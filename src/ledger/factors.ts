import { type DimFactor, factorsOfOp } from '../ops/index.js';
import type { OpEntry, Value } from './types.js';

/**
 * How the products of an operator are spelled as one product, for people; null if there is no such spelling. Right only
 * where it multiplies out to the count: a caller checks that before it shows it.
 */
export function factorsOf({ op, attrs, inputs, outputs }: OpEntry): readonly DimFactor[] | null {
  const shapes = (values: readonly (Value | null)[]) => values.map((value) => value?.type?.shape ?? null);
  return factorsOfOp(op, { attrs, inputs: shapes(inputs), outputs: shapes(outputs) });
}
