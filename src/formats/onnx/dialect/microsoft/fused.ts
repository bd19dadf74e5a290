import { add, type Dim, floordiv, mul } from '../../../../dim/index.js';
import {
  broadcast,
  type CostPerElement,
  type Effect,
  linear,
  map,
  matmul,
  type OpName,
  softmax,
  UNARY,
  type Work,
} from '../../../../ops/index.js';
import { byName } from '../../../../source/by-name.js';
import { numel, type TensorType } from '../../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../../node.js';
import { gemmEffect } from '../math.js';
import { convolution, transposed as deconvolution, globally, pooled } from '../windows.js';

/** What a fused activation does to each element, by the name that the attribute has. */
const ACTIVATIONS: Readonly<Record<string, CostPerElement>> = byName({
  Relu: UNARY.relu.each,
  Tanh: UNARY.tanh.each,
  Sigmoid: UNARY.sigmoid.each,
  LeakyRelu: UNARY.leaky_relu.each,
  Clip: UNARY.clamp.each,
  HardSigmoid: UNARY.hardsigmoid.each,
  HardSwish: UNARY.hardswish.each,
  Elu: UNARY.elu.each,
  Gelu: UNARY.gelu.each,
  FastGelu: UNARY.gelu_tanh.each,
  QuickGelu: UNARY.quick_gelu.each,
  Silu: UNARY.silu.each,
  Swish: UNARY.silu.each,
  Mish: UNARY.mish.each,
  Softplus: UNARY.softplus.each,
  Erf: UNARY.erf.each,
});

/** The work of the activation that is fused into a node; a gap where it is one that has no rule. */
export function activated(n: OnnxNode, effect: Effect): Effect {
  const name = n.text('activation', '');
  if (name === '' || name === 'NONE' || name === 'none') return effect;
  const out = effect.outputs[0] as TensorType;
  if (name === 'Softmax')
    return { ...effect, work: [...effect.work, ...softmax(out, n.int('activation_axis', -1)).work] };
  const each = ACTIVATIONS[name] ?? ACTIVATIONS[`${name.charAt(0).toUpperCase()}${name.slice(1).toLowerCase()}`];
  if (each === undefined) return { ...effect, gap: `its fused activation ${name} has no formula` };
  return { ...effect, work: [...effect.work, ...map(out.dtype, numel(out.shape), each)] };
}

export function plus(effect: Effect, ...work: readonly Work[][]): Effect {
  return { ...effect, work: [...effect.work, ...work.flat()] };
}

/** A convolution with a sum and an activation behind it. */
const fusedConv: Entry = (n) => {
  const effect = convolution(n, n.in(0), n.in(1), n.opt(2));
  const out = effect.outputs[0] as TensorType;
  return activated(n, n.has(3) ? plus(effect, map(out.dtype, numel(out.shape), { add: 1 })) : effect);
};

/** Channels from the last axis to the second. */
export function channelsFirst(x: TensorType): TensorType {
  const [batch, ...rest] = x.shape as readonly [Dim, ...Dim[]];
  return { dtype: x.dtype, shape: [batch, rest.at(-1) as Dim, ...rest.slice(0, -1)] };
}

/** Outputs with channels in the last axis again. */
export function channelsLast(effect: Effect): Effect {
  const outputs = effect.outputs.map((o) => {
    const [batch, channels, ...spatial] = o.shape as readonly [Dim, Dim, ...Dim[]];
    return { ...o, shape: [batch, ...spatial, channels] };
  });
  return { ...effect, outputs };
}

const nhwcConv: Entry = (n) => {
  const effect = convolution(n, channelsFirst(n.in(0)), n.in(1), n.opt(2));
  const out = effect.outputs[0] as TensorType;
  const sum = n.has(3) ? plus(effect, map(out.dtype, numel(out.shape), { add: 1 })) : effect;
  return channelsLast(activated(n, sum));
};

/** A matrix, or a stack of them, with its axes as the attributes say. */
function turned(x: TensorType, trans: boolean, batch: boolean): TensorType {
  let shape = [...x.shape];
  if (batch && shape.length > 2) shape = [...shape.slice(1, -1), shape[0] as Dim, shape.at(-1) as Dim];
  if (trans && shape.length > 1) shape = [...shape.slice(0, -2), shape.at(-1) as Dim, shape.at(-2) as Dim];
  return { dtype: x.dtype, shape };
}

const fusedMatMul: Entry = (n) => {
  const a = turned(n.in(0), n.int('transA', 0) === 1, n.int('transBatchA', 0) === 1);
  const b = turned(n.in(1), n.int('transB', 0) === 1, n.int('transBatchB', 0) === 1);
  const effect =
    n.stored(1) && b.shape.length === 2
      ? linear(a, { dtype: b.dtype, shape: [...b.shape].reverse() }, null)
      : matmul(a, b);
  const out = effect.outputs[0] as TensorType;
  const scaled = n.float('alpha', 1) === 1 ? [] : map(out.dtype, numel(out.shape), { mul: 1 });
  return activated(n, plus(effect, scaled));
};

/** A function of each element, behind sums with what else goes in. */
const biased =
  (op: OpName, each: CostPerElement, addends: (n: OnnxNode) => number): Entry =>
  (n) => {
    const x = n.in(0);
    const adds = addends(n);
    const all: CostPerElement = adds === 0 ? each : { ...each, add: (each.add ?? 0) + adds };
    return { op, outputs: [{ dtype: x.dtype, shape: x.shape }], work: map(x.dtype, numel(x.shape), all) };
  };

/** How many of the inputs `from` … `to` are given. */
const given =
  (from: number, to: number) =>
  (n: OnnxNode): number =>
    Array.from({ length: to - from + 1 }, (_, i) => Number(n.has(from + i))).reduce((a, b) => a + b, 0);

const dropped: Entry = (n) => {
  const x = n.in(0);
  const sums = n.proto.opType === 'BitmaskDropout' ? 0 : given(1, 2)(n);
  return {
    op: 'bias_dropout',
    outputs: [
      { dtype: x.dtype, shape: x.shape },
      { dtype: 'bool', shape: x.shape },
    ],
    work: map(x.dtype, numel(x.shape), { add: sums }),
  };
};

/** After the bias the last axis is halved: one half times the GELU of the other. */
const splitGelu: Entry = (n) => {
  const x = n.in(0);
  const shape = [...x.shape.slice(0, -1), floordiv(x.shape.at(-1) as Dim, 2)];
  return {
    op: 'geglu',
    outputs: [{ dtype: x.dtype, shape }],
    work: [
      ...map(x.dtype, numel(x.shape), { add: 1 }),
      ...map(x.dtype, numel(shape), { ...UNARY.gelu.each, mul: (UNARY.gelu.each.mul ?? 0) + 1 }),
    ],
  };
};

const gemmGelu: Entry = (n) => {
  const effect = linear(n.in(0), { dtype: n.in(1).dtype, shape: [...n.in(1).shape].reverse() }, n.opt(2));
  const out = effect.outputs[0] as TensorType;
  return plus(effect, map(out.dtype, numel(out.shape), UNARY.gelu_tanh.each));
};

export const fused: Dialect = byName({
  FusedConv: fusedConv,
  NhwcConv: nhwcConv,
  NhwcFusedConv: nhwcConv,
  NhwcMaxPool: (n) => channelsLast(pooled('max', channelsFirst(n.in(0)))(n)),
  MaxpoolWithMask: pooled('max'),
  ConvTransposeWithDynamicPads: (n) => {
    if (!n.has(2)) return deconvolution(n);
    throw n.error('its padding is an input');
  },
  FusedGemm: (n) => activated(n, gemmEffect(n, n.in(0), n.in(1), n.opt(2))),
  GemmFloat8: (n) => {
    const effect = activated(n, gemmEffect(n, n.in(0), n.in(1), n.opt(2)));
    return { ...effect, outputs: effect.outputs.map((o) => ({ ...o, dtype: n.dtype('dtype', 'float32') })) };
  },
  GemmFastGelu: gemmGelu,
  FusedMatMul: fusedMatMul,
  FusedMatMulActivation: fusedMatMul,
  TransposeMatMul: fusedMatMul,
  SparseToDenseMatMul: fusedMatMul,
  Gelu: biased('gelu', UNARY.gelu.each, () => 0),
  BiasGelu: biased('gelu', UNARY.gelu.each, () => 1),
  FastGelu: biased('gelu_tanh', UNARY.gelu_tanh.each, given(1, 1)),
  QuickGelu: biased('quick_gelu', UNARY.quick_gelu.each, () => 0),
  BiasSplitGelu: splitGelu,
  BiasAdd: biased('add', {}, given(1, 2)),
  GatedAdd: biased('gated_add', { mul: 1, add: 1 }, () => 0),
  BiasDropout: dropped,
  BitmaskBiasDropout: dropped,
  BitmaskDropout: dropped,
  BiasSoftmax: (n) => {
    const x = n.in(0);
    broadcast([x.shape, n.in(1).shape], 'BiasSoftmax');
    return plus(softmax(x, n.int('axis', 1)), map(x.dtype, numel(x.shape), { add: 1 }));
  },
});

/** What ONNX Runtime saves of its blocked layout: shapes stay N×C×spatial, C rounded up to the block. */
export const blocked: Dialect = byName({
  Conv: fusedConv,
  MaxPool: pooled('max'),
  AveragePool: pooled('avg'),
  GlobalMaxPool: globally('max'),
  GlobalAveragePool: globally('avg'),
  ReorderInput: (n) => {
    const x = n.int('channels_last', 0) === 1 ? channelsFirst(n.in(0)) : n.in(0);
    const [batch, channels, ...spatial] = x.shape as readonly [Dim, Dim, ...Dim[]];
    // Blocks are of 8 or 16 channels, as the processor has it; channels that are added hold zeros.
    const shape = [batch, mul(floordiv(add(channels, 7), 8), 8), ...spatial];
    return { op: 'reorder', outputs: [{ dtype: x.dtype, shape }], work: [] };
  },
  ReorderOutput: (n) => {
    const [batch, , ...spatial] = n.in(0).shape as readonly [Dim, Dim, ...Dim[]];
    const shape = [batch, n.int('channels', 1), ...spatial];
    const effect: Effect = { op: 'reorder', outputs: [{ dtype: n.in(0).dtype, shape }], work: [] };
    return n.int('channels_last', 0) === 1 ? channelsLast(effect) : effect;
  },
  Upsample: (n) => {
    const x = n.in(0);
    const scales = n.ints('scales') ?? [];
    const shape = x.shape.map((d, i) => mul(d, scales[i] ?? 1));
    const linearly = n.text('mode', 'nearest') === 'linear';
    const work = linearly ? map(x.dtype, numel(shape), { mul: 4, add: 3 }) : [];
    return { op: 'resize', outputs: [{ dtype: x.dtype, shape }], work };
  },
});
