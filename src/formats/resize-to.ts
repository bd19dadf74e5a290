import { type Dim, equal } from '../dim/index.js';
import { type Effect, type ResizeMode, resize } from '../ops/index.js';
import type { TensorType } from '../tensor/index.js';

/** Batch and channels come first and keep their extents in most networks; interpolation goes over the axes behind. */
export function resizeTo(x: TensorType, shape: readonly Dim[], mode: ResizeMode): Effect {
  const lead = [0, 1].every((i) => shape[i] === undefined || equal(shape[i], x.shape[i] as Dim)) ? 2 : 0;
  return resize(x, shape.slice(lead), mode, { spatial: true, axes: Math.max(1, shape.length - 2) });
}
