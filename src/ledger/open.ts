import type { Place } from '../source/errors.js';
import type { TensorType } from '../tensor/index.js';
import type { Ledger, ModuleCall, ModuleInfo, Step } from './types.js';

/** How an operator was spelled and where, beside what it does. */
export interface OpSource {
  /** As the format spells it: `Conv`, `aten.conv2d.default`, `F.conv2d`. */
  readonly type: string;
  /** The function of PyTorch through which the model's code came here, where the format says: see `OpEntry.calledThrough`. */
  readonly calledThrough?: string | null;
  /** Node name in the file. */
  readonly name?: string | null;
  /** Names of the outputs in the file. */
  readonly outputs?: readonly (string | null)[];
  readonly at?: Place | null;
}

/** A call or a module under construction: the same objects as the finished ones, not yet frozen by their type. */
export interface OpenCall extends ModuleCall {
  readonly steps: Step[];
  readonly outputs: (TensorType | null)[];
}
/** A place in the record; opaque. */
export interface Checkpoint {
  readonly entries: number;
  readonly notes: number;
  readonly calls: number;
  readonly scope: OpenCall | null;
  readonly constraints: number;
}

/** Facts of a model that its reader knows and the record does not. */
export type LedgerHead = Pick<Ledger, 'name' | 'format' | 'producer' | 'file' | 'inputs' | 'outputs' | 'modules'> &
  Partial<Pick<Ledger, 'weights' | 'notes' | 'bound' | 'classes' | 'hints' | 'arena'>>;

export interface OpenModule extends ModuleInfo {
  readonly calls: ModuleCall[];
}
