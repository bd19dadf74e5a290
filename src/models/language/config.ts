import { ModelError } from '../../source/errors.js';
import { type Defaults, defaultsOf } from './defaults.js';

/** No model has numbers beyond these: they keep a stranger's file from asking for endless work. */
const MAX_SIZE = 2 ** 40;
const MAX_LAYERS = 256;
/** Of decoders whose equal layers are built once. */
export const MAX_DECODER_LAYERS = 512;
/** Of an encoder, and of the decoder beside it: both are gone through. */
export const MAX_STACK_LAYERS = 96;
/** Members of a list: one for each layer, or for each head. */
const MAX_LIST = 4096;

/** A model's configuration: what the file says, and the reference's defaults for what it leaves out. */
export class Config {
  readonly type: string;
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #defaults: Defaults;

  constructor(type: string, given: Readonly<Record<string, unknown>>, defaults?: Defaults) {
    this.type = type;
    this.#given = given;
    this.#defaults = defaults ?? defaultsOf(type) ?? { values: {}, aliases: {} };
  }

  /** The same file read as another type, whose defaults then stand for what it leaves out. */
  as(type: string): Config {
    return new Config(type, this.#given);
  }

  /** The value of a field by any of its names. A null of the file is null; undefined is a field that nobody gives. */
  get(name: string): unknown {
    const names = this.#names(name);
    for (const from of [this.#given, this.#defaults.values])
      for (const n of names) if (Object.hasOwn(from, n)) return from[n];
    return undefined;
  }

  /** Whether the file itself has the field, and not as null. */
  says(name: string): boolean {
    return this.#names(name).some((n) => Object.hasOwn(this.#given, n) && this.#given[n] !== null);
  }

  #names(name: string): string[] {
    const { aliases } = this.#defaults;
    const own = aliases[name] ?? name;
    return [...new Set([name, own, ...Object.keys(aliases).filter((a) => aliases[a] === own)])];
  }

  /** A whole number from 0; `fallback` where the field is absent or null. Throws ModelError `malformed`. */
  int(name: string, fallback?: number): number {
    const value = this.get(name);
    if (value === undefined || value === null) {
      if (fallback !== undefined) return fallback;
      throw this.wrong(name, 'is missing, and its type has no default for it');
    }
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MAX_SIZE)
      throw this.wrong(name, `is ${JSON.stringify(value)?.slice(0, 60)}: a whole number from 0 was expected`);
    return value;
  }

  /** The same, and null if the field is absent or null. */
  maybe(name: string): number | null {
    const value = this.get(name);
    return value === undefined || value === null ? null : this.int(name);
  }

  /** A size: a whole number from 1. */
  size(name: string, fallback?: number): number {
    const value = this.int(name, fallback);
    if (value < 1) throw this.wrong(name, 'is 0: at least 1 was expected');
    return value;
  }

  /** How many layers: bounded, since each is built. */
  layers(name: string, fallback?: number, most = MAX_LAYERS): number {
    const value = this.int(name, fallback);
    if (value > most) throw this.wrong(name, `is ${value}: at most ${most} layers are read`);
    return value;
  }

  /** Any finite number. */
  number(name: string, fallback?: number): number {
    const value = this.get(name);
    if ((value === undefined || value === null) && fallback !== undefined) return fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.wrong(name, 'is not a number');
    return value;
  }

  bool(name: string, fallback = false): boolean {
    const value = this.get(name);
    if (value === undefined || value === null) return fallback;
    if (typeof value === 'number') return value !== 0;
    if (typeof value !== 'boolean') throw this.wrong(name, 'is neither true nor false');
    return value;
  }

  str(name: string, fallback = ''): string {
    const value = this.get(name);
    return typeof value === 'string' ? value : fallback;
  }

  /** A list of whole numbers; null if the field is absent or null. */
  ints(name: string): number[] | null {
    const value = this.get(name);
    if (value === undefined || value === null) return null;
    if (
      !Array.isArray(value) ||
      value.length > MAX_LIST ||
      value.some((v) => typeof v !== 'number' || !Number.isInteger(v))
    )
      throw this.wrong(name, 'is not a list of whole numbers');
    return value as number[];
  }

  /** A list of any plain values; null if the field is absent or null. */
  list(name: string): unknown[] | null {
    const value = this.get(name);
    if (value === undefined || value === null) return null;
    if (!Array.isArray(value) || value.length > MAX_LIST) throw this.wrong(name, 'is not a list');
    return value;
  }

  /** A configuration inside this one, of the type that it names or else of `type`. */
  sub(name: string, type: string): Config {
    const value = this.get(name) ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) throw this.wrong(name, 'is not an object');
    const given = value as Record<string, unknown>;
    const own = given['model_type'];
    return new Config(typeof own === 'string' && own !== '' ? own : type, given);
  }

  /** The kind of attention or mixing that each layer has, as the file says or as `otherwise` gives it. */
  kinds(name: string, count: number, otherwise: (layer: number) => string): string[] {
    const given = this.list(name);
    if (count > MAX_LIST) throw this.wrong(name, `would name ${count} layers: at most ${MAX_LIST} are read`);
    if (given === null) return Array.from({ length: count }, (_, i) => otherwise(i));
    if (given.length < count || given.some((v) => typeof v !== 'string'))
      throw this.wrong(name, `has ${given.length} names for ${count} layers`);
    return (given as string[]).slice(0, count);
  }

  wrong(name: string, why: string): ModelError {
    return new ModelError('malformed', `${this.type}: "${name}" ${why}`, {
      format: 'transformers',
      at: { field: name },
      hint: 'compare the file with the model’s page',
    });
  }
}
