import type { Dim } from '../dim/index.js';
import type { Tally } from '../ops/index.js';
import type { DType, Shape } from '../tensor/index.js';
import type { OpCost } from './costs.js';
import type { AnyLedger, OpEntry } from './types.js';

/** The weights that a module holds in a file without a graph: modules of a checkpoint are never called. */
export interface StoredSummary {
  /** Elements that training does not learn. */
  readonly buffers: Dim;
  /** Of parameters and buffers. */
  readonly bytes: Dim;
  /** Each once, the one of most bytes first. */
  readonly dtypes: readonly DType[];
  /** Of a single tensor. */
  readonly shape: Shape | null;
}

/** A part of the model. The rows of one list never overlap: every total is the sum of its column. */
export interface Row {
  /** Module path, or the node's name where the file has no modules; empty for the root. */
  readonly path: string;
  /** Class of the module, or the operator as the format spells it. */
  readonly type: string;
  /** The operator, in opcount's vocabulary; several are given with ` + `. */
  readonly op: string;
  /** How often it is called. */
  readonly calls: number;
  /** Shapes of the first call. */
  readonly inputs: readonly (Shape | null)[];
  readonly outputs: readonly (Shape | null)[];
  readonly params: Dim;
  readonly tally: Tally;
  readonly readBytes: Dim;
  readonly writeBytes: Dim;
  readonly unknown: number;
  /** The operators that it is the sum of. */
  readonly operators: readonly OpCost[];
  /** In a file without a graph: what is stored here. */
  readonly stored?: StoredSummary;
}

/**
 * A module with everything below it, an operator that is directly in a larger module, or, in a file without a graph, a
 * tensor. Numbers are inclusive.
 */
export interface TreeNode {
  readonly kind: 'module' | 'op' | 'weight';
  /** Last part of the path; for operators the operator's name. */
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly calls: number;
  readonly params: Dim;
  readonly tally: Tally;
  readonly readBytes: Dim;
  readonly writeBytes: Dim;
  readonly unknown: number;
  /** Shapes of the first call's first output. */
  readonly output: Shape | null;
  readonly children: readonly TreeNode[];
  /** Operators that are here and in no child. */
  readonly entries: readonly OpEntry[];
  /** In a file without a graph: what is stored here. */
  readonly stored?: StoredSummary;
}

/** Whether a ledger has weights and nothing that computes with them: a checkpoint. */
export function isGraphless(ledger: AnyLedger): boolean {
  return ledger.entries.length === 0 && ledger.weights.length > 0;
}
