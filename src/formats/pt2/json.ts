import { ModelError } from '../../source/errors.js';

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
    const special = typeof this.value === 'string' ? SPECIAL[this.value] : undefined;
    if (special === undefined) throw this.wrong('a number');
    return special;
  }

  integer(): number {
    if (typeof this.value !== 'number' || !Number.isInteger(this.value)) throw this.wrong('an integer');
    return this.value;
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.wrong('true or false');
    return this.value;
  }
}

const SPECIAL: Readonly<Record<string, number>> = {
  Infinity: Infinity,
  '-Infinity': -Infinity,
  inf: Infinity,
  '-inf': -Infinity,
  NaN: Number.NaN,
  nan: Number.NaN,
};

/** Parses a document of the archive. Throws ModelError `malformed` where it is no JSON. */
export function parseJson(bytes: Uint8Array, entry: string): Json {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw broken(entry);
  }
  try {
    return new Json(JSON.parse(text));
  } catch {
    try {
      // Python also writes its infinities and its not-a-number bare.
      return new Json(JSON.parse(text.replace(/([:[,]\s*)(-?Infinity|NaN)(?=\s*[,\]}])/g, '$1"$2"')));
    } catch {
      throw broken(entry);
    }
  }
}

function broken(entry: string): ModelError {
  return new ModelError('malformed', `${entry} is no JSON`, {
    format: FORMAT,
    at: { field: entry },
    hint: 'The file is damaged: export it again.',
  });
}
