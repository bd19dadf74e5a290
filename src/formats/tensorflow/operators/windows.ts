import { type Dim, exactdiv, floordiv, isStatic, mul, toNumber } from '../../../dim/index.js';
import {
  batchNorm,
  conv,
  copy,
  type Effect,
  localResponseNorm,
  type PoolKind,
  pool,
  type ResizeMode,
  resize,
  together,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { batchSpace } from '../../batch-space.js';
import { channelsFirst, channelsLast, samePadding } from '../../channels.js';
import { convBackward } from '../../transposed.js';
import { tapsOf } from '../../windows.js';
import type { Entry, Operator, Table } from '../operator.js';
import { withFused } from './fused.js';

/** Whether channels are in front. */
const isFirst = (n: Operator): boolean => /^NC/.test(n.text('data_format', 'NHWC'));

/** The input with channels in front. */
function inFront(n: Operator, type: TensorType): TensorType {
  return isFirst(n) ? type : channelsFirst(type);
}

function asWas(n: Operator, effect: Effect): Effect {
  return isFirst(n) ? effect : channelsLast(effect);
}

/** One number an axis of space, from a list that has the batch and the channels too. */
function spatial(n: Operator, name: string, axes: number): number[] {
  const all = n.ints(name);
  if (all.length === 0) return new Array<number>(axes).fill(1);
  if (all.length !== axes + 2) throw n.error(`${name} has ${all.length} numbers for ${axes} axes`);
  return isFirst(n) ? all.slice(2) : all.slice(1, -1);
}

interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

function padsOf(n: Operator, extents: readonly Dim[], w: Windows): [number, number][] {
  const name = n.text('padding', 'VALID');
  if (name === 'SAME') return samePadding(extents, w.kernel, w.stride, w.dilation);
  if (name !== 'EXPLICIT') return w.kernel.map(() => [0, 0]);
  const all = n.ints('explicit_paddings');
  const first = isFirst(n) ? 2 : 1;
  return w.kernel.map((_, i) => [all[2 * (i + first)] ?? 0, all[2 * (i + first) + 1] ?? 0]);
}

/** A convolution; the kernel is `[…taps, inputs of a group, outputs]`. */
function convolution(n: Operator, axes: number): Effect {
  const x = inFront(n, n.in(0));
  const filter = n.in(1);
  if (filter.shape.length !== axes + 2 || x.shape.length !== axes + 2)
    throw n.error(`an input of ${x.shape.length} axes and a filter of ${filter.shape.length}`);
  const shape = [filter.shape.at(-1) as Dim, filter.shape.at(-2) as Dim, ...filter.shape.slice(0, -2)];
  // Channels that are not known are those of the kernel.
  const channels = x.shape[1] as Dim;
  const groups = isStatic(channels) ? exactdiv(channels, shape[1] as Dim) : 1;
  if (groups === undefined || !isStatic(groups))
    throw n.error(`${String(x.shape[1])} channels do not divide into groups of ${String(shape[1])}`);
  const w: Windows = {
    kernel: tapsOf(shape.slice(2)),
    stride: spatial(n, 'strides', axes),
    dilation: spatial(n, 'dilations', axes),
  };
  const padding = padsOf(n, x.shape.slice(2), w);
  return asWas(n, conv(x, { dtype: filter.dtype, shape }, null, { ...w, padding, groups: Number(groups) }));
}

/** A kernel of `[…taps, inputs, multiplier]`, each channel by itself. */
function depthwise(n: Operator): Effect {
  const x = inFront(n, n.in(0));
  const filter = n.in(1);
  const [h = 1, w = 1, channels = 1, multiplier = 1] = filter.shape;
  const windows: Windows = {
    kernel: tapsOf([h, w]),
    stride: spatial(n, 'strides', 2),
    dilation: spatial(n, 'dilations', 2),
  };
  const groups = toNumber(channels, 'channels');
  const padding = padsOf(n, x.shape.slice(2), windows);
  const shape = [mul(channels, multiplier), 1, h, w];
  return asWas(n, conv(x, { dtype: filter.dtype, shape }, null, { ...windows, padding, groups }));
}

/** The output's extents come as an input, or follow from the padding; the kernel is `[…taps, outputs, inputs]`. */
function transposed(n: Operator, axes: number): Effect {
  const x = inFront(n, n.in(2));
  const filter = n.in(1);
  const shape = [filter.shape.at(-1) as Dim, filter.shape.at(-2) as Dim, ...filter.shape.slice(0, -2)];
  const w: Windows = {
    kernel: tapsOf(shape.slice(2)),
    stride: spatial(n, 'strides', axes),
    dilation: spatial(n, 'dilations', axes),
  };
  const sizes = n.value(0);
  const wanted =
    sizes === undefined ? undefined : sizes.length === axes ? sizes : isFirst(n) ? sizes.slice(2) : sizes.slice(1, -1);
  const same = n.text('padding') === 'SAME';
  const effect = convBackward(x, { dtype: filter.dtype, shape }, null, w, { wanted, same });
  return asWas(n, effect);
}

const poolRule = (kind: PoolKind, axes: number): Entry => ({
  run: (n) => {
    const x = inFront(n, n.in(0));
    const kernel = spatial(n, 'ksize', axes);
    const w: Windows = { kernel, stride: spatial(n, 'strides', axes), dilation: kernel.map(() => 1) };
    const padding = padsOf(n, x.shape.slice(2), w);
    return asWas(n, pool(kind, x, axes, { kernel, stride: w.stride, padding, countIncludePad: false }));
  },
});

/** The windows come as inputs. */
const poolV2Rule: Entry = {
  run: (n) => {
    const x = inFront(n, n.in(0));
    const cut = (all: readonly number[]): number[] => (isFirst(n) ? all.slice(2) : all.slice(1, -1));
    const kernel = cut(n.numbers(1, 'windows'));
    const w: Windows = { kernel, stride: cut(n.numbers(2, 'strides')), dilation: kernel.map(() => 1) };
    return asWas(n, pool('max', x, 2, { kernel, stride: w.stride, padding: padsOf(n, x.shape.slice(2), w) }));
  },
};

const argPool: Entry = {
  run: (n) => {
    const effect = poolRule('max', 2).run(n);
    const [out] = effect.outputs as readonly [TensorType];
    return { ...effect, outputs: [out, { dtype: n.dtype('Targmax', 'int64'), shape: out.shape }] };
  },
};

const resizeRule = (mode: ResizeMode): Entry => ({
  run: (n) => {
    // Where the graph works the size out of what is not an integer, height and width are free.
    const size = n.value(1) ?? [n.fresh('height'), n.fresh('width')];
    const effect = channelsLast(resize(channelsFirst(n.in(0)), size, mode));
    // Interpolation gives floats.
    return mode === 'nearest'
      ? effect
      : { ...effect, outputs: effect.outputs.map((o) => ({ ...o, dtype: 'float32' })) };
  },
});

/** Blocks of `size` × `size` positions become channels, or channels become such blocks. */
const depthSpaceRule = (toDepth: boolean): Entry => ({
  run: (n) => {
    const type = n.in(0);
    const size = n.int('block_size', 1);
    const area = size * size;
    const [batch = 1, c = 1, h = 1, w = 1] = inFront(n, type).shape;
    const [channels, height, width] = toDepth
      ? [mul(c, area), floordiv(h, size), floordiv(w, size)]
      : [floordiv(c, area), mul(h, size), mul(w, size)];
    const shape = isFirst(n) ? [batch, channels, height, width] : [batch, height, width, channels];
    return copy(type, toDepth ? 'pixel_unshuffle' : 'pixel_shuffle', shape);
  },
});

const batchSpaceRule = (toBatch: boolean): Entry => ({
  run: (n) => batchSpace(n.in(0), n.numbers(1, 'block shape'), n.dims(2, toBatch ? 'paddings' : 'crops'), toBatch),
});

/** At inference a scale and a shift; in training the statistics are found first. */
const batchNormRule: Entry = {
  weights: [1, 2],
  buffers: [3, 4],
  run: (n) => {
    const x = inFront(n, n.in(0));
    const affine = { weight: n.in(1), bias: n.in(2) };
    const effect = asWas(n, batchNorm(x, affine, { batchStatistics: n.flag('is_training', false) }));
    const vector = { dtype: n.in(1).dtype, shape: n.in(1).shape };
    return {
      ...effect,
      outputs: [...effect.outputs, vector, vector, vector, vector, { dtype: vector.dtype, shape: [0] }],
    };
  },
};

const globalNorm: Entry = {
  buffers: [1, 2],
  weights: [3, 4],
  run: (n) =>
    channelsLast(batchNorm(channelsFirst(n.in(0)), { weight: n.in(4), bias: n.in(3) }, { batchStatistics: false })),
};

const dilation2d: Entry = {
  weights: [1],
  run: (n) => {
    const x = channelsFirst(n.in(0));
    const [h = 1, w = 1] = n.in(1).shape;
    const windows: Windows = {
      kernel: tapsOf([h, w]),
      stride: spatial(n, 'strides', 2),
      dilation: spatial(n, 'rates', 2),
    };
    const effect = channelsLast(pool('max', x, 2, { ...windows, padding: padsOf(n, x.shape.slice(2), windows) }));
    // A sum for each tap beside the compares.
    return together(effect.op, effect.outputs, [effect, effect]);
  },
};

export const windows: Table = {
  Conv2D: { run: (n) => convolution(n, 2), weights: [1] },
  Conv3D: { run: (n) => convolution(n, 3), weights: [1] },
  Conv: { run: (n) => convolution(n, n.in(1).shape.length - 2), weights: [1] },
  Conv1D: {
    weights: [1],
    run: (n) => {
      const x = channelsFirst(n.in(0));
      const [k = 1, i = 1, o = 1] = n.in(1).shape;
      const w: Windows = { kernel: tapsOf([k]), stride: [n.int('stride', 1)], dilation: [n.int('dilation', 1)] };
      return channelsLast(
        conv(x, { dtype: x.dtype, shape: [o, i, k] }, null, { ...w, padding: padsOf(n, x.shape.slice(2), w) }),
      );
    },
  },
  _FusedConv2D: { run: (n) => withFused(n, convolution(n, 2)), weights: [1, 2] },
  FusedConv2D: { run: (n) => withFused(n, convolution(n, 2)), weights: [1, 2] },
  DepthwiseConv2dNative: { run: depthwise, weights: [1] },
  DepthwiseConv2d: { run: depthwise, weights: [1] },
  _FusedDepthwiseConv2dNative: { run: (n) => withFused(n, depthwise(n)), weights: [1, 2] },
  FusedDepthwiseConv2dNative: { run: (n) => withFused(n, depthwise(n)), weights: [1, 2] },
  Conv2DBackpropInput: { run: (n) => transposed(n, 2), weights: [1] },
  Conv3DBackpropInput: { run: (n) => transposed(n, 3), weights: [1] },
  Conv3DBackpropInputV2: { run: (n) => transposed(n, 3), weights: [1] },
  QuantizedConv2D: {
    weights: [1],
    run: (n) => {
      const effect = convolution(n, 2);
      const range: TensorType = { dtype: 'float32', shape: [] };
      return { ...effect, outputs: [...effect.outputs.map((o) => ({ ...o, dtype: 'int32' as const })), range, range] };
    },
  },
  Dilation2D: dilation2d,
  AvgPool: poolRule('avg', 2),
  AvgPool3D: poolRule('avg', 3),
  MaxPool: poolRule('max', 2),
  MaxPool3D: poolRule('max', 3),
  MaxPoolV2: poolV2Rule,
  MaxPoolWithArgmax: argPool,
  FusedBatchNorm: batchNormRule,
  FusedBatchNormV2: batchNormRule,
  FusedBatchNormV3: batchNormRule,
  BatchNormWithGlobalNormalization: globalNorm,
  ResizeBilinear: resizeRule('linear'),
  ResizeArea: resizeRule('linear'),
  ResizeBicubic: resizeRule('cubic'),
  ResizeNearestNeighbor: resizeRule('nearest'),
  SpaceToDepth: depthSpaceRule(true),
  DepthToSpace: depthSpaceRule(false),
  SpaceToBatchND: batchSpaceRule(true),
  BatchToSpaceND: batchSpaceRule(false),
  LRN: { run: (n) => channelsLast(localResponseNorm(channelsFirst(n.in(0)), 2 * n.int('depth_radius', 5) + 1)) },
  CropAndResize: {
    run: (n) => {
      const [height = 1, width = 1] = n.dims(3, 'size');
      return cropped(n, height, width);
    },
  },
};

/** Boxes cut out of images, each interpolated to one size. */
function cropped(n: Operator, height: Dim, width: Dim): Effect {
  const { dtype, shape } = n.in(0);
  const boxes = n.in(1).shape[0] ?? 1;
  const out: TensorType = {
    dtype: dtype === 'uint8' ? 'float32' : dtype,
    shape: [boxes, height, width, shape[3] ?? 1],
  };
  const single = { dtype: out.dtype, shape: [boxes, shape[3] ?? 1, 0, 0] };
  return together('crop_and_resize', [out], [resize(single, [height, width], 'linear')]);
}
