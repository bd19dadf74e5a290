import { ModelError } from '../../source/errors.js';
import { checkJson, parseExact } from '../../wire/json.js';

export const FORMAT = 'pt2';

/** A value of a JSON document with the way to it: what is asked of it is checked, and errors say where. */
export class Json {
  readonly value: unknown;
  readonly #parent: Json | null;
  readonly #key: string | number;

  constructor(value: unknown, parent: Json | null = null, key: string | number = '') {
    this.value = value;
    this.#parent = parent;
    this.#key = key;
  }

  /** `graph_module.graph.nodes[3].target`. */
  get path(): string {
    const before = this.#parent?.path ?? '';
    return typeof this.#key === 'number'
      ? `${before}[${this.#key}]`
      : before === ''
        ? this.#key
        : `${before}.${this.#key}`;
  }

  wrong(expected: string): ModelError {
    return new ModelError('malformed', `${this.path || 'the program'} should be ${expected}`, {
      format: FORMAT,
      at: { field: this.path },
      hint: 'The file is damaged or of a newer format: export it again.',
    });
  }

  get missing(): boolean {
    return this.value === undefined || this.value === null;
  }

  #object(): Record<string, unknown> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.wrong('an object');
    return value as Record<string, unknown>;
  }

  /** A field, which may be missing. */
  get(key: string): Json {
    const object = this.#object();
    return new Json(Object.hasOwn(object, key) ? object[key] : undefined, this, key);
  }

  /** The only field of a tagged union, and its tag. */
  tagged(): { readonly tag: string; readonly body: Json } {
    const object = this.#object();
    for (const tag in object) if (object[tag] !== undefined) return { tag, body: new Json(object[tag], this, tag) };
    throw this.wrong('an object with one field');
  }

  entries(): [string, Json][] {
    return Object.entries(this.#object()).map(([key, value]) => [key, new Json(value, this, key)]);
  }

  items(): Json[] {
    if (!Array.isArray(this.value)) throw this.wrong('a list');
    return this.value.map((item: unknown, i) => new Json(item, this, i));
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.wrong('a text');
    return this.value;
  }

  number(): number {
    if (typeof this.value === 'number') return this.value;
    // Python's floats that JSON has no word for are written as texts.
    const special = typeof this.value === 'string' ? SPECIAL.get(this.value) : undefined;
    if (special !== undefined) return special;
    if (isLong(this.value)) return Number(this.value);
    throw this.wrong('a number');
  }

  /** Exact at any size: a bigint where a number is not. */
  integer(): number | bigint {
    if (isLong(this.value)) {
      const exact = BigInt(this.value);
      return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
    }
    if (!Number.isSafeInteger(this.value)) throw this.wrong('an integer');
    return this.value as number;
  }

  /** An integer that is a position or a code. */
  index(): number {
    const value = this.integer();
    if (typeof value === 'bigint') throw this.wrong('an integer below 2^53');
    return value;
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.wrong('true or false');
    return this.value;
  }
}

const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['inf', Infinity],
  ['-inf', -Infinity],
  ['NaN', Number.NaN],
  ['nan', Number.NaN],
]);

/** An integer that JSON.parse would have rounded: see `parseExact`. */
function isLong(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d{16,}$/.test(value);
}

/** Python's infinities and its not-a-number, which it also writes bare. */
const BARE = /([:[,]\s{0,8})(-?Infinity|NaN)(?=\s{0,8}[,\]}])/g;

/**
 * Parses a document of the archive, of which the file holds `stored` bytes. Throws ModelError: `malformed` where it is not
 * JSON, `limit` where it is nested or unfolds without bound.
 */
export function parseJson(bytes: Uint8Array, entry: string, stored: number = bytes.length): Json {
  checkJson(bytes, { name: entry, format: FORMAT, stored });
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return new Json(parseExact(/Infinity|NaN/.test(text) ? text.replace(BARE, '$1"$2"') : text));
  } catch {
    throw new ModelError('malformed', `${entry} is not JSON`, {
      format: FORMAT,
      at: { field: entry },
      hint: 'The file is damaged: export it again.',
    });
  }
}
