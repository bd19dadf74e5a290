import type { ShapeRef } from '../sheet.js';
import { values } from './model.js';

/** A shape at the present sizes: `1×64×112×112`; `?` where the rank is not known. */
export function shape(refs: ShapeRef): string {
  if (refs === null) return '?';
  return refs.length === 0 ? 'scalar' : refs.map((ref) => values.value[ref]).join('×');
}
