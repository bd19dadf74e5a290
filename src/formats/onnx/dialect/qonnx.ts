import { add, type Dim, floordiv, mul, sub } from '../../../dim/index.js';
import {
  batchNorm,
  copy,
  type Effect,
  type FakeQuantization,
  fakeQuantize,
  identity,
  matmul,
  multiThreshold,
  shiftedAverage,
} from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';
import { convolution, pooled } from './windows.js';

/**
 * Quantisation as QONNX, Brevitas and FINN write it: values stay floats and are rounded to a grid of any width
 * (https://github.com/fastmachinelearning/qonnx/tree/main/docs/qonnx-custom-ops).
 */

const onGrid =
  (how: FakeQuantization): Entry =>
  (n) =>
    fakeQuantize(n.in(0), how);

/** As many thresholds a channel as levels but one: each is compared, and the results are added up. */
const thresholds: Entry = (n) =>
  multiThreshold(n.in(0), n.in(1).shape.at(-1) as Dim, n.float('out_scale', 1) !== 1, n.float('out_bias', 0) !== 0);

/** Patches side by side: N×H×W×C to N×H'×W'×(kh·kw·C). */
const im2col: Entry = (n) => {
  const x = n.in(0);
  const kernel = n.ints('kernel_size') ?? [1, 1];
  const stride = n.ints('stride') ?? [1, 1];
  const dilation = n.ints('dilations') ?? [1, 1];
  const pads = n.ints('pad_amount') ?? [0, 0, 0, 0];
  const [batch, h, w, channels] = x.shape as readonly [Dim, Dim, Dim, Dim];
  const out = [h, w].map((extent, i) => windowCount(extent, i, { kernel, stride, dilation, pads }));
  const taps = kernel.reduce((a, b) => a * b, 1);
  return copy(x, 'unfold', [batch, ...out, mul(channels, taps)]);
};

interface Patches {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pads: readonly number[];
}

function windowCount(extent: Dim, i: number, { kernel, stride, dilation, pads }: Patches): Dim {
  const span = (dilation[i] ?? 1) * ((kernel[i] ?? 1) - 1) + 1;
  const padded = add(extent, (pads[i] ?? 0) + (pads[i + kernel.length] ?? 0));
  return add(floordiv(sub(padded, span), stride[i] ?? 1), 1);
}

/** Channels behind the spatial axes. */
function channelsFirst(x: TensorType): TensorType {
  return { dtype: x.dtype, shape: [x.shape[0] as Dim, x.shape.at(-1) as Dim, ...x.shape.slice(1, -1)] };
}

function channelsLast(effect: Effect): Effect {
  const outputs = effect.outputs.map((o) => ({
    ...o,
    shape: [o.shape[0] as Dim, ...o.shape.slice(2), o.shape[1] as Dim],
  }));
  return { ...effect, outputs };
}

const averagePool: Entry = (n) => {
  const x = n.in(0);
  const [k, s] = [n.int('kernel', 1), n.int('stride', 1)];
  const shape = [...x.shape.slice(0, 2), ...x.shape.slice(2).map((d) => add(floordiv(sub(d, k), s), 1))];
  return shiftedAverage(x, shape, k * k);
};

const maxPool: Entry = (n) => channelsLast(pooled('max', channelsFirst(n.in(0)))(n));

const general: Dialect = byName({
  Quant: { scales: [1, 2, 3], passes: 'first', run: onGrid('grid') },
  IntQuant: { scales: [1, 2, 3], passes: 'first', run: onGrid('grid') },
  BipolarQuant: { scales: [1], passes: 'first', run: onGrid('sign') },
  Trunc: { scales: [1, 2, 3, 4], passes: 'first', run: onGrid('truncated') },
  FloatQuant: { scales: [1, 2, 3, 4, 5], passes: 'first', run: onGrid('floating') },
  MultiThreshold: { scales: [1], run: thresholds },
  QuantAvgPool2d: averagePool,
  XnorPopcountMatMul: { weights: [1], run: (n) => matmul(n.in(0), n.in(1)) },
  Im2Col: im2col,
  MaxPoolNHWC: maxPool,
  DebugMarker: (n) => identity(n.in(0)),
});

const behind: Dialect = byName({
  Conv: { weights: [1, 2], run: (n) => channelsLast(convolution(n, channelsFirst(n.in(0)), n.in(1), n.opt(2))) },
  MaxPool: maxPool,
  BatchNormalization: { weights: [1, 2], statistics: [3, 4], run: (n) => channelsLast(normalized(n)) },
});

function normalized(n: OnnxNode): Effect {
  return batchNorm(channelsFirst(n.in(0)), { weight: n.in(1), bias: n.in(2) }, { batchStatistics: false });
}

/** By domain: today's, those of earlier versions, and Brevitas' own. */
export const qonnx: Readonly<Record<string, Dialect>> = byName({
  'qonnx.custom_op.general': general,
  'qonnx.custom_op.channels_last': behind,
  'onnx.brevitas': general,
  'finn.custom_op.general': general,
  finn: general,
});
