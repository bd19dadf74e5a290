import type { Dim } from '../../dim/index.js';
import type { ModuleTree, Scope } from '../../graph/index.js';
import type { OpenCall, Trace, Value } from '../../ledger/index.js';
import type { TensorType } from '../../tensor/index.js';
import type { Feature } from './features.js';

/** Shared by the parts of a file while it is read. */
export interface Context {
  readonly trace: Trace;
  readonly modules: ModuleTree;
  readonly bindings: ReadonlyMap<string, Dim>;
  /** Names of free numbers that the caller bound. */
  readonly bound: Set<string>;
  /** The modules of a pipeline that are read now. */
  readonly scope: Scope;
  readonly base: OpenCall;
}

/** Values by the names of features. */
export type Features = ReadonlyMap<string, Value>;

/** A model with what goes in and comes out of it. */
export interface Described {
  readonly inputs: readonly Feature[];
  readonly outputs: readonly Feature[];
}

/** A value of another shape, in the same memory. */
export function shaped(trace: Trace, value: Value, shape: readonly Dim[]): Value {
  const type: TensorType | null = value.type === null ? null : { dtype: value.type.dtype, shape };
  return trace.alias(value.name, type, value);
}
