import { type Dim, floordiv, mul, product, sub } from '../dim/index.js';
import { numel, type TensorType } from '../tensor/index.js';
import { part, together } from './each.js';
import { reduce } from './reduce.js';
import { axisOf, broadcast, shapeError, show } from './shapes.js';
import { type Effect, map, reduction } from './work.js';

/**
 * Euclidean distances of all pairs of rows, …×P×M and …×R×M → …×P×R: a difference and a square for every feature, sums, and
 * a root unless the distances stay squared.
 */
export function cdist(a: TensorType, b: TensorType, options: { readonly squared?: boolean } = {}): Effect {
  const pairs = broadcast(
    [
      [...a.shape.slice(0, -1), 1, a.shape.at(-1) as Dim],
      [...b.shape.slice(0, -2), 1, ...b.shape.slice(-2)],
    ],
    'cdist',
  );
  const norm = reduce(options.squared === true ? 'sum_square' : 'l2', { dtype: a.dtype, shape: pairs }, [-1]);
  return together('cdist', norm.outputs, [part('sub', a.dtype, numel(pairs), { add: 1 }), norm]);
}

/** Euclidean distances of all pairs of rows of one matrix, each pair once: N×M → N·(N−1)/2. Throws ModelError `shape`. */
export function pdist(x: TensorType): Effect {
  const [rows, features] = x.shape;
  if (x.shape.length !== 2 || rows === undefined || features === undefined)
    throw shapeError(`pdist takes a matrix, not ${show(x.shape)}`);
  const pairs: TensorType = { dtype: x.dtype, shape: [floordiv(mul(rows, sub(rows, 1)), 2), features] };
  const norm = reduce('l2', pairs, [-1]);
  return together('pdist', norm.outputs, [part('sub', x.dtype, numel(pairs.shape), { add: 1 }), norm]);
}

/** Distances of rows to rows of the same place; ε is added to every difference. */
export function pairwiseDistance(a: TensorType, b: TensorType, keepdim: boolean): Effect {
  const all: TensorType = { dtype: a.dtype, shape: broadcast([a.shape, b.shape], 'pairwise_distance') };
  const norm = reduce('l2', all, [-1], { keepdim });
  return together('pairwise_distance', norm.outputs, [part('sub', a.dtype, numel(all.shape), { add: 2 }), norm]);
}

/** The distance of two tensors as a whole: ‖a − b‖. */
export function dist(a: TensorType, b: TensorType): Effect {
  const all: TensorType = { dtype: a.dtype, shape: broadcast([a.shape, b.shape], 'dist') };
  const norm = reduce('l2', all, null);
  return together('dist', norm.outputs, [part('sub', a.dtype, numel(all.shape), { add: 1 }), norm]);
}

/** a·b / max(‖a‖·‖b‖, ε) along one axis. */
export function cosineSimilarity(a: TensorType, b: TensorType, dim: number): Effect {
  const shape = broadcast([a.shape, b.shape], 'cosine_similarity');
  const axis = axisOf(dim, shape.length, 'cosine_similarity');
  const kept = shape.filter((_, i) => i !== axis);
  const root = reduce('l2', { dtype: a.dtype, shape }, [axis]);
  const n = product(kept);
  return {
    op: 'cosine_similarity',
    outputs: [{ dtype: a.dtype, shape: kept }],
    work: [
      ...map(a.dtype, numel(shape), { mul: 1 }),
      ...reduction(a.dtype, numel(shape), n, 'add'),
      ...root.work,
      ...root.work,
      ...map(a.dtype, n, { mul: 1, cmp: 1, div: 1 }),
    ],
  };
}

/** ‖v‖ along all axes but one, and g·v / ‖v‖: weights that are normalised before each use. */
export function weightNorm(v: TensorType, g: TensorType, dim: number, withNorm: boolean): Effect {
  const axis = axisOf(dim, v.shape.length, 'weight_norm');
  const others = [...v.shape.keys()].filter((i) => i !== axis);
  const norm = reduce('l2', v, others, { keepdim: true });
  const out = { dtype: v.dtype, shape: v.shape };
  return together('weight_norm', withNorm ? [out, { dtype: g.dtype, shape: g.shape }] : [out], [
    norm,
    part('div', v.dtype, numel(g.shape), { div: 1 }),
    part('mul', v.dtype, numel(v.shape), { mul: 1 }),
  ]);
}

/** Rows along one axis held to a norm at most. */
export function renorm(x: TensorType, dim: number): Effect {
  const axis = axisOf(dim, x.shape.length, 'renorm');
  const norm = reduce(
    'l2',
    x,
    [...x.shape.keys()].filter((i) => i !== axis),
  );
  return together('renorm', [x], [norm, part('mul', x.dtype, mul(numel(x.shape), 1), { mul: 1 })]);
}
