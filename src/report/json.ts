import { ModelError } from '../source/errors.js';
import { escapeHidden } from '../wire/hidden.js';

/**
 * JSON with integers of any size as plain numbers, which Python and jq read exactly; indented by two. Texts are whole and
 * true; what steers a terminal or is not seen is written as an escape, halves of surrogate pairs too. Throws ModelError
 * `limit` where it is longer than a text can be: `jsonChunks` gives it piece by piece.
 */
export function toJson(value: unknown): string {
  return whole(jsonChunks(value));
}

/** Pieces as one text. Throws ModelError `limit` if they are longer than a text can be. */
export function whole(pieces: Iterable<string>): string {
  let text = '';
  for (const piece of pieces)
    try {
      text += piece;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ModelError('limit', `as JSON this is longer than a text can be: over ${text.length} characters`, {
        hint: 'write it piece by piece (jsonChunks, or opcount --format json), or leave the rows out',
        cause: error,
      });
    }
  return text;
}

/** The same text in pieces, each of a size that is written at once: reports of large models are longer than a text can be. */
export function* jsonChunks(value: unknown): Generator<string, void, undefined> {
  const open: Open[] = [];
  let text = begun(reportIn(value), '', open);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const { keys, values, outer, inner } = top;
    const i = top.next++;
    if (i === values.length) {
      open.pop();
      text += keys === null ? `\n${outer}]` : `\n${outer}}`;
    } else {
      text += i === 0 ? `\n${inner}` : `,\n${inner}`;
      if (keys !== null) text += `${quoted(keys[i] as string)}: `;
      text += begun(values[i], inner, open);
    }
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  yield `${text}\n`;
}
const CHUNK = 1 << 16;

/** A list or an object of which `next` values are written. */
interface Open {
  readonly keys: readonly string[] | null;
  readonly values: readonly unknown[];
  readonly outer: string;
  readonly inner: string;
  next: number;
}

/** A profile's report, without the counts of one convention that a profile has in front. */
export function reportIn(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('schema' in value && 'totals' in value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !['macs', 'flops', 'params'].includes(key)));
}

/** The same for JSON.stringify, which takes no bigint: numbers as they are, where a number cannot be exact its digits. */
export function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : digitsOf(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(jsonValue);
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, jsonValue(own)]));
}

/** All digits as a JSON number where the engine can write one so, as text elsewhere. */
function digitsOf(value: bigint): unknown {
  const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
  return rawJSON === undefined ? String(value) : rawJSON(String(value));
}

/** A value that is on a line, whole; of any other how it begins, and what is still to be written goes to `open`. */
function begun(value: unknown, outer: string, open: Open[]): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const inner = `${outer}  `;
  if (Array.isArray(value)) {
    // Shapes and other lists of plain values stay on a line.
    if (value.every((v) => typeof v !== 'object' || v === null))
      return `[${value.map((v) => begun(v, inner, open)).join(', ')}]`;
    open.push({ keys: null, values: value, outer, inner, next: 0 });
    return '[';
  }
  const own = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(own).filter((key) => own[key] !== undefined);
  if (keys.length === 0) return '{}';
  open.push({ keys, values: keys.map((key) => own[key]), outer, inner, next: 0 });
  return '{';
}

/** Text in which nothing has to be escaped. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`;
  return escapeHidden(JSON.stringify(value));
}
