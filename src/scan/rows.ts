/**
 * The room scan/: rows of tables about many models. Comes in: a report, or why there is none. Goes out: one row a model and
 * one a layer type, of numbers and texts alone. Add here: a column, in the list and in the row.
 */
import { parse, substitute, toBigInt } from '../dim/index.js';
import { type Report, type ReportCount, uncountedNodes } from '../report/index.js';

export type Value = string | number | bigint | null;
export type Row = Readonly<Record<string, Value>>;
export type ColumnType = 'STRING' | 'INT64' | 'DOUBLE';

/** `id` names a model and its content, in both tables. Counts with free dimensions are taken at `sizes`, beside their formula. */
export const MODEL_COLUMNS: Readonly<Record<string, ColumnType>> = {
  id: 'STRING',
  model: 'STRING',
  /** `whole`, `partial` (operators without a formula), `weights` (no graph), `not-a-model`, `error`. */
  status: 'STRING',
  error_code: 'STRING',
  error: 'STRING',
  format: 'STRING',
  producer: 'STRING',
  bytes: 'INT64',
  bytes_read: 'INT64',
  inputs: 'STRING',
  sizes: 'STRING',
  params: 'INT64',
  weight_bytes: 'INT64',
  macs: 'INT64',
  macs_formula: 'STRING',
  flops: 'INT64',
  flops_formula: 'STRING',
  peak_activation_bytes: 'INT64',
  operators: 'INT64',
  uncounted: 'INT64',
  uncounted_types: 'STRING',
  milliseconds: 'DOUBLE',
  opcount: 'STRING',
};

export const LAYER_COLUMNS: Readonly<Record<string, ColumnType>> = {
  id: 'STRING',
  model: 'STRING',
  type: 'STRING',
  /** The operator that stands for it in every format: `conv`, `matmul`; empty for a module of several. */
  operator: 'STRING',
  layers: 'INT64',
  calls: 'INT64',
  params: 'INT64',
  macs: 'INT64',
  flops: 'INT64',
};

export interface Rows {
  readonly model: Row;
  readonly layers: readonly Row[];
}

/** The id that all rows of a model have. */
export interface Job {
  readonly id: string;
  readonly model: string;
}

const EMPTY: Row = Object.fromEntries(Object.keys(MODEL_COLUMNS).map((name) => [name, null]));
const MOST = 2n ** 63n - 1n;

/** The rows of a report. `milliseconds` is what reading and counting took. */
export function rowsOf(job: Job, report: Report, milliseconds: number): Rows {
  const sizes = sizesOf(report);
  const at = (count: ReportCount | null): bigint | null => valueAt(count, sizes);
  const formula = (count: ReportCount | null): string | null =>
    typeof count === 'string' || (typeof count === 'bigint' && count > MOST) ? String(count) : null;
  const { totals, coverage } = report;
  const uncounted = uncountedNodes(coverage);
  const model: Row = {
    ...EMPTY,
    ...job,
    status: totals.macs === null ? 'weights' : uncounted === 0 ? 'whole' : 'partial',
    format: report.model.format,
    producer: report.model.producer,
    bytes: whole(report.model.bytes),
    bytes_read: whole(report.model.bytesRead),
    inputs: report.inputs.map((i) => `${i.name} ${i.shape === null ? '?' : i.shape.join('x')} ${i.dtype}`).join(', '),
    sizes: [...sizes].map(([name, size]) => `${name}=${size}`).join(',') || null,
    params: at(totals.params),
    weight_bytes: at(totals.weightBytes),
    macs: at(totals.macs),
    macs_formula: formula(totals.macs),
    flops: at(totals.flops),
    flops_formula: formula(totals.flops),
    peak_activation_bytes: at(totals.peakActivationBytes),
    operators: BigInt(coverage.nodes),
    uncounted: BigInt(uncounted),
    uncounted_types: coverage.unknown.map((u) => u.op).join(',') || null,
    milliseconds: Math.round(milliseconds * 10) / 10,
    opcount: report.opcount,
  };
  return { model, layers: layersOf(job, report, at) };
}

/** The row of a model that gave no report. */
export function errorRow(
  job: Job,
  error: { readonly code: string; readonly message: string },
  milliseconds: number,
  opcount: string,
): Rows {
  const status = error.code === 'wrong-format' ? 'not-a-model' : 'error';
  const said = { error_code: error.code, error: error.message.slice(0, 500) };
  return {
    model: { ...EMPTY, ...job, status, ...said, milliseconds: Math.round(milliseconds * 10) / 10, opcount },
    layers: [],
  };
}

function layersOf(job: Job, report: Report, at: (count: ReportCount) => bigint | null): Row[] {
  const types = new Map<string, { layers: bigint; calls: bigint; params: bigint; macs: bigint; flops: bigint }>();
  for (const row of report.layers) {
    const key = `${row.type}\n${row.op}`;
    const sum = types.get(key) ?? { layers: 0n, calls: 0n, params: 0n, macs: 0n, flops: 0n };
    types.set(key, {
      layers: sum.layers + 1n,
      calls: sum.calls + BigInt(row.calls),
      params: sum.params + (at(row.params) ?? 0n),
      macs: sum.macs + (at(row.macs) ?? 0n),
      flops: sum.flops + (at(row.flops) ?? 0n),
    });
  }
  return [...types].map(([key, sums]) => {
    const [type = '', operator = ''] = key.split('\n');
    return { ...job, type, operator, ...sums };
  });
}

const whole = (n: number | null): bigint | null => (n === null ? null : BigInt(n));

/** The sizes at which the report shows what is free. */
function sizesOf(report: Report): ReadonlyMap<string, number> {
  return new Map(Object.entries(report.shown ?? {}).map(([name, { size }]) => [name, size]));
}

/** A count as a number; null if the sizes leave it open, or where 64 bits do not hold it: its formula has it. */
function valueAt(count: ReportCount | null, sizes: ReadonlyMap<string, number>): bigint | null {
  if (count === null) return null;
  if (typeof count === 'bigint') return count > MOST ? null : count;
  try {
    const value = toBigInt(substitute(parse(count), sizes));
    return value > MOST ? null : value;
  } catch {
    return null;
  }
}
