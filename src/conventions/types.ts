import type { Dim } from '../dim/index.js';
import type { Ledger, Note } from '../trace/index.js';

/** What a number is, whatever its tool calls it. Numbers of different units are never added. */
export type Unit = 'mac' | 'flop' | 'byte' | 'MB';

/** A count: exact, or a formula in the free dimensions; not an integer only where the tool itself prints none (MB). */
export type Count = Dim;

/** A rule for a module class (or, where a file has no modules, an operator): its count in the convention's own unit. */
export type CustomRule = (unit: WorkUnit) => Count;
export type CustomOps = Readonly<Record<string, CustomRule>>;

/** What a tool that hooks modules sees of one call: shapes in and out, and the layer's arguments. */
export interface WorkUnit {
  /** Module class (`torch.nn.Conv2d`), or the class that an operator stands in for. */
  readonly type: string;
  readonly path: string;
  readonly inputs: readonly (readonly Dim[])[];
  readonly outputs: readonly (readonly Dim[])[];
  /** Arguments of the layer's operator, in PyTorch's words (groups, kernel, dim, …). */
  readonly attrs: Readonly<Record<string, unknown>>;
}

export interface ConventionOptions {
  readonly customOps?: CustomOps;
}

export interface ConventionResult {
  readonly id: string;
  /** Version of the tool that the numbers are those of. */
  readonly version: string;
  readonly title: string;
  /** Under the tool's own names; empty where the tool itself fails on this model, and a note says why. */
  readonly counts: Readonly<Record<string, Count>>;
  readonly units: Readonly<Record<string, Unit>>;
  /** The parameters that the tool reports: not always all of them. */
  readonly params: Count;
  readonly notes: readonly Note[];
  /** The tool's counts by module path, where it gives them. */
  readonly layers?: ReadonlyMap<string, Readonly<Record<string, Count>>>;
}

/** How a tool would read a ledger: a pure function, one file each. */
export interface Convention {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  /** Where the rule is to be found in the tool. */
  readonly source: string;
  /** The rule in a sentence or two, for the foot of a report. */
  readonly words: string;
  run(ledger: Ledger, options?: ConventionOptions): ConventionResult;
}
