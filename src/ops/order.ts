import { type Dim, mul } from '../dim/index.js';
import { isFloating, numel, type TensorType } from '../tensor/index.js';
import type { ForeignOp, OpName } from './catalog/index.js';
import { nothing, perElement, together } from './each.js';
import { reduce } from './reduce.js';
import { axisOf } from './shapes.js';
import { type Effect, map, move, type OutputType, type Primitive } from './work.js';

/** ⌈log₂ n⌉, at least 1: how many compares find a place among n; null if n is symbolic. */
function depthOf(n: Dim): number | null {
  return typeof n === 'number' ? Math.max(1, Math.ceil(Math.log2(Math.max(2, n)))) : null;
}

/** A comparison sort along one axis: n·⌈log₂ n⌉ compares a row. */
export function sort(x: TensorType, axis: number, outputs: readonly OutputType[]): Effect {
  const at = axisOf(axis, x.shape.length, 'sort');
  const depth = depthOf(x.shape[at] ?? 1);
  return {
    op: 'sort',
    outputs,
    work: depth === null ? [] : map(x.dtype, numel(x.shape), { cmp: depth }),
    attrs: { dim: axis },
    ...(depth === null && isFloating(x.dtype)
      ? { leavesOut: 'the compares of a sort, while the extent that is sorted is symbolic' }
      : {}),
  };
}

/** An order statistic, found by sorting: of all elements (`axis` null), or along one axis with its places (int64). */
export function orderStatistic(
  op: 'median' | 'nanmedian' | 'mode' | 'kthvalue',
  x: TensorType,
  axis: number | null,
  keepdim: boolean,
): Effect {
  const out = reduce('max', x, axis === null ? null : [axis], { keepdim }).outputs[0] as TensorType;
  const extent = axis === null ? numel(x.shape) : (x.shape[axisOf(axis, x.shape.length, op)] ?? 1);
  const work = map(x.dtype, numel(x.shape), { cmp: depthOf(extent) ?? 1 });
  return { op, outputs: axis === null ? [out] : [out, { dtype: 'int64', shape: out.shape }], work };
}

/** Quantiles by interpolation between sorted neighbours; `q` is the shape of those that are requested. */
export function quantile(x: TensorType, q: readonly Dim[], axis: number | null, keepdim: boolean): Effect {
  const rest = reduce('max', x, axis === null ? null : [axis], { keepdim }).outputs[0]?.shape ?? [];
  const shape = [...q, ...rest];
  return {
    op: 'quantile',
    outputs: [{ dtype: x.dtype, shape }],
    work: [...map(x.dtype, numel(x.shape), { cmp: 1 }), ...map(x.dtype, numel(shape), { mul: 1, add: 2 })],
  };
}

/** Places of values in sorted edges: a binary search each. */
export function bucketize(x: TensorType, edges: TensorType): Effect {
  const n = edges.shape.at(-1) ?? 1;
  const depth = typeof n === 'number' ? Math.max(1, Math.ceil(Math.log2(n + 1))) : 1;
  return {
    op: 'bucketize',
    outputs: [{ dtype: 'int64', shape: x.shape }],
    work: map(x.dtype, numel(x.shape), { cmp: depth }),
  };
}

/** Places that are not zero: a compare for each element. How many there are depends on the data. */
export function nonzero(x: TensorType, shape: readonly Dim[]): Effect {
  return perElement('nonzero', x, { outputs: [{ dtype: 'int64', shape }] });
}

/** Values that occur; how many there are, and what finding them takes, depends on the data. */
export function unique(x: TensorType, outputs: readonly OutputType[]): Effect {
  const extra = isFloating(x.dtype) ? { leavesOut: 'the compares of a sort, whose number depends on the data' } : {};
  return nothing('unique', outputs, extra);
}

/** Values put at places of a copy of `x`; those that are combined with what is there take one operation each. */
export function put(op: OpName | ForeignOp, x: TensorType, values: TensorType | null, by: Primitive | null): Effect {
  const out: TensorType = { dtype: x.dtype, shape: x.shape };
  const n = values === null ? 0 : numel(values.shape);
  return {
    op,
    outputs: [out],
    work: [move(values ?? x, 'copy'), ...(by === null ? [] : map(x.dtype, n, { [by]: 1 }))],
  };
}

/** The sum of a diagonal of `n` elements. */
export function trace(x: TensorType, n: Dim): Effect {
  const sum = reduce('sum', { dtype: x.dtype, shape: [n] }, null);
  return together('trace', sum.outputs, [sum]);
}

/** Differences of neighbours, `n` times over. */
export function diff(x: TensorType, shape: readonly Dim[], n: number): Effect {
  return { op: 'diff', outputs: [{ dtype: x.dtype, shape }], work: map(x.dtype, mul(numel(shape), n), { add: 1 }) };
}
