import { type Dim, sum } from '../../dim/index.js';
import type { Ledger, Note, Weight } from '../../ledger/index.js';
import { countsOf, type Item, itemsOf, totalOf } from '../items.js';
import type { Convention, ConventionResult } from '../types.js';
import { elements, parametersUsed, unitOfEntry } from '../units.js';
import type { Rule } from './parts.js';

/** The row that a thop shows of one layer. */
export interface LayerCount {
  readonly macs: Dim;
  readonly params: Dim;
}

export function amount(items: readonly Item[]): Dim {
  return sum(items.map((i) => i.amount));
}

/** Counts of a file without modules: each operator by the rule of the class that it stands for. `used`: weights of those counted. */
export function countOperators(
  ledger: Ledger,
  ruleOf: (type: string) => Rule | undefined,
): {
  readonly items: readonly Item[];
  readonly layers: ReadonlyMap<string, LayerCount>;
  readonly used: ReadonlySet<Weight>;
} {
  const layers = new Map<string, LayerCount>();
  const items: Item[] = [];
  const used = new Set<Weight>();
  for (const entry of ledger.entries) {
    const unit = unitOfEntry(entry);
    const rule = unit === null ? undefined : ruleOf(unit.type);
    if (unit === null || rule === undefined) continue;
    const parts = rule(unit);
    items.push(...itemsOf('macs', parts, [entry], unit.path));
    const weights = new Set(parametersUsed(entry));
    for (const w of weights) used.add(w);
    layers.set(unit.path, { macs: totalOf(parts), params: sum(elements(weights)) });
  }
  return { items, layers, used };
}

/** The result of a thop, which has one count and calls it MACs. */
export function resultOf(
  { id, version, title }: Convention,
  items: readonly Item[],
  params: Dim,
  layers: ReadonlyMap<string, LayerCount>,
  notes: readonly Note[],
): ConventionResult {
  const counts = countsOf(items, 'macs');
  // A copy of each layer: results take any counts by name.
  const byPath = new Map([...layers].map(([path, layer]) => [path, { ...layer }]));
  return { id, version, title, counts, units: { macs: 'mac' }, items, params, notes, layers: byPath };
}
