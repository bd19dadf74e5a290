import { type Dim, product } from '../dim/index.js';
import { type DType, isFloating, numel, type TensorType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import { axisOf } from './shapes.js';
import { type CostPerElement, type Effect, map, type Primitive, reduction } from './work.js';

/** How a reduction works: what is done to each element, how they combine, what is done to each result. */
const RULES = {
  sum: { by: 'add' },
  mean: { by: 'add', after: { div: 1 } },
  prod: { by: 'mul' },
  max: { by: 'cmp' },
  min: { by: 'cmp' },
  l1: { before: { abs: 1 }, by: 'add' },
  l2: { before: { mul: 1 }, by: 'add', after: { sqrt: 1 } },
  sum_square: { before: { mul: 1 }, by: 'add' },
  log_sum: { by: 'add', after: { log: 1 } },
  logsumexp: { before: { exp: 1 }, by: 'add', after: { log: 1 } },
  argmax: { by: 'cmp', index: true },
  argmin: { by: 'cmp', index: true },
  any: { by: 'cmp', bool: true },
  all: { by: 'cmp', bool: true },
} as const satisfies Record<
  string,
  { before?: CostPerElement; by: Primitive; after?: CostPerElement; index?: true; bool?: true }
>;
export type Reduction = keyof typeof RULES;

/** Reduction over `axes` (all where null): elements − outputs combinations, plus what is done to each before and after. */
export function reduce(
  op: Reduction,
  input: TensorType,
  axes: readonly number[] | null,
  options: { keepdim?: boolean; dtype?: DType } = {},
): Effect {
  const rule: { before?: CostPerElement; by: Primitive; after?: CostPerElement; index?: true; bool?: true } = RULES[op];
  const rank = input.shape.length;
  const over = new Set(axes === null ? input.shape.keys() : axes.map((a) => axisOf(a, rank, op)));
  const kept = input.shape.filter((_, i) => !over.has(i));
  const shape = options.keepdim ? input.shape.map((d, i) => (over.has(i) ? 1 : d)) : kept;
  const n = numel(input.shape);
  const outputs = product(kept);
  return {
    op,
    outputs: [{ dtype: rule.index ? 'int64' : rule.bool ? 'bool' : (options.dtype ?? input.dtype), shape }],
    work: [
      ...(rule.before ? map(input.dtype, n, rule.before) : []),
      ...reduction(input.dtype, n, outputs, rule.by),
      ...(rule.after ? map(input.dtype, outputs, rule.after) : []),
    ],
    attrs: { dims: [...over], keepdim: options.keepdim ?? false } satisfies AttrsOf<'sum'>,
  };
}

/** Mean, subtract, square, mean (÷ by n or n − 1); `std` also takes the root. */
export function variance(
  input: TensorType,
  axes: readonly number[] | null,
  options: { keepdim?: boolean; root?: boolean; withMean?: boolean } = {},
): Effect {
  const mean = reduce('mean', input, axes, options);
  const shape = mean.outputs[0]?.shape ?? [];
  const n = numel(input.shape);
  const out = { dtype: input.dtype, shape };
  return {
    op: options.root ? 'std' : 'var',
    outputs: options.withMean ? [out, out] : [out],
    work: [
      ...mean.work,
      ...map(input.dtype, n, { add: 1, mul: 1 }),
      ...mean.work,
      ...(options.root ? map(input.dtype, numel(shape), { sqrt: 1 }) : []),
    ],
    attrs: mean.attrs ?? {},
  };
}

/** Running combination along an axis, null if it is not known: extent − 1 combinations a row. */
export function cumulative(
  op: 'cumsum' | 'cumprod' | 'cummax' | 'cummin',
  input: TensorType,
  axis: number | null,
): Effect {
  if (axis === null)
    return {
      op,
      outputs: [{ dtype: input.dtype, shape: input.shape }],
      work: [],
      ...(isFloating(input.dtype) ? { leavesOut: 'the combinations along an axis that is not known' } : {}),
    };
  const dim = axisOf(axis, input.shape.length, op);
  const n = numel(input.shape);
  const rows = product(input.shape.filter((_, i) => i !== dim));
  const by = op === 'cumsum' ? 'add' : op === 'cumprod' ? 'mul' : 'cmp';
  return {
    op,
    outputs: [{ dtype: input.dtype, shape: input.shape }],
    work: reduction(input.dtype, n, rows, by),
    attrs: { dim } satisfies AttrsOf<'cumsum'>,
  };
}

/** The logarithm of a running sum of exponentials. */
export function logCumSumExp(input: TensorType, axis: number): Effect {
  const sum = cumulative('cumsum', input, axis);
  return {
    ...sum,
    op: 'logcumsumexp',
    work: [...sum.work, ...map(input.dtype, numel(input.shape), { exp: 1, log: 1 })],
  };
}

/** Σ|x|ᵖ and its root; the maximum for infinity, how many are not 0 for 0. */
export function vectorNorm(input: TensorType, p: number, axes: readonly number[] | null, keepdim: boolean): Effect {
  if (p === 2) return reduce('l2', input, axes, { keepdim });
  if (p === 1) return reduce('l1', input, axes, { keepdim });
  const n = numel(input.shape);
  if (!Number.isFinite(p) || p === 0) {
    const found = reduce(p === -Infinity ? 'min' : p === 0 ? 'sum' : 'max', input, axes, { keepdim });
    return { ...found, op: 'norm', work: [...map(input.dtype, n, { abs: 1 }), ...found.work] };
  }
  const sum = reduce('sum', input, axes, { keepdim });
  return {
    ...sum,
    op: 'norm',
    work: [
      ...map(input.dtype, n, { abs: 1, pow: 1 }),
      ...sum.work,
      ...map(input.dtype, numel(sum.outputs[0]?.shape ?? []), { pow: 1 }),
    ],
  };
}

/** The k largest along an axis, found by a heap of k: n·⌈log₂ k⌉ compares a row (at least n − 1). */
export function topk(input: TensorType, k: Dim, axis: number): Effect {
  const dim = axisOf(axis, input.shape.length, 'topk');
  const shape = input.shape.map((d, i) => (i === dim ? k : d));
  const depth = typeof k === 'number' ? Math.max(1, Math.ceil(Math.log2(Math.max(2, k)))) : null;
  return {
    op: 'topk',
    outputs: [
      { dtype: input.dtype, shape },
      { dtype: 'int64', shape },
    ],
    work: depth === null || !isFloating(input.dtype) ? [] : map(input.dtype, numel(input.shape), { cmp: depth }),
    ...(depth === null && isFloating(input.dtype)
      ? { leavesOut: 'the compares of the selection, while k is symbolic' }
      : {}),
  };
}
