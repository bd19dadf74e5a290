import type { Dim } from '../../dim/index.js';
import { isGraphless, type Ledger } from '../../ledger/index.js';
import { checkpointsOf, stepOf } from './planned.js';
import { type Span, scheduleOf } from './schedule.js';
import type { Store, TrainingOptions } from './types.js';

/** Memory of a training step during a stretch of its moments, both ends included. */
export interface StepSpan {
  readonly name: string;
  /** Its role, if it is not simply a result: `mask`, `softmax`, `indices`. */
  readonly what: string | null;
  /** `saved` for the backward pass; a `gradient` of an activation; `live` is everything else, inputs included. */
  readonly role: Span['role'];
  readonly bytes: Dim;
  readonly from: number;
  readonly to: number;
}

/**
 * Memory over a training step: its moments in order, every operator forward and then every operator backward, and what is
 * alive when. Weights, their gradients and the optimizer's states are not in it: they stay through the whole step.
 */
export interface StepTimeline {
  readonly moments: readonly { readonly phase: 'forward' | 'backward'; readonly path: string; readonly op: string }[];
  readonly spans: readonly StepSpan[];
}

/**
 * What a training step holds at each of its moments: the highest sum of spans is `activationPeakBytes` of `trainingOf`.
 * Null for a file without a graph. Throws ModelError for options that mean nothing in this model.
 */
export function stepTimeline(ledger: Ledger, options: TrainingOptions = {}): StepTimeline | null {
  if (isGraphless(ledger)) return null;
  const step = stepOf(ledger, options);
  const { spans } = scheduleOf(step, checkpointsOf(ledger, options));
  const operators = step.ops;
  const n = operators.length;
  const forward = operators.map(({ entry }) => ({ phase: 'forward' as const, path: entry.call.path, op: entry.op }));
  const backward = forward.map((moment) => ({ ...moment, phase: 'backward' as const })).reverse();
  const told = (store: Store, role: Span['role'], from: number, to: number): StepSpan => ({
    name: store.name,
    what: store.what,
    role,
    bytes: store.bytes,
    from,
    to,
  });
  return {
    moments: [...forward, ...backward],
    spans: [
      // Inputs belong to the caller, who keeps them through the step.
      ...step.inputs.map((store) => told(store, 'live', 0, 2 * n - 1)),
      ...spans.map(({ store, role, from, to }) => told(store, role, from, to)),
    ],
  };
}
