import { isStatic, toBigInt } from '../dim/index.js';
import { type AnyLedger, type Ledger, whole } from '../ledger/index.js';
import type { DeviceChoice } from '../machine/index.js';
import type { ReportTraining } from '../report/index.js';
import { isModelError, ModelError } from '../source/errors.js';
import { bitsOf, bytesOf, type DType, isFloating } from '../tensor/index.js';
import { batchSymbol, withoutPast } from '../transforms/index.js';
import type { Training, TrainingOptions } from '../transforms/training/index.js';
import { withinBudget } from './budget.js';
import { resolveInputs } from './options.js';
import type { OpenOptions } from './read.js';

/** Reads the same model once more, with other options. */
export type ReadAgain = (options: OpenOptions) => Promise<AnyLedger>;

export interface TrainingAsked {
  /** The cost of a training step, with this optimizer, precision, … */
  readonly training?: true | TrainingOptions;
  /** At this batch, or at the largest that fits the first device. */
  readonly batch?: number | 'largest';
}

/** Formats whose models run otherwise in training, and are read once more for it. */
const RUNS_OTHERWISE = new Set(['built-in', 'nn', 'python']);
const BATCH = 'batch';

/** A step's memory is a formula a moment, each compared with others: networks with free sizes take a third of this at most. */
const STEP_BUDGETS = 3;

/** The training step of a model as a report has it; its code is loaded only if it is requested. */
export async function trainingPart(
  ledger: AnyLedger,
  options: OpenOptions & TrainingAsked,
  devices: readonly DeviceChoice[],
  again: ReadAgain | null,
): Promise<{ training?: ReportTraining }> {
  if (options.training === undefined) return {};
  const asked = options.training === true ? {} : options.training;
  const { trainingOf } = await import('../transforms/training/index.js');
  const { trainingOut } = await import('../report/training.js');
  const read = again !== null && RUNS_OTHERWISE.has(ledger.format) ? await again({ ...options, train: true }) : ledger;
  const trains = withoutPast(whole(read));
  const training = withinBudget(ledger, () => trainingOf(trains, asked), STEP_BUDGETS);
  const fits = await fitsOf(trains, training, asked, options, devices, again);
  const precision = asked.precision ?? typeOfMost(trains);
  return { training: withinBudget(ledger, () => trainingOut(training, precision, fits), STEP_BUDGETS) };
}

/**
 * The model and its options at the batch that training asks for: read once more. Throws ModelError if its batch cannot be
 * changed, or none fits.
 */
export async function atBatch<T extends OpenOptions & TrainingAsked>(
  ledger: AnyLedger,
  options: T,
  devices: readonly DeviceChoice[],
  again: ReadAgain | null,
): Promise<{ ledger: AnyLedger; options: T }> {
  if (options.batch === undefined) return { ledger, options };
  if (again === null)
    throw new ModelError('argument', 'a ledger that was read before has the batch that it was read at', {
      hint: 'give the model itself, or leave batch out',
    });
  const size = options.batch === 'largest' ? await largest(ledger, options, devices, again) : options.batch;
  const sized = { ...options, ...withFreeBatch(ledger, options, size) };
  const { context: _, ...rest } = sized;
  const wanted = (ledger.description === undefined ? sized : rest) as T;
  return { ledger: await again(wanted), options: wanted };
}

async function largest(
  ledger: AnyLedger,
  options: OpenOptions & TrainingAsked,
  devices: readonly DeviceChoice[],
  again: ReadAgain,
): Promise<number> {
  const { training } = await trainingPart(ledger, options, devices, again);
  const [fit] = training?.fits ?? [];
  if (fit === undefined)
    throw new ModelError('argument', 'the largest batch is that of a device, and none is given', {
      hint: 'say which: devices: ["rtx-4090"]',
    });
  if (fit.largestBatch === null)
    throw new ModelError('argument', `the largest batch on ${fit.name} cannot be told: ${fit.why}`, {
      hint: 'give a number: --batch 8',
    });
  if (fit.largestBatch === 0)
    throw new ModelError('argument', `not even a batch of one fits ${fit.name}`, {
      hint: 'less memory: --checkpointing, --precision bf16, --optimizer adam8bit, --lora r=16, --zero 3 --devices 8',
    });
  return fit.largestBatch;
}

async function fitsOf(
  ledger: Ledger,
  training: Training,
  asked: TrainingOptions,
  options: OpenOptions,
  devices: readonly DeviceChoice[],
  again: ReadAgain | null,
): Promise<ReportTraining['fits']> {
  if (devices.length === 0) return [];
  const { peakBytes } = training;
  const peak = peakBytes !== null && isStatic(peakBytes) ? Number(toBigInt(peakBytes)) : null;
  const solve = await solver(ledger, training, asked, options, again);
  return devices.map(({ device }) => {
    const { memory } = device;
    const solved = memory === null ? { batch: null, why: 'the device’s memory is not known' } : solve(memory);
    return {
      device: device.id,
      name: device.name,
      memory,
      fits: memory === null || peak === null ? null : peak <= memory,
      largestBatch: solved.batch,
      why: solved.why,
    };
  });
}

type Solve = (memory: number) => { readonly batch: number | null; readonly why: string | null };

/** Solves the peak for the batch: that of the model where it is free, else of the model read once more with a free batch. */
async function solver(
  ledger: Ledger,
  training: Training,
  asked: TrainingOptions,
  options: OpenOptions,
  again: ReadAgain | null,
): Promise<Solve> {
  const { largestBatch, trainingOf } = await import('../transforms/training/index.js');
  const never =
    (why: string): Solve =>
    () => ({ batch: null, why });
  if (training.forward === null) return never('the file has no graph');
  const from =
    (moments: Training['moments'], batch: string): Solve =>
    (memory) => {
      const most = largestBatch(moments, batch, memory);
      return { batch: most, why: most === null ? 'bind the other free dimensions' : null };
    };
  const own = batchSymbol(ledger);
  if (own !== null) return from(training.moments, own);
  if (again === null) return never('the batch is a number: leave it free');
  let freed: Ledger;
  try {
    const read = await again({ ...withFreeBatch(ledger, options), train: RUNS_OTHERWISE.has(ledger.format) });
    freed = withoutPast(whole(read));
  } catch (error) {
    if (isModelError(error)) return never('the model does not run at a free batch');
    throw error;
  }
  const batch = batchSymbol(freed);
  if (batch === null) return never('the model has a batch of its own that cannot be changed');
  return withinBudget(ledger, () => from(trainingOf(freed, asked).moments, batch), STEP_BUDGETS);
}

/** The caller's options with a batch that is left free: in bindings, or as the first axis of inputs that share it. */
export function withFreeBatch(ledger: AnyLedger, options: OpenOptions, size: number | string = BATCH): OpenOptions {
  if (ledger.description !== undefined) {
    const { context, bind = {}, ...rest } = options;
    const { batch: _, ...bound } = bind;
    const sizes = context === undefined ? {} : { sequence: context, past: 0 };
    return { ...rest, bind: { ...sizes, ...bound, ...(typeof size === 'number' ? { batch: size } : {}) } };
  }
  const [first] = ledger.inputs[0]?.value.type?.shape ?? [];
  if (first === undefined)
    throw new ModelError('argument', 'the model has no input with a batch', { hint: 'leave --batch out' });
  const given = options.inputs === undefined ? [] : resolveInputs(options.inputs);
  const { bind: _, ...rest } = options;
  return {
    ...rest,
    inputs: ledger.inputs.map(({ name, value }, i) => {
      const shape = value.type?.shape ?? [];
      const freed = shape.length > 0 && String(shape[0]) === String(first);
      const known = given.find((g) => g.name === name) ?? given[i];
      return {
        name,
        shape: shape.map((d, axis) => (freed && axis === 0 ? size : isStatic(d) ? d : String(d))),
        ...(known?.dtype === undefined ? {} : { dtype: known.dtype }),
      };
    }),
  };
}

/** The type of most of the weights' bytes, as people call it. */
function typeOfMost(ledger: Ledger): string {
  const found = new Map<string, number>();
  for (const weight of ledger.weights) {
    const size = weight.bytes ?? bytesOf(weight);
    const name = weight.bytes !== undefined || !isFloating(weight.dtype) ? 'as stored' : nameOf(weight.dtype);
    found.set(name, (found.get(name) ?? 0) + (isStatic(size) ? Number(size) : 0));
  }
  const [first] = [...found].sort(([, a], [, b]) => b - a);
  return first?.[0] ?? 'fp32';
}

function nameOf(dtype: DType): string {
  return dtype === 'bfloat16' ? 'bf16' : `fp${bitsOf(dtype)}`;
}
