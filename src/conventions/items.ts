import { add, type Dim, sum } from '../dim/index.js';
import type { ModuleCall, OpEntry } from '../ledger/index.js';
import { TERMS, type TermId } from './terms.js';

/**
 * An amount taken apart by what it stands for: `{ products: 115605504, bias: 200704 }`. This is what a rule for a layer or
 * an operator gives; the amount itself is the sum.
 */
export type Parts = Readonly<Partial<Record<TermId, Dim>>>;

/** One amount that a tool adds to one of its counts. The items of a count sum to it exactly: it is made by adding them. */
export interface Item {
  /** Which of the tool's counts: `macs`, `flops`, `madd`, … */
  readonly count: string;
  readonly term: TermId;
  readonly amount: Dim;
  /** Operators whose work the amount stands for; none for what belongs to the model as a whole (a division by the batch). */
  readonly of: readonly OpEntry[];
  /** Where the tool shows it: a module's path, or an operator's name; `` for the model. */
  readonly path: string;
}

/** One item a part, those of 0 left out unless they stand for products: "seen, and counted as 0" is a statement. */
export function itemsOf(count: string, parts: Parts, of: readonly OpEntry[], path: string): Item[] {
  return (Object.entries(parts) as [TermId, Dim][])
    .filter(([term, amount]) => amount !== 0 || TERMS[term].kind === 'products')
    .map(([term, amount]) => ({ count, term, amount, of, path }));
}

export function totalOf(parts: Parts): Dim {
  return sum(Object.values(parts));
}

/** The counts, from their items. A count without items is 0. */
export function countsOf<Name extends string>(items: readonly Item[], ...names: readonly Name[]): Record<Name, Dim> {
  const amounts = new Map<string, Dim[]>(names.map((name) => [name, []]));
  for (const item of items) amounts.get(item.count)?.push(item.amount);
  return Object.fromEntries(names.map((name) => [name, sum(amounts.get(name) ?? [])])) as Record<Name, Dim>;
}

/** The counts of each path, from the items. */
export function layersOf(items: readonly Item[]): Map<string, Record<string, Dim>> {
  const layers = new Map<string, Record<string, Dim>>();
  for (const { path, count, amount } of items) {
    const layer = layers.get(path) ?? {};
    layer[count] = add(layer[count] ?? 0, amount);
    layers.set(path, layer);
  }
  return layers;
}

/** The operators that a call applies itself, not those of modules that it calls. */
export function ownEntries(call: ModuleCall): OpEntry[] {
  return call.steps.flatMap((step) => (step.kind === 'op' ? [step.entry] : []));
}

/** The operators of a call and of everything that it calls. */
export function allEntries(call: ModuleCall): OpEntry[] {
  return call.steps.flatMap((step) => (step.kind === 'op' ? [step.entry] : allEntries(step.call)));
}
