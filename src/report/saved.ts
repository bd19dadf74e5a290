import { byName } from '../source/by-name.js';
import { ModelError } from '../source/errors.js';
import { parseExact } from '../wire/json.js';
import type { Report } from './types.js';

/** Fields of a report that are exact counts: numbers in JSON, bigint in memory. */
const COUNTS: ReadonlySet<string> = new Set([
  ...['params', 'trainableParams', 'bufferElements', 'weightBytes', 'macs', 'macsUnpadded', 'flops', 'activationBytes'],
  ...['peakActivationBytes', 'readBytes', 'writeBytes', 'buffers'],
]);
/** Objects of which every value is a count. */
const TABLES: ReadonlySet<string> = new Set(['macsByOperands', 'primitives']);

/** Whether a text may be a report that `--format json` wrote, by its beginning. */
export function looksSaved(head: string): boolean {
  return /^\s*\{\s*"schema":\s*1,\s*"opcount":/.test(head);
}

/** A report from the text that `--format json` wrote. Throws ModelError `malformed` for any other text. */
export function savedReport(text: string, file: string): Report {
  let data: unknown;
  try {
    data = parseExact(text); // counts beyond 2^53 must not be rounded
  } catch (cause) {
    throw broken(file, `it is not JSON: ${(cause as Error).message}`, cause);
  }
  const report = revived(data, false) as Report;
  const { model, totals, modules, coverage, inputs } = report ?? {};
  if (!model?.name || !totals || !modules || !Array.isArray(modules.children) || !coverage || !Array.isArray(inputs))
    throw broken(file, 'it has no model, totals or modules');
  return report;
}

function broken(file: string, why: string, cause?: unknown): ModelError {
  return new ModelError('malformed', `${file} is not a report: ${why}`, {
    hint: 'write one: opcount model.onnx --format json -o report.json',
    cause,
  });
}

/** The same value with its counts as bigint. Formulas stay text. */
function revived(value: unknown, counts: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => revived(item, false));
  if (typeof value !== 'object' || value === null) return counts ? countOf(value) : value;
  return byName(
    Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const table = TABLES.has(key);
        if (table && typeof inner === 'object' && inner !== null)
          return [key, Object.fromEntries(Object.entries(inner).map(([name, n]) => [name, countOf(n)]))];
        return [key, revived(inner, counts || COUNTS.has(key))];
      }),
    ),
  );
}

function countOf(value: unknown): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  return typeof value === 'string' && /^\d+$/.test(value) ? BigInt(value) : value;
}
