import type { Dim } from '../dim/index.js';
import type { Note } from '../ledger/index.js';
import { countsOf, type Item, layersOf } from './items.js';
import type { Convention, ConventionResult, Unit } from './types.js';

type Tool = Pick<Convention, 'id' | 'version' | 'title'>;

/** What a tool prints where all of it is the sum of items: a count for each of the units, of the model and of each path. */
export function resultOf<Name extends string>(
  { id, version, title }: Tool,
  units: Readonly<Record<Name, Unit>>,
  items: readonly Item[],
  more: { readonly params: Dim; readonly notes?: readonly Note[] },
): ConventionResult & { readonly counts: Readonly<Record<Name, Dim>> } {
  const counts = countsOf(items, ...(Object.keys(units) as Name[]));
  return {
    id,
    version,
    title,
    counts,
    units,
    items,
    params: more.params,
    notes: more.notes ?? [],
    layers: layersOf(items),
  };
}

/** Of a model that the tool itself fails on: no count, and why. */
export function failedResult(
  { id, version, title }: Tool,
  units: Readonly<Record<string, Unit>>,
  params: Dim,
  failure: Note,
): ConventionResult {
  return { id, version, title, counts: {}, units, items: [], params, notes: [failure], failure };
}
