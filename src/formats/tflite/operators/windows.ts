import { type Dim, exactdiv, floordiv, isStatic, mul, toNumber } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  conv,
  convTranspose,
  copy,
  type Effect,
  localResponseNorm,
  type PoolKind,
  pool,
  type ResizeMode,
  resize,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { batchSpace } from '../../batch-space.js';
import { channelsFirst, channelsLast, samePadding } from '../../channels.js';
import { convBackward } from '../../transposed.js';
import { activated, type Entry, type Operator, type Table, typed } from '../operator.js';

const SAME = 0;

interface Strides {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** Padding before and after. */
function padsOf(
  n: Operator,
  extents: readonly Dim[],
  kernel: readonly Dim[],
  { stride, dilation }: Strides,
): [number, number][] {
  const taps = kernel.map((k) => toNumber(k, 'a kernel'));
  return n.u8(0) === SAME ? samePadding(extents, taps, stride, dilation) : taps.map(() => [0, 0]);
}

function window(
  n: Operator,
  fields: { readonly stride: readonly number[]; readonly dilation: readonly number[] },
): Strides {
  return {
    stride: fields.stride.map((f) => n.i32(f, 1) || 1),
    dilation: fields.dilation.map((f) => n.i32(f, 1) || 1),
  };
}

/** A convolution; `order` puts the axes of its filter in the order of `ops/`: outputs, inputs of a group, taps. */
function convolution(
  n: Operator,
  order: (filter: readonly Dim[], channels: Dim) => readonly Dim[],
  fields: { readonly stride: readonly number[]; readonly dilation: readonly number[]; readonly activation: number },
): Effect {
  const x = channelsFirst(n.in(0));
  const filter = n.in(1);
  const channels = x.shape[1] as Dim;
  const shape = order(filter.shape, channels);
  const kernel = shape.slice(2);
  const extents = x.shape.slice(2);
  if (extents.length !== kernel.length) throw n.error(`an input of ${x.shape.length} axes does not fit its filter`);
  const strides = window(n, fields);
  const groups = exactdiv(channels, shape[1] as Dim);
  if (groups === undefined || !isStatic(groups))
    throw n.error(`${String(channels)} channels do not divide into groups of ${String(shape[1])}`);
  const effect = conv(x, { dtype: filter.dtype, shape }, n.opt(2), {
    ...strides,
    padding: padsOf(n, extents, kernel, strides),
    groups: Number(groups),
  });
  return activated(n, typed(n, channelsLast(effect)), fields.activation);
}

const conv2d: Entry = {
  weights: [1, 2],
  run: (n) =>
    convolution(n, ([o, h, w, i]) => [o, i, h, w] as Dim[], { stride: [2, 1], dilation: [5, 4], activation: 3 }),
};

const depthwise: Entry = {
  weights: [1, 2],
  run: (n) =>
    convolution(n, ([, h, w, o]) => [o, 1, h, w] as Dim[], { stride: [2, 1], dilation: [6, 5], activation: 4 }),
};

const conv3d: Entry = {
  weights: [1, 2],
  run: (n) =>
    convolution(n, ([d, h, w, i, o]) => [o, i, d, h, w] as Dim[], {
      stride: [1, 3, 2],
      dilation: [5, 7, 6],
      activation: 4,
    }),
};

function transposed(
  n: Operator,
  order: (filter: readonly Dim[]) => readonly Dim[],
  fields: { readonly stride: readonly number[]; readonly dilation: readonly number[]; readonly activation: number },
): Effect {
  const { dtype, shape: stored } = n.in(1);
  const shape = order(stored);
  const step = { ...window(n, fields), kernel: shape.slice(2).map((k) => toNumber(k, 'a kernel')) };
  const extents = { wanted: n.value(0)?.slice(1, -1), same: n.u8(0) === SAME };
  const effect = convBackward(channelsFirst(n.in(2)), { dtype, shape }, n.opt(3), step, extents);
  return activated(n, typed(n, channelsLast(effect)), fields.activation);
}

const transposeConv: Entry = {
  weights: [1, 3],
  run: (n) =>
    transposed(n, ([o, h, w, i]) => [i, o, h, w] as Dim[], { stride: [2, 1], dilation: [15, 15], activation: 3 }),
};

const conv3dTranspose: Entry = {
  weights: [1, 3],
  run: (n) =>
    transposed(n, ([d, h, w, o, i]) => [i, o, d, h, w] as Dim[], {
      stride: [1, 3, 2],
      dilation: [5, 7, 6],
      activation: 4,
    }),
};

const poolRule = (kind: PoolKind): Entry => ({
  run: (n) => {
    const x = channelsFirst(n.in(0));
    const extents = x.shape.slice(2);
    const kernel = [n.i32(4, 1), n.i32(3, 1)];
    const strides: Strides = { stride: [n.i32(2, 1) || 1, n.i32(1, 1) || 1], dilation: [1, 1] };
    const padding = padsOf(n, extents, kernel, strides);
    const effect = pool(kind, x, 2, { kernel, stride: strides.stride, padding, countIncludePad: false });
    return activated(n, typed(n, channelsLast(effect)), 5);
  },
});

/** Options of MediaPipe's poolings: padding (1 for `SAME`), strides and window, columns first, in four bytes each. */
function mediapipePooling(n: Operator): Strides & { readonly kernel: readonly number[]; readonly same: boolean } {
  const options = n.node.customOptions;
  if (options === null || options.byteLength < 20) throw new Unsupported('its options do not say its window');
  const [padding = 0, columns = 1, rows = 1, width = 1, height = 1] = [0, 4, 8, 12, 16].map((at) =>
    Math.max(at === 0 ? 0 : 1, options.getInt32(at, true)),
  );
  return { same: padding === 1, stride: [rows, columns], dilation: [1, 1], kernel: [height, width] };
}

/** The largest of each window, and where it was. */
const argmaxPool: Entry = {
  run: (n) => {
    const x = channelsFirst(n.in(0));
    const { same, kernel, stride, dilation } = mediapipePooling(n);
    const padding = same ? samePadding(x.shape.slice(2), kernel, stride, dilation) : kernel.map(() => 0);
    const effect = channelsLast(pool('max', x, 2, { kernel, stride, padding }));
    const [out] = effect.outputs as readonly [TensorType];
    return { ...effect, outputs: [out, { dtype: n.dtype('float32', 1), shape: out.shape }] };
  },
};

/** Each value back to where it was. */
const unpool: Entry = {
  run: (n) => {
    const [batch, rows, columns, channels] = n.in(0).shape as readonly [Dim, Dim, Dim, Dim];
    const [down = 1, across = 1] = mediapipePooling(n).stride;
    return copy(n.in(0), 'copy', [batch, mul(rows, down), mul(columns, across), channels]);
  },
};

const resizeRule = (mode: ResizeMode): Entry => ({
  run: (n) => {
    const size = n.value(1) ?? [n.fresh('height'), n.fresh('width')];
    return channelsLast(resize(channelsFirst(n.in(0)), size, mode));
  },
});

/** Blocks of `size` × `size` positions become channels, or channels become such blocks. */
const depthSpaceRule = (toDepth: boolean): Entry => ({
  run: (n) => {
    const { shape } = n.in(0);
    const [batch, h, w, c] = shape as readonly [Dim, Dim, Dim, Dim];
    const size = n.i32(0, 1);
    const area = size * size;
    const out = toDepth
      ? [batch, floordiv(h, size), floordiv(w, size), mul(c, area)]
      : [batch, mul(h, size), mul(w, size), floordiv(c, area)];
    return copy(n.in(0), toDepth ? 'pixel_unshuffle' : 'pixel_shuffle', out);
  },
});

const batchSpaceRule = (toBatch: boolean): Entry => ({
  run: (n) => batchSpace(n.in(0), n.numbers(1, 'block shape'), n.numbers(2, toBatch ? 'paddings' : 'crops'), toBatch),
});

/** MediaPipe's transposed convolution with a bias; its options are three numbers: padding (1 is SAME), and strides. */
const transposeBias: Entry = {
  weights: [1, 2],
  run: (n) => {
    const options = n.node.customOptions;
    if (options === null || options.byteLength < 12) throw new Unsupported('its options are not known');
    const [padding = 0, w = 1, h = 1] = [0, 4, 8].map((at) => options.getInt32(at, true));
    const x = channelsFirst(n.in(0));
    const filter = n.in(1);
    const [outputs, height, width, inputs] = filter.shape as readonly [Dim, Dim, Dim, Dim];
    const stride = [Math.max(1, h), Math.max(1, w)];
    const over = [height, width].map((k, i) =>
      padding === 1 ? Math.max(0, toNumber(k, 'a kernel') - (stride[i] as number)) : 0,
    );
    const effect = convTranspose(x, { dtype: filter.dtype, shape: [inputs, outputs, height, width] }, n.opt(2), {
      stride,
      padding: over.map((p): [number, number] => [Math.floor(p / 2), p - Math.floor(p / 2)]),
      outputPadding: [height, width].map((k, i) =>
        padding === 1 ? Math.max(0, (stride[i] as number) - toNumber(k, 'a kernel')) : 0,
      ),
    });
    return typed(n, channelsLast(effect));
  },
};

export const windows: Table = {
  Convolution2DTransposeBias: transposeBias,
  MaxPoolingWithArgmax2D: argmaxPool,
  MaxUnpooling2D: unpool,
  CONV_2D: conv2d,
  DEPTHWISE_CONV_2D: depthwise,
  CONV_3D: conv3d,
  TRANSPOSE_CONV: transposeConv,
  CONV_3D_TRANSPOSE: conv3dTranspose,
  AVERAGE_POOL_2D: poolRule('avg'),
  MAX_POOL_2D: poolRule('max'),
  L2_POOL_2D: poolRule('lp'),
  RESIZE_BILINEAR: resizeRule('linear'),
  RESIZE_NEAREST_NEIGHBOR: resizeRule('nearest'),
  SPACE_TO_DEPTH: depthSpaceRule(true),
  DEPTH_TO_SPACE: depthSpaceRule(false),
  SPACE_TO_BATCH_ND: batchSpaceRule(true),
  BATCH_TO_SPACE_ND: batchSpaceRule(false),
  LOCAL_RESPONSE_NORMALIZATION: {
    run: (n) => channelsLast(localResponseNorm(channelsFirst(n.in(0)), 2 * n.i32(0) + 1)),
  },
};
