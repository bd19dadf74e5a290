import { add, type Dim, floordiv, mul, sub } from '../../../dim/index.js';
import { batchNorm, copy, type Effect, identity, map, matmul, type OpName, reduction } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { numel, type TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';
import { convolution, pooled } from './windows.js';

/**
 * Quantisation as QONNX, Brevitas and FINN write it: values stay floats and are rounded to a grid of any width
 * (https://github.com/fastmachinelearning/qonnx/tree/main/docs/qonnx-custom-ops).
 */

const elementwise =
  (op: OpName, each: Parameters<typeof map>[2]): Entry =>
  (n): Effect => {
    const x = n.in(0);
    return { op, outputs: [{ dtype: x.dtype, shape: x.shape }], work: map(x.dtype, numel(x.shape), each) };
  };

/** (clamp(round(x / scale + zero)) − zero)·scale */
const QUANT = elementwise('fake_quantize', { div: 1, add: 2, round: 1, cmp: 2, mul: 1 });

/** As many thresholds a channel as levels but one: each is compared, and the results are added up. */
const multiThreshold: Entry = (n) => {
  const x = n.in(0);
  const steps = n.in(1).shape.at(-1) as Dim;
  const total = numel(x.shape);
  const scaled = n.float('out_scale', 1) === 1 ? 0 : 1;
  const shifted = n.float('out_bias', 0) === 0 ? 0 : 1;
  return {
    op: 'multi_threshold',
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    work: [
      { kind: 'loop', times: steps, body: map(x.dtype, total, { cmp: 1, add: 1 }) },
      ...(scaled + shifted === 0 ? [] : map(x.dtype, total, { mul: scaled, add: shifted })),
    ],
  };
};

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
  const outputs = numel(shape);
  return {
    op: 'avg_pool',
    outputs: [{ dtype: x.dtype, shape }],
    // the sum of a window, then a shift in place of the division
    work: [...reduction(x.dtype, mul(outputs, k * k), outputs, 'add'), ...map(x.dtype, outputs, { div: 1, round: 1 })],
  };
};

const general: Dialect = byName({
  Quant: QUANT,
  IntQuant: QUANT,
  // a sign, times the scale
  BipolarQuant: elementwise('fake_quantize', { cmp: 1, mul: 1 }),
  // to integers, the low bits cut off, and back
  Trunc: elementwise('fake_quantize', { div: 2, add: 2, round: 2, mul: 1 }),
  // the exponent of each value, its mantissa rounded to it, clamp
  FloatQuant: elementwise('fake_quantize', { abs: 1, log: 1, exp: 1, div: 2, round: 2, cmp: 3, mul: 2 }),
  MultiThreshold: multiThreshold,
  QuantAvgPool2d: averagePool,
  XnorPopcountMatMul: (n) => matmul(n.in(0), n.in(1)),
  Im2Col: im2col,
  MaxPoolNHWC: (n) => channelsLast(pooled('max', channelsFirst(n.in(0)))(n)),
  DebugMarker: (n) => identity(n.in(0)),
});

const behind: Dialect = byName({
  Conv: (n) => channelsLast(convolution(n, channelsFirst(n.in(0)), n.in(1), n.opt(2))),
  MaxPool: general['MaxPoolNHWC'] as Entry,
  BatchNormalization: (n) => channelsLast(normalized(n)),
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
