import { type Dim, equal, max } from '../dim/index.js';
import { Unsupported } from '../graph/errors.js';
import {
  copy,
  type Effect,
  fill,
  foldPermute,
  gatherWithValue,
  permute,
  range,
  reshape,
  withValue,
} from '../ops/index.js';
import type { DType, TensorType } from '../tensor/index.js';
import type { NodeView } from './node-view.js';

// Operators that several formats spell the same way: what they read are a node's inputs, and nothing of the format's own.

/** The axes of input 0 in the order that input 1 holds. */
export function transposeByInput(n: NodeView): Effect {
  const order = n.numbers(1, 'order of axes');
  const effect = permute(n.in(0), order);
  return order.length <= 1 ? effect : withValue(effect, foldPermute(n.in(0), order));
}

/** A reshape to a shape that is worked out as the model runs: free extents, as many as input 1 has numbers. */
export function reshapeToFree(n: NodeView): Effect {
  const [rank] = n.in(1).shape;
  if (typeof rank !== 'number' || rank > 64) throw new Unsupported('its new shape is not known', 1);
  return reshape(
    n.in(0),
    Array.from({ length: rank }, (_, i) => n.fresh(`dim${i}`)),
  );
}

/** Elements by positions along an axis; with `batch` axes in common, each entry of the batch by its own. */
export function batchedGather(x: TensorType, indices: TensorType, axis: number, batch: number): Effect {
  if (batch === 0) return gatherWithValue(x, indices, axis);
  return copy(x, 'gather', [...x.shape.slice(0, axis), ...indices.shape.slice(batch), ...x.shape.slice(axis + 1)]);
}

/** Parts by positions of several axes, which are along the last axis of input 1. */
export function gatherNd(x: TensorType, indices: TensorType, batch = 0): Effect {
  const depth = indices.shape.at(-1);
  if (typeof depth !== 'number') throw new Unsupported('how many axes it takes is not known', 1);
  return copy(x, 'gather_nd', [...indices.shape.slice(0, -1), ...x.shape.slice(batch + depth)]);
}

/** An axis of input 1's extent put in for the positions of input 0. */
export function oneHotByInput(n: NodeView, axis: number, dtype: DType): Effect {
  const { shape } = n.in(0);
  const [depth = n.fresh()] = n.value(1) ?? [];
  const at = axis < 0 ? shape.length + 1 + axis : axis;
  return fill([...shape.slice(0, at), depth, ...shape.slice(at)], dtype);
}

/** From input 0 up to input 1 by steps of input 2; a free count where one of them is not known. */
export function rangeOfInputs(n: NodeView, dtype: DType): Effect {
  const [start, limit, step] = [0, 1, 2].map((i) => n.value(i)?.[0]);
  if (start === undefined || limit === undefined || step === undefined) return fill([n.fresh()], dtype);
  if (equal(step, 0)) throw new Unsupported('its step is 0: contents of constants are not in the file', 2);
  const made = range(start, limit, step);
  return fill([made.count], dtype, made.value);
}

/** The shape that tensors of two shapes are broadcast to. */
export function broadcastArgs(n: NodeView): Effect {
  const [a, b] = [n.value(0), n.value(1)];
  const { dtype, shape } = n.in(0);
  if (a === undefined || b === undefined) return fill(shape, dtype);
  const rank = Math.max(a.length, b.length);
  const value = Array.from({ length: rank }, (_, i): Dim => {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    return equal(x, 1) ? y : equal(y, 1) ? x : max(x, y);
  });
  return fill([rank], dtype, value);
}
