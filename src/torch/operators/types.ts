import type { Dim } from '../../dim/index.js';
import type { OpSource, Value } from '../../ledger/index.js';
import type { Effect } from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';

/** A Python float that has no fraction (`2.0`): a plain number would pass for an integer, and keep an integer tensor one. */
export interface Float {
  readonly float: number;
}

/**
 * What an operator takes and gives: tensors of the trace, integers (free ones too) and floats, booleans, strings (dtypes by
 * opcount's names, modes, equations), None, and lists and tuples of these.
 */
export type Arg = Value | Dim | Float | boolean | string | null | readonly Arg[];

/** One call of an operator as a format's reader found it. */
export interface AtenCall {
  /** Without namespace for `aten` (`conv2d`, `relu_`, `__and__`), with it for others (`torchvision.nms`). */
  readonly name: string;
  readonly args?: readonly Arg[];
  /** The file's names for the positional arguments, where it does: names go before places. */
  readonly names?: readonly string[];
  readonly kwargs?: Readonly<Record<string, Arg>>;
  readonly spelling: OpSource;
  /** What the file says of the outputs, flat, where it does: is where nothing can be derived. */
  readonly hints?: readonly (TensorType | null)[];
  /** Has the last word on what an effect makes, before it is recorded. */
  readonly settle?: (effect: Effect) => Effect;
}

export function isValue(arg: unknown): arg is Value {
  return typeof arg === 'object' && arg !== null && 'storage' in arg;
}

export function isFloat(arg: unknown): arg is Float {
  return typeof arg === 'object' && arg !== null && 'float' in arg;
}

/** All tensors among arguments, in order. */
export function valuesIn(args: Iterable<Arg>): Value[] {
  const found: Value[] = [];
  for (const arg of args) {
    if (isValue(arg)) found.push(arg);
    else if (Array.isArray(arg)) for (const value of valuesIn(arg as readonly Arg[])) found.push(value);
  }
  return found;
}
