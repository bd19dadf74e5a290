// What each command prints with `--format json`, one type for each file of schemas/. The schemas are made of these types, and
// the comments in them are their descriptions; a test holds real outputs against them.
import type { Checked, CheckedModels } from '../check/verdicts.js';
import type { ListedDevice } from '../machine/types.js';
import type { Comparison } from '../report/compare.js';
import type { WhoPrints } from '../report/find-tool.js';
import type { ReconcileReport } from '../report/reconcile.js';
import type { Several } from '../report/several.js';
import type { Report } from '../report/types.js';

/** What a model costs: `opcount <model>`, `opcount train`, and what `profile()` of the library returns. */
export type ReportJson = Report;

/** Several models, a row each: `opcount <model> <model> …`. */
export type SeveralJson = Several;

/** Two models and their differences: `opcount compare`. */
export type CompareJson = Comparison;

/** What every tool prints of a model, and why: `opcount reconcile <model>`. */
export type ReconcileJson = ReconcileReport;

/** Which tools print a number: `opcount reconcile <model> <number>`. */
export type WhoPrintsJson = WhoPrints;

/** Verdicts: of one model that is named alone, else of all: `opcount check`. */
export type CheckJson = Checked | CheckedModels;

/** What can be profiled by name alone: `opcount models`. */
export type ModelsJson = readonly {
  readonly name: string;
  /** As papers call it. */
  readonly title: string;
  /** A family of architectures; of language models the `model_type` of their configuration. */
  readonly family: string;
  /** Shapes that it is profiled at where none are given; none of a language model, whose sizes are free. */
  readonly inputs: readonly (readonly number[])[];
}[];

/** What `--device` knows, every figure with its sources: `opcount models --devices`. */
export type DevicesJson = readonly ListedDevice[];

/** The formula of an operator, or the rule of a tool: `opcount explain <name>`. */
export type ExplainJson =
  | {
      readonly op: string;
      readonly macs: string;
      readonly flops: string;
      readonly source: string;
      /** Work that the formula leaves out; null if there is none. */
      readonly leavesOut: string | null;
    }
  | {
      readonly id: string;
      readonly title: string;
      readonly version: string;
      readonly source: string;
      /** The tool's count in a sentence or two. */
      readonly words: string;
    };
