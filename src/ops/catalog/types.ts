import type { Dim } from '../../dim/index.js';
import type { Shape } from '../../tensor/index.js';
import type { CostPerElement } from '../primitives.js';
import type { AnyAttrs } from './attributes.js';

/** As what an operator's arithmetic beside its multiply-accumulates is reported. */
export type ReportTerm =
  | 'activation'
  | 'batch-norm'
  | 'elementwise'
  | 'embedding'
  | 'gates'
  | 'layer-norm'
  | 'norm'
  | 'other'
  | 'pooling'
  | 'reduction'
  | 'resize'
  | 'sampling'
  | 'scaling'
  | 'softmax';

/** An operator's cost in words, and where the formula is from. */
export interface Formula {
  readonly macs: string;
  readonly flops: string;
  readonly source: string;
  /** Work that the number leaves out. */
  readonly leavesOut?: string;
  /** Other names under which people look for it. */
  readonly also?: readonly string[];
}

/** One factor of the multiply-accumulates of an operator. */
export interface DimFactor {
  readonly label: string;
  readonly dim: Dim;
}

/** An operator as entries of the catalogue see it: its arguments and shapes, null if not known. */
export interface OpView {
  readonly attrs: AnyAttrs;
  readonly inputs: readonly (Shape | null)[];
  readonly outputs: readonly (Shape | null)[];
}

/** Everything that is known of an operator as such. What belongs to one more question about operators is one more field. */
export interface OpInfo {
  readonly term: ReportTerm;
  /** Of an elementwise function: floating-point operations an element. */
  readonly each?: CostPerElement;
  readonly formula?: Formula;
  /** Makes floats of integers that stand for them: products of the floats are products of those integers. */
  readonly widens?: true;
  /** The class of `torch.nn` that it stands for where a file has no modules. */
  readonly module?: (attrs: AnyAttrs) => string;
  /**
   * Its products as one product, for people. A proposal: it is shown only where it multiplies out to the count, so that a
   * wrong one can never show a wrong number.
   */
  readonly factors?: (op: OpView) => readonly DimFactor[] | null;
}

/** An elementwise function. */
export interface ElementwiseInfo extends OpInfo {
  readonly each: CostPerElement;
  /** Answers with booleans. */
  readonly bool?: true;
}

export type OpTable = Readonly<Record<string, OpInfo>>;
