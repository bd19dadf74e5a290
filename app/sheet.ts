import type { Report, ReportLifetime, ReportNode, ReportOp, ReportTensor } from 'opcount';
import type { Constraint, DimProgram } from 'opcount/ledger';

/**
 * A model as the page holds it: the report of a ledger in which every count and every extent is a `Ref`, the place of a
 * formula in one program, so that new values for the free dimensions recount everything in one run. Plain data.
 */
export type Ref = number;
export type ShapeRef = readonly Ref[] | null;

/** In place of an operator: what comes from, or goes to, outside. */
export const INPUT = -1;
export const OUTPUT = -2;

export type TensorSheet = ReportTensor<Ref>;

/** A module, an operator that stands directly in one, or a stored tensor; numbers are inclusive. */
export interface NodeSheet extends Omit<ReportNode<Ref, Ref>, 'children' | 'entries'> {
  readonly id: number;
  readonly parent: number;
  readonly level: number;
  readonly children: readonly number[];
  /** Operators that stand here and in no child. */
  readonly ops: readonly number[];
}

/** One factor of a product: what it is, and how much. */
export interface Factor {
  readonly label: string;
  readonly ref: Ref;
}

export interface OpSheet extends ReportOp<Ref, Ref> {
  readonly node: number;
  /** The call that did it: its place in `calls`. */
  readonly call: number;
  /** The multiply-accumulates as a product, where they are one. */
  readonly factors: readonly Factor[] | null;
}

/** One call of a module. */
export interface CallSheet {
  /** Under which the caller knows the module. */
  readonly path: string;
  /** The call that made it, by its place; -1 for the model's own. */
  readonly parent: number;
}

/** A tensor in memory from one operator of the schedule to another, both included. */
export type LifetimeSheet = ReportLifetime<Ref, Ref>;

type Whole = Report<Ref, Ref>;
type ShownSize = NonNullable<Whole['shown']>[string];
/** Of a file without a graph these are 0, and `graph` says that they mean nothing. */
type Counted = 'macs' | 'flops' | 'activationBytes' | 'readBytes' | 'writeBytes';

export interface PageModel extends Pick<Whole, 'inputs' | 'outputs' | 'coverage'> {
  readonly model: Whole['model'] & { readonly modules: 'exact' | 'names' | 'none' };
  /** How names of inputs and free dimensions are shown, where that is not as they are. */
  readonly labels: Readonly<Record<string, string>>;
  readonly program: DimProgram;
  /** Where free dimensions start: sizes at which the model runs, and why those. */
  readonly sizes: Readonly<Record<string, ShownSize>>;
  /** Calls of modules, a caller before what it calls. */
  readonly calls: readonly CallSheet[];
  /** Requirements of the model on its free dimensions: at sizes that break one, nothing is worked out. */
  readonly constraints: readonly {
    readonly kind: Constraint['kind'];
    readonly message: string;
    readonly refs: readonly Ref[];
  }[];
  /** The text of each formula that depends on a free dimension; by `Ref`, absent for plain numbers. */
  readonly texts: Readonly<Record<Ref, string>>;
  /** False for a file of weights alone: nothing is known of MACs and memory. */
  readonly graph: boolean;
  /** A language model whose passes leave something for the next one. */
  readonly language: boolean;
  /** The most tokens that it has positions for; null if no table of positions ends. */
  readonly positions: number | null;
  readonly totals: Whole['totals'] & { readonly [K in Counted]: Ref };
  /** In pre-order; the root is the first. */
  readonly nodes: readonly NodeSheet[];
  readonly ops: readonly OpSheet[];
  /** Producer and consumer operator, pair after pair; `INPUT` and `OUTPUT` stand for the model's own. */
  readonly edges: readonly number[];
  readonly lifetimes: readonly LifetimeSheet[];
  readonly notes: readonly { readonly code: string; readonly message: string }[];
}
