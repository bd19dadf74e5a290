import { type Dim, product } from '../../../dim/index.js';
import type { Value } from '../../../ledger/index.js';
import * as ops from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Layer, LayerRule, LayerTable } from '../layer.js';

/** Scale and shift under the names that Keras gives them; null for what the layer does not have. */
function affine(
  layer: Layer,
  shape: readonly number[],
  names: readonly [string, string] = ['gamma', 'beta'],
): [Value | null, Value | null] {
  const [scale, shift] = names;
  return [
    layer.config.flag('scale', true) ? layer.weight(scale, shape) : null,
    layer.config.flag('center', true) ? layer.weight(shift, shape) : null,
  ];
}

function axesOf(layer: Layer, x: Value, otherwise: readonly number[]): number[] {
  const rank = layer.shape(x).length;
  return layer.config.integers('axis', otherwise).map((a) => {
    const axis = a < 0 ? a + rank : a;
    if (axis < 0 || axis >= rank) throw layer.error(`normalises over axis ${a} of an input of ${rank} axes`);
    return axis;
  });
}

/** The type with some axes moved to a place of their own; results have the shape that the input had. */
function reordered(type: TensorType, shape: readonly Dim[], run: (x: TensorType) => ops.Effect): ops.Effect {
  const effect = run({ dtype: type.dtype, shape });
  return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, shape: type.shape })) };
}

const batchNorm: LayerRule = (layer) => {
  const { x } = layer;
  const [axis = 1] = axesOf(layer, x, [-1]);
  const channels = layer.extent(x, axis);
  const [gamma, beta] = affine(layer, [channels]);
  const mean = layer.buffer('moving_mean', [channels]);
  const variance = layer.buffer('moving_variance', [channels]);
  const type = layer.typeOf(x);
  const rest = type.shape.filter((_, i) => i !== axis);
  const effect = reordered(type, [rest[0] ?? 1, channels, ...rest.slice(1)], (t) =>
    ops.batchNorm(t, { weight: gamma?.type ?? null, bias: beta?.type ?? null }, { batchStatistics: false }),
  );
  return layer.apply(effect, [x, gamma, beta, mean, variance]);
};

const layerNorm: LayerRule = (layer) => {
  const { x } = layer;
  const type = layer.typeOf(x);
  const axes = axesOf(layer, x, [-1]).sort((a, b) => a - b);
  const shape = axes.map((a) => layer.extent(x, a));
  const rms = layer.config.flag('rms_scaling', false);
  const [gamma, beta] = rms ? [layer.weight('gamma', shape), null] : affine(layer, shape);
  const rest = type.shape.filter((_, i) => !axes.includes(i));
  const effect = reordered(type, [...rest, ...shape], (t) =>
    rms
      ? ops.rmsNorm(t, shape, gamma?.type ?? null)
      : ops.layerNorm(t, shape, { weight: gamma?.type ?? null, bias: beta?.type ?? null }),
  );
  return layer.apply(effect, [x, gamma, beta]);
};

const rmsNorm: LayerRule = (layer) => {
  const { x } = layer;
  const axes = axesOf(layer, x, [-1]).sort((a, b) => a - b);
  const shape = axes.map((a) => layer.extent(x, a));
  const scale = layer.weight('scale', shape);
  const type = layer.typeOf(x);
  const rest = type.shape.filter((_, i) => !axes.includes(i));
  return layer.apply(
    reordered(type, [...rest, ...shape], (t) => ops.rmsNorm(t, shape, scale.type)),
    [x, scale],
  );
};

const groupNorm: LayerRule = (layer) => {
  const { x, config } = layer;
  const [axis = 1] = axesOf(layer, x, [-1]);
  const channels = layer.extent(x, axis);
  // −1, or more groups than channels: a group for each channel
  const given = config.number('groups', 32);
  const groups = given < 1 ? channels : given;
  const [gamma, beta] = affine(layer, [channels]);
  const type = layer.typeOf(x);
  const rest = type.shape.filter((_, i) => i !== axis);
  const effect = reordered(type, [rest[0] ?? 1, channels, ...rest.slice(1)], (t) =>
    ops.groupNorm(t, groups, { weight: gamma?.type ?? null, bias: beta?.type ?? null }),
  );
  return layer.apply(effect, [x, gamma, beta]);
};

/** Each channel of each sample by itself, as TensorFlow Addons has it. */
const instanceNorm: LayerRule = (layer) => {
  const { x } = layer;
  const [axis = 1] = axesOf(layer, x, [-1]);
  const channels = layer.extent(x, axis);
  const [gamma, beta] = affine(layer, [channels]);
  const type = layer.typeOf(x);
  const rest = type.shape.filter((_, i) => i !== axis);
  const effect = reordered(type, [rest[0] ?? 1, channels, ...rest.slice(1)], (t) =>
    ops.instanceNorm(t, { weight: gamma?.type ?? null, bias: beta?.type ?? null }, { spatialAxes: rest.length - 1 }),
  );
  return layer.apply(effect, [x, gamma, beta]);
};

const unitNorm: LayerRule = (layer) => {
  const { x } = layer;
  const type = layer.typeOf(x);
  const axes = axesOf(layer, x, [-1]);
  const rest = type.shape.filter((_, i) => !axes.includes(i));
  const size = product(axes.map((a) => type.shape[a] as Dim));
  return layer.apply(
    reordered(type, [...rest, size], (t) => ops.lpNormalize(t, -1, 2)),
    [x],
  );
};

/** Data minus a mean, over a deviation: what was adapted to the data, or given. */
const normalization: LayerRule = (layer) => {
  const { x, config } = layer;
  const type = layer.typeOf(x);
  const written = config.raw['axis'];
  const kept = written === null ? [] : axesOf(layer, x, [-1]);
  const shape = kept.map((a) => layer.extent(x, a));
  const adapted =
    config.has('mean') || config.has('input_mean')
      ? []
      : [layer.buffer('mean', shape), layer.buffer('variance', shape)];
  if (adapted.length > 0) layer.buffer('count', [], 'int32');
  const parts = [ops.binary('sub', type, type), ops.binary('div', type, type)];
  const effect = ops.together('affine', [{ dtype: type.dtype, shape: type.shape }], parts);
  return layer.apply(effect, [x, ...adapted]);
};

export const norm: LayerTable = {
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  RMSNormalization: rmsNorm,
  GroupNormalization: groupNorm,
  InstanceNormalization: instanceNorm,
  UnitNormalization: unitNorm,
  Normalization: normalization,
};
