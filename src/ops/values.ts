import {
  add,
  ceildiv,
  type Dim,
  equal,
  exactdiv,
  floordiv,
  isStatic,
  lessEqual,
  max,
  min,
  mod,
  mul,
  product,
  sub,
} from '../dim/index.js';
import { byName } from '../source/by-name.js';
import { type DType, isFloating, type Shape, type TensorType } from '../tensor/index.js';
import type { Effect } from './work.js';

/**
 * Contents that follow from contents: how the shape arithmetic of exported graphs folds into shapes. Everything here gives
 * undefined where an answer is not certain; nothing is ever guessed. Booleans are 0 and 1.
 */

/** More elements than this are not computed with: shape arithmetic is short. */
const MAX_FOLDED = 4096;

type Known = readonly Dim[] | undefined;

/**
 * An effect whose first output has these contents, where they are known; rounded as single precision rounds them, since a
 * size that is cut off from 799.9999999 is another one than from 800.
 */
export function withValue(effect: Effect, value: Known): Effect {
  const [first, ...rest] = effect.outputs;
  if (first === undefined || value === undefined) return effect;
  const rounded = first.dtype === 'float32' ? value.map((v) => (typeof v === 'number' ? Math.fround(v) : v)) : value;
  return { ...effect, outputs: [{ ...first, value: rounded }, ...rest] };
}

/** Whether contents are there, without fetching them from a file. */
export function hasValue(type: TensorType): boolean {
  return 'value' in type;
}

function small(shape: Shape): readonly number[] | undefined {
  const n = product(shape);
  return typeof n === 'number' && n <= MAX_FOLDED && shape.every((d) => typeof d === 'number')
    ? (shape as readonly number[])
    : undefined;
}

/** A function of elements over broadcast tensors. */
export function foldBroadcast(
  inputs: readonly TensorType[],
  shape: Shape,
  f: (...values: Dim[]) => Dim | undefined,
): Known {
  const extents = small(shape);
  if (extents === undefined || !inputs.every(hasValue)) return undefined;
  const values = inputs.map((t) => t.value);
  if (values.some((v) => v === undefined)) return undefined;
  const strides = inputs.map((t) => broadcastStrides(t.shape, extents));
  if (strides.includes(null)) return undefined;
  const n = extents.reduce((a, b) => a * b, 1);
  const out: Dim[] = [];
  const position = new Array<number>(extents.length).fill(0);
  for (let i = 0; i < n; i++) {
    const result = f(
      ...values.map((v, k) => {
        let at = 0;
        for (let axis = 0; axis < extents.length; axis++)
          at += (position[axis] as number) * ((strides[k] as number[])[axis] as number);
        return (v as readonly Dim[])[at] as Dim;
      }),
    );
    if (result === undefined) return undefined;
    out.push(result);
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      position[axis] = (position[axis] as number) + 1;
      if ((position[axis] as number) < (extents[axis] as number)) break;
      position[axis] = 0;
    }
  }
  return out;
}

function broadcastStrides(shape: Shape, out: readonly number[]): number[] | null {
  const strides = new Array<number>(out.length).fill(0);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const extent = shape[i];
    if (typeof extent !== 'number') return null;
    strides[out.length - shape.length + i] = extent === 1 ? 0 : step;
    step *= extent;
  }
  return strides;
}

export const whole = (d: Dim): boolean => typeof d !== 'number' || Number.isInteger(d);

/** Arithmetic on two elements, integer or floating point; formulas only where every step is an integer. */
const ARITHMETIC: Readonly<Record<string, (a: Dim, b: Dim, floating: boolean) => Dim | undefined>> = byName({
  add: (a, b) => (whole(a) && whole(b) ? add(a, b) : float(a, b, (x, y) => x + y)),
  sub: (a, b) => (whole(a) && whole(b) ? sub(a, b) : float(a, b, (x, y) => x - y)),
  mul: (a, b) => (whole(a) && whole(b) ? mul(a, b) : float(a, b, (x, y) => x * y)),
  div: divide,
  floor_divide: (a, b, floating) =>
    floating && !(whole(a) && whole(b))
      ? float(a, b, (x, y) => Math.floor(x / y))
      : equal(b, 0)
        ? undefined
        : floordiv(a, b),
  remainder: (a, b) =>
    whole(a) && whole(b) && !equal(b, 0) ? mod(a, b) : float(a, b, (x, y) => x - y * Math.floor(x / y)),
  pow: (a, b) =>
    typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a ** b)
      ? a ** b
      : float(a, b, (x, y) => x ** y),
  maximum: (a, b) => (whole(a) && whole(b) ? max(a, b) : float(a, b, Math.max)),
  minimum: (a, b) => (whole(a) && whole(b) ? min(a, b) : float(a, b, Math.min)),
  eq: (a, b) => compare(a, b, 'eq'),
  ne: (a, b) => negate(compare(a, b, 'eq')),
  lt: (a, b) => negate(compare(b, a, 'le')),
  le: (a, b) => compare(a, b, 'le'),
  gt: (a, b) => negate(compare(a, b, 'le')),
  ge: (a, b) => compare(b, a, 'le'),
  logical_and: (a, b) => (equal(a, 0) || equal(b, 0) ? 0 : isStatic(a) && isStatic(b) ? 1 : undefined),
  logical_or: (a, b) => (isStatic(a) && isStatic(b) ? Number(!equal(a, 0) || !equal(b, 0)) : undefined),
  logical_xor: (a, b) => (isStatic(a) && isStatic(b) ? Number(equal(a, 0) !== equal(b, 0)) : undefined),
});

function float(a: Dim, b: Dim, f: (x: number, y: number) => number): number | undefined {
  if (!isStatic(a) || !isStatic(b)) return undefined;
  const result = f(Number(a), Number(b));
  return Number.isFinite(result) ? result : undefined;
}

/** Integers divide towards zero; formulas only where the quotient is exact or nothing is negative. */
function divide(a: Dim, b: Dim, floating: boolean): Dim | undefined {
  if (equal(b, 0)) return undefined;
  if (floating) {
    const exact = whole(a) && whole(b) ? exactdiv(a, b) : undefined;
    return exact ?? float(a, b, (x, y) => x / y);
  }
  const negative = (d: Dim): boolean => lessEqual(0, d) !== true;
  if (!negative(a) && !negative(b)) return floordiv(a, b);
  if (isStatic(a) && isStatic(b)) {
    const q = BigInt(a) / BigInt(b);
    return Number.isSafeInteger(Number(q)) ? Number(q) : q;
  }
  const exact = exactdiv(a, b);
  if (exact !== undefined || lessEqual(1, b) !== true) return exact;
  // Either sign: one of the two terms is 0.
  return add(max(0, floordiv(a, b)), min(0, ceildiv(a, b)));
}

function compare(a: Dim, b: Dim, how: 'eq' | 'le'): Dim | undefined {
  if (isStatic(a) && isStatic(b)) return Number(how === 'eq' ? Number(a) === Number(b) : a <= b);
  if (!whole(a) || !whole(b)) return undefined;
  if (how === 'le') {
    const known = lessEqual(a, b);
    return known === undefined ? undefined : Number(known);
  }
  if (equal(a, b)) return 1;
  // Different formulas are different numbers only where one is proved to be larger.
  return lessEqual(a, b) === false || lessEqual(b, a) === false ? 0 : undefined;
}

function negate(d: Dim | undefined): Dim | undefined {
  return d === undefined ? undefined : equal(d, 0) ? 1 : 0;
}

export function foldBinary(op: string, a: TensorType, b: TensorType, shape: Shape): Known {
  const rule = ARITHMETIC[op];
  const floating = isFloating(a.dtype) || isFloating(b.dtype);
  return rule === undefined ? undefined : foldBroadcast([a, b], shape, (x, y) => rule(x, y, floating));
}

/** Contents under another dtype: integers cut off fractions, booleans ask whether it is 0. */
export function foldCast(input: TensorType, dtype: DType): Known {
  return foldBroadcast([input], input.shape, (x) => {
    if (dtype === 'bool') return isStatic(x) ? Number(!equal(x, 0)) : lessEqual(1, x) === true ? 1 : undefined;
    return isFloating(dtype) || typeof x !== 'number' ? x : Math.trunc(x);
  });
}

export function foldWhere(condition: TensorType, a: TensorType, b: TensorType, shape: Shape): Known {
  return foldBroadcast([condition, a, b], shape, (c, x, y) => (isStatic(c) ? (equal(c, 0) ? y : x) : undefined));
}

/** Elements of an axis by known positions. */
export function foldGather(table: TensorType, indices: TensorType, axis: number, shape: Shape): Known {
  const extents = small(table.shape);
  if (extents === undefined || small(shape) === undefined || !hasValue(indices) || !hasValue(table)) return undefined;
  const at = indices.value;
  const values = table.value;
  if (at === undefined || values === undefined) return undefined;
  const length = extents[axis] ?? 1;
  const inner = extents.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = extents.slice(0, axis).reduce((a, b) => a * b, 1);
  const out: Dim[] = [];
  for (let o = 0; o < outer; o++)
    for (const index of at) {
      if (typeof index !== 'number') return undefined;
      const i = index < 0 ? index + length : index;
      if (i < 0 || i >= length) return undefined;
      for (let k = 0; k < inner; k++) out.push(values[(o * length + i) * inner + k] as Dim);
    }
  return out;
}

/** Elements of known slices; `ranges` as in `slice`, of the same tensor. */
export function foldSlice(
  input: TensorType,
  ranges: readonly {
    readonly axis: number;
    readonly start: Dim | null;
    readonly end: Dim | null;
    readonly step: number;
  }[],
): Known {
  let extents = small(input.shape);
  if (extents === undefined || !hasValue(input)) return undefined;
  let values = input.value;
  for (const { axis, start, end, step } of ranges) {
    if (values === undefined || extents === undefined) return undefined;
    const length: number = extents[axis] ?? 1;
    const positions = positionsOf(length, start, end, step);
    if (positions === undefined) return undefined;
    const next: Shape = extents.map((d, i) => (i === axis ? positions.length : d));
    values = foldGather(
      { dtype: input.dtype, shape: extents, value: values },
      { dtype: 'int64', shape: [positions.length], value: positions },
      axis,
      next,
    );
    extents = next as readonly number[];
  }
  return values;
}

function positionsOf(length: number, start: Dim | null, end: Dim | null, step: number): number[] | undefined {
  if ((start !== null && !isStatic(start)) || (end !== null && !isStatic(end)) || step === 0) return undefined;
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? length : length - 1;
  const clamp = (p: number): number => Math.min(Math.max(p < 0 ? p + length : p, low), high);
  const from = start === null ? (step > 0 ? low : high) : clamp(Number(start));
  // The far end of a backward slice lies before the first element, and is not to be read as "from the back".
  const to = end === null ? (step > 0 ? high : low) : Number(end) < -length ? low : clamp(Number(end));
  const positions: number[] = [];
  for (let p = from; step > 0 ? p < to : p > to; p += step) positions.push(p);
  return positions;
}

/** Sum, product, mean, maximum or minimum over the given axes (all where null), in row-major order of what is left. */
export function foldReduce(op: string, input: TensorType, axes: readonly number[] | null = null): Known {
  const extents = small(input.shape);
  if (!hasValue(input) || extents === undefined) return undefined;
  const { value } = input;
  if (value === undefined) return undefined;
  const gone = new Set(axes ?? extents.keys());
  const groups = new Map<number, Dim[]>();
  for (const [i, element] of value.entries()) {
    let [rest, at, step] = [i, 0, 1];
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      const extent = extents[axis] as number;
      if (!gone.has(axis)) {
        at += (rest % extent) * step;
        step *= extent;
      }
      rest = Math.floor(rest / extent);
    }
    groups.set(at, [...(groups.get(at) ?? []), element]);
  }
  const outputs = extents.reduce((n, extent, axis) => (gone.has(axis) ? n : n * extent), 1);
  const results = Array.from({ length: outputs }, (_, i) => reduceAll(op, groups.get(i) ?? []));
  return results.every((r): r is Dim => r !== undefined) ? results : undefined;
}

function reduceAll(op: string, values: readonly Dim[]): Dim | undefined {
  const exact = values.every(whole);
  if (!exact && !values.every(isStatic)) return undefined;
  const by = (of: (a: Dim, b: Dim) => Dim, float: (a: number, b: number) => number, from?: Dim): Dim | undefined => {
    const [first, ...rest] = from === undefined ? values : [from, ...values];
    if (first === undefined) return undefined;
    return exact
      ? rest.reduce((a, b) => of(a, b), first)
      : rest.reduce<number>((a, b) => float(a, Number(b)), Number(first));
  };
  switch (op) {
    case 'prod':
      return by(mul, (a, b) => a * b, 1);
    case 'sum':
      return by(add, (a, b) => a + b, 0);
    case 'mean': {
      const total = by(add, (a, b) => a + b, 0);
      return total === undefined || !isStatic(total) || values.length === 0 ? undefined : Number(total) / values.length;
    }
    case 'max':
      return by(max, Math.max);
    case 'min':
      return by(min, Math.min);
    default:
      return undefined;
  }
}

/** Repeats contents to a larger shape. */
export function foldExpand(input: TensorType, shape: Shape): Known {
  return foldBroadcast([input], shape, (x) => x);
}

/** start, start + step, … below limit: how many, and which where they are few. */
export function range(start: Dim, limit: Dim, step: Dim): { readonly count: Dim; readonly value: Known } {
  if ([start, limit, step].every(isStatic)) {
    const n = Math.max(0, Math.ceil((Number(limit) - Number(start)) / Number(step)));
    const value = n <= MAX_FOLDED ? Array.from({ length: n }, (_, i) => Number(start) + i * Number(step)) : undefined;
    return { count: n, value };
  }
  const span = sub(limit, start);
  const count = equal(step, 1) ? span : ceildiv(span, step);
  return { count: max(0, count), value: undefined };
}

/** Contents in another order of axes. */
export function foldPermute(input: TensorType, order: readonly number[]): Known {
  const extents = small(input.shape);
  if (extents === undefined || !hasValue(input)) return undefined;
  const values = input.value;
  if (values === undefined) return undefined;
  const strides = extents.map((_, i) => extents.slice(i + 1).reduce((a, b) => a * b, 1));
  const out: Dim[] = [];
  const walk = (axis: number, at: number): void => {
    if (axis === order.length) {
      out.push(values[at] as Dim);
      return;
    }
    const from = order[axis] as number;
    for (let i = 0; i < (extents[from] as number); i++) walk(axis + 1, at + i * (strides[from] as number));
  };
  walk(0, 0);
  return out;
}

/** Contents joined along any axis. */
export function foldConcat(inputs: readonly TensorType[], axis: number, shape: Shape): Known {
  if (small(shape) === undefined || !inputs.every(hasValue)) return undefined;
  const parts = inputs.map((t) => ({ values: t.value, extents: small(t.shape) }));
  if (parts.some((p) => p.values === undefined || p.extents === undefined)) return undefined;
  const outer = (shape.slice(0, axis) as number[]).reduce((a, b) => a * b, 1);
  const out: Dim[] = [];
  for (let o = 0; o < outer; o++)
    for (const { values, extents } of parts) {
      const chunk = (extents as readonly number[]).slice(axis).reduce((a, b) => a * b, 1);
      out.push(...(values as readonly Dim[]).slice(o * chunk, (o + 1) * chunk));
    }
  return out;
}
