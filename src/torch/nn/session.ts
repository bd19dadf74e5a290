import type { OpenModule, OpSource, Trace, Value, Weight } from '../../ledger/index.js';
import type { Effect } from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';

/** What a session knows tensors by: the object itself, and its type. */
export interface Typed {
  readonly type: TensorType;
}

/**
 * The trace that operators are recorded in while a model runs over shapes. Ambient, because a model ported from PyTorch
 * has nowhere to pass it; safe, because tracing is synchronous and `record` restores what was there before.
 */
export interface Session {
  readonly trace: Trace;
  /** The values of tensors made in this session. */
  readonly values: { get(tensor: Typed): Value | undefined; set(tensor: Typed, value: Value): unknown };
  /** The facts of parameters and buffers, by identity: a tied weight is one weight. */
  readonly weights: Map<Typed, Weight>;
  /** The modules of the model, known before it runs, so that those that never run are there too. */
  readonly modules: Map<object, OpenModule>;
  /** Calls of modules that do the same as others, by their kind: see `alike`. */
  readonly takes: Map<object, unknown[]>;
}

let current: Session | null = null;
let within: string | null = null;

export function session(): Session | null {
  return current;
}

/** Runs `body` with `s` as the ambient session. */
export function record<T>(s: Session, body: () => T): T {
  const before = current;
  current = s;
  try {
    return body();
  } finally {
    current = before;
  }
}

/** Runs what PyTorch's function `name` does inside: its operators are known by the outermost such function. */
export function inside<T>(name: string, body: () => T): T {
  const before = within;
  within ??= name;
  try {
    return body();
  } finally {
    within = before;
  }
}

/** The function that `inside` is within, if any. */
export function withinWhat(): string | null {
  return within;
}

/** Records one operator and returns its values; null where nothing is being traced (a model called on its own). */
export function recordOp(effect: Effect, inputs: readonly (Typed | null)[], spelling: OpSource): Value[] | null {
  if (current === null) return null;
  const s = current;
  const values = new Array<Value | null>(inputs.length);
  for (let i = 0; i < inputs.length; i++) {
    const tensor = inputs[i] as Typed | null;
    values[i] = tensor === null ? null : valueIn(s, tensor);
  }
  return s.trace.apply(effect, values, within === null ? spelling : { ...spelling, calledThrough: within });
}

export function valueIn(s: Session, tensor: Typed): Value {
  const known = s.values.get(tensor);
  if (known !== undefined) return known;
  const weight = s.weights.get(tensor);
  // A tensor that is neither input, nor made here, nor registered with a module is a constant of the program.
  const value = weight === undefined ? s.trace.constant(null, tensor.type) : s.trace.weight(weight);
  s.values.set(tensor, value);
  return value;
}
