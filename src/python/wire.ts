import { type Dim, format, isStatic, parse } from '../dim/index.js';
import { ModelError } from '../source/errors.js';
import { type DType, parseDType, type Shape } from '../tensor/index.js';
import type { Arg } from '../torch/operators/index.js';

/** What Python sends: JSON in which objects stand for tensors, floats and formulas. */
export type Wire = null | boolean | number | string | readonly Wire[] | { readonly [key: string]: Wire };
export type WireObject = { readonly [key: string]: Wire };

/** A tensor as Python names it: by number, and described when it crosses for the first time. */
export interface WireTensor {
  readonly ref: number;
  readonly shape?: Shape;
  readonly dtype?: DType;
  readonly value?: readonly Dim[];
  /** Its contents were overwritten since. */
  readonly stale: boolean;
}

export function isObject(wire: Wire | undefined): wire is WireObject {
  return typeof wire === 'object' && wire !== null && !Array.isArray(wire);
}

export function listOf(wire: Wire | undefined): readonly Wire[] {
  if (!Array.isArray(wire)) throw new ModelError('malformed', 'a list was expected', { format: 'python' });
  return wire as readonly Wire[];
}

export function textOf(wire: Wire | undefined): string {
  return typeof wire === 'string' ? wire : '';
}

/** An extent: a number, or a formula as text. */
export function dimOf(wire: Wire | undefined): Dim {
  if (typeof wire === 'number') return wire;
  if (isObject(wire)) {
    if (typeof wire['y'] === 'string') return parse(wire['y']);
    if (typeof wire['f'] === 'number') return wire['f'];
  }
  if (typeof wire === 'boolean') return Number(wire);
  throw new ModelError('malformed', `${JSON.stringify(wire)} is not a size`, { format: 'python' });
}

export function tensorOf(wire: Wire): WireTensor | null {
  if (!isObject(wire) || typeof wire['t'] !== 'number') return null;
  return {
    ref: wire['t'],
    stale: wire['u'] === 1,
    ...(wire['s'] === undefined ? {} : { shape: listOf(wire['s']).map(dimOf) }),
    ...(wire['d'] === undefined ? {} : { dtype: parseDType(textOf(wire['d'])) }),
    ...(wire['v'] === undefined ? {} : { value: listOf(wire['v']).map(dimOf) }),
  };
}

/** An argument of an operator; tensors become what `tensor` makes of them. */
export function argOf(wire: Wire, tensor: (t: WireTensor) => Arg): Arg {
  if (wire === null || typeof wire !== 'object') return wire;
  if (Array.isArray(wire)) return (wire as readonly Wire[]).map((w) => argOf(w, tensor));
  const given = tensorOf(wire);
  if (given !== null) return tensor(given);
  const object = wire as WireObject;
  if (typeof object['y'] === 'string') return parse(object['y']);
  const f = object['f'];
  if (typeof f === 'number') return Number.isInteger(f) ? { float: f } : f;
  if (typeof f === 'string') return { float: { inf: Infinity, '-inf': -Infinity }[f] ?? Number.NaN };
  throw new ModelError('malformed', `${JSON.stringify(wire)} is not an argument`, { format: 'python' });
}

/** A size or an element as Python reads it: a number, or a formula as text. */
export function dimWire(d: Dim): number | string {
  if (typeof d === 'number') return d;
  return isStatic(d) ? Number(d) : format(d);
}
