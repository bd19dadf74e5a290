// Shapes and sizes that a tensor's methods work out of their arguments.
import { type Dim, exactdiv, mul, toNumber } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { numel, type Shape, type TensorType } from '../../tensor/index.js';
import { extentIn, shapeIn } from './argument.js';

/** One axis, several, or all (null). */
export type Axes = number | readonly number[] | null;

export function axesOf(dim: Axes): readonly number[] | null {
  if (dim === null) return null;
  const axes = [dim].flat();
  for (const axis of axes) extentIn('an axis', axis);
  return axes;
}

/** Extents or axes given one by one or as one list. Throws ModelError `argument` for what is neither. */
export function listOf<T extends Dim>(items: readonly T[] | readonly [readonly T[]]): readonly T[] {
  const list = items.length === 1 && Array.isArray(items[0]) ? items[0] : (items as readonly T[]);
  for (const item of list) extentIn('an extent or axis', item);
  return list;
}

/** One axis of a slice; null is the start or the end of the tensor. */
export function sliceOf(axis: number, start: Dim | null, end: Dim | null, step: number) {
  for (const d of [start, end]) if (d !== null) extentIn('slice', d);
  return { axis, start, end, step };
}

/** `size`, `size`, …, and what is left. */
export function partsOf(extent: number, size: number): number[] {
  if (!(size >= 1))
    throw new ModelError('argument', `split: parts of ${size}`, { hint: 'a part has at least one element' });
  return Array.from({ length: Math.max(1, Math.ceil(extent / size)) }, (_, i) => Math.min(size, extent - i * size));
}

/** A plain number from an extent. Throws ModelError `free-symbol` if it is symbolic: bind it to go on. */
export function int(d: Dim, what = 'a size in the model'): number {
  return typeof d === 'number' ? d : toNumber(extentIn('int', d), what);
}

/** The order of axes in which `from` are at `to`, and the others keep theirs. */
export function movedOrder(rank: number, from: number | readonly number[], to: number | readonly number[]): number[] {
  const [sources, targets] = [from, to].map((axes) =>
    [axes].flat().map((axis) => ops.axisOf(axis as number, rank, 'movedim')),
  ) as [number[], number[]];
  if (sources.length !== targets.length || new Set(sources).size !== sources.length)
    throw new ModelError('argument', `movedim: ${sources.join(', ')} to ${targets.join(', ')}`, {
      hint: 'as many places as axes, each once',
    });
  const rest = Array.from({ length: rank }, (_, i) => i).filter((axis) => !sources.includes(axis));
  return Array.from({ length: rank }, (_, i) => {
    const moved = targets.indexOf(i);
    return moved < 0 ? (rest.shift() as number) : (sources[moved] as number);
  });
}

/** Sizes of `chunks` parts: equal ones, or the last one smaller. Throws ModelError `free-symbol`. */
export function chunkSizes(extent: Dim, chunks: number): readonly Dim[] {
  const each = exactdiv(extent, extentIn('chunk', chunks));
  if (each !== undefined) return new Array<Dim>(chunks).fill(each);
  return partsOf(int(extent, 'chunk'), Math.ceil(int(extent) / chunks));
}

/** The shape with axis `dim` taken apart into `sizes`, one of which may be −1. Throws ModelError `shape`. */
export function unflattened({ dtype, shape }: TensorType, dim: number, sizes: Shape): Shape {
  const at = ops.axisOf(dim, shape.length, 'unflatten');
  const inner = ops.reshape({ dtype, shape: [shape[at] as Dim] }, shapeIn('unflatten', sizes)).outputs[0]?.shape ?? [];
  return [...shape.slice(0, at), ...inner, ...shape.slice(at + 1)];
}

/** The shape with each element `repeats` times along an axis; all elements in one row if none is given. */
export function interleaved(shape: Shape, repeats: Dim, dim: number | null): Shape {
  extentIn('repeat_interleave', repeats);
  if (dim === null) return [mul(numel(shape), repeats)];
  const at = ops.axisOf(dim, shape.length, 'repeat_interleave');
  return shape.map((d, i) => (i === at ? mul(d, repeats) : d));
}

/** The shape with windows of axis `dim` as a new last axis. */
export function unfolded(shape: Shape, dim: number, size: number, step: number): Shape {
  const at = ops.axisOf(dim, shape.length, 'unfold');
  const window = { kernel: size, stride: step, padding: [0, 0] as const, dilation: 1 };
  const windows = ops.windowed(shape[at] as Dim, window, 'unfold');
  return [...shape.map((d, i) => (i === at ? windows : d)), size];
}
