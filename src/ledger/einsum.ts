import type { Dim } from '../dim/index.js';
import type { OpEntry } from './types.js';

/** An equation's labels per operand and of the result, white space and letters aside; null for `...`, which NumPy reads too. */
export interface Equation {
  readonly inputs: readonly string[];
  readonly output: string;
  readonly extents: ReadonlyMap<string, Dim>;
}

export function equationOf(entry: OpEntry): Equation | null {
  const [left = '', right] = String(entry.attrs.equation ?? '')
    .replaceAll(' ', '')
    .split('->');
  if (left === '' || left.includes('...')) return null;
  const inputs = left.split(',');
  const extents = new Map<string, Dim>();
  for (const [i, labels] of inputs.entries())
    for (const [axis, label] of [...labels].entries()) {
      const extent = entry.inputs[i]?.type?.shape[axis] ?? 1;
      if (!extents.has(label) || extents.get(label) === 1) extents.set(label, extent);
    }
  const all = inputs.join('');
  const once = [...new Set(all)].filter((l) => all.split(l).length === 2).sort();
  return { inputs, output: right ?? once.join(''), extents };
}
