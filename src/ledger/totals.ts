import { type Dim, DimSum } from '../dim/index.js';
import type { Primitive } from '../ops/index.js';
import { numel } from '../tensor/index.js';
import { costsOf, type OpCost } from './costs.js';
import { copiesIn, times } from './folds.js';
import { activationBytes, type Peak, type PeakOptions, peakOf } from './lifetimes.js';
import { macsByOperands } from './operands.js';
import { perLedger } from './per-ledger.js';
import type { AnyLedger, Weight } from './types.js';
import { weightBytes } from './weights.js';

export interface Totals {
  /** Elements of distinct parameters, and of those that training changes; null if the file does not say. */
  readonly params: Dim;
  readonly trainableParams: Dim | null;
  readonly bufferElements: Dim;
  /** Bytes of parameters and buffers, counted once each, in their own dtypes. */
  readonly weightBytes: Dim;
  readonly macs: Dim;
  /** MACs without products on zero padding; null if a free dimension keeps it from being counted. */
  readonly macsUnpadded: Dim | null;
  /** The same by the types of what is multiplied: `float32×float32`, `uint8×int8`. */
  readonly macsByOperands: ReadonlyMap<string, Dim>;
  readonly flops: Dim;
  readonly primitives: Readonly<Partial<Record<Primitive, Dim>>>;
  readonly activationBytes: Dim;
  readonly peak: Peak;
  readonly readBytes: Dim;
  readonly writeBytes: Dim;
}

/** Everything that is added up over a ledger, by the definitions of docs/counting.md. */
export function totalsOf(ledger: AnyLedger, options: PeakOptions = {}): Totals {
  return options.inplace === true ? totalsWith(ledger, options) : plainTotals(ledger);
}

const plainTotals = perLedger((ledger: AnyLedger) => totalsWith(ledger, {}));

function totalsWith(ledger: AnyLedger, options: PeakOptions): Totals {
  const { total: work } = costsOf(ledger);
  const { tally } = work;
  return {
    ...storedTotals(ledger),
    macs: tally.macs,
    macsUnpadded: tally.macsUnpadded,
    macsByOperands: macsByOperands(ledger),
    flops: tally.flops,
    primitives: tally.primitives,
    activationBytes: activationBytes(ledger),
    peak: peakOf(ledger, options),
    readBytes: work.readBytes,
    writeBytes: work.writeBytes,
  };
}

/** What is added up over the weights alone. */
export const storedTotals: (
  ledger: AnyLedger,
) => Pick<Totals, 'params' | 'trainableParams' | 'bufferElements' | 'weightBytes'> = perLedger((ledger: AnyLedger) => {
  const copies = copiesIn(ledger);
  const [params, trainable, buffers, bytes] = [new DimSum(), new DimSum(), new DimSum(), new DimSum()];
  let known = true;
  for (let i = 0; i < ledger.weights.length; i++) {
    const weight = ledger.weights[i] as Weight;
    if (weight.kind === 'constant') continue;
    const equal = copies(weight.name);
    const elements = times(equal, numel(weight.shape));
    bytes.add(times(equal, weightBytes(weight)));
    if (weight.kind === 'buffer') buffers.add(elements);
    else {
      params.add(elements);
      if (weight.trainable === true) trainable.add(elements);
      else if (weight.trainable === null) known = false;
    }
  }
  return {
    params: params.total(),
    trainableParams: known ? trainable.total() : null,
    bufferElements: buffers.total(),
    weightBytes: bytes.total(),
  };
});

export interface Unknown {
  readonly op: string;
  readonly nodes: number;
  readonly why: string;
}

export interface Coverage {
  readonly nodes: number;
  readonly counted: number;
  readonly free: number;
  /** Operators without a formula, grouped by operator and reason, the most frequent first. */
  readonly unknown: readonly Unknown[];
}

/** What part of the model the totals speak of. */
export function coverageOf(ledger: AnyLedger): Coverage {
  const groups = new Map<string, { op: string; nodes: number; why: string }>();
  let counted = 0;
  let free = 0;
  let nodes = 0;
  const { operators } = costsOf(ledger);
  for (let i = 0; i < operators.length; i++) {
    const { entry, kind, copies } = operators[i] as OpCost;
    nodes += copies;
    if (entry.result.kind === 'gap') {
      const key = JSON.stringify([entry.type, entry.result.why]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { op: entry.type, nodes: copies, why: entry.result.why });
      else group.nodes += copies;
    } else if (kind === 'counted') counted += copies;
    else free += copies;
  }
  return {
    nodes,
    counted,
    free,
    unknown: [...groups.values()].sort((a, b) => b.nodes - a.nodes),
  };
}
