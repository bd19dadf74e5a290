import { isStatic, toBigInt } from '../dim/index.js';
import { coverageOf, type Ledger, totalsOf } from '../ledger/index.js';
import { joinMeasurement, type Measured, readMeasurement } from '../machine/measured.js';
import type { Feed } from './feeds.js';
import type { Machine } from './machine.js';
import type { Times } from './measure.js';
import { STEADY, type Timing, timingOf } from './timing.js';

/** The runtime that ran the model, and its machine. */
export interface BenchRuntime {
  readonly name: string;
  readonly version: string;
  /** `cpu`, `wasm`, `webgpu`. */
  readonly provider: string;
  /** Null: as many as the runtime takes. */
  readonly threads: number | null;
  readonly processor: string;
  readonly processors: number;
}

/** A model measured at some sizes of its inputs. Times are in seconds, counts those of the model as it is written. */
export interface BenchPoint {
  /** Samples of a run: the first extent of the first input. */
  readonly batch: number;
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly number[];
    readonly filled: string;
  }[];
  /** Null if something could not be counted. */
  readonly macs: bigint | null;
  readonly flops: bigint | null;
  /** Read and written by all operators, one after the other. */
  readonly movedBytes: bigint | null;
  readonly load: number;
  readonly first: number;
  /** `perRound`: runs of which only the mean is known, where the clock is coarse. */
  readonly latency: Timing & { readonly steady: boolean; readonly perRound: number };
  readonly samplesPerSecond: number;
  readonly flopsPerSecond: number | null;
  readonly shareOfPeak: number | null;
  readonly bytesPerSecond: number | null;
  readonly shareOfBandwidth: number | null;
  /** Null if the runtime has no profile. */
  readonly operators: Measured | null;
}

export interface Bench {
  readonly schema: 1;
  readonly opcount: string;
  readonly model: { readonly name: string; readonly producer: string | null; readonly bytes: number | null };
  readonly runtime: BenchRuntime;
  /** Weights that the file does not have, and that were zeros. */
  readonly missing: { readonly tensors: number; readonly bytes: number };
  readonly machine: Machine | null;
  readonly points: readonly BenchPoint[];
  /** Batches that could not be measured, and why. */
  readonly failed: readonly { readonly batch: number; readonly why: string }[];
  readonly notes: readonly string[];
}

/** Inputs of a point. The ledger has no free dimensions. */
export interface PointOf {
  readonly ledger: Ledger;
  readonly feeds: readonly Feed[];
  readonly batch: number;
  readonly times: Times;
  readonly machine: Machine | null;
}

/** With a clock coarser than this the median of a kernel is one of its ticks; its mean is still right. */
const COARSE = 2e-6;

/** Times beside the work of the model. Throws ModelError if the runtime's profile is not one. */
export function pointOf({ ledger, feeds, batch, times, machine }: PointOf): BenchPoint {
  const totals = totalsOf(ledger);
  const timing = timingOf(times.runs);
  const { median } = timing;
  const rate = (amount: bigint | null): number | null =>
    amount === null || median === 0 ? null : Number(amount) / median;
  const known = coverageOf(ledger).unknown.length === 0;
  const count = (dim: Parameters<typeof isStatic>[0] | null): bigint | null =>
    dim !== null && isStatic(dim) && known ? toBigInt(dim) : null;
  const flops = count(totals.flops);
  const read = count(totals.readBytes);
  const written = count(totals.writeBytes);
  const moved = read === null || written === null ? null : read + written;
  const flopsPerSecond = rate(flops);
  const bytesPerSecond = rate(moved);
  const share = (achieved: number | null, most: number | null | undefined): number | null =>
    achieved === null || most === null || most === undefined || most === 0 ? null : achieved / most;
  return {
    batch,
    inputs: feeds.map(({ name, dtype, shape, filled }) => ({ name, dtype, shape, filled })),
    macs: count(totals.macs),
    flops,
    movedBytes: moved,
    load: times.load,
    first: times.first,
    latency: { ...timing, steady: timing.runs > 1 && timing.spread <= STEADY, perRound: times.perRound },
    samplesPerSecond: batch / median,
    flopsPerSecond,
    shareOfPeak: share(flopsPerSecond, machine?.flopsPerSecond),
    bytesPerSecond,
    shareOfBandwidth: share(bytesPerSecond, machine?.bytesPerSecond),
    operators:
      times.profile === null
        ? null
        : joinMeasurement(
            ledger,
            readMeasurement(times.profile, times.resolution > COARSE ? 'mean' : 'mean of the quieter half'),
          ),
  };
}
