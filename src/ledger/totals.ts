import { type Dim, DimSum } from '../dim/index.js';
import type { Primitive } from '../ops/index.js';
import { numel } from '../tensor/index.js';
import { copiesIn, times } from './folds.js';
import { activationBytes, type Peak, type PeakOptions, peakOf } from './lifetimes.js';
import { perLedger } from './per-ledger.js';
import { type Sums, sumsOf } from './sums.js';
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
  readonly macsByOperands: Sums['macsByOperands'];
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
  const { tally, macsByOperands, readBytes, writeBytes } = sumsOf(ledger);
  return {
    ...storedTotals(ledger),
    macs: tally.macs,
    macsUnpadded: tally.macsUnpadded,
    macsByOperands,
    flops: tally.flops,
    primitives: tally.primitives,
    activationBytes: activationBytes(ledger),
    peak: peakOf(ledger, options),
    readBytes,
    writeBytes,
  };
}

/** Totals over the weights alone. */
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
