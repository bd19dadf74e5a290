// Comes in: a ledger, and how it is to be trained: optimizer, precision, what is frozen, checkpointed or spread over devices.
// Goes out: what a training step costs: work forward and backward, what is kept for the backward pass, states, the peak.
// Add here: an optimizer in states.ts; a precision in precision.ts. What an operator keeps is said in ops/catalog/gradients.
import { add, type Dim, sum } from '../../dim/index.js';
import { isGraphless, type Ledger, perLedger } from '../../ledger/index.js';
import { type Tally, TallySum, tally, type Work } from '../../ops/index.js';
import { workOf } from './autograd.js';
import { segmentsOf } from './checkpoints.js';
import { checkpointsOf, stepOf } from './planned.js';
import { type AliveInStep, type StepSchedule, scheduleOf } from './schedule.js';
import { type States, statesOf } from './states.js';
import type { AutogradStep, Optimizer, Precision, Store, TrainingOptions, Untrained } from './types.js';

export { largestBatch } from './fit.js';
export type { AliveInStep } from './schedule.js';
export { type StepSpan, type StepTimeline, stepTimeline } from './timeline.js';
export type { Lora, Optimizer, Precision, TrainingOptions } from './types.js';

/** The effect of checkpointing: blocks, bytes kept and at the peak, and the work that is done twice. */
export interface Checkpointed {
  readonly blocks: number;
  readonly savedBytes: Dim;
  readonly peakBytes: Dim | null;
  readonly recomputed: Tally;
}

/** The cost of one training step, on one device. Bytes and counts are exact, or formulas in the free dimensions. */
export interface Training extends States {
  readonly optimizer: Optimizer;
  /** Null if weights and activations are in the types that the model has them in. */
  readonly precision: Precision | null;
  readonly attention: 'fused' | 'unfused';
  readonly zero: number;
  readonly devices: number;
  /** Null for a file without a graph. */
  readonly forward: Tally | null;
  readonly backward: Tally | null;
  readonly recomputed: Tally | null;
  readonly inputBytes: Dim;
  /** Bytes that the loss itself holds between the passes. */
  readonly lossBytes: Dim;
  /** Memory that autograd keeps between the passes: each piece once, without weights and inputs. */
  readonly savedBytes: Dim | null;
  /** Kept bytes by kind of tensor, the most first. */
  readonly keptBy: readonly { readonly what: string; readonly tensors: number; readonly bytes: Dim }[];
  /** Inputs, activations and their gradients at the worst moment. */
  readonly activationPeakBytes: Dim | null;
  /** All of it together at every moment of the step that differs from the others: what a batch is solved from. */
  readonly moments: readonly Dim[];
  /** All of it together; null if it is not known. */
  readonly peakBytes: Dim | null;
  readonly peakAt: { readonly phase: 'forward' | 'backward'; readonly path: string; readonly op: string } | null;
  readonly alive: readonly AliveInStep[];
  /** Operators that need a gradient and whose gradient is not known: all numbers leave them out. */
  readonly unknown: readonly Untrained[];
  /** Blocks that are checkpointed; 0 for none. */
  readonly checkpointedBlocks: number;
  /** The change that checkpointing every block would make; null if it is done already, or there are no blocks. */
  readonly withCheckpointing: Checkpointed | null;
}

/** Works out a training step. Throws ModelError for options that mean nothing in this model. */
export function trainingOf(ledger: Ledger, options: TrainingOptions = {}): Training {
  const { optimizer = 'adamw', precision = null, zero = 0, devices = 1 } = options;
  const step = stepOf(ledger, options);
  const states = statesOf(step.trained, step.weights, optimizer, precision, zero, devices);
  const fixed = sum([states.weightBytes, states.gradientBytes, states.optimizerBytes, states.masterBytes]);
  const shared = {
    ...states,
    optimizer,
    precision,
    attention: step.attention,
    zero,
    devices,
    inputBytes: sum(step.inputs.map(({ bytes }) => bytes)),
    lossBytes: sum(step.loss.map(({ bytes }) => bytes)),
    unknown: step.unknown,
  };
  if (isGraphless(ledger))
    return {
      ...shared,
      forward: null,
      backward: null,
      recomputed: null,
      savedBytes: null,
      keptBy: [],
      activationPeakBytes: null,
      moments: [],
      peakBytes: null,
      peakAt: null,
      alive: [],
      checkpointedBlocks: 0,
      withCheckpointing: null,
    };
  const segments = checkpointsOf(ledger, options);
  const schedule = scheduleOf(step, segments);
  const { peak } = schedule;
  return {
    ...shared,
    forward: total(step, 'forward'),
    backward: total(step, 'backward'),
    recomputed: schedule.recomputed,
    savedBytes: schedule.savedBytes,
    keptBy: groupsOf(step, schedule.kept),
    activationPeakBytes: peak.bytes,
    moments: schedule.moments.map((bytes) => add(fixed, bytes)),
    peakBytes: peak.bytes === null ? null : add(fixed, peak.bytes),
    peakAt:
      peak.at === null ? null : { phase: peak.at.phase, path: peak.at.op.entry.call.path, op: peak.at.op.entry.op },
    alive: peak.alive,
    checkpointedBlocks: segments.length,
    withCheckpointing: segments.length > 0 ? null : checkpointed(ledger, step, fixed),
  };
}

/** The work of both passes alone, every parameter trained that may be. */
export const passesOf = perLedger((ledger: Ledger): { readonly forward: Tally; readonly backward: Tally } => {
  const step = workOf(ledger);
  return { forward: total(step, 'forward'), backward: total(step, 'backward') };
});

function checkpointed(ledger: Ledger, step: AutogradStep, fixed: Dim): Checkpointed | null {
  const segments = segmentsOf(ledger, true);
  if (segments === null) return null;
  const { savedBytes, recomputed, peak }: StepSchedule = scheduleOf(step, segments);
  return {
    blocks: segments.length,
    savedBytes,
    recomputed,
    peakBytes: peak.bytes === null ? null : add(fixed, peak.bytes),
  };
}

function total(step: AutogradStep, pass: 'forward' | 'backward'): Tally {
  const all = new TallySum();
  // Operators of equal layers share their work.
  const known = new Map<readonly Work[], Tally>();
  for (const { [pass]: work } of step.ops) {
    let one = known.get(work);
    if (one === undefined) {
      one = tally(work);
      known.set(work, one);
    }
    all.add(one);
  }
  return all.total();
}

/** Kept bytes by kind: a mask or statistics by name, results by the operator that made them. */
function groupsOf(step: AutogradStep, kept: readonly Store[]): Training['keptBy'] {
  const groups = new Map<string, { tensors: number; bytes: Dim }>();
  for (const store of kept) {
    const maker = step.ops[store.from]?.entry.op;
    const what = store.what ?? `results of ${maker ?? 'the caller'}`;
    const group = groups.get(what);
    if (group === undefined) groups.set(what, { tensors: 1, bytes: store.bytes });
    else {
      group.tensors++;
      group.bytes = add(group.bytes, store.bytes);
    }
  }
  return [...groups].map(([what, group]) => ({ what, ...group }));
}
