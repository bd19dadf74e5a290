import { type Dim, format, isStatic, parse } from '../dim/index.js';
import { isRecord } from '../source/by-name.js';
import { ModelError } from '../source/errors.js';
import { type DType, parseDType, type Shape } from '../tensor/index.js';
import type { Arg } from '../torch/operators/index.js';

/** A value from Python: JSON in which objects stand for tensors, floats and formulas. */
export type Wire = null | boolean | number | string | readonly Wire[] | { readonly [key: string]: Wire };
export type WireObject = { readonly [key: string]: Wire };

/** A tensor as Python names it: by number, and described when it crosses for the first time. */
export interface WireTensor {
  readonly ref: number;
  readonly shape?: Shape;
  readonly dtype?: DType;
  readonly value?: readonly Dim[];
  /** Contents of a tensor that was made without any. */
  readonly filled?: readonly Dim[];
  /** Its contents were overwritten since. */
  readonly stale: boolean;
}

export function isObject(wire: Wire | undefined): wire is WireObject {
  return isRecord(wire);
}

export function listOf(wire: Wire | undefined): readonly Wire[] {
  if (!Array.isArray(wire)) throw new ModelError('malformed', 'a list was expected', { format: 'python' });
  return wire as readonly Wire[];
}

export function textOf(wire: Wire | undefined): string {
  return typeof wire === 'string' ? wire : '';
}

/** Sizes as they cross: numbers, and formulas as text. A formula that was said before comes back as it was, ranges and all. */
export class Sizes {
  readonly #said = new Map<string, Dim>();

  /** As Python reads it. */
  wire(d: Dim): number | string {
    if (typeof d === 'number') return d;
    if (isStatic(d)) return Number(d);
    const text = format(d);
    this.#said.set(text, d);
    return text;
  }

  /** Throws ModelError `malformed` for what is not a size. */
  dim(wire: Wire | undefined): Dim {
    if (typeof wire === 'number') return wire;
    if (isObject(wire)) {
      if (typeof wire['y'] === 'string') return this.formula(wire['y']);
      if (typeof wire['f'] === 'number') return wire['f'];
    }
    if (typeof wire === 'boolean') return Number(wire);
    throw new ModelError('malformed', `${shown(wire)} is not a size`, { format: 'python' });
  }

  formula(text: string): Dim {
    return this.#said.get(text) ?? parse(text);
  }
}

export function tensorOf(wire: Wire, sizes: Sizes): WireTensor | null {
  if (!isObject(wire) || typeof wire['t'] !== 'number') return null;
  const values = wire['v'] === undefined ? null : listOf(wire['v']);
  const filled = wire['k'] === undefined ? null : listOf(wire['k']);
  return {
    ref: wire['t'],
    stale: wire['u'] === 1,
    ...(wire['s'] === undefined ? {} : { shape: listOf(wire['s']).map((d) => sizes.dim(d)) }),
    ...(wire['d'] === undefined ? {} : { dtype: parseDType(textOf(wire['d'])) }),
    ...(filled === null || filled.some(isInfinite) ? {} : { filled: filled.map((d) => sizes.dim(d)) }),
    // Infinities are not a part of any shape: contents that have one are as good as unknown.
    ...(values === null || values.some(isInfinite) ? {} : { value: values.map((d) => sizes.dim(d)) }),
  };
}

function isInfinite(wire: Wire): boolean {
  return isObject(wire) && typeof wire['f'] === 'string';
}

/** Longer ones are cut: Python sends what a program likes. */
const MAX_SHOWN = 200;

function shown(wire: Wire | undefined): string {
  const text = JSON.stringify(wire) ?? 'nothing';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** An argument of an operator; tensors become what `tensor` makes of them. */
export function argOf(wire: Wire, sizes: Sizes, tensor: (t: WireTensor) => Arg): Arg {
  if (wire === null || typeof wire !== 'object') return wire;
  if (Array.isArray(wire)) return (wire as readonly Wire[]).map((w) => argOf(w, sizes, tensor));
  const given = tensorOf(wire, sizes);
  if (given !== null) return tensor(given);
  const object = wire as WireObject;
  if (typeof object['y'] === 'string') return sizes.formula(object['y']);
  const f = object['f'];
  if (typeof f === 'number') return Number.isInteger(f) ? { float: f } : f;
  if (typeof f === 'string') return { float: { inf: Infinity, '-inf': -Infinity }[f] ?? Number.NaN };
  throw new ModelError('malformed', `${shown(wire)} is not an argument`, { format: 'python' });
}
