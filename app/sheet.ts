import type { DimProgram } from 'opcount/ledger';

/**
 * A model as the page holds it: what the worker makes of a ledger. Plain data; every count and every extent is a `Ref`, the
 * place of a formula in one program, so that new values for the free dimensions recount everything in one run.
 */
export type Ref = number;
export type ShapeRef = readonly Ref[] | null;

/** In place of an operator: what comes from, or goes to, outside. */
export const INPUT = -1;
export const OUTPUT = -2;

export interface TensorSheet {
  readonly name: string;
  readonly dtype: string;
  readonly shape: ShapeRef;
}

/** Counts that every node and every operator has. */
export interface Counts {
  readonly params: Ref;
  readonly macs: Ref;
  readonly flops: Ref;
  readonly read: Ref;
  readonly write: Ref;
}

/** A module, an operator that stands directly in one, or a stored tensor; numbers are inclusive. */
export interface NodeSheet extends Counts {
  readonly id: number;
  readonly parent: number;
  readonly level: number;
  readonly kind: 'module' | 'op' | 'weight';
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly calls: number;
  readonly output: ShapeRef;
  readonly unknown: number;
  /** Bytes stored here, in a file without a graph. */
  readonly bytes: Ref | null;
  readonly dtypes: readonly string[];
  readonly children: readonly number[];
  /** Operators that stand here and in no child. */
  readonly ops: readonly number[];
}

/** One factor of a product: what it is, and how much. */
export interface Factor {
  readonly label: string;
  readonly ref: Ref;
}

export interface OpSheet extends Counts {
  readonly index: number;
  readonly node: number;
  readonly op: string;
  /** As the file spells it. */
  readonly type: string;
  readonly name: string | null;
  readonly inputs: readonly (TensorSheet | null)[];
  readonly outputs: readonly TensorSheet[];
  readonly attrs: readonly (readonly [name: string, value: string])[];
  /** The multiply-accumulates as a product, where they are one. */
  readonly factors: readonly Factor[] | null;
  /** FLOPs besides those of the multiply-accumulates, by primitive. */
  readonly primitives: readonly (readonly [name: string, ref: Ref])[];
  /** Why it is not counted; null where it is. */
  readonly gap: string | null;
}

/** A tensor in memory from one operator of the schedule to another, both included. */
export interface LifetimeSheet {
  readonly name: string;
  readonly dtype: string;
  readonly shape: ShapeRef;
  readonly bytes: Ref;
  readonly from: number;
  readonly to: number;
}

export interface GapSheet {
  readonly op: string;
  readonly nodes: number;
  readonly why: string;
}

export interface Sheet {
  readonly model: {
    readonly name: string;
    readonly format: string;
    readonly producer: string | null;
    readonly bytes: number | null;
    readonly bytesRead: number | null;
    readonly modules: 'exact' | 'names' | 'none';
  };
  /** How names of inputs and free dimensions are shown, where that is not as they are. */
  readonly labels: Readonly<Record<string, string>>;
  readonly program: DimProgram;
  /** Where free dimensions start: sizes at which the model runs. */
  readonly sizes: Readonly<Record<string, number>>;
  /** The text of each formula that depends on a free dimension; by `Ref`, absent for plain numbers. */
  readonly texts: Readonly<Record<Ref, string>>;
  readonly inputs: readonly TensorSheet[];
  readonly outputs: readonly TensorSheet[];
  /** False for a file of weights alone: nothing is known of MACs and memory. */
  readonly graph: boolean;
  readonly totals: Counts & {
    readonly trainable: Ref | null;
    readonly buffers: Ref;
    readonly weightBytes: Ref;
    readonly unpadded: Ref | null;
    readonly activations: Ref;
  };
  readonly coverage: {
    readonly nodes: number;
    readonly counted: number;
    readonly free: number;
    readonly unknown: readonly GapSheet[];
  };
  /** In pre-order; the root is the first. */
  readonly nodes: readonly NodeSheet[];
  readonly ops: readonly OpSheet[];
  /** Producer and consumer operator, pair after pair; `INPUT` and `OUTPUT` stand for the model's own. */
  readonly edges: readonly number[];
  readonly lifetimes: readonly LifetimeSheet[];
  readonly notes: readonly { readonly code: string; readonly message: string }[];
}
