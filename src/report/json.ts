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
  let text = begun(reportIn(value), 0, open);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const { keys, items, at, depth } = top;
    const i = top.next++;
    if (i === items.length) {
      open.pop();
      text += line(depth) + (keys === null ? ']' : '}');
    } else {
      text += i === 0 ? line(depth + 1) : `,${line(depth + 1)}`;
      if (keys !== null) text += keyed(keys[i] as string);
      text += begun(at(items[i]), depth + 1, open);
    }
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  yield `${text}\n`;
}
const CHUNK = 1 << 16;

/** A list that makes its items when they are written and does not keep them: a report may have a million rows. */
export class LateList<S = unknown> {
  /** The source of the items, told when the list is reached. */
  readonly from: () => readonly S[];
  readonly item: (one: S) => unknown;

  constructor(from: () => readonly S[], item: (one: S) => unknown) {
    this.from = from;
    this.item = item;
  }
}

/** A list or an object of which `next` values are written: `at` of its items. */
interface Open {
  readonly keys: readonly string[] | null;
  readonly items: readonly unknown[];
  readonly at: (item: unknown) => unknown;
  readonly depth: number;
  next: number;
}

/** The beginning of a line; each is made once. */
function line(depth: number): string {
  LINES[depth] ??= `\n${'  '.repeat(depth)}`;
  return LINES[depth];
}
const LINES: string[] = [];

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

/** Objects within objects, and fields of one, that are written without a place in `Open`: a row, and what it stores. */
const SMALL_DEPTH = 2;
const SMALL_FIELDS = 32;

/** A small value whole; of any other how it begins, and what is still to be written goes to `open`. */
function begun(value: unknown, depth: number, open: Open[]): string {
  if (isSmall(value, SMALL_DEPTH)) return small(value, depth);
  if (value instanceof LateList) {
    const items = value.from();
    if (items.length === 0) return '[]';
    open.push({ keys: null, items, at: value.item, depth, next: 0 });
    return '[';
  }
  if (Array.isArray(value)) {
    open.push({ keys: null, items: value, at: itself, depth, next: 0 });
    return '[';
  }
  const own = value as Readonly<Record<string, unknown>>;
  const keys = keysOf(own);
  open.push({ keys, items: keys, at: (key) => own[key as string], depth, next: 0 });
  return '{';
}

function itself(item: unknown): unknown {
  return item;
}

function keysOf(own: Readonly<Record<string, unknown>>): readonly string[] {
  const keys = Object.keys(own);
  return keys.some((key) => own[key] === undefined) ? keys.filter((key) => own[key] !== undefined) : keys;
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

/** Plain values, lists of them, and objects of few such fields. */
function isSmall(value: unknown, levels: number): boolean {
  if (isPlain(value)) return true;
  if (Array.isArray(value)) return value.every(isPlain);
  if (levels === 0 || value instanceof LateList) return false;
  const own = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(own);
  return keys.length <= SMALL_FIELDS && keys.every((key) => isSmall(own[key], levels - 1));
}

function small(value: unknown, depth: number): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  // Shapes and other lists of plain values stay on a line.
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${value.map((v) => small(v, depth)).join(', ')}]`;
  const own = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key of keysOf(own))
    text += `${text === '' ? '{' : ','}${line(depth + 1)}${keyed(key)}${small(own[key], depth + 1)}`;
  return text === '' ? '{}' : `${text}${line(depth)}}`;
}

/** A key as it stands before its value. Fields have the same few in every row. */
function keyed(key: string): string {
  const known = KEYS.get(key);
  if (known !== undefined) return known;
  const text = `${quoted(key)}: `;
  if (KEYS.size < MAX_KEYS) KEYS.set(key, text);
  return text;
}
const KEYS = new Map<string, string>();
const MAX_KEYS = 256;

/** Text in which nothing has to be escaped. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`;
  return escapeHidden(JSON.stringify(value));
}
