import * as z from 'zod';
import type { Bench } from '../../src/measure/index.js';

/** A value as JSON has it: integers of any size are numbers. */
type Plain<T> = T extends bigint
  ? number
  : T extends readonly (infer E)[]
    ? Plain<E>[]
    : T extends object
      ? { -readonly [K in keyof T]: Plain<T[K]> }
      : T;

const count = (words: string) => z.int().nonnegative().describe(words);
const rate = (words: string) => z.number().nonnegative().nullable().describe(`${words}; null where it is not known`);
const seconds = (words: string) => z.number().nonnegative().describe(`${words}, in seconds`);

const Kernel = z.strictObject({
  name: z.string().describe('as the runtime calls it'),
  path: z.string().nullable().describe('the place of its operators in the model; null for work of the runtime’s own'),
  op: z.string(),
  operators: count('operators of the model that it carries out'),
  seconds: seconds('of one run'),
  share: z.number().nonnegative().describe('of the time of all kernels, from 0 to 1'),
  macs: count('multiply-accumulates').nullable(),
  flops: count('2 × MACs and other floating-point operations').nullable(),
  flopsPerSecond: rate('FLOP/s achieved'),
});

const Operators = z.strictObject({
  source: z.string(),
  runs: count('profiled runs'),
  seconds: seconds('all kernels of one run together'),
  wholeSeconds: seconds('one profiled run').nullable(),
  rows: z.array(Kernel).describe('the slowest first'),
  withoutTime: count('operators without a kernel of their own: folded, or fused into others'),
});

const Latency = z.strictObject({
  runs: z.int().positive(),
  median: seconds('from the call to its results'),
  p90: seconds('what 90 % of the runs keep'),
  p99: seconds('what 99 % of the runs keep'),
  least: seconds('the fastest run'),
  mean: seconds('of all runs'),
  spread: z.number().nonnegative().describe('half the width of the median’s 95 % confidence interval ÷ the median'),
  steady: z.boolean().describe('whether the spread came to be small enough'),
  perRound: z.int().positive().describe('runs that were timed together, where the clock is coarse'),
});

const Point = z.strictObject({
  batch: count('samples of a run: the first extent of the first input'),
  inputs: z.array(
    z.strictObject({
      name: z.string(),
      dtype: z.string(),
      shape: z.array(z.int().nonnegative()),
      filled: z.string().describe('what it held'),
    }),
  ),
  macs: count('multiply-accumulates of a run').nullable(),
  flops: count('2 × MACs and other floating-point operations of a run').nullable(),
  movedBytes: count('read and written by all operators, one after the other').nullable(),
  load: seconds('loading the model'),
  first: seconds('the first run'),
  latency: Latency,
  samplesPerSecond: z.number().nonnegative().describe('FPS: batch ÷ median'),
  flopsPerSecond: rate('FLOP/s achieved'),
  shareOfPeak: rate('of the machine’s measured peak, from 0 to 1'),
  bytesPerSecond: rate('moved bytes ÷ median'),
  shareOfBandwidth: rate('of the machine’s measured bandwidth'),
  operators: Operators.nullable().describe('null where the runtime has no profile'),
});

/** What `opcount bench --format json` writes; `schemas/bench.json` is made of it. */
export const BenchSchema = z.strictObject({
  schema: z.literal(1),
  opcount: z.string().describe('the version of opcount'),
  model: z.strictObject({
    name: z.string(),
    producer: z.string().nullable(),
    bytes: count('of the file').nullable(),
  }),
  runtime: z.strictObject({
    name: z.string(),
    version: z.string(),
    provider: z.string().describe('cpu'),
    threads: z.int().positive().nullable().describe('null: as many as the runtime takes'),
    processor: z.string(),
    processors: z.int().positive(),
  }),
  missing: z
    .strictObject({ tensors: count('weights'), bytes: count('of them') })
    .describe('weights that the file does not have, and that were zeros'),
  machine: z
    .strictObject({
      flopsPerSecond: z.number().nonnegative().describe('of a product of two square matrices in single precision'),
      matrix: z.int().positive().describe('rows and columns of the matrices'),
      bytesPerSecond: rate('read and written together, of a large copy'),
      copiedBytes: z.number().nonnegative(),
    })
    .nullable()
    .describe('what this machine does at most through the runtime, measured first'),
  points: z.array(Point).describe('one for each batch'),
  failed: z.array(z.strictObject({ batch: z.int(), why: z.string() })).describe('batches that could not be measured'),
  notes: z.array(z.string()),
});

/** The schema and the type are the same, field by field: assignable both ways. */
export const SAME: readonly [
  (a: z.infer<typeof BenchSchema>) => Plain<Bench>,
  (b: Plain<Bench>) => z.infer<typeof BenchSchema>,
] = [(a) => a, (b) => b];
