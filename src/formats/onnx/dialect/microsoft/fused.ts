import { add, type Dim, floordiv, mul } from '../../../../dim/index.js';
import {
  broadcast,
  type Effect,
  factor,
  followedBy,
  linear,
  matmul,
  nothing,
  perElement,
  softmax,
  together,
  type Unary,
  unary,
} from '../../../../ops/index.js';
import { byName } from '../../../../source/by-name.js';
import type { TensorType } from '../../../../tensor/index.js';
import { resizeTo } from '../../../resize-to.js';
import type { Dialect, Entry, OnnxNode } from '../../node.js';
import { gemmEffect } from '../math.js';
import { convolution, transposed as deconvolution, globally, pooled } from '../windows.js';

/** Activations that are fused into a node, by the name that the attribute has. */
const ACTIVATIONS: Readonly<Record<string, Unary>> = byName({
  Relu: 'relu',
  Tanh: 'tanh',
  Sigmoid: 'sigmoid',
  LeakyRelu: 'leaky_relu',
  Clip: 'clamp',
  HardSigmoid: 'hardsigmoid',
  HardSwish: 'hardswish',
  Elu: 'elu',
  Gelu: 'gelu',
  FastGelu: 'gelu_tanh',
  QuickGelu: 'quick_gelu',
  Silu: 'silu',
  Swish: 'silu',
  Mish: 'mish',
  Softplus: 'softplus',
  Erf: 'erf',
});

/** The work of the activation that is fused into a node; a gap where it is one that has no rule. */
export function activated(n: OnnxNode, effect: Effect): Effect {
  const name = n.text('activation', '');
  if (name === '' || name === 'NONE' || name === 'none') return effect;
  const out = effect.outputs[0] as TensorType;
  if (name === 'Softmax') return followedBy(effect, softmax(out, n.int('activation_axis', -1)));
  const op = ACTIVATIONS[name] ?? ACTIVATIONS[`${name.charAt(0).toUpperCase()}${name.slice(1).toLowerCase()}`];
  if (op === undefined) return { ...effect, gap: `its fused activation ${name} has no formula` };
  return followedBy(effect, unary(op, out));
}

/** A convolution with a sum and an activation behind it. */
const fusedConv: Entry = (n) => {
  const effect = convolution(n, n.in(0), n.in(1), n.opt(2));
  const out = effect.outputs[0] as TensorType;
  return activated(n, n.has(3) ? followedBy(effect, perElement('add', out)) : effect);
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
  const sum = n.has(3) ? followedBy(effect, perElement('add', out)) : effect;
  return channelsLast(activated(n, sum));
};

/** A matrix, or a stack of them, with its axes as the attributes say. */
function turned(x: TensorType, trans: boolean, batch: boolean): TensorType {
  let shape = [...x.shape];
  if (batch && shape.length > 2) shape = [...shape.slice(1, -1), shape[0] as Dim, shape.at(-1) as Dim];
  return factor({ dtype: x.dtype, shape }, trans);
}

const fusedMatMul: Entry = (n) => {
  const a = turned(n.in(0), n.int('transA', 0) === 1, n.int('transBatchA', 0) === 1);
  const b = turned(n.in(1), n.int('transB', 0) === 1, n.int('transBatchB', 0) === 1);
  const effect =
    n.stored(1) && b.shape.length === 2
      ? linear(a, { dtype: b.dtype, shape: [...b.shape].reverse() }, null)
      : matmul(a, b);
  const out = effect.outputs[0] as TensorType;
  return activated(n, n.float('alpha', 1) === 1 ? effect : followedBy(effect, perElement('mul', out)));
};

/** Sums of a tensor with those of the inputs `from` … `to` that are given. */
function sums(n: OnnxNode, from: number, to: number): Effect[] {
  const given = Array.from({ length: to - from + 1 }, (_, i) => n.has(from + i));
  return given.filter(Boolean).map(() => perElement('add', n.in(0)));
}

/** A function of each element, behind a bias where there is one. */
const biased =
  (op: Unary): Entry =>
  (n) =>
    followedBy(unary(op, n.in(0)), ...sums(n, 1, 1));

const dropped =
  (bias: boolean): Entry =>
  (n) => {
    const { dtype, shape } = n.in(0);
    const outputs: TensorType[] = [
      { dtype, shape },
      { dtype: 'bool', shape },
    ];
    return together('bias_dropout', outputs, bias ? sums(n, 1, 2) : []);
  };

/** After the bias the last axis is halved: one half times the GELU of the other. */
const splitGelu: Entry = (n) => {
  const x = n.in(0);
  const half: TensorType = {
    dtype: x.dtype,
    shape: [...x.shape.slice(0, -1), floordiv(x.shape.at(-1) as Dim, 2)],
  };
  return together('geglu', [half], [perElement('add', x), unary('gelu', half), perElement('mul', half)]);
};

const gemmGelu: Entry = (n) => {
  const effect = linear(n.in(0), { dtype: n.in(1).dtype, shape: [...n.in(1).shape].reverse() }, n.opt(2));
  const out = effect.outputs[0] as TensorType;
  return followedBy(effect, unary('gelu_tanh', out));
};

export const fused: Dialect = byName({
  FusedConv: { weights: [1, 2], run: fusedConv },
  NhwcConv: { weights: [1, 2], run: nhwcConv },
  NhwcFusedConv: { weights: [1, 2], run: nhwcConv },
  NhwcMaxPool: (n) => channelsLast(pooled('max', channelsFirst(n.in(0)))(n)),
  MaxpoolWithMask: pooled('max'),
  ConvTransposeWithDynamicPads: (n) => {
    if (!n.has(2)) return deconvolution(n);
    throw n.error('its padding is an input');
  },
  FusedGemm: { weights: [0, 1, 2], run: (n) => activated(n, gemmEffect(n, n.in(0), n.in(1), n.opt(2))) },
  GemmFloat8: {
    weights: [0, 1, 2],
    run: (n) => {
      const effect = activated(n, gemmEffect(n, n.in(0), n.in(1), n.opt(2)));
      return { ...effect, outputs: effect.outputs.map((o) => ({ ...o, dtype: n.dtype('dtype', 'float32') })) };
    },
  },
  GemmFastGelu: { weights: [1, 2], run: gemmGelu },
  FusedMatMul: { weights: [0, 1], run: fusedMatMul },
  FusedMatMulActivation: { weights: [0, 1], run: fusedMatMul },
  TransposeMatMul: fusedMatMul,
  SparseToDenseMatMul: fusedMatMul,
  Gelu: biased('gelu'),
  BiasGelu: { weights: [1], run: biased('gelu') },
  FastGelu: { weights: [1], run: biased('gelu_tanh') },
  QuickGelu: biased('quick_gelu'),
  BiasSplitGelu: { weights: [1], run: splitGelu },
  BiasAdd: {
    weights: [1],
    run: (n) => together('add', [{ dtype: n.in(0).dtype, shape: n.in(0).shape }], sums(n, 1, 2)),
  },
  GatedAdd: (n) => perElement('gated_add', n.in(0)),
  BiasDropout: dropped(true),
  BitmaskBiasDropout: dropped(true),
  BitmaskDropout: dropped(false),
  BiasSoftmax: (n) => {
    const x = n.in(0);
    broadcast([x.shape, n.in(1).shape], 'BiasSoftmax');
    return followedBy(softmax(x, n.int('axis', 1)), perElement('add', x));
  },
});

/** ONNX Runtime's blocked layout, as it saves it: shapes stay N×C×spatial, C rounded up to the block. */
export const blocked: Dialect = byName({
  Conv: { weights: [1, 2], run: fusedConv },
  MaxPool: pooled('max'),
  AveragePool: pooled('avg'),
  GlobalMaxPool: globally('max'),
  GlobalAveragePool: globally('avg'),
  ReorderInput: (n) => {
    const x = n.int('channels_last', 0) === 1 ? channelsFirst(n.in(0)) : n.in(0);
    const [batch, channels, ...spatial] = x.shape as readonly [Dim, Dim, ...Dim[]];
    // Blocks are of 8 or 16 channels, as the processor has it; channels that are added hold zeros.
    const shape = [batch, mul(floordiv(add(channels, 7), 8), 8), ...spatial];
    return nothing('reorder', [{ dtype: x.dtype, shape }]);
  },
  ReorderOutput: (n) => {
    const [batch, , ...spatial] = n.in(0).shape as readonly [Dim, Dim, ...Dim[]];
    const shape = [batch, n.int('channels', 1), ...spatial];
    const effect = nothing('reorder', [{ dtype: n.in(0).dtype, shape }]);
    return n.int('channels_last', 0) === 1 ? channelsLast(effect) : effect;
  },
  Upsample: {
    settings: [1],
    run: (n) => {
      const x = n.in(0);
      const scales = n.ints('scales') ?? [];
      const shape = x.shape.map((d, i) => mul(d, scales[i] ?? 1));
      return resizeTo(x, shape, n.text('mode', 'nearest') === 'linear' ? 'linear' : 'nearest');
    },
  },
});
