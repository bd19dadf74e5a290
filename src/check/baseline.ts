import type { Report, ReportCount } from '../report/index.js';
import { toJson } from '../report/index.js';
import { VERSION } from '../report/version.js';
import { byName, isRecord } from '../source/by-name.js';
import { ModelError } from '../source/errors.js';
import { parseExact } from '../wire/json.js';
import { MEASURES, type MeasureId } from './measures.js';

/** The cost of a model when it was last accepted. */
export interface BaselineEntry {
  /** `1x3x224x224 float32` by the input's name: other sizes cannot be compared. Null if the file does not say. */
  readonly inputs: Readonly<Record<string, string>> | null;
  readonly counts: Readonly<Partial<Record<MeasureId, ReportCount>>>;
}

/** The file that `--update` writes: small, sorted, made to be committed. */
export interface Baseline {
  /** By the name under which a model is checked. */
  readonly models: Readonly<Record<string, BaselineEntry>>;
  /** It was the report of one model, whose name may be that of a file elsewhere. */
  readonly ofReport?: boolean;
}

/** The figures of a report that a baseline remembers. */
export function entryOf(report: Report): BaselineEntry {
  const counts: Partial<Record<MeasureId, ReportCount>> = {};
  for (const { id, of } of MEASURES) {
    const count = of(report);
    if (count !== null) counts[id] = count;
  }
  return { inputs: inputsOf(report.inputs), counts };
}

function inputsOf(inputs: Report['inputs']): Record<string, string> {
  return byName(
    Object.fromEntries(inputs.map((i) => [i.name, `${i.shape === null ? '?' : i.shape.join('x')} ${i.dtype}`])),
  );
}

/** The text of a baseline file: models by name, so that two branches that add one each merge. */
export function baselineText(baseline: Baseline): string {
  const names = Object.keys(baseline.models).sort();
  const models = Object.fromEntries(names.map((name) => [name, written(baseline.models[name] as BaselineEntry)]));
  return toJson({ schema: 1, opcount: VERSION, models });
}

function written({ inputs, counts }: BaselineEntry): Record<string, unknown> {
  return { ...(inputs === null ? {} : { inputs }), ...counts };
}

/**
 * A baseline from its text; a report of `--format json` is one of a single model, under the name that the report has.
 * Throws ModelError `argument`.
 */
export function baselineFrom(text: string, file: string): Baseline {
  const data = parsed(text, file);
  if (isRecord(data['models']))
    return {
      models: byName(
        Object.fromEntries(Object.entries(data['models']).map(([name, e]) => [name, entryFrom(e, name, file)])),
      ),
    };
  const { totals, model, inputs } = data;
  if (!isRecord(totals))
    throw new ModelError('argument', `the baseline ${file} has neither models nor the totals of a report`, {
      hint: `write it again: opcount check <model> --baseline ${file} --update`,
    });
  const name = isRecord(model) && typeof model['name'] === 'string' ? model['name'] : '';
  const counts = { ...totals, weights: totals['weightBytes'], peak: totals['peakActivationBytes'] };
  const entry = entryFrom({ ...counts, inputs: inputsFrom(inputs) }, name, file);
  return { models: byName({ [name]: entry }), ofReport: true };
}

function entryFrom(value: unknown, name: string, file: string): BaselineEntry {
  if (!isRecord(value)) throw broken(file, `"${name}" is not an object`);
  const counts: Partial<Record<MeasureId, ReportCount>> = {};
  for (const { id } of MEASURES) {
    const count = value[id];
    if (count === undefined || count === null) continue;
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) counts[id] = BigInt(count);
    else if (typeof count === 'string') counts[id] = /^\d+$/.test(count) ? BigInt(count) : count;
    else throw broken(file, `"${id}" of "${name}" is neither a count nor a formula`);
  }
  const inputs = value['inputs'];
  if (inputs === undefined || inputs === null) return { inputs: null, counts };
  if (!isRecord(inputs) || Object.values(inputs).some((v) => typeof v !== 'string'))
    throw broken(file, `"inputs" of "${name}" does not give a shape for each input`);
  return { inputs: byName({ ...(inputs as Record<string, string>) }), counts };
}

/** The inputs of a report as a baseline has them; null if they cannot be told. */
function inputsFrom(inputs: unknown): Record<string, string> | null {
  if (!Array.isArray(inputs)) return null;
  const pairs = inputs.map((i: unknown): [string, string] | null => {
    if (!isRecord(i) || typeof i['name'] !== 'string') return null;
    return [i['name'], `${Array.isArray(i['shape']) ? i['shape'].join('x') : '?'} ${String(i['dtype'])}`];
  });
  return pairs.includes(null) ? null : Object.fromEntries(pairs as [string, string][]);
}

function parsed(text: string, file: string): Record<string, unknown> {
  let data: unknown;
  try {
    data = parseExact(text); // counts beyond 2^53 must not be rounded
  } catch (error) {
    throw new ModelError('argument', `the baseline ${file} is not JSON: ${(error as Error).message}`, {
      hint: `write it again: opcount check <model> --baseline ${file} --update`,
      cause: error,
    });
  }
  if (!isRecord(data)) throw broken(file, 'it is not an object');
  return data;
}

const broken = (file: string, why: string): ModelError =>
  new ModelError('argument', `the baseline ${file}: ${why}`, {
    hint: `write it again: opcount check <model> --baseline ${file} --update`,
  });
