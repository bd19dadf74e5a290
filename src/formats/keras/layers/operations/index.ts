import { type Dim, equal } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/index.js';
import type { Value } from '../../../../ledger/index.js';
import * as ops from '../../../../ops/index.js';
import { byName } from '../../../../source/by-name.js';
import type { TensorType } from '../../../../tensor/index.js';
import { activationEffects } from '../../activations.js';
import { isArray, type Json } from '../../config.js';
import type { LayerDef } from '../../definition.js';
import { dtypeOf } from '../../dtype.js';
import { type Given, isList, isValue, type LayerRule, type LayerTable } from '../../layer.js';

import { axesOf, flag, integer, operand, parameter, shapeGiven } from './arguments.js';
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
import { pool, resize } from './windows.js';

// Functions that a model calls on tensors outside its layers: `keras.ops`, and in Keras 2 those of TensorFlow.

const unary =
  (op: ops.Unary): LayerRule =>
  (layer) =>
    layer.apply(ops.unary(op, layer.typeOf(layer.x)), [layer.x]);

const activation =
  (name: string): LayerRule =>
  (layer) => {
    let value = layer.x;
    for (const effect of activationEffects(name, layer.typeOf(value))) value = layer.apply(effect, [value]);
    return value;
  };

const binary =
  (op: ops.Binary): LayerRule =>
  (layer) => {
    const { args, kwargs } = layer.given;
    const [first, second] =
      args.length === 1 && isList(args[0]) && args[0].length === 2
        ? args[0]
        : [args[0] ?? kwargs['x'] ?? kwargs['x1'], args[1] ?? kwargs['y'] ?? kwargs['x2']];
    const known = [first, second].find(isValue);
    const like = known === undefined ? null : layer.typeOf(known);
    const [a, b] = [operand(layer, first, like), operand(layer, second, like)];
    return layer.apply(ops.binary(op, a.type, b.type), [a.value, b.value]);
  };

const power: LayerRule = (layer) => {
  const given = parameter(layer, ['y', 'x2'], 1);
  const type = layer.typeOf(layer.x);
  const known = typeof given === 'number' ? given : null;
  return layer.apply(ops.power(type, { dtype: type.dtype, shape: [] }, known, type.dtype), [layer.x]);
};

const reduce =
  (op: ops.Reduction): LayerRule =>
  (layer) => {
    const effect = ops.reduce(op, layer.typeOf(layer.x), axesOf(layer, 1), {
      keepdim: flag(layer, ['keepdims', 'keep_dims'], 2),
    });
    return layer.apply(effect, [layer.x]);
  };

const spread =
  (root: boolean): LayerRule =>
  (layer) =>
    layer.apply(
      ops.variance(layer.typeOf(layer.x), axesOf(layer, 1), { keepdim: flag(layer, ['keepdims'], 2), root }),
      [layer.x],
    );

const matmul: LayerRule = (layer) => {
  const [a, b] = layer.tensors;
  if (a === undefined || b === undefined) throw new Unsupported('it needs two tensors');
  const turned = (value: Value, keys: readonly string[], place: number): Value =>
    flag(layer, keys, place) ? layer.apply(ops.transpose(layer.typeOf(value), -1, -2), [value]) : value;
  const left = turned(a, ['transpose_a', 'adj_x'], 2);
  const right = turned(b, ['transpose_b', 'adj_y'], 3);
  return layer.apply(ops.matmul(layer.typeOf(left), layer.typeOf(right)), [left, right]);
};

const tensordot: LayerRule = (layer) => {
  const [a, b] = layer.tensors;
  const axes = parameter(layer, ['axes'], 2) ?? 2;
  if (a === undefined || b === undefined) throw new Unsupported('it needs two tensors');
  const [x, y] = [layer.typeOf(a), layer.typeOf(b)];
  const pairs =
    typeof axes === 'number'
      ? Array.from({ length: axes }, (_, i) => [x.shape.length - axes + i, i] as const)
      : pairsOf(axes, x.shape.length, y.shape.length);
  const letter = (i: number): string => String.fromCharCode(97 + i);
  const left = x.shape.map((_, i) => letter(i));
  const right = y.shape.map((_, j) => {
    const pair = pairs.find(([, other]) => other === j);
    return pair === undefined ? letter(x.shape.length + j) : letter(pair[0]);
  });
  const kept = [
    ...left.filter((_, i) => !pairs.some(([own]) => own === i)),
    ...right.filter((_, j) => !pairs.some(([, other]) => other === j)),
  ];
  return layer.apply(ops.einsum(`${left.join('')},${right.join('')}->${kept.join('')}`, [x, y]), [a, b]);
};

function pairsOf(axes: Given | Json, rank: number, other: number): (readonly [number, number])[] {
  const [own = [], theirs = []] = (isArray(axes as Json) ? axes : []) as readonly (number | readonly number[])[];
  const list = (v: number | readonly number[]): readonly number[] => (typeof v === 'number' ? [v] : v);
  return list(own).map((a, i) => {
    const b = list(theirs)[i] ?? 0;
    return [a < 0 ? a + rank : a, b < 0 ? b + other : b] as const;
  });
}

const einsum: LayerRule = (layer) => {
  const given = parameter(layer, ['subscripts', 'equation'], 0);
  if (typeof given !== 'string') throw new Unsupported('its equation is not known');
  return layer.apply(
    ops.einsum(
      given,
      layer.tensors.map((t) => layer.typeOf(t)),
    ),
    layer.tensors,
  );
};

const cast: LayerRule = (layer) => {
  const [x] = layer.tensors;
  if (x === undefined) throw new Unsupported('it needs a tensor');
  const name = parameter(layer, ['dtype'], 1);
  const dtype = typeof name === 'string' ? dtypeOf(name) : null;
  return layer.apply(ops.cast(layer.typeOf(x), dtype ?? layer.typeOf(x).dtype), [x]);
};

const clip: LayerRule = (layer) => layer.apply(ops.clamp(layer.typeOf(layer.x), 2), [layer.x]);
const softmax =
  (log: boolean): LayerRule =>
  (layer) =>
    layer.apply(ops.softmax(layer.typeOf(layer.x), integer(layer, ['axis'], 1, -1), log), [layer.x]);

const identity: LayerRule = (layer) => layer.apply(ops.identity(layer.typeOf(layer.x)), [layer.x]);

const take: LayerRule = (layer) => {
  const [table, indices] = layer.tensors;
  if (table === undefined || indices === undefined) throw new Unsupported('which positions it takes is not known');
  return layer.apply(ops.gather(layer.typeOf(table), layer.typeOf(indices), integer(layer, ['axis'], 2, 0)), [
    table,
    indices,
  ]);
};

const where: LayerRule = (layer) => {
  const { args } = layer.given;
  const known = [args[1], args[2]].find(isValue);
  const like = known === undefined ? null : layer.typeOf(known);
  const [c, a, b] = [operand(layer, args[0], null), operand(layer, args[1], like), operand(layer, args[2], like)];
  return layer.apply(ops.where(c.type, a.type, b.type), [c.value, a.value, b.value]);
};

const oneHot: LayerRule = (layer) => {
  const { shape } = layer.typeOf(layer.x);
  return layer.apply(ops.fill([...shape, integer(layer, ['num_classes', 'depth'], 1)], 'float32'), [layer.x]);
};

const shapeOf: LayerRule = (layer) => {
  const { shape } = layer.typeOf(layer.x);
  return layer.apply(ops.fill([shape.length], 'int32', shape), [layer.x]);
};

const attention: LayerRule = (layer) => {
  const [q, k, v] = layer.tensors;
  if (q === undefined || k === undefined || v === undefined)
    throw new Unsupported('it needs a query, a key and a value');
  // N×length×heads×depth
  const turned = ({ dtype, shape }: TensorType): TensorType => ({
    dtype,
    shape: [0, 2, 1, 3].map((i) => shape[i] ?? 1),
  });
  const [a, b, c] = [q, k, v].map((t) => turned(layer.typeOf(t))) as [TensorType, TensorType, TensorType];
  const effect = ops.attention(a, b, c, {
    causal: layer.config.flag('is_causal', false),
    grouped: !equal(a.shape[1] ?? 1, b.shape[1] ?? 1),
  });
  return layer.apply({ ...effect, outputs: effect.outputs.map(turned) }, [q, k, v]);
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
  power: power,
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
  max_pool: pool('max'),
  average_pool: pool('avg'),
  one_hot: oneHot,
  shape: shapeOf,
  zeros_like: (layer) => layer.apply(ops.fill(layer.shape(layer.x), layer.typeOf(layer.x).dtype), []),
  ones_like: (layer) => layer.apply(ops.fill(layer.shape(layer.x), layer.typeOf(layer.x).dtype), []),
  dot_product_attention: attention,
  normalize,
  l2_normalize: normalize,
  layer_norm: layerNorm,
  top_k: topk,
  depth_to_space: depthSpace(false),
  space_to_depth: depthSpace(true),
  broadcast_to: (layer) => layer.apply(ops.expand(layer.typeOf(layer.x), shapeGiven(layer, ['shape'], 1)), [layer.x]),
});

/** `ExpandDims` is `expand_dims`. */
function snake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

/** The rule of a function; null for a function without one, undefined for what is none. */
export function operationRule({ type, module, config }: LayerDef): LayerRule | null | undefined {
  if (/^keras\.(src\.)?ops(\.|$)/.test(module)) return OPERATIONS[snake(type)] ?? null;
  if (type !== 'TFOpLambda' && type !== 'SlicingOpLambda') return undefined;
  const name = config.get('function');
  return typeof name === 'string' ? (OPERATIONS[name.replace(/^.*\./, '')] ?? null) : null;
}
