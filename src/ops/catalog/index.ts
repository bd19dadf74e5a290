// Comes in: the name of an operator. Goes out: everything that is known of it as such: the term it is reported under, its
// formula in words, what it costs an element, the layer that it stands for, its products as factors.
// Add here: an operator (one entry in the table where its like are), or one more question about operators (one field of
// OpInfo). Shared code asks the entry, and never an operator for its name.

import type { CostPerElement } from '../primitives.js';
import type { AnyAttrs } from './attributes.js';
import { CONTRACTIONS } from './contractions.js';
import { BINARY, PER_ELEMENT, UNARY } from './elementwise.js';
import { NORMS } from './norms.js';
import { MOVES, OTHERS } from './others.js';
import { REDUCTIONS } from './reductions.js';
import type { DimFactor, Formula, OpInfo, OpTable, OpView, ReportTerm } from './types.js';
import { WINDOWS } from './windows.js';

/** All operators, in one vocabulary for all formats. Put together only where somebody goes through all of them. */
export const OPS: typeof UNARY &
  typeof BINARY &
  typeof PER_ELEMENT &
  typeof CONTRACTIONS &
  typeof NORMS &
  typeof WINDOWS &
  typeof REDUCTIONS &
  typeof OTHERS &
  typeof MOVES = /* @__PURE__ */ Object.assign(
  /* @__PURE__ */ Object.create(null),
  UNARY,
  BINARY,
  PER_ELEMENT,
  CONTRACTIONS,
  NORMS,
  WINDOWS,
  REDUCTIONS,
  OTHERS,
  MOVES,
);

/** One operator is looked up in the tables themselves: to put them together takes a start longer than it asks. */
const TABLES: readonly OpTable[] = [
  UNARY,
  BINARY,
  PER_ELEMENT,
  CONTRACTIONS,
  NORMS,
  WINDOWS,
  REDUCTIONS,
  OTHERS,
  MOVES,
];

export type OpName = keyof typeof OPS;

/**
 * The name of an operator that has no entry here: of control flow, or of one that has no formula. It goes by what its
 * format calls it, and has neither a term nor a cost.
 */
export type ForeignOp = string & { readonly foreign: true };

/** An operator by a name that is only known when a file is read: the catalogue's own where it has one. */
export function opNamed(name: string): OpName | ForeignOp {
  return name as OpName | ForeignOp;
}

function infoOf(op: string): OpInfo | undefined {
  let info = FOUND.get(op);
  if (info !== undefined) return info;
  info = TABLES.find((table) => Object.hasOwn(table, op))?.[op];
  if (info !== undefined) FOUND.set(op, info);
  return info;
}
/** Entries already looked up: a large model asks for one of a few with each of its operators. */
const FOUND = new Map<string, OpInfo>();

/** The term that an operator's arithmetic beside its products is reported under. */
export function termOfOp(op: string): ReportTerm {
  return infoOf(op)?.term ?? 'other';
}

/** Whether an operator makes floats of integers that stand for them. */
export function widensIntegers(op: string): boolean {
  return infoOf(op)?.widens === true;
}

/** The class of `torch.nn` that an operator stands for; null for one that no layer of PyTorch is. */
export function moduleOfOp(op: string, attrs: AnyAttrs): string | null {
  return infoOf(op)?.module?.(attrs) ?? null;
}

/** An operator's products as one product, proposed: it is right only where it multiplies out to the count. */
export function factorsOfOp(op: string, view: OpView): readonly DimFactor[] | null {
  return infoOf(op)?.factors?.(view) ?? null;
}

/** One or two primitives with their number: `3 mul + 1 erf + 1 add`. */
export function eachText(each: CostPerElement): string {
  const parts = Object.entries(each).map(([primitive, n]) => `${n} ${primitive}`);
  return parts.length === 0 ? '0 (not floating point)' : parts.join(' + ');
}

function elementwise(each: CostPerElement, source: string): Formula {
  const total = Object.values(each).reduce((a, b) => a + b, 0);
  return {
    macs: '0',
    flops: total === 0 ? '0: logic on booleans and integers' : `${total} per element: ${eachText(each)}`,
    source,
    leavesOut: 'integers and booleans: index arithmetic is not floating point',
  };
}

/** Every operator that can be explained, with its other names pointing to the same formula. */
export function formulas(): ReadonlyMap<string, Formula> {
  const all = new Map<string, Formula>();
  const sources = [
    [UNARY, 'the function spelled out in primitives'],
    [BINARY, 'the function spelled out in primitives, per element of the broadcast result'],
    [PER_ELEMENT, 'the function spelled out in primitives, per element'],
  ] as const;
  for (const [table, source] of sources)
    for (const [name, { each }] of Object.entries(table)) all.set(name, elementwise(each, source));
  for (const table of TABLES)
    for (const [name, { formula }] of Object.entries(table)) {
      if (formula === undefined) continue;
      all.set(name, formula);
      for (const other of formula.also ?? []) if (!all.has(other)) all.set(other, formula);
    }
  return all;
}
