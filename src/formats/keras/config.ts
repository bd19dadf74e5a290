import { isRecord } from '../../source/by-name.js';
import { ModelError } from '../../source/errors.js';

export const FORMAT = 'keras';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return isRecord(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** An entry of an object by its own name; undefined for one that it does not have, and of what is not an object. */
export function field(object: Json | undefined, key: string): Json | undefined {
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** A value that should have been something else, as messages show it. */
function shown(value: Json | undefined): string {
  return JSON.stringify(value)?.slice(0, 60) ?? 'nothing';
}

/** A layer's configuration: its entries by name, checked. Throws ModelError `malformed` with the layer and the entry. */
export class Config {
  readonly raw: JsonObject;
  readonly #layer: string;

  constructor(raw: JsonObject, layer: string) {
    this.raw = raw;
    this.#layer = layer;
  }

  get(key: string): Json | undefined {
    const value = field(this.raw, key);
    return value === null ? undefined : value;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  number(key: string, otherwise?: number): number {
    const value = this.get(key) ?? otherwise;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.error(key, 'a number');
  }

  /** A whole number from 0 to 2³¹: an extent, a count. */
  size(key: string, otherwise?: number): number {
    const value = this.number(key, otherwise);
    if (Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
    throw this.error(key, 'a whole number');
  }

  /** A number for each axis, or one for all of them. */
  sizes(key: string, axes: number, otherwise?: number): number[] {
    const value = this.get(key) ?? otherwise;
    const all = typeof value === 'number' ? new Array<number>(axes).fill(value) : isArray(value) ? value : [];
    const list = all.length === 1 && axes > 1 ? new Array<Json>(axes).fill(all[0] as Json) : all;
    if (list.length === axes && list.every((v) => isWhole(v))) return list as number[];
    throw this.error(key, `${axes} whole number${axes === 1 ? '' : 's'}`);
  }

  /** One whole number, or a list of them. */
  integers(key: string, otherwise?: readonly number[]): number[] {
    const value = this.get(key) ?? otherwise;
    const list = typeof value === 'number' ? [value] : value;
    if (isArray(list) && list.every((v) => typeof v === 'number' && Number.isInteger(v))) return list as number[];
    throw this.error(key, 'whole numbers');
  }

  text(key: string, otherwise?: string): string {
    const value = this.get(key) ?? otherwise;
    if (typeof value === 'string') return value;
    throw this.error(key, 'a text');
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.get(key) ?? otherwise;
    if (typeof value === 'boolean') return value;
    if (value === 0 || value === 1) return value === 1;
    throw this.error(key, 'true or false');
  }

  object(key: string): JsonObject {
    const value = this.get(key);
    if (isObject(value)) return value;
    throw this.error(key, 'an object');
  }

  list(key: string): readonly Json[] {
    const value = this.get(key);
    if (isArray(value)) return value;
    throw this.error(key, 'a list');
  }

  error(key: string, expected: string): ModelError {
    return new ModelError(
      'malformed',
      `${this.#layer}: "${key}" should be ${expected}, found ${shown(field(this.raw, key))}`,
      { format: FORMAT, at: { module: this.#layer, field: key }, hint: 'The configuration is damaged: save it again.' },
    );
  }
}

export function isWhole(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31;
}
