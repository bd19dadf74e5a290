import { type Dim, mul, sum } from '../dim/index.js';
import type { Ledger, OpEntry } from '../ledger/index.js';
import { attrsAs } from '../ops/index.js';
import { numel } from '../tensor/index.js';
import type { Parts } from './items.js';
import { shapeOf } from './units.js';

/** What rules for operators ask of an entry. Missing tensors have no axes, so that a product over them is 1. */

/** Shape of the input at a place, as the operator's own argument order has it: a convolution's weight is at 1. */
export function inputShape(entry: OpEntry, at = 0): readonly Dim[] {
  const value = entry.inputs[at];
  return value ? shapeOf(value.type) : [];
}

export function outOf(entry: OpEntry, at = 0): readonly Dim[] {
  const value = entry.outputs[at];
  return value ? shapeOf(value.type) : [];
}

export const elementsIn = (entry: OpEntry, at = 0): Dim => numel(inputShape(entry, at));
export const elementsOut = (entry: OpEntry, at = 0): Dim => numel(outOf(entry, at));
export const last = (shape: readonly Dim[], from = 1): Dim => shape.at(-from) ?? 1;

/** A pooling’s window by axis; null if the operator has none. */
export function windowOf({ attrs }: OpEntry): readonly number[] | null {
  const { kernel } = attrs;
  return Array.isArray(kernel) ? kernel.filter((k): k is number => typeof k === 'number') : null;
}

export const hasBias = (entry: OpEntry): boolean => entry.attrs.bias === true;
export const groupsOf = (entry: OpEntry): number => attrsAs('conv', entry).groups ?? 1;

/** Multiply-accumulates of one execution, as `exact` has them. */
export function exactProducts(entry: OpEntry): Dim {
  const work = onceOf(entry);
  const [only] = work;
  if (work.length === 1 && only?.kind === 'contraction') return only.products;
  return sum(work.flatMap((w) => (w.kind === 'contraction' ? [w.products] : [])));
}

/** How often an entry happens: the body of a loop is recorded once. */
export function timesOf(entry: OpEntry): Dim {
  const [first] = entry.result.kind === 'known' ? entry.result.work : [];
  return first?.kind === 'loop' ? first.times : 1;
}

function onceOf(entry: OpEntry): (typeof entry.result & { kind: 'known' })['work'] {
  if (entry.result.kind === 'gap') return [];
  const [first] = entry.result.work;
  return first?.kind === 'loop' ? first.body : entry.result.work;
}

/** Whether an operator computes: moves, views and index arithmetic do not. */
export function computes(entry: OpEntry): boolean {
  return entry.result.kind === 'known' && entry.result.work.some((w) => w.kind !== 'move');
}

/** Parts for as often as the entry happens. */
export function repeated(entry: OpEntry, parts: Parts): Parts {
  const times = timesOf(entry);
  if (times === 1) return parts;
  return Object.fromEntries(Object.entries(parts).map(([term, amount]) => [term, mul(times, amount)]));
}

/** Where an operator is shown: the module that called it, or its own name in a file without modules. */
export function placeOf(ledger: Ledger, entry: OpEntry): string {
  return ledger.modules === 'exact' ? entry.call.module.path : (entry.name ?? `${entry.op}_${entry.index}`);
}
