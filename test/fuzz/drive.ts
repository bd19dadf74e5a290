import { type Ledger, memorySource, profile, read, reconcile, report as render, toJson } from '../../src/index.js';
import type { Report } from '../../src/report/index.js';
import { compareReports, compareText, PLAIN } from '../../src/report/index.js';
import { isModelError, isSourceError } from '../../src/source/index.js';
import { freeSymbols } from '../../src/transforms/index.js';
import type { Asks } from './case.js';

/** What became of a case. `detail` and `where` describe a failure. */
export interface Outcome {
  readonly kind:
    | 'ok'
    | `ModelError ${string}`
    | 'SourceError'
    | 'exception' // anything else that was thrown
    | 'no hint' // an error that does not say what to do
    | 'silent zero' // no MACs where operators that have them stand
    | 'wrong number' // a count that is negative, broken, or not JSON
    | 'hang'
    | 'memory'
    | 'crash'
    | 'not made'; // the fuzzer itself took too long over it
  readonly detail?: string;
  /** The first line of the stack within the sources. */
  readonly where?: string;
}

/** Outcomes that say nothing against opcount. */
export function isFine({ kind }: Outcome): boolean {
  return kind === 'ok' || kind === 'not made' || kind.startsWith('ModelError') || kind === 'SourceError';
}

/** What a user would ask of a file in one go; a case asks several of these. */
export type Ask = 'read' | 'profile' | 'render' | 'bind' | 'reconcile' | 'compare';

/** Reads a file and makes of it what `asks` says; `begins` is told of each ask as it begins. Never throws. */
export async function drive(
  name: string,
  bytes: Uint8Array,
  asks: Asks,
  begins: (ask: Ask) => void = () => {},
): Promise<Outcome> {
  try {
    begins('read');
    const ledger = await read(memorySource(bytes, { name }), asks.inputs === undefined ? {} : { inputs: asks.inputs });
    begins('profile');
    const first = await profile(ledger, { by: asks.by, ...(asks.conventions ? { conventions: CONVENTIONS } : {}) });
    const bad = problemOf(first, ledger);
    if (bad !== null) return bad;
    begins('render');
    render(first, asks.render);
    const free = asks.bind ? freeSymbols(ledger) : [];
    if (free.length > 0) {
      begins('bind');
      const bind = Object.fromEntries(free.map((symbol) => [symbol, 2]));
      // A model may well refuse a size; that is an answer.
      const bound = await profile(ledger, { bind });
      const worse = problemOf(bound, ledger);
      if (worse !== null) return worse;
    }
    if (asks.reconcile && ledger.entries.length > 0) {
      begins('reconcile');
      await reconcile(ledger);
    }
    if (asks.compare) {
      begins('compare');
      compareText(first, first, 3, 'auto', PLAIN);
      toJson(compareReports(first, first, 3));
    }
    return { kind: 'ok' };
  } catch (error) {
    return failure(error);
  }
}

const CONVENTIONS = ['thop', 'torchstat', 'ptflops', 'fvcore', 'torchinfo', 'deepspeed', 'torch-flop-counter'];

function failure(error: unknown): Outcome {
  // What the library wraps at its edge is a fault all the same: the place is where it came from.
  if (isModelError(error) && error.code === 'internal')
    return { kind: 'exception', detail: error.message, ...(error.cause instanceof Error ? where(error.cause) : {}) };
  if (isModelError(error)) {
    if (error.message.trim() === '' || error.hint.trim() === '')
      return { kind: 'no hint', detail: `${error.code}: ${error.message}`, ...where(error) };
    return { kind: `ModelError ${error.code}` };
  }
  if (isSourceError(error))
    return error.hint.trim() === ''
      ? { kind: 'no hint', detail: error.message, ...where(error) }
      : { kind: 'SourceError' };
  return { kind: 'exception', detail: String(error), ...(error instanceof Error ? where(error) : {}) };
}

/** Function and file, without lines: the same fault is the same place when the code moves. */
function where(error: Error): { where?: string } {
  const lines = (error.stack ?? '').split('\n').filter((l) => /^\s+at /.test(l) && !/node:internal/.test(l));
  const names = lines
    .map((l) =>
      l
        .trim()
        .replace(/^at (async )?/, '')
        .replace(/ \(.*$/, ''),
    )
    .filter((name) => !name.startsWith('file:'))
    .slice(0, 2);
  return names.length === 0 ? {} : { where: names.join(' < ') };
}

/** What cannot be right about a report, whatever the file. */
function problemOf(report: Report, ledger: Ledger): Outcome | null {
  const json = toJson(report);
  try {
    JSON.parse(json);
  } catch (error) {
    return { kind: 'wrong number', detail: `JSON: ${String(error)}` };
  }
  for (const [name, value] of counts(report))
    if (typeof value === 'bigint' ? value < 0n : typeof value === 'number' && !(value >= 0))
      return { kind: 'wrong number', detail: `${name} is ${value}` };
  if (report.totals.macs === 0n && report.coverage.unknown.length === 0) {
    const idle = ledger.entries.find(isSilent);
    if (idle !== undefined) return { kind: 'silent zero', detail: `${idle.type} of ${shapes(idle)}`, where: idle.op };
  }
  return null;
}

function* counts(report: Report): Iterable<readonly [string, unknown]> {
  for (const [key, value] of Object.entries(report.totals))
    if (typeof value !== 'object') yield [`totals.${key}`, value];
  for (const [key, value] of Object.entries(report.totals.primitives)) yield [`totals.primitives.${key}`, value];
  for (const [id, { counts }] of Object.entries(report.conventions))
    for (const [key, value] of Object.entries(counts)) yield [`${id}.${key}`, value];
  for (const { path, params, macs, flops, readBytes, writeBytes } of report.layers)
    for (const [key, value] of Object.entries({ params, macs, flops, readBytes, writeBytes }))
      yield [`${path}.${key}`, value];
}

type Entry = Ledger['entries'][number];
const CONTRACTIONS = new Set(['conv', 'conv_transpose', 'linear', 'matmul', 'attention', 'lstm', 'gru', 'rnn']);

/**
 * An operator whose arithmetic is a contraction, that is said to be known, of tensors none of which is empty, and yet has
 * no products: that is the silent zero. Where a tensor is empty, or its extents are not known, 0 is what there is.
 */
function isSilent(entry: Entry): boolean {
  if (!CONTRACTIONS.has(entry.op) || entry.result.kind !== 'known') return false;
  const types = [...entry.inputs.flatMap((v) => (v === null ? [] : [v.type])), ...entry.outputs.map((v) => v.type)];
  const full = types.every((t) => t?.shape.every((d) => typeof d !== 'object' && Number(d) > 0) ?? false);
  return full && !entry.result.work.some((w) => (w.kind === 'contraction' ? w.products !== 0 : w.kind === 'loop'));
}

function shapes(entry: Entry): string {
  return entry.inputs.map((v) => v?.type?.shape.map(String).join('×') ?? '?').join(', ');
}
