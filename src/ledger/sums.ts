import { add, type Dim, DimSum } from '../dim/index.js';
import { type Tally, TallySum } from '../ops/index.js';
import { computes } from './costs.js';
import { copiesIn, times } from './folds.js';
import { operandsOf } from './operands.js';
import { perLedger } from './per-ledger.js';
import type { AnyLedger, OpEntry } from './types.js';

export interface Unknown {
  readonly op: string;
  readonly nodes: number;
  readonly why: string;
}

/** The part of a model that is counted. */
export interface Coverage {
  readonly nodes: number;
  readonly counted: number;
  readonly free: number;
  /** Operators without a formula, grouped by operator and reason, the most frequent first. */
  readonly unknown: readonly Unknown[];
}

/** Sums over the operators of a ledger. */
export interface Sums {
  readonly tally: Tally;
  readonly readBytes: Dim;
  readonly writeBytes: Dim;
  /** Operators without a formula. */
  readonly unknown: number;
  /**
   * MACs by the types of what is multiplied: `float32×float32`, `uint8×int8`. Of a quantised operator those that it says
   * itself, of any other the types of its first two inputs (data and weight). What hardware can do in a cycle, and
   * bit-operations (MACs × both widths), follow from this.
   */
  readonly macsByOperands: ReadonlyMap<string, Dim>;
  readonly coverage: Coverage;
}

/**
 * The sums of a ledger, found in one pass that makes no object for an operator: every report has them, while what each operator
 * costs (`costsOf`) is asked for where somebody looks at rows or at the tree.
 */
export const sumsOf: (ledger: AnyLedger) => Sums = perLedger(summed);

function summed(ledger: AnyLedger): Sums {
  const { entries, folds } = ledger;
  const copiesOf = copiesIn(ledger);
  const [all, read, written] = [new TallySum(), new DimSum(), new DimSum()];
  const macsByOperands = new Map<string, Dim>();
  const gaps = new Gaps();
  let [nodes, counted] = [0, 0];
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as OpEntry;
    const copies = folds === undefined ? 1 : copiesOf(entry.call.path);
    nodes += copies;
    read.add(times(copies, entry.readBytes));
    written.add(times(copies, entry.writeBytes));
    if (entry.result.kind === 'gap') {
      gaps.add(entry.type, entry.result.why, copies);
      continue;
    }
    const { work } = entry.result;
    if (computes(work)) counted += copies;
    const macs = all.addWork(work, copies);
    if (macs === 0) continue;
    const types = operandsOf(entry);
    macsByOperands.set(types, add(macsByOperands.get(types) ?? 0, times(copies, macs)));
  }
  const unknown = gaps.nodes;
  return {
    tally: all.total(),
    readBytes: read.total(),
    writeBytes: written.total(),
    unknown,
    macsByOperands,
    coverage: { nodes, counted, free: nodes - counted - unknown, unknown: gaps.list() },
  };
}

/** Operators without a formula, by operator and reason. */
class Gaps {
  nodes = 0;
  readonly #groups = new Map<string, { op: string; nodes: number; why: string }>();

  add(op: string, why: string, copies: number): void {
    this.nodes += copies;
    const key = JSON.stringify([op, why]);
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, { op, nodes: copies, why });
    else group.nodes += copies;
  }

  /** The most frequent first. */
  list(): Unknown[] {
    return [...this.#groups.values()].sort((a, b) => b.nodes - a.nodes);
  }
}

/** The part of the model that the totals cover. */
export function coverageOf(ledger: AnyLedger): Coverage {
  return sumsOf(ledger).coverage;
}
