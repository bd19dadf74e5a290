// Operators that compare elements with each other or add them up by groups: sorting, places in an order, statistics of it.
import { type Dim, floordiv } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/index.js';
import * as ops from '../../../../ops/index.js';
import type { LayerRule } from '../../layer.js';
import { axesOf, flag, integer } from './arguments.js';

/** Values in their order, or where each of them stood. */
export const sort =
  (places: boolean): LayerRule =>
  (layer) => {
    const type = layer.typeOf(layer.x);
    const out = { dtype: places ? 'int32' : type.dtype, shape: type.shape } as const;
    return layer.apply(ops.sort(type, integer(layer, ['axis'], 1, -1), [out]), [layer.x]);
  };

/** The value of one rank among others: found by sorting. */
export const quantile: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const axes = axesOf(layer, 1);
  if (axes !== null && axes.length > 1) throw new Unsupported('ranks over several axes have no formula');
  const effect = ops.quantile(type, [], axes?.[0] ?? null, flag(layer, ['keepdims'], 2));
  return layer.apply(effect, [layer.x]);
};

/** In which of some intervals each element lies. */
export const bucketize: LayerRule = (layer) => {
  const [x, edges] = layer.tensors;
  if (x === undefined) throw new Unsupported('it needs a tensor');
  const given = layer.given.args[1];
  const count: Dim = Array.isArray(given) ? given.length : 1;
  const type = edges?.type ?? { dtype: 'float32', shape: [count] };
  return layer.apply(ops.bucketize(layer.typeOf(x), type), [x]);
};

export const countNonzero: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const isOther = ops.perElement('ne', type);
  return layer.apply(ops.precededBy(ops.reduce('sum', type, axesOf(layer, 1), { dtype: 'int32' }), isOther), [layer.x]);
};

/** Differences of neighbours, `n` times over. */
export const diff: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const n = integer(layer, ['n'], 1, 1);
  const axis = ops.axisOf(integer(layer, ['axis'], 2, -1), type.shape.length, 'diff');
  const extent = type.shape[axis];
  if (typeof extent !== 'number' || n < 0 || n > extent)
    throw new Unsupported('how many neighbours it has is not known');
  const shape = type.shape.map((d, i) => (i === axis ? extent - n : d));
  return layer.apply(ops.diff(type, shape, n), [layer.x]);
};

/** Mean and variance along axes. */
export const moments: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const axes = axesOf(layer, 1);
  const keepdim = flag(layer, ['keepdims'], 2);
  const mean = layer.apply(ops.reduce('mean', type, axes, { keepdim }), [layer.x]);
  return [mean, layer.apply(ops.variance(type, axes, { keepdim }), [layer.x])];
};

/** Real and imaginary part of a transform along the last axes; of real numbers half of it is kept. */
export const transform =
  (axes: 1 | 2, real: boolean): LayerRule =>
  (layer) => {
    const type = layer.typeOf(layer.x);
    const shape = real ? [...type.shape.slice(0, -1), halfOf(type.shape.at(-1) as Dim)] : type.shape;
    const effect = ops.fourier(
      type,
      Array.from({ length: axes }, (_, i) => -1 - i),
    );
    const out = { dtype: type.dtype, shape };
    return layer.applyAll({ ...effect, outputs: [out, out] }, layer.tensors);
  };

function halfOf(extent: Dim): Dim {
  const half = floordiv(extent, 2);
  if (typeof half !== 'number') throw new Unsupported('the length of the transform is not known');
  return half + 1;
}
