import { type Dim, equal, isStatic } from '../dim/index.js';
import type { Shape, TensorType } from '../tensor/index.js';
import { foldBroadcast, hasValue, type Known, small } from './values.js';

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
  // The far end of a backward slice is before the first element, and is not to be read as "from the back".
  const to = end === null ? (step > 0 ? high : low) : Number(end) < -length ? low : clamp(Number(end));
  const positions: number[] = [];
  for (let p = from; step > 0 ? p < to : p > to; p += step) positions.push(p);
  return positions;
}

/** Repeats contents to a larger shape. */
export function foldExpand(input: TensorType, shape: Shape): Known {
  return foldBroadcast([input], shape, (x) => x);
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
