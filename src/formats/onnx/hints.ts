import { type Dim, isStatic, pinnedBy } from '../../dim/index.js';
import { isTensor, type Values } from '../../graph/index.js';
import type { TensorType } from '../../tensor/index.js';

/**
 * Sizes that the file itself has for its free dimensions: exporters that freed only the inputs left the numbers of their
 * example in the types of other values. Only a formula of one dimension that no other value contradicts tells one.
 */
export function hintsOf(
  stated: ReadonlyMap<string, TensorType>,
  values: Pick<Values, 'get'>,
): Readonly<Record<string, number>> {
  const found = new Map<string, number | null>();
  for (const [name, type] of stated) {
    const value = values.get(name);
    if (!isTensor(value) || value.type === null || value.type.shape.length !== type.shape.length) continue;
    for (const [axis, d] of value.type.shape.entries()) {
      const pin = hintOf(d, type.shape[axis] as Dim);
      if (pin === null) continue;
      const [symbol, size] = pin;
      const before = found.get(symbol);
      found.set(symbol, before === undefined || before === size ? size : null);
    }
  }
  return Object.fromEntries([...found].filter((hint): hint is [string, number] => hint[1] !== null));
}

function hintOf(formula: Dim, number: Dim): readonly [string, number] | null {
  if (isStatic(formula) || !isStatic(number)) return null;
  return pinnedBy({ kind: 'equal', left: formula, right: number, message: '' });
}
