import type { OpenModule, OpSource, Trace, Value, Weight } from '../../ledger/index.js';
import type { Effect } from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';
import { Registered } from './registered.js';

/**
 * A tensor as sessions know it: it carries what it is in the session that met it last. Two sessions never run among each
 * other, and tables of all tensors would take as much time and memory as all else that a session does.
 */
export class Recorded {
  readonly type: TensorType;
  /** Number of the session; 0 for none. */
  #session = 0;
  #value: Value | undefined = undefined;
  #weight: Weight | undefined = undefined;

  constructor(type: TensorType) {
    this.type = type;
  }

  static valueOf(tensor: Recorded, session: number): Value | undefined {
    return tensor.#session === session ? tensor.#value : undefined;
  }
  static weightOf(tensor: Recorded, session: number): Weight | undefined {
    return tensor.#session === session ? tensor.#weight : undefined;
  }
  static become(tensor: Recorded, session: number, value: Value | undefined, weight: Weight | undefined): void {
    tensor.#session = session;
    tensor.#value = value;
    tensor.#weight = weight;
  }
}

let sessions = 0;

/**
 * The trace that operators are recorded in while a model runs over shapes. Ambient, because a model ported from PyTorch
 * has nowhere to pass it; safe, because tracing is synchronous and `record` restores what was there before.
 */
export class Session {
  readonly trace: Trace;
  /** Calls of modules that do the same as others, by their kind: see `alike`. */
  readonly takes = new Map<object, unknown[]>();
  readonly #number = ++sessions;

  constructor(trace: Trace) {
    this.trace = trace;
  }

  /** A module of the model, known before it runs, so that those that never run are there too; undefined for any other. */
  moduleOf(module: Registered): OpenModule | undefined {
    return Registered.infoOf(module, this.#number);
  }
  setModule(module: Registered, info: OpenModule): void {
    Registered.become(module, this.#number, info);
  }

  /** The value that a tensor is here; undefined before it is an input, or something was made of it. */
  valueOf(tensor: Recorded): Value | undefined {
    return Recorded.valueOf(tensor, this.#number);
  }
  setValue(tensor: Recorded, value: Value): void {
    Recorded.become(tensor, this.#number, value, this.weightOf(tensor));
  }

  /** The facts of a parameter or buffer, by identity: a tied weight is one weight. */
  weightOf(tensor: Recorded): Weight | undefined {
    return Recorded.weightOf(tensor, this.#number);
  }
  setWeight(tensor: Recorded, weight: Weight): void {
    Recorded.become(tensor, this.#number, this.valueOf(tensor), weight);
  }
  /** Of a weight whose tensor has no value yet: then the weight has none either, unless a repeated call has used it. */
  valueOfWeight(weight: Weight): Value {
    return this.takes.size === 0 ? this.trace.newWeight(weight) : this.trace.weight(weight);
  }
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

/** Records one operator and returns its values; null if nothing is being traced (a model called on its own). */
export function recordOp(effect: Effect, inputs: readonly (Recorded | null)[], spelling: OpSource): Value[] | null {
  if (current === null) return null;
  const s = current;
  const values = new Array<Value | null>(inputs.length);
  for (let i = 0; i < inputs.length; i++) {
    const tensor = inputs[i] as Recorded | null;
    values[i] = tensor === null ? null : valueIn(s, tensor);
  }
  return s.trace.apply(effect, values, within === null ? spelling : { ...spelling, calledThrough: within });
}

export function valueIn(s: Session, tensor: Recorded): Value {
  const known = s.valueOf(tensor);
  if (known !== undefined) return known;
  const weight = s.weightOf(tensor);
  // A tensor that is neither input, nor made here, nor registered with a module is a constant of the program.
  const value = weight === undefined ? s.trace.constant(null, tensor.type) : s.valueOfWeight(weight);
  s.setValue(tensor, value);
  return value;
}
