import { grouped, type Report, type ReportCount, uncountedNodes } from '../report/index.js';
import { ModelError } from '../source/errors.js';
import { type BaselineEntry, entryOf } from './baseline.js';
import { MEASURES, type Measure, type MeasureId } from './measures.js';

/** One thing that was looked at. Counts are exact integers, or formulas where dimensions are free. */
export interface Verdict {
  /** A measure, or what else was looked at: `coverage`, `baseline`. */
  readonly what: string;
  readonly passed: boolean;
  readonly value: ReportCount | null;
  /** The budget; null if only the baseline limits. */
  readonly limit: bigint | null;
  readonly baseline: ReportCount | null;
  /** Value minus baseline; null if one of them is a formula or missing. */
  readonly delta: bigint | null;
  /** Growth over the baseline that is let pass, in percent; null if there is no baseline. */
  readonly tolerance: number | null;
  /** The same as a sentence. */
  readonly text: string;
}

/** A model with all that was looked at. */
export interface Checked {
  readonly name: string;
  /** The path or name that was given, so that a code host can show the place. */
  readonly model: string;
  readonly passed: boolean;
  readonly checks: readonly Verdict[];
  /** Why the model could not be read at all. */
  readonly error?: { readonly message: string; readonly hint: string | null };
}

/** Several models, as `opcount check --format json` prints them. */
export interface CheckedModels {
  readonly schema: 1;
  /** Whether every model keeps to its budgets. */
  readonly passed: boolean;
  readonly models: readonly Checked[];
}

export interface Limits {
  readonly budgets: Readonly<Partial<Record<MeasureId, bigint>>>;
  /** What is remembered of this model; null if a baseline is kept and does not have it; undefined if none is. */
  readonly baseline?: BaselineEntry | null;
  /** In percent. */
  readonly tolerance: number;
}

const NOTHING = { value: null, limit: null, baseline: null, delta: null, tolerance: null } as const;

/**
 * Holds a report against its budgets and its baseline. What is not counted fails, for a budget on half a model is worthless.
 * Throws ModelError `argument` if a budget meets a formula: a number is needed to say whether it is kept.
 */
export function checkReport(report: Report, limits: Limits): Verdict[] {
  const { baseline, tolerance } = limits;
  const same = baseline === undefined ? [] : comparable(report, baseline);
  const before = same.length === 0 ? (baseline ?? null) : null;
  const verdicts = MEASURES.flatMap((measure) => {
    const limit = limits.budgets[measure.id] ?? null;
    const old = before?.counts[measure.id] ?? null;
    if (limit === null && old === null) return [];
    return [verdict(measure, report, limit, old, tolerance)];
  });
  const hasGraph = report.totals.macs !== null;
  return [...verdicts, ...same, ...(hasGraph ? [coverage(report)] : [])];
}

function verdict(
  measure: Measure,
  report: Report,
  limit: bigint | null,
  baseline: ReportCount | null,
  tolerance: number,
): Verdict {
  const { id, title, show } = measure;
  const value = measure.of(report);
  const about = { what: id, value, limit, baseline, tolerance: baseline === null ? null : tolerance };
  if (value === null) {
    const most = limit === null ? '' : `, at most ${show(limit)}`;
    return { ...about, passed: false, delta: null, text: `${title} unknown${most}: ${measure.missing}` };
  }
  if (typeof value === 'string') {
    if (limit !== null)
      throw new ModelError('argument', `${title} is ${value}: a budget needs a number`, {
        hint: 'bind the free dimensions: --bind batch=1',
      });
    const passed = value === baseline;
    return { ...about, passed, delta: null, text: `${title} ${value}, in the baseline ${baseline}` };
  }
  const parts: string[] = [];
  let passed = true;
  if (limit !== null) {
    const kept = value <= limit;
    passed = kept;
    const by = kept ? `${percentOf(value, limit)} of the budget` : `${show(value - limit)} over the budget`;
    parts.push(`at most ${show(limit)}: ${by}`);
  }
  let delta: bigint | null = null;
  if (typeof baseline === 'bigint') {
    delta = value - baseline;
    const allowed = baseline + (baseline * BigInt(Math.round(tolerance * 1000))) / 100_000n;
    passed &&= value <= allowed;
    parts.push(deltaText(delta, show, value > allowed ? tolerance : null));
  } else if (baseline !== null) {
    passed = false;
    parts.push(`in the baseline ${baseline}`);
  }
  return { ...about, passed, delta, text: `${title} ${show(value)} (${grouped(value)}), ${parts.join('; ')}` };
}

function deltaText(delta: bigint, show: Measure['show'], beyond: number | null): string {
  if (delta === 0n) return 'as in the baseline';
  const by = `${delta > 0n ? `+${show(delta)}` : `−${show(-delta)}`} against the baseline`;
  return beyond === null || beyond === 0 ? by : `${by}, more than the ${beyond} % let pass`;
}

/** A baseline of other sizes says nothing of this run, and one without this model neither. */
function comparable(report: Report, baseline: BaselineEntry | null): Verdict[] {
  const fail = (text: string): Verdict[] => [{ ...NOTHING, what: 'baseline', passed: false, text }];
  if (baseline === null) return fail('the baseline does not have this model: --update adds it');
  if (baseline.inputs === null) return [];
  const now = entryOf(report).inputs ?? {};
  const text = (inputs: Readonly<Record<string, string>>): string =>
    Object.entries(inputs)
      .map(([name, shape]) => `${name} ${shape}`)
      .sort()
      .join(', ');
  if (text(now) === text(baseline.inputs)) return [];
  return fail(
    `the baseline is of ${text(baseline.inputs) || 'no inputs'}, this is ${text(now) || 'no inputs'}: run it at the same sizes, or take these with --update`,
  );
}

function percentOf(part: bigint, whole: bigint): string {
  return whole === 0n ? '0 %' : `${(Number((1000n * part) / whole) / 10).toFixed(1)} %`;
}

/** Whether the numbers are the whole model's: no operator without a formula, and no part that the file or its packages lack. */
function coverage({ coverage: c, notes }: Report): Verdict {
  const unknown = uncountedNodes(c);
  const absent = notes.filter(({ code }) => code === 'absent-part');
  const passed = unknown === 0 && absent.length === 0;
  const which = c.unknown.map((u) => `${u.nodes} × ${u.op}`).join(', ');
  const text = passed
    ? `all ${grouped(c.nodes)} operators counted`
    : [
        ...(unknown === 0 ? [] : [`${grouped(unknown)} of ${grouped(c.nodes)} operators not counted: ${which}`]),
        ...absent.map(({ message }) => `a part is absent: ${message}`),
      ].join('; ');
  return { ...NOTHING, what: 'coverage', passed, text };
}
