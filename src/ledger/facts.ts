import { NOTHING, type Tally, tally, type Work } from '../ops/index.js';
import { copiesIn } from './folds.js';
import type { AnyLedger, OpEntry, Weight } from './types.js';

/** What one operator adds to every total; rows, trees and totals are sums of these, so they cannot disagree. */
export interface OpCost {
  readonly entry: OpEntry;
  readonly tally: Tally;
  /** Parameters that are counted here: each at the first operator that computes with it. */
  readonly params: readonly Weight[];
  readonly kind: 'counted' | 'free' | 'unknown';
  /** How many of it there are, in equal layers that are recorded once; 1 otherwise. All else here is of one. */
  readonly copies: number;
}

export interface Facts {
  readonly facts: readonly OpCost[];
  /** Parameters that no operator uses. */
  readonly unused: readonly Weight[];
}

const known = new WeakMap<AnyLedger, Facts>();

/** The facts of a ledger, one an operator, in schedule order; worked out once. */
export function factsOf(ledger: AnyLedger): Facts {
  let facts = known.get(ledger);
  if (facts === undefined) {
    facts = compute(ledger);
    known.set(ledger, facts);
  }
  return facts;
}

function compute(ledger: AnyLedger): Facts {
  const home = new Map<Weight, { entry: OpEntry; computes: boolean }>();
  for (const entry of ledger.entries) {
    const computes = kindOf(entry) !== 'free';
    for (const value of entry.inputs) {
      const weight = value?.weight;
      if (weight?.kind !== 'parameter') continue;
      const before = home.get(weight);
      // A transposed view of a matrix is not yet its use; an embedding's look-up is, where nothing computes with it.
      if (before === undefined || (!before.computes && computes)) home.set(weight, { entry, computes });
    }
  }
  const at = new Map<OpEntry, Weight[]>();
  const unused: Weight[] = [];
  for (const weight of ledger.weights) {
    if (weight.kind !== 'parameter') continue;
    const entry = home.get(weight)?.entry;
    if (entry === undefined) unused.push(weight);
    else {
      const list = at.get(entry);
      if (list === undefined) at.set(entry, [weight]);
      else list.push(weight);
    }
  }
  const copies = copiesIn(ledger);
  return {
    facts: ledger.entries.map((entry) => ({
      entry,
      tally: entry.result.kind === 'known' ? tally(entry.result.work) : NOTHING,
      params: at.get(entry) ?? NONE,
      kind: kindOf(entry),
      copies: ledger.folds === undefined ? 1 : copies(entry.call.path),
    })),
    unused,
  };
}

const NONE: readonly Weight[] = [];

/** `free`: moves data or does integer index arithmetic, which is not floating-point work. */
function kindOf(entry: OpEntry): OpCost['kind'] {
  if (entry.result.kind === 'gap') return 'unknown';
  return entry.result.work.some(computes) ? 'counted' : 'free';
}

function computes(work: Work): boolean {
  switch (work.kind) {
    case 'move':
      return false;
    case 'loop':
      return work.body.some(computes);
    default:
      return true;
  }
}
