// Functions that a model calls on tensors outside its layers: `keras.ops`, and in Keras 2 those of TensorFlow.
import type { Dim } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/index.js';
import type { Value } from '../../../../ledger/index.js';
import * as ops from '../../../../ops/index.js';
import { byName } from '../../../../source/by-name.js';
import { field, isObject } from '../../config.js';
import type { LayerDef } from '../../definition.js';
import type { LayerRule, LayerTable } from '../../layer.js';
import { axesOf, integer, shapeGiven } from './arguments.js';
import {
  activation,
  binary,
  cast,
  clip,
  power,
  reduce,
  reduceNumbers,
  softmax,
  spread,
  unary,
  where,
} from './elementwise.js';
import {
  concat,
  depthSpace,
  expandDims,
  getItem,
  padding,
  repeat,
  reshape,
  same,
  split,
  squeeze,
  stack,
  swapaxes,
  tile,
  transpose,
  unstack,
} from './layout.js';
import { calls, matrices } from './matrices.js';
import { bucketize, countNonzero, diff, moments, quantile, sort, transform } from './order.js';
import {
  diagonal,
  extractPatches,
  joined,
  like,
  moveaxis,
  multiHot,
  resided,
  slice,
  takeAlongAxis,
  triangle,
} from './places.js';
import { attention, einsum, grayscale, inner, matmul, outer, tensordot } from './products.js';
import { conv, convTranspose, pool, resize, separableConv } from './windows.js';

const identity: LayerRule = (layer) => layer.apply(ops.identity(layer.typeOf(layer.x)), [layer.x]);

const take: LayerRule = (layer) => {
  const [table, indices] = layer.tensors;
  if (table === undefined || indices === undefined) throw new Unsupported('which positions it takes is not known');
  return layer.apply(ops.gather(layer.typeOf(table), layer.typeOf(indices), integer(layer, ['axis'], 2, 0)), [
    table,
    indices,
  ]);
};

const oneHot: LayerRule = (layer) => {
  const { shape } = layer.typeOf(layer.x);
  return layer.apply(ops.fill([...shape, integer(layer, ['num_classes', 'depth'], 1)], 'float32'), [layer.x]);
};

const shapeOf: LayerRule = (layer) => {
  const { shape } = layer.typeOf(layer.x);
  return layer.apply(ops.fill([shape.length], 'int32', shape), [layer.x]);
};

const normalize: LayerRule = (layer) =>
  layer.apply(ops.lpNormalize(layer.typeOf(layer.x), integer(layer, ['axis'], 1, -1), 2), [layer.x]);

const layerNorm: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const axes = (axesOf(layer, 3) ?? [-1]).map((a) => ops.axisOf(a, type.shape.length, 'layer_norm'));
  const [, scale, shift] = layer.tensors;
  const last = axes.map((a) => type.shape[a] as Dim);
  const rest = type.shape.filter((_, i) => !axes.includes(i));
  const effect = ops.layerNorm({ dtype: type.dtype, shape: [...rest, ...last] }, last, {
    weight: scale?.type ?? null,
    bias: shift?.type ?? null,
  });
  return layer.apply({ ...effect, outputs: [type] }, layer.tensors);
};

const rmsNorm: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const axes = (axesOf(layer, 2) ?? [-1]).map((a) => ops.axisOf(a, type.shape.length, 'rms_norm'));
  const [, scale] = layer.tensors;
  const last = axes.map((a) => type.shape[a] as Dim);
  const rest = type.shape.filter((_, i) => !axes.includes(i));
  const effect = ops.rmsNorm({ dtype: type.dtype, shape: [...rest, ...last] }, last, scale?.type ?? null);
  return layer.apply({ ...effect, outputs: [type] }, layer.tensors);
};

const topk: LayerRule = (layer) =>
  layer.applyAll(ops.topk(layer.typeOf(layer.x), integer(layer, ['k'], 1, 1), -1), [layer.x]);

const flatten: LayerRule = (layer) => layer.apply(ops.flatten(layer.typeOf(layer.x)), [layer.x]);

const UNARY = `
  abs exp exp2 expm1 log log2 log10 log1p sqrt rsqrt reciprocal square sign floor ceil round trunc erf erfc erfinv sin cos
  tan sinh cosh asinh acosh atanh isnan isinf isfinite logical_not sinc deg2rad rad2deg digamma lgamma angle tanh sigmoid
`
  .trim()
  .split(/\s+/) as readonly ops.Unary[];

const ACTIVATIONS = `
  relu relu6 silu swish gelu elu selu celu leaky_relu softplus softsign hard_sigmoid hard_silu hard_swish log_sigmoid
  hard_tanh tanh_shrink hard_shrink soft_shrink threshold mish glu squareplus sparse_plus sparse_sigmoid
`
  .trim()
  .split(/\s+/);

/** Functions by their names in small letters: `keras.ops` and TensorFlow share most of them. */
const OPERATIONS: LayerTable = byName({
  ...Object.fromEntries(UNARY.map((op) => [op, unary(op)])),
  ...Object.fromEntries(ACTIVATIONS.map((name) => [name, activation(name)])),
  ...matrices,
  ...calls,
  absolute: unary('abs'),
  fabs: unary('abs'),
  negative: unary('neg'),
  neg: unary('neg'),
  arcsin: unary('asin'),
  arccos: unary('acos'),
  arctan: unary('atan'),
  arcsinh: unary('asinh'),
  arccosh: unary('acosh'),
  arctanh: unary('atanh'),
  nan_to_num: unary('nan_to_num'),
  add: binary('add'),
  add_v2: binary('add'),
  bias_add: binary('add'),
  subtract: binary('sub'),
  sub: binary('sub'),
  multiply: binary('mul'),
  mul: binary('mul'),
  divide: binary('div'),
  true_divide: binary('div'),
  truediv: binary('div'),
  div: binary('div'),
  divide_no_nan: binary('div'),
  div_no_nan: binary('div'),
  floor_divide: binary('floor_divide'),
  floordiv: binary('floor_divide'),
  mod: binary('remainder'),
  floormod: binary('remainder'),
  maximum: binary('maximum'),
  minimum: binary('minimum'),
  fmax: binary('maximum'),
  fmin: binary('minimum'),
  squared_difference: (layer) => {
    const made = binary('sub')(layer) as Value;
    return layer.apply(ops.unary('square', layer.typeOf(made)), [made]);
  },
  power,
  pow: power,
  arctan2: binary('atan2'),
  atan2: binary('atan2'),
  hypot: binary('hypot'),
  logaddexp: binary('logaddexp'),
  equal: binary('eq'),
  not_equal: binary('ne'),
  less: binary('lt'),
  less_equal: binary('le'),
  greater: binary('gt'),
  greater_equal: binary('ge'),
  logical_and: binary('logical_and'),
  logical_or: binary('logical_or'),
  logical_xor: binary('logical_xor'),
  isclose: binary('isclose'),
  mean: reduce('mean'),
  reduce_mean: reduce('mean'),
  sum: reduce('sum'),
  reduce_sum: reduce('sum'),
  max: reduce('max'),
  amax: reduce('max'),
  reduce_max: reduce('max'),
  min: reduce('min'),
  amin: reduce('min'),
  reduce_min: reduce('min'),
  prod: reduce('prod'),
  reduce_prod: reduce('prod'),
  all: reduce('all'),
  any: reduce('any'),
  nansum: reduceNumbers('sum'),
  nanmean: reduceNumbers('mean'),
  nanmax: reduceNumbers('max'),
  nanmin: reduceNumbers('min'),
  nanprod: reduceNumbers('prod'),
  argmax: reduce('argmax'),
  argmin: reduce('argmin'),
  logsumexp: reduce('logsumexp'),
  norm: reduce('l2'),
  std: spread(true),
  reduce_std: spread(true),
  var: spread(false),
  reduce_variance: spread(false),
  cumsum: (layer) =>
    layer.apply(ops.cumulative('cumsum', layer.typeOf(layer.x), integer(layer, ['axis'], 1, 0)), [layer.x]),
  cumprod: (layer) =>
    layer.apply(ops.cumulative('cumprod', layer.typeOf(layer.x), integer(layer, ['axis'], 1, 0)), [layer.x]),
  matmul,
  batch_dot: matmul,
  dot: matmul,
  tensordot,
  einsum,
  softmax: softmax(false),
  log_softmax: softmax(true),
  reshape,
  transpose,
  swapaxes,
  expand_dims: expandDims,
  squeeze,
  ravel: flatten,
  concatenate: concat,
  concat,
  stack,
  split,
  unstack,
  get_item: getItem,
  getitem: getItem,
  tile,
  repeat,
  pad: padding,
  flip: same('flip'),
  reverse: same('flip'),
  roll: same('roll'),
  copy: same('copy'),
  identity,
  stop_gradient: identity,
  convert_to_tensor: identity,
  cast,
  saturate_cast: cast,
  clip,
  clip_by_value: clip,
  take,
  gather: take,
  where,
  resize,
  resize_images: resize,
  conv: conv(false),
  depthwise_conv: conv(true),
  separable_conv: separableConv,
  conv_transpose: convTranspose,
  max_pool: pool('max'),
  average_pool: pool('avg'),
  one_hot: oneHot,
  shape: shapeOf,
  zeros_like: like,
  ones_like: like,
  full_like: like,
  empty_like: like,
  moveaxis,
  tril: triangle,
  triu: triangle,
  diagonal,
  take_along_axis: takeAlongAxis,
  slice,
  hstack: joined(1),
  vstack: joined(0),
  dstack: joined(2),
  append: concat,
  array_split: split,
  fliplr: same('flip'),
  flipud: same('flip'),
  extract_patches: extractPatches,
  crop_images: resided('cropping'),
  pad_images: resided('padding'),
  rgb_to_grayscale: grayscale,
  multi_hot: multiHot,
  sort: sort(false),
  argsort: sort(true),
  argpartition: sort(true),
  median: quantile,
  quantile,
  percentile: quantile,
  digitize: bucketize,
  search_sorted: bucketize,
  count_nonzero: countNonzero,
  diff,
  moments,
  inner,
  outer,
  fft: transform(1, false),
  fft2: transform(2, false),
  ifft2: transform(2, false),
  rfft: transform(1, true),
  fmod: binary('fmod'),
  heaviside: binary('heaviside'),
  bitwise_and: binary('bitwise_and'),
  bitwise_or: binary('bitwise_or'),
  bitwise_xor: binary('bitwise_xor'),
  bitwise_not: unary('bitwise_not'),
  bitwise_invert: unary('bitwise_not'),
  left_shift: binary('bitwise_shift'),
  right_shift: binary('bitwise_shift'),
  bitwise_left_shift: binary('bitwise_shift'),
  bitwise_right_shift: binary('bitwise_shift'),
  rms_norm: rmsNorm,
  dot_product_attention: attention,
  normalize,
  l2_normalize: normalize,
  layer_norm: layerNorm,
  top_k: topk,
  depth_to_space: depthSpace(false),
  space_to_depth: depthSpace(true),
  broadcast_to: (layer) => layer.apply(ops.expand(layer.typeOf(layer.x), shapeGiven(layer, ['shape'], 1)), [layer.x]),
});

/** `ExpandDims` is `expand_dims`, `ReLU` is `relu`. */
function snake(name: string): string {
  return name
    .replace('ReLU', 'Relu')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

/**
 * The rule of a function; null for a function without one, undefined for what is not a function. `isLayer`: whether a layer has its
 * name, as `Add` and `Softmax` have.
 */
export function operationRule(def: LayerDef, isLayer: boolean): LayerRule | null | undefined {
  const { type, module, config } = def;
  const known = OPERATIONS[snake(type)];
  if (/^keras\.(src\.)?(ops|activations)(\.|$)/.test(module)) return known ?? null;
  if (isUnnamed(def) && !(isLayer && known === undefined)) return known ?? null;
  if (type !== 'TFOpLambda' && type !== 'SlicingOpLambda') return undefined;
  const name = config.get('function');
  return typeof name === 'string' ? (OPERATIONS[name.replace(/^.*\./, '')] ?? null) : null;
}

/**
 * HDF5 files of Keras 3 do not say where a class is kept. Nearly all layers say whether they are trained; a function has
 * nothing to train.
 */
function isUnnamed({ module, config, inbound }: LayerDef): boolean {
  const [call] = inbound;
  return module === '' && isObject(call) && field(call, 'args') !== undefined && config.get('trainable') === undefined;
}
