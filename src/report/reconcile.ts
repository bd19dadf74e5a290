import { type Convention, type ConventionOptions, reconcileWith, type TermId } from '../conventions/index.js';
import { type Dim, sub } from '../dim/index.js';
import type { Ledger, Note } from '../ledger/index.js';
import { isGraphless, totalsOf } from '../ledger/index.js';
import { isModelError, ModelError } from '../source/index.js';
import { symbolsOf } from './build.js';
import { TEXT, tensorOut } from './encode.js';
import type { ReportCount, ReportExtent, ReportTensor } from './types.js';
import { VERSION } from './version.js';

/** A step from exact MACs to a tool's number, signed, in the number's own unit. */
export interface ReconcileTerm {
  readonly term: TermId;
  /** For a reader of a paper: `batch norm`. */
  readonly words: string;
  readonly amount: ReportCount;
  /** The classes or operators that it is about, the most frequent first. */
  readonly on: Readonly<Record<string, number>>;
}

export interface ReconcileCount {
  /** As the tool calls it. */
  readonly name: string;
  /** The kind of number, whatever its name. */
  readonly unit: 'mac' | 'flop';
  readonly value: ReportCount;
  /** They sum to value − exact MACs. */
  readonly terms: readonly ReconcileTerm[];
}

export interface ReconcileTool {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  /** None if the tool fails. */
  readonly counts: readonly ReconcileCount[];
  readonly params: ReportCount;
  /** Parameters that the tool reports beyond (or short of) those that there are. */
  readonly paramsDifference: ReportCount;
  /** Why there is no number. */
  readonly fails: string | null;
  readonly notes: readonly Note[];
}

/** The number of every tool for a model, and how each number comes about: `opcount reconcile --format json`. */
export interface ReconcileReport {
  readonly schema: 1;
  readonly opcount: string;
  readonly model: { readonly name: string; readonly format: string };
  readonly inputs: readonly ReportTensor[];
  readonly symbols: Readonly<Record<string, ReportExtent | null>>;
  readonly exact: { readonly macs: ReportCount; readonly params: ReportCount };
  /** Operators without a formula: the numbers leave them out. */
  readonly uncounted: number;
  readonly tools: readonly ReconcileTool[];
}

/** Throws ModelError `argument` for a file without a graph: no tool has a number for weights alone. */
export function reconcileReport(
  ledger: Ledger,
  conventions: readonly Convention[],
  options: ConventionOptions & { readonly bound?: ReadonlyMap<string, Dim> } = {},
): ReconcileReport {
  if (isGraphless(ledger))
    throw new ModelError(
      'argument',
      `${ledger.name} holds weights alone: no tool counts anything of it but parameters`,
      {
        format: ledger.format,
        hint: 'give the model itself: an exported file, a built-in name or a module',
      },
    );
  const { macs, params } = totalsOf(ledger);
  return {
    schema: 1,
    opcount: VERSION,
    model: { name: ledger.name, format: ledger.format },
    inputs: ledger.inputs.map(({ name, value }) => tensorOut(name, value, TEXT)),
    symbols: symbolsOf(ledger, options.bound, TEXT),
    exact: { macs: TEXT.count(macs), params: TEXT.count(params) },
    uncounted: ledger.entries.filter((e) => e.result.kind === 'gap').length,
    tools: conventions.map((convention) => toolOf(ledger, convention, options, params)),
  };
}

function toolOf(ledger: Ledger, convention: Convention, options: ConventionOptions, params: Dim): ReconcileTool {
  const { id, title, version } = convention;
  try {
    const { result, counts, failure } = reconcileWith(ledger, convention, options);
    return {
      id,
      title,
      version,
      counts: counts.map(({ count, unit, value, differences }) => ({
        name: count,
        unit,
        value: TEXT.count(value),
        terms: differences.map(({ term, words, amount, on }) => ({
          term,
          words,
          amount: TEXT.count(amount),
          on: Object.fromEntries(on),
        })),
      })),
      params: TEXT.count(result.params),
      paramsDifference: TEXT.count(sub(result.params, params)),
      fails: failure?.message ?? null,
      notes: result.notes.filter((n) => n !== failure),
    };
  } catch (error) {
    // A rule that asks for a number where a dimension is symbolic; the other tools have theirs all the same.
    if (!isModelError(error)) throw error;
    const hint = error.hint === null ? '' : ` (${error.hint})`;
    return {
      id,
      title,
      version,
      counts: [],
      params: TEXT.count(params),
      paramsDifference: 0n,
      fails: `${error.message}${hint}`,
      notes: [],
    };
  }
}
