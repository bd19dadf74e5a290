import { type Dim, isStatic, sum, toBigInt } from '../dim/index.js';
import {
  type AnyLedger,
  copiesIn,
  costsOf,
  type OpCost,
  operandTypes,
  type Totals,
  totalsOf,
  type Weight,
} from '../ledger/index.js';
import { bitsOf, bytesOf, type DType, isFloating } from '../tensor/index.js';
import { bandwidthOf, RATE_BITS, rateOf, widestRate } from './rates.js';
import { roofOf } from './roofline.js';
import type { Device, Rate } from './types.js';

/** A device, and the rate at which floating-point operands are taken to be computed; null: in their own types. */
export interface DeviceChoice {
  readonly device: Device;
  readonly as: Rate | null;
}

/** `h100-sxm`, or `h100-sxm:bf16` where a rate was requested. */
export function choiceId({ device, as }: DeviceChoice): string {
  return as === null ? device.id : `${device.id}:${as}`;
}

/** Numbers alone: what is computed in which type (FLOPs), and what has to come from or go to main memory (bytes). */
export interface Work {
  readonly flops: ReadonlyMap<DType, number>;
  readonly bytes: number;
}

export interface TimeBound {
  /** No execution takes less. Infinity never: null if neither rate nor bandwidth of the device is known. */
  readonly seconds: number | null;
  /** The limit that binds; null if `seconds` is. */
  readonly by: 'compute' | 'memory' | null;
  readonly computeSeconds: number | null;
  readonly memorySeconds: number | null;
}

/**
 * The least time that work can take: max(FLOPs / dense peak, bytes / bandwidth), for each type its own peak. Types are taken
 * to be computed side by side, as different units can, so that the slowest of them alone bounds.
 */
export function timeBound(work: Work, { device, as }: DeviceChoice): TimeBound {
  const bandwidth = bandwidthOf(device);
  const memorySeconds = bandwidth === null ? null : work.bytes / bandwidth;
  let computeSeconds: number | null = null;
  const together = new Map<number, number>();
  for (const [dtype, flops] of work.flops) {
    const perSecond = rateFor(device, dtype, as);
    if (perSecond !== null) together.set(perSecond, (together.get(perSecond) ?? 0) + flops);
  }
  for (const [perSecond, flops] of together) computeSeconds = Math.max(computeSeconds ?? 0, flops / perSecond);
  return { ...roofOf(computeSeconds, memorySeconds), computeSeconds, memorySeconds };
}

function rateFor(device: Device, dtype: DType, as: Rate | null): number | null {
  const found = as !== null && isFloating(dtype) ? widestRate(device, as) : rateOf(device, dtype);
  return found?.perSecond ?? null;
}

/** A ledger's bound on one device: the shape of `bounds` in the JSON report. */
export interface DeviceBound extends TimeBound {
  /** Its id, with the rate that was requested: `h100-sxm:bf16`. */
  readonly device: string;
  readonly name: string;
  /** The type of most of the work, or the rate that was requested. */
  readonly dtype: string;
  /** Dense operations a second at that type, and bytes a second; null if they are not known. */
  readonly rate: number | null;
  readonly bandwidth: number | null;
  /** Runs of the whole model at most in a second. */
  readonly perSecond: number | null;
  /** FLOPs, and bytes that have to move whatever is fused: weights in use, inputs and outputs, each counted once. */
  readonly flops: number | null;
  readonly bytes: number | null;
  /** Operator after operator, each reading its inputs from memory and writing its results there. */
  readonly unfused: { readonly seconds: number; readonly memorySeconds: number; readonly operators: number } | null;
  /** Weights and the largest live activations. */
  readonly memoryBytes: number | null;
  readonly memory: number | null;
  readonly fits: boolean | null;
}

/** The bound of a whole model on each device. Counts that depend on free dimensions leave them null. */
export function bounds(
  ledger: AnyLedger,
  choices: readonly DeviceChoice[],
  totals: Totals = totalsOf(ledger),
): DeviceBound[] {
  return choices.map((choice) => boundOf(ledger, choice, totals));
}

function boundOf(ledger: AnyLedger, choice: DeviceChoice, totals: Totals): DeviceBound {
  const { device, as } = choice;
  const work = workOf(ledger, as);
  const main = mainType(ledger);
  const time: TimeBound =
    work === null ? { seconds: null, by: null, computeSeconds: null, memorySeconds: null } : timeBound(work, choice);
  const unfused = unfusedBound(costsOf(ledger).operators, choice);
  const floating = weightShare(ledger, as);
  const memoryBytes =
    floating === null || totals.peak.bytes === null || !isStatic(totals.peak.bytes)
      ? null
      : floating + Number(toBigInt(totals.peak.bytes)) * scaleOf(main, as);
  return {
    device: choiceId(choice),
    name: device.name,
    dtype: as ?? main ?? 'unknown',
    rate: main === null ? null : rateFor(device, main, as),
    bandwidth: bandwidthOf(device),
    ...time,
    perSecond: time.seconds === null || time.seconds === 0 ? null : 1 / time.seconds,
    flops: work === null ? null : [...work.flops.values()].reduce((a, b) => a + b, 0),
    bytes: work?.bytes ?? null,
    unfused:
      unfused === null
        ? null
        : { seconds: unfused.seconds, memorySeconds: unfused.memorySeconds, operators: unfused.operators },
    memoryBytes,
    memory: device.memory,
    fits: memoryBytes === null || device.memory === null ? null : memoryBytes <= device.memory,
  };
}

export interface UnfusedBound {
  readonly seconds: number;
  /** Of them, in operators that wait for memory. */
  readonly memorySeconds: number;
  /** Operators that compute or move something: each is started on its own. */
  readonly operators: number;
  readonly by: 'compute' | 'memory';
}

/**
 * The roofline of operators one after another, each as fast as its arithmetic and its own traffic allow; null if a count
 * depends on a free dimension, or the device has neither figure.
 */
export function unfusedBound(costs: readonly OpCost[], choice: DeviceChoice): UnfusedBound | null {
  let seconds = 0;
  let memorySeconds = 0;
  let operators = 0;
  for (const cost of costs) {
    const { entry } = cost;
    const dtype = typeOf(cost);
    const moved = staticSum([entry.readBytes, entry.writeBytes]);
    const flops = staticSum([cost.tally.flops]);
    if (moved === null || flops === null) return null;
    if (moved === 0 && flops === 0) continue;
    const time = timeBound(
      { flops: new Map(flops === 0 ? [] : [[dtype, flops]]), bytes: moved * scaleOf(dtype, choice.as) },
      choice,
    );
    if (time.seconds === null) return null;
    const own = cost.copies * time.seconds;
    operators += cost.copies;
    seconds += own;
    if (time.by === 'memory') memorySeconds += own;
  }
  return { seconds, memorySeconds, operators, by: memorySeconds * 2 > seconds ? 'memory' : 'compute' };
}

/**
 * What every execution has to do: the FLOPs by type, and each byte of weights in use, of inputs and of outputs moved once.
 * Null if a count depends on a free dimension.
 */
export function workOf(ledger: AnyLedger, as: Rate | null = null): Work | null {
  const flops = new Map<DType, number>();
  const weights = new Map<Weight, number>();
  for (const cost of costsOf(ledger).operators) {
    const n = staticSum([cost.tally.flops]);
    const read = staticSum([cost.entry.readBytes]);
    if (n === null || read === null) return null;
    const dtype = typeOf(cost);
    if (n > 0) flops.set(dtype, (flops.get(dtype) ?? 0) + cost.copies * n);
    // A look-up reads only the rows that it looks up.
    for (const value of cost.entry.inputs) {
      if (value?.weight == null) continue;
      const { bytes } = value.weight;
      const size = bytes ?? staticSum([bytesOf(value.weight)]);
      if (size === null) return null;
      // How a file keeps a weight is what moves, at whatever rate it is then multiplied.
      const used = bytes === undefined ? Math.min(size, read) * scaleOf(value.weight.dtype, as) : Math.min(size, read);
      weights.set(value.weight, Math.max(weights.get(value.weight) ?? 0, used));
    }
  }
  const copies = copiesIn(ledger);
  let bytes = [...weights].reduce((total, [weight, n]) => total + copies(weight.name) * n, 0);
  for (const { value } of [...ledger.inputs, ...ledger.outputs]) {
    if (value.type === null || value.weight !== null) continue;
    const size = staticSum([bytesOf(value.type)]);
    if (size === null) return null;
    bytes += size * scaleOf(value.type.dtype, as);
  }
  return { flops, bytes };
}

/** Bytes of all weights, floating-point ones as they are stored for the rate; null if an extent is symbolic. */
function weightShare(ledger: AnyLedger, as: Rate | null): number | null {
  const copies = copiesIn(ledger);
  let bytes = 0;
  for (const weight of ledger.weights) {
    if (weight.kind === 'constant') continue;
    const size = weight.bytes ?? staticSum([bytesOf(weight)]);
    if (size === null) return null;
    bytes += copies(weight.name) * (weight.bytes === undefined ? size * scaleOf(weight.dtype, as) : size);
  }
  return bytes;
}

/** How many of its bytes a tensor has left when it is stored for a rate. */
function scaleOf(dtype: DType | null, as: Rate | null): number {
  return as === null || dtype === null || !isFloating(dtype) ? 1 : RATE_BITS[as] / bitsOf(dtype);
}

/** The type of most of the FLOPs; null for a model without any. */
function mainType(ledger: AnyLedger): DType | null {
  const found = new Map<DType, number>();
  for (const cost of costsOf(ledger).operators) {
    const n = isStatic(cost.tally.flops) ? Number(toBigInt(cost.tally.flops)) : 0;
    found.set(typeOf(cost), (found.get(typeOf(cost)) ?? 0) + cost.copies * n);
  }
  const [first] = [...found].sort(([, a], [, b]) => b - a);
  return first?.[0] ?? null;
}

/** The type that an operator computes in: the widest floating-point type of its operands, else the widest of all. */
function typeOf({ entry }: OpCost): DType {
  const types = operandTypes(entry);
  const candidates = types.some(isFloating) ? types.filter(isFloating) : types;
  return candidates.reduce<DType | null>((a, b) => (a === null || bitsOf(b) > bitsOf(a) ? b : a), null) ?? 'float32';
}

function staticSum(dims: readonly Dim[]): number | null {
  const total = sum([...dims]);
  return isStatic(total) ? Number(toBigInt(total)) : null;
}
