import { add, type Dim, floordiv, isStatic, mul, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  adaptivePool,
  type ConvOptions,
  conv,
  convTranspose,
  copy,
  deformConv,
  type Effect,
  linear,
  localResponseNorm,
  type PoolKind,
  pool,
  type ResizeMode,
  reshape,
  resize,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { samePadding } from '../../channels.js';
import { UNSET } from '../settings.js';
import { activated, type NcnnLayer, storedAs, type Table } from './table.js';

/** Numbers of the settings of a window, from the outermost of its axes on: depth, rows, columns. */
const IDS = {
  kernel: [21, 11, 1],
  dilation: [22, 12, 2],
  stride: [23, 13, 3],
  front: [24, 14, 4],
  behind: [17, 16, 15],
} as const;

/** One setting for each axis; those that are left out are as the columns have it. */
function perAxis(n: NcnnLayer, ids: readonly number[], axes: number, otherwise: number): number[] {
  const columns = n.attrs.number(ids[2] as number, otherwise);
  return ids.slice(3 - axes).map((id) => n.attrs.number(id, columns));
}

const SAME_UPPER = -233;
const SAME_LOWER = -234;

/** Padding before and after; the end has that of the front where it is left out. */
function paddingOf(n: NcnnLayer, extents: readonly Dim[], window: Window): [number, number][] {
  const axes = window.kernel.length;
  const front = perAxis(n, IDS.front, axes, 0);
  if (front.some((p) => p === SAME_UPPER || p === SAME_LOWER)) {
    const pads = samePadding(extents, window.kernel, window.stride, window.dilation);
    return front[0] === SAME_LOWER ? pads.map(([a, b]): [number, number] => [b, a]) : pads;
  }
  return front.map((p, i): [number, number] => [p, n.attrs.number(IDS.behind[3 - axes + i] as number, p)]);
}

interface Window {
  readonly kernel: number[];
  readonly stride: number[];
  readonly dilation: number[];
}

function windowOf(n: NcnnLayer, axes: number): Window {
  return {
    kernel: perAxis(n, IDS.kernel, axes, 0),
    stride: perAxis(n, IDS.stride, axes, 1),
    dilation: perAxis(n, IDS.dilation, axes, 1),
  };
}

/** Channels of the input of each group, by the number of all weights. */
function channelsPerGroup(n: NcnnLayer, outputs: number, taps: number): number {
  const size = n.attrs.number(6);
  const channels = size / (outputs * taps);
  if (!Number.isInteger(channels) || channels < 1)
    throw n.error(`${size} weights are not ${outputs} outputs of ${taps} taps each`);
  return channels;
}

function convolution(n: NcnnLayer, axes: number, plain: (x: TensorType, options: ConvOptions) => Effect): Effect {
  const x = n.in(0);
  const window = windowOf(n, axes);
  const extents = x.shape.slice(-axes);
  return activated(n, plain(x, { ...window, padding: paddingOf(n, extents, window) }));
}

const convRule =
  (axes: number): Table[string] =>
  (n) =>
    convolution(n, axes, (x, options) => {
      const kernel = windowOf(n, axes).kernel;
      const groups = n.attrs.number(7, 1);
      if (n.attrs.number(19) === 1) return conv(x, n.in(1), n.has(2) ? n.in(2) : null, { ...options, groups });
      const outputs = n.attrs.number(0);
      const taps = kernel.reduce((a, b) => a * b, 1);
      // Of a vector a convolution with one tap is a matrix.
      const flat = x.shape.length === 1 && taps === 1;
      const inputs = flat ? n.extent(x.shape[0]) : channelsPerGroup(n, outputs, taps);
      const dtype = storedAs(n, 8);
      const weight = n.weight('weight', flat ? [outputs, inputs] : [outputs, inputs, ...kernel], { dtype });
      const bias = n.attrs.number(5) === 0 ? null : n.weight('bias', [outputs]);
      return flat ? linear(x, weight, bias) : conv(x, weight, bias, { ...options, groups });
    });

const deformableRule: Table[string] = (n) =>
  convolution(n, 2, (x, options) => {
    const { kernel } = windowOf(n, 2);
    const outputs = n.attrs.number(0);
    const inputs = channelsPerGroup(
      n,
      outputs,
      kernel.reduce((a, b) => a * b, 1),
    );
    const weight = n.weight('weight', [outputs, inputs, ...kernel]);
    const bias = n.attrs.number(5) === 0 ? null : n.weight('bias', [outputs]);
    const of = (type: TensorType): TensorType => ({ dtype: type.dtype, shape: [1, ...type.shape] });
    const plain = conv(of(x), weight, bias, options);
    const effect = deformConv(plain, of(x), weight, n.has(2));
    return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, shape: out.shape.slice(1) })) };
  });

const deconvRule =
  (axes: number): Table[string] =>
  (n) => {
    const x = n.in(0);
    const { attrs } = n;
    const window = windowOf(n, axes);
    const groups = attrs.number(7, 1);
    const outputs = attrs.number(0);
    const taps = window.kernel.reduce((a, b) => a * b, 1);
    const inputs = channelsPerGroup(n, outputs, taps) * groups;
    const weight = n.weight('weight', [inputs, outputs / groups, ...window.kernel]);
    const bias = attrs.number(5) === 0 ? null : n.weight('bias', [outputs]);
    // Right and bottom come first; behind has its own number in three axes.
    const right = attrs.number(18);
    const extra =
      axes === 3
        ? [attrs.number(20, right), attrs.number(19, right), right]
        : [attrs.number(19, right), right].slice(-axes);
    const wanted = (axes === 3 ? [27, 26, 25] : [21, 20].slice(-axes)).map((id) => attrs.number(id));
    const given = paddingOf(n, x.shape.slice(-axes), { ...window, kernel: window.kernel.map(() => 1) });
    const padding = given.map((own, i): [number, number] => {
      const want = wanted[i] as number;
      if (want <= 0) return own[0] < 0 ? [0, 0] : own;
      // Cropped to the extent that is requested.
      const { [i]: s = 1 } = window.stride;
      const reach = ((window.kernel[i] as number) - 1) * (window.dilation[i] as number) + 1;
      const over = sub(add(mul(sub(x.shape[x.shape.length - axes + i] as Dim, 1), s), reach, extra[i] as number), want);
      if (!isStatic(over)) throw new Unsupported('how much it crops depends on a free extent');
      return [Math.floor(Number(over) / 2), Number(over) - Math.floor(Number(over) / 2)];
    });
    return activated(
      n,
      convTranspose(x, weight, bias, {
        stride: window.stride,
        dilation: window.dilation,
        padding,
        outputPadding: extra,
        groups,
      }),
    );
  };

const KINDS: readonly PoolKind[] = ['max', 'avg'];

const poolRule =
  (axes: number): Table[string] =>
  (n) => {
    const x = n.in(0);
    const { attrs } = n;
    const kind = KINDS[attrs.number(0)];
    if (kind === undefined) throw n.error(`has the kind ${attrs.number(0)}: 0 (max) or 1 (average) was expected`);
    const spatial = x.shape.slice(-axes);
    if (attrs.number(4) !== 0) {
      const effect = adaptivePool(
        kind as 'max' | 'avg',
        x,
        spatial.map(() => 1),
      );
      return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, shape: x.shape.slice(0, -axes) })) };
    }
    if (attrs.number(7) !== 0) {
      const columns = attrs.number(8);
      const out = [attrs.number(28, columns), attrs.number(18, columns), columns].slice(-axes);
      return adaptivePool(
        kind as 'max' | 'avg',
        x,
        out.map((size) => (size === UNSET ? null : size)),
      );
    }
    const kernel = perAxis(n, [21, 11, 1], axes, 0);
    const stride = perAxis(n, [22, 12, 2], axes, 1);
    const padding = poolPadding(n, spatial, kernel, stride);
    return pool(kind, x, axes, { kernel, stride, padding, countIncludePad: attrs.number(6) !== 0 });
  };

/** Padding of a pool on either side of each axis: as given, to extents as they were, or so that no window is cut. */
function poolPadding(
  n: NcnnLayer,
  spatial: readonly Dim[],
  kernel: readonly number[],
  stride: readonly number[],
): [number, number][] {
  const { attrs } = n;
  const axes = spatial.length;
  const front = perAxis(n, [23, 13, 3], axes, 0);
  const behind = front.map((p, i) => attrs.number([16, 15, 14][3 - axes + i] as number, p));
  const mode = attrs.number(5);
  if (mode === 2 || mode === 3) {
    const same = samePadding(
      spatial,
      kernel,
      stride,
      kernel.map(() => 1),
    );
    return mode === 2 ? same : same.map(([before, after]) => [after, before]);
  }
  return front.map((p, i) => {
    const after = behind[i] as number;
    if (mode === 1) return [p, after];
    // So much after that the last window, begun anywhere, is whole.
    const over = floorRest(add(spatial[i] as Dim, p + after - (kernel[i] as number)), stride[i] as number);
    return [p, after + over];
  });
}

/** How much is missing to a multiple of the stride; of a free extent so much that its quotient is rounded up. */
function floorRest(span: Dim, stride: number): number {
  if (!isStatic(span)) return stride - 1;
  const rest = Number(sub(span, mul(floordiv(span, stride), stride)));
  return rest === 0 ? 0 : stride - rest;
}

const MODES: Readonly<Record<number, ResizeMode>> = { 1: 'nearest', 2: 'linear', 3: 'cubic' };

/** To a given size, or by factors; a vector is spread over all positions of each channel. */
const resizeRule: Table[string] = (n) => {
  const { attrs } = n;
  const given = n.in(0);
  const x: TensorType = given.shape.length === 1 ? { dtype: given.dtype, shape: [...given.shape, 1, 1] } : given;
  // Number 0 is not a mode: old converters wrote it for the nearest element.
  const mode = MODES[attrs.number(0) || 1];
  if (mode === undefined) throw n.error(`has the mode ${attrs.number(0)}: 1, 2 or 3 was expected`);
  if (attrs.text(9) !== '') throw new Unsupported(`its size is the expression ${attrs.text(9)}`);
  const [rows, columns] = x.shape.slice(-2) as [Dim, Dim];
  if (attrs.number(5) !== 0 && n.has(1)) return resize(x, n.in(1).shape.slice(-2), mode);
  const size = (extent: Dim, want: number, factor: number): Dim => {
    if (want > 0) return want;
    if (isStatic(extent)) return Math.floor(Number(extent) * factor);
    if (!Number.isInteger(factor)) throw new Unsupported('its factor is a fraction of a free extent');
    return mul(extent, factor);
  };
  const out = [size(rows, attrs.number(3), attrs.number(1, 1)), size(columns, attrs.number(4), attrs.number(2, 1))];
  // Of a matrix only the columns are resized.
  return x.shape.length === 2 ? resize(x, out.slice(1), mode) : resize(x, out, mode);
};

const pixelShuffleRule: Table[string] = (n) => {
  const x = n.in(0);
  const [c, h, w] = x.shape as readonly [Dim, Dim, Dim];
  const r = n.attrs.number(0, 1);
  return copy(x, 'pixel_shuffle', [floordiv(c, r * r), mul(h, r), mul(w, r)]);
};

const reorgRule: Table[string] = (n) => {
  const x = n.in(0);
  const [c, h, w] = x.shape as readonly [Dim, Dim, Dim];
  const s = n.attrs.number(0, 1);
  return copy(x, 'pixel_unshuffle', [mul(c, s * s), floordiv(h, s), floordiv(w, s)]);
};

export const windows: Table = {
  Convolution: convRule(2),
  ConvolutionDepthWise: convRule(2),
  Convolution1D: convRule(1),
  ConvolutionDepthWise1D: convRule(1),
  Convolution3D: convRule(3),
  ConvolutionDepthWise3D: convRule(3),
  DeformableConv2D: deformableRule,
  Deconvolution: deconvRule(2),
  DeconvolutionDepthWise: deconvRule(2),
  Deconvolution1D: deconvRule(1),
  DeconvolutionDepthWise1D: deconvRule(1),
  Deconvolution3D: deconvRule(3),
  DeconvolutionDepthWise3D: deconvRule(3),
  Pooling: poolRule(2),
  Pooling1D: poolRule(1),
  Pooling3D: poolRule(3),
  Interp: resizeRule,
  PixelShuffle: pixelShuffleRule,
  Reorg: reorgRule,
  LRN: (n) => localResponseNorm(n.in(0), n.attrs.number(1, 5)),
  ShuffleChannel: (n) => copy(n.in(0), 'copy'),
  InnerProduct: (n) => {
    const { attrs } = n;
    const x = n.in(0);
    const outputs = attrs.number(0);
    const inputs = attrs.number(2) / outputs;
    const rows = x.shape.length === 2 && x.shape[1] === inputs;
    const flat = reshape(x, rows ? x.shape : [inputs]).outputs[0] as TensorType;
    const weight = n.weight('weight', [outputs, inputs], { dtype: storedAs(n, 8) });
    return activated(n, linear(flat, weight, attrs.number(1) === 0 ? null : n.weight('bias', [outputs])));
  },
};
