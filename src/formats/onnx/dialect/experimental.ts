import type { Dim } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import { copy, fill, identity, linear, nothing, type PerElement, perElement, show, slice } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';

/**
 * Operators that ONNX had as experimental in its first versions and took out again
 * (https://github.com/onnx/onnx/blob/v1.4.1/onnx/defs/experiments/defs.cc). Exporters for Core ML, Caffe2 and Windows wrote
 * them into ai.onnx, and runtimes still run most of them.
 */

const pointwise =
  (op: PerElement): Entry =>
  (n) =>
    perElement(op, n.in(0));

/** `border` is what is cut left, top, right and below; `scale` the height and width that are kept, if given. */
const crop: Entry = (n) => {
  const x = n.in(0);
  const [left = 0, top = 0, right = 0, bottom = 0] = n.ints('border') ?? [];
  const size = n.ints('scale');
  const cut = (axis: number, front: number, behind: number, kept: number | undefined) => ({
    axis,
    start: front,
    end: kept === undefined ? (behind === 0 ? null : -behind) : front + kept,
    step: 1,
  });
  return slice(x, [cut(2, top, bottom, size?.[0]), cut(3, left, right, size?.[1])]);
};

/** Flattens everything behind `axis`, then multiplies by a weight of outputs × inputs. */
const fullyConnected: Entry = (n) => {
  const [x, w] = [n.in(0), n.in(1)];
  const axis = n.int('axis', 1);
  const flat = { dtype: x.dtype, shape: [...x.shape.slice(0, axis), w.shape[1] as Dim] };
  return linear(flat, w, n.opt(2));
};

/** A shape as an attribute, as another tensor's shape, or as another tensor's contents. */
function shapeFor(n: OnnxNode): readonly Dim[] {
  const stated = n.ints('shape');
  if (stated !== null) return stated;
  if (!n.has(0)) throw new Unsupported('neither a shape nor a tensor to take it from is given');
  if (n.int('input_as_shape', 0) === 0) return [...n.in(0).shape, ...(n.ints('extra_shape') ?? [])];
  const [rank] = n.in(0).shape;
  const known = n.value(0) ?? (typeof rank === 'number' && rank <= 64 ? n.fresh(rank) : undefined);
  if (known === undefined) throw new Unsupported('the rank of its shape is not known', 0);
  return [...known, ...(n.ints('extra_shape') ?? [])];
}

/** Starts and ends as tensors, before Slice itself took them so. */
const dynamicSlice: Entry = (n) => {
  const x = n.in(0);
  const [starts, ends] = [n.value(1), n.value(2)];
  const [count] = n.in(1).shape;
  if (typeof count !== 'number') throw new Unsupported('the number of its axes is not known', 1);
  const given = n.has(3) ? n.numbers(3, 'axes') : null;
  if ((given?.length ?? count) > x.shape.length)
    throw n.error(`it cuts ${given?.length ?? count} axes of a tensor of ${show(x.shape)}`);
  const axes = given ?? [...Array(count).keys()];
  if (starts === undefined || ends === undefined) {
    const left = n.fresh(axes.length);
    return copy(
      x,
      'slice',
      x.shape.map((d, i) => (axes.includes(i) ? (left[axes.indexOf(i)] as Dim) : d)),
    );
  }
  return slice(
    x,
    axes.map((axis, k) => ({ axis, start: starts[k] ?? 0, end: ends[k] ?? null, step: 1 })),
  );
};

export const experimental: Dialect = byName({
  // y = scale·x + bias[channel]
  ImageScaler: pointwise('image_scaler'),
  Affine: pointwise('affine'),
  Scale: pointwise('scale'),
  ScaledTanh: pointwise('scaled_tanh'),
  ParametricSoftplus: pointwise('parametric_softplus'),
  Crop: crop,
  FC: { weights: [1, 2], run: fullyConnected },
  ConstantFill: (n) => fill(shapeFor(n), n.dtype('dtype', 'float32')),
  GivenTensorFill: (n) => fill(shapeFor(n), 'float32'),
  DynamicSlice: { settings: [1, 2, 3], run: dynamicSlice },
  GRUUnit: pointwise('gru_unit'),
  LoopIndexTensor: (n) => nothing('select', [{ dtype: n.in(0).dtype, shape: n.in(0).shape.slice(1) }]),
  MemcpyFromHost: (n) => identity(n.in(0)),
  MemcpyToHost: (n) => identity(n.in(0)),
});
