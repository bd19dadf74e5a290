import { type Dim, DimSum } from '../dim/index.js';
import { NOTHING, type Tally, TallySum, tally, type Work } from '../ops/index.js';
import { numel } from '../tensor/index.js';
import { copiesIn, times } from './folds.js';
import { appended, NONE } from './lists.js';
import { perLedger } from './per-ledger.js';
import type { AnyLedger, OpEntry, Weight } from './types.js';

/** The share of one operator in every total: rows and trees are sums of these, and `sumsOf` adds up the same work. */
export interface OpCost {
  readonly entry: OpEntry;
  readonly tally: Tally;
  /** Parameters that are counted here: each at the first operator that computes with it. */
  readonly params: readonly Weight[];
  readonly kind: 'counted' | 'free' | 'unknown';
  /** How many of it there are, in equal layers that are recorded once; 1 otherwise. All else here is of one. */
  readonly copies: number;
}

export interface Costs {
  readonly operators: readonly OpCost[];
  /** Parameters that no operator uses. */
  readonly unused: readonly Weight[];
}

/** The cost of each operator of a ledger, in schedule order; worked out once. Their sums alone: `sumsOf`. */
export const costsOf: (ledger: AnyLedger) => Costs = perLedger(compute);

function compute(ledger: AnyLedger): Costs {
  const { entries, weights } = ledger;
  const copies = copiesIn(ledger);
  // Repeated layers share their work.
  const known = new Map<readonly Work[], Cost>();
  const operators: Open<OpCost>[] = new Array(entries.length);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as OpEntry;
    const { tally, kind } = costOf(entry, known);
    const equal = ledger.folds === undefined ? 1 : copies(entry.call.path);
    operators[i] = { entry, tally, params: NONE, kind, copies: equal };
  }
  const home = new Map<Weight, OpCost>();
  for (let i = 0; i < operators.length; i++) {
    const operator = operators[i] as OpCost;
    const { inputs } = operator.entry;
    for (let k = 0; k < inputs.length; k++) {
      const weight = inputs[k]?.weight;
      if (weight?.kind !== 'parameter') continue;
      const before = home.get(weight);
      // A transposed view of a matrix is not yet its use; an embedding's look-up is, where nothing computes with it.
      if (before === undefined || (before.kind === 'free' && operator.kind !== 'free')) home.set(weight, operator);
    }
  }
  const unused: Weight[] = [];
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as Weight;
    if (weight.kind !== 'parameter') continue;
    const operator: Open<OpCost> | undefined = home.get(weight);
    if (operator === undefined) unused.push(weight);
    else operator.params = appended(operator.params, weight);
  }
  return { operators, unused };
}

type Open<T> = { -readonly [K in keyof T]: T[K] };
type Cost = Pick<OpCost, 'tally' | 'kind'>;

function costOf({ result }: OpEntry, known: Map<readonly Work[], Cost>): Cost {
  if (result.kind === 'gap') return UNKNOWN;
  let cost = known.get(result.work);
  if (cost === undefined) {
    cost = { tally: tally(result.work), kind: computes(result.work) ? 'counted' : 'free' };
    known.set(result.work, cost);
  }
  return cost;
}
const UNKNOWN: Cost = { tally: NOTHING, kind: 'unknown' };

/** Whether it does more than move data or do integer index arithmetic, which is not floating-point work. */
export function computes(work: readonly Work[]): boolean {
  for (let i = 0; i < work.length; i++) {
    const piece = work[i] as Work;
    if (piece.kind === 'loop' ? computes(piece.body) : piece.kind !== 'move') return true;
  }
  return false;
}

/** The sum over several operators: a row, or a node of the tree. */
export class CostSum {
  unknown = 0;
  readonly #params = new DimSum();
  readonly #read = new DimSum();
  readonly #written = new DimSum();
  /** Of the first operator, until there is another: most rows and nodes are one. */
  #only: Tally | null = null;
  #sum: TallySum | null = null;

  get tally(): Tally {
    return this.#sum?.total() ?? this.#only ?? NOTHING;
  }

  get params(): Dim {
    return this.#params.total();
  }

  get readBytes(): Dim {
    return this.#read.total();
  }

  get writeBytes(): Dim {
    return this.#written.total();
  }

  /** `copies`: how often the operator is there. */
  add({ entry, tally, params, kind }: OpCost, copies: number): void {
    this.#read.add(times(copies, entry.readBytes));
    this.#written.add(times(copies, entry.writeBytes));
    for (let k = 0; k < params.length; k++) this.#params.add(times(copies, numel((params[k] as Weight).shape)));
    if (kind === 'unknown') this.unknown += copies;
    if (this.#sum === null) {
      if (this.#only === null && copies === 1) {
        this.#only = tally;
        return;
      }
      this.#sum = new TallySum();
      this.#sum.add(this.#only ?? NOTHING);
    }
    this.#sum.add(tally, copies);
  }
}
