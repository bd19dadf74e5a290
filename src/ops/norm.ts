import { type Dim, exactdiv, mul, product } from '../dim/index.js';
import { isFloating, numel, type TensorType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import type { OpName } from './catalog/index.js';
import { axisOf, divides, same, shapeError, show } from './shapes.js';
import { type Effect, map, reduction, type Work, written } from './work.js';

interface Affine {
  readonly weight: TensorType | null;
  readonly bias: TensorType | null;
}

/**
 * Batch normalisation of N×C×… . At inference the statistics are constants and it is a scale and a shift: 2 per element.
 * Without running statistics (or in training) mean and variance are found first.
 */
export function batchNorm(
  input: TensorType,
  affine: Affine,
  options: { batchStatistics: boolean; inplace?: boolean },
): Effect {
  if (input.shape.length < 2) throw shapeError(`batch_norm: expected N×C×…, found ${show(input.shape)}`);
  const channels = input.shape[1] as Dim;
  if (affine.weight !== null)
    same(
      channels,
      affine.weight.shape[0] as Dim,
      () => `batch_norm: channels of the input ${show(input.shape)} and of the weight`,
    );
  const n = numel(input.shape);
  const work = options.batchStatistics
    ? statistics(input, n, channels, affine, true)
    : map(input.dtype, n, { mul: 1, add: 1 });
  return {
    op: 'batch_norm',
    outputs: [written(input.dtype, input.shape, options.inplace)],
    work,
    attrs: {
      affine: affine.weight !== null,
      batch_statistics: options.batchStatistics,
    } satisfies AttrsOf<'batch_norm'>,
  };
}

/** Layer normalisation over the last axes, as many as `normalized` has. */
export function layerNorm(input: TensorType, normalized: readonly Dim[], affine: Affine): Effect {
  const k = normalized.length;
  const tail = input.shape.slice(input.shape.length - k);
  for (const [i, extent] of tail.entries())
    same(extent, normalized[i] as Dim, () => `layer_norm of ${show(input.shape)} over ${show(normalized)}`);
  if (tail.length < k) throw shapeError(`layer_norm: ${show(input.shape)} has no ${k} axes to normalise over`);
  return normalised('layer_norm', input, product(input.shape.slice(0, input.shape.length - k)), affine, true);
}

/** Group normalisation: N·groups sets of statistics. `groups` = channels is instance normalisation without running statistics. */
export function groupNorm(input: TensorType, groups: Dim, affine: Affine): Effect {
  const channels = input.shape[1];
  if (channels === undefined) throw shapeError(`group_norm: expected N×C×…, found ${show(input.shape)}`);
  divides(channels, groups, `group_norm: ${show([channels])} channels do not divide into ${show([groups])} groups`);
  return normalised('group_norm', input, mul(input.shape[0] as Dim, groups), affine, true, { groups });
}

/** Instance normalisation of N×C×spatial or C×spatial. With running statistics it is a scale and a shift. */
export function instanceNorm(
  input: TensorType,
  affine: Affine,
  options: { spatialAxes: number; runningStatistics?: boolean },
): Effect {
  const sets = product(input.shape.slice(0, input.shape.length - options.spatialAxes));
  if (options.runningStatistics)
    return {
      op: 'instance_norm',
      outputs: [{ dtype: input.dtype, shape: input.shape }],
      work: map(input.dtype, numel(input.shape), { mul: 1, add: 1 }),
      attrs: { affine: affine.weight !== null } satisfies AttrsOf<'instance_norm'>,
    };
  return normalised('instance_norm', input, sets, affine, true);
}

/** x / √(mean(x²) + ε), scaled: no mean is subtracted. */
export function rmsNorm(input: TensorType, normalized: readonly Dim[], weight: TensorType | null): Effect {
  return normalised(
    'rms_norm',
    input,
    product(input.shape.slice(0, input.shape.length - normalized.length)),
    { weight, bias: null },
    false,
  );
}

/** Each element divided by (k + α·Σ squares of `size` neighbours)^β. */
export function localResponseNorm(input: TensorType, size: number): Effect {
  if (!(size >= 1)) throw shapeError(`a local response norm cannot have a window of ${size} channels`);
  const n = numel(input.shape);
  return {
    op: 'local_response_norm',
    outputs: [{ dtype: input.dtype, shape: input.shape }],
    work: map(input.dtype, n, { mul: 2, add: size, pow: 1, div: 1 }),
    attrs: { size } satisfies AttrsOf<'local_response_norm'>,
  };
}

/** x / max(‖x‖_p, ε) along an axis. */
export function lpNormalize(input: TensorType, axis: number, p: number): Effect {
  const rows = rowsWithout(input, axis);
  const n = numel(input.shape);
  const power = p === 1 ? { abs: 1 } : p === 2 ? { mul: 1 } : { abs: 1, pow: 1 };
  const root = p === 1 ? {} : p === 2 ? { sqrt: 1 } : { pow: 1 };
  return {
    op: 'normalize',
    outputs: [{ dtype: input.dtype, shape: input.shape }],
    work: [
      ...map(input.dtype, n, power),
      ...reduction(input.dtype, n, rows, 'add'),
      ...map(input.dtype, rows, { ...root, cmp: 1 }),
      ...map(input.dtype, n, { div: 1 }),
    ],
    attrs: { p, dim: axis } satisfies AttrsOf<'normalize'>,
  };
}

/** Softmax: maximum, subtract, exp, sum, divide. Its logarithm: maximum, subtract, exp, sum, log, subtract. */
export function softmax(input: TensorType, axis: number, log = false): Effect {
  const dim = axisOf(axis, input.shape.length, 'softmax');
  const n = numel(input.shape);
  const rows = rowsWithout(input, dim);
  return {
    op: log ? 'log_softmax' : 'softmax',
    outputs: [{ dtype: input.dtype, shape: input.shape }],
    work: [
      ...reduction(input.dtype, n, rows, 'cmp'),
      ...map(input.dtype, n, { add: 1, exp: 1 }),
      ...reduction(input.dtype, n, rows, 'add'),
      ...(log
        ? [...map(input.dtype, rows, { log: 1 }), ...map(input.dtype, n, { add: 1 })]
        : map(input.dtype, n, { div: 1 })),
    ],
    attrs: { dim, extent: input.shape[dim] ?? 1 } satisfies AttrsOf<'softmax'>,
  };
}

/** 1 at the largest of each row along an axis, 0 elsewhere. */
export function hardmax(input: TensorType, axis: number): Effect {
  const rows = rowsWithout(input, axisOf(axis, input.shape.length, 'hardmax'));
  return {
    op: 'hardmax',
    outputs: [{ dtype: input.dtype, shape: input.shape }],
    work: reduction(input.dtype, numel(input.shape), rows, 'cmp'),
  };
}

/**
 * E[x], E[x²], σ = √(E[x²] − E[x]²), (x − E[x]) / (σ + ε) over some axes, as ONNX's MeanVarianceNormalization spells it;
 * without `variance` only x − E[x].
 */
export function meanVarianceNorm(input: TensorType, axes: readonly number[], variance = true): Effect {
  const over = axes.map((a) => axisOf(a, input.shape.length, 'mean_variance_norm'));
  const sets = product(input.shape.filter((_, i) => !over.includes(i)));
  const n = numel(input.shape);
  return {
    op: 'mean_variance_norm',
    outputs: [{ dtype: input.dtype, shape: input.shape }],
    work: variance
      ? [
          ...reduction(input.dtype, n, sets, 'add'),
          ...map(input.dtype, n, { mul: 1 }),
          ...reduction(input.dtype, n, sets, 'add'),
          ...map(input.dtype, sets, { div: 2, mul: 1, add: 2, sqrt: 1 }),
          ...map(input.dtype, n, { add: 1, div: 1 }),
        ]
      : [
          ...reduction(input.dtype, n, sets, 'add'),
          ...map(input.dtype, sets, { div: 1 }),
          ...map(input.dtype, n, { add: 1 }),
        ],
  };
}

/** Elements of a tensor without one axis: how many rows a reduction along it leaves. */
function rowsWithout(input: TensorType, axis: number): Dim {
  const at = axisOf(axis, input.shape.length, 'axis');
  return product(input.shape.filter((_, i) => i !== at));
}

function normalised(
  op: OpName,
  input: TensorType,
  sets: Dim,
  affine: Affine,
  centred: boolean,
  attrs: Pick<AttrsOf<'group_norm'>, 'groups'> = {},
): Effect {
  return {
    op,
    outputs: [{ dtype: input.dtype, shape: input.shape }],
    work: isFloating(input.dtype) ? statistics(input, numel(input.shape), sets, affine, centred) : [],
    attrs: {
      affine: affine.weight !== null,
      sets,
      set_size: exactdiv(numel(input.shape), sets) ?? 0,
      ...attrs,
    } satisfies AttrsOf<'layer_norm'>,
  };
}

/** mean (Σ, ÷), subtract, square, mean of squares (Σ, ÷), + ε, √, divide, scale, shift: what a file spells in nine nodes. */
function statistics(input: TensorType, n: Dim, sets: Dim, affine: Affine, centred: boolean): Work[] {
  const mean = [...reduction(input.dtype, n, sets, 'add'), ...map(input.dtype, sets, { div: 1 })];
  return [
    ...(centred ? [...mean, ...map(input.dtype, n, { add: 1 })] : []),
    ...map(input.dtype, n, { mul: 1 }),
    ...mean,
    ...map(input.dtype, sets, { add: 1, sqrt: 1 }),
    ...map(input.dtype, n, { div: 1 }),
    ...(affine.weight === null ? [] : map(input.dtype, n, { mul: 1 })),
    ...(affine.bias === null ? [] : map(input.dtype, n, { add: 1 })),
  ];
}
