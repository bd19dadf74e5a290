import type { Dim } from '../dim/index.js';
import type { Ledger, Note } from '../ledger/index.js';
import type { Item } from './items.js';

/** The unit of a number, whatever its tool calls it. Numbers of different units are never added. */
export type Unit = 'mac' | 'flop' | 'byte' | 'MB';

/** A count: exact, or a formula in the free dimensions; not an integer only where the tool itself prints none (MB). */
export type Count = Dim;

/** A rule for a module class (or, if a file has no modules, an operator): its count in the convention's own unit. */
export type CustomRule = (unit: WorkUnit) => Count;
export type CustomOps = Readonly<Record<string, CustomRule>>;

/** One call as a tool that hooks modules sees it: shapes in and out, and the layer's arguments. */
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

/**
 * A tool's numbers, taken apart. Its counts of unit `mac` or `flop` are the sums of their items, and an item says what it
 * stands for, so that `reconcile` can lead from exact MACs to any of them by adding and subtracting. thop on ResNet-18:
 *
 * ```ts
 * items: [
 *   { count: 'macs', term: 'products',   amount: 118013952, of: [conv],       path: 'conv1' },   // as exact: no difference
 *   { count: 'macs', term: 'batch-norm', amount: 3211264,   of: [batch_norm], path: 'bn1' },     // +3,211,264
 *   …
 *   { count: 'macs', term: 'pooling',    amount: 25600,     of: [adaptive],   path: 'avgpool' }, // +25,600
 *   { count: 'macs', term: 'products',   amount: 512000,    of: [linear],     path: 'fc' },
 * ]
 * // countsOf(items, 'macs') → { macs: 1824033792 }
 * // reconcile → exact 1,814,073,344 + batch norm 9,934,848 + pooling 25,600 = 1,824,033,792
 * ```
 * A convention of operators is no more than its rules: each gives `Parts` (`{ products, bias }`) for an entry or a call.
 *
 * ```ts
 * const items = ledger.entries.flatMap((e) => itemsOf('macs', RULES[e.op]?.(e) ?? {}, [e], e.call.path));
 * return resultOf(tool, { macs: 'mac' }, items, { params: allParameters(ledger) });
 * ```
 * An operator with products that no item stands for is not seen by the tool: `reconcile` finds and names it by itself.
 * A second item for the same operator's products counts in full: `shared-again` and the like say so openly.
 */
export interface ConventionResult {
  readonly id: string;
  /** Version of the tool that the numbers are those of. */
  readonly version: string;
  readonly title: string;
  /** Under the tool's own names; empty if the tool itself fails on this model, and a note says why. */
  readonly counts: Readonly<Record<string, Count>>;
  readonly units: Readonly<Record<string, Unit>>;
  /** What the counts of unit `mac` or `flop` are made of. */
  readonly items: readonly Item[];
  /** The parameters that the tool reports: not always all of them. */
  readonly params: Count;
  readonly notes: readonly Note[];
  /** Why the tool itself fails on this model, one of the notes; absent where it does not. */
  readonly failure?: Note;
  /** The tool's counts by module path, if it gives them. */
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
  readonly description: string;
  /** Whether the tool takes rules of the user's own by module class. */
  readonly takesCustomOps?: true;
  run(ledger: Ledger, options?: ConventionOptions): ConventionResult;
}

/** A line that a tool prints of a model by itself, to the letter. */
export interface PrintedLine {
  /** Who prints it: `YOLOv5`. */
  readonly by: string;
  readonly version: string;
  readonly line: string;
  /** The numbers after the line, by name; null if the tool has no such number for this model. */
  readonly values: Readonly<Record<string, number | null>>;
  /** A sentence on each number in the line. */
  readonly words: readonly string[];
}
