import { type Dim, exactdiv, floordiv } from '../../../dim/index.js';
import {
  type Binary,
  binary,
  cast,
  clamp,
  cumulative,
  dequantize,
  dropout,
  type Effect,
  einsum,
  factor,
  fakeQuantize,
  fold,
  foldBinary,
  foldCast,
  foldReduce,
  followedBy,
  identity,
  integersOf,
  linear,
  matmul,
  power,
  quantize,
  type Reduction,
  reduce,
  rnn,
  softmax,
  topk,
  type Unary,
  unary,
  unaryWithValue,
  vectorNorm,
  where,
  withValue,
} from '../../../ops/index.js';
import { numel, type TensorType } from '../../../tensor/index.js';
import { attentions } from './attention.js';
import { activated, all, contents, dtype, input, numbers, optional, type PaddleCall, type Table, X } from './table.js';

const unaryRule =
  (op: Unary): Table[string] =>
  (n) =>
    unaryWithValue(op, X(n));

/** A smaller second tensor is along the axes of the first from `axis` on. */
function pairOf(n: PaddleCall): [TensorType, TensorType] {
  const [x, y] = [X(n), input(n, 'Y', 1)];
  const axis = n.attrs.number('axis', -1);
  const missing = x.shape.length - y.shape.length - axis;
  if (axis < 0 || missing <= 0 || y.shape.length >= x.shape.length) return [x, y];
  return [x, { dtype: y.dtype, shape: [...y.shape, ...new Array<Dim>(missing).fill(1)] }];
}

const binaryRule =
  (op: Binary): Table[string] =>
  (n) => {
    const [x, y] = pairOf(n);
    const effect = binary(op, x, y);
    return withValue(effect, foldBinary(op, X(n), input(n, 'Y', 1), effect.outputs[0]?.shape ?? []));
  };

const reduceRule =
  (op: Reduction): Table[string] =>
  (n) => {
    const x = X(n);
    const names = ['dim', 'axis'].find((name) => n.attrs.has(name)) ?? 'axis';
    const axes = numbers(n, ['AxisTensor'], 1, names);
    const whole = n.attrs.flag('reduce_all') || axes.length === 0;
    const keepdim = n.attrs.flag('keep_dim', n.attrs.flag('keepdim'));
    return withValue(
      reduce(op, x, whole ? null : axes, { keepdim }),
      foldReduce(op, x, whole ? x.shape.map((_, i) => i) : axes),
    );
  };

const matmulRule: Table[string] = (n) => {
  const flag = (a: string, b: string): boolean => n.attrs.flag(a, n.attrs.flag(b));
  return matmul(
    factor(X(n), flag('trans_x', 'transpose_x') || n.attrs.flag('transpose_X')),
    factor(input(n, 'Y', 1), flag('trans_y', 'transpose_y') || n.attrs.flag('transpose_Y')),
  );
};

/** Both made matrices: axes before a number of columns are rows. */
const mulRule: Table[string] = (n) => {
  const [x, y] = [X(n), input(n, 'Y', 1)];
  const at = n.attrs.number('x_num_col_dims', 1);
  const split = n.attrs.number('y_num_col_dims', 1);
  const rows = x.shape.slice(0, at);
  const flat: TensorType = { dtype: x.dtype, shape: [...rows, numel(x.shape.slice(at))] };
  const columns = y.shape.slice(split);
  const weight: TensorType = { dtype: y.dtype, shape: [numel(columns), numel(y.shape.slice(0, split))] };
  const effect = linear(flat, weight, null);
  return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, shape: [...rows, ...columns] })) };
};

/** A matrix of inputs × outputs with a bias. */
const fcRule: Table[string] = (n) => {
  const [x, w] = [input(n, 'Input', 0), input(n, 'W', 1)];
  const at = n.attrs.number('in_num_col_dims', 1);
  const rows = x.shape.slice(0, at < 0 ? at + x.shape.length : at);
  const flat: TensorType = { dtype: x.dtype, shape: [...rows, numel(x.shape.slice(rows.length))] };
  const weight: TensorType = { dtype: w.dtype, shape: [...w.shape].reverse() };
  return activated(n, linear(flat, weight, optional(n, 'Bias', 2)), 'activation_type');
};

/** x·scale + bias. */
const scaleRule: Table[string] = (n) => {
  const x = X(n);
  const one: TensorType = { dtype: x.dtype, shape: [] };
  const factor = contents(n, 'ScaleTensor', 1)?.[0] ?? n.attrs.number('scale', 1);
  const parts: Effect[] = [
    ...(factor === 1 ? [] : [binary('mul', x, one)]),
    ...(n.attrs.number('bias') === 0 ? [] : [binary('add', x, one)]),
  ];
  const [first, ...rest] = parts;
  return first === undefined ? identity(x) : followedBy(first, ...rest);
};

const RNNS = { LSTM: 'lstm', GRU: 'gru', RNN_TANH: 'rnn_tanh', RNN_RELU: 'rnn_relu' } as const;

/** Steps × batch × features, several layers in one. */
const recurrentRule: Table[string] = (n) => {
  const x = input(n, 'Input', 0);
  const mode = n.attrs.text('mode', 'LSTM');
  const kind = mode in RNNS ? RNNS[mode as keyof typeof RNNS] : undefined;
  if (kind === undefined) throw n.error(`has the mode ${mode}: ${Object.keys(RNNS).join(', ')} were expected`);
  const effect = rnn(x, {
    kind,
    hidden: n.attrs.number('hidden_size'),
    layers: n.attrs.number('num_layers', 1),
    bidirectional: n.attrs.flag('is_bidirec'),
  });
  return { ...effect, outputs: effect.outputs.slice(0, 1) };
};

const argRule =
  (op: 'argmax' | 'argmin'): Table[string] =>
  (n) => {
    const x = X(n);
    const [axis = -1] = numbers(n, ['Axis'], 1, 'axis');
    const effect = reduce(op, x, n.attrs.flag('flatten') ? null : [axis], { keepdim: n.attrs.flag('keepdims') });
    return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, dtype: dtype(n, ['dtype'], 'int64') })) };
  };

const topkRule: Table[string] = (n) =>
  topk(X(n), contents(n, 'K', 1)?.[0] ?? n.attrs.number('k', 1), n.attrs.number('axis', -1));

/** x + step: what loops count by. */
const incrementRule: Table[string] = (n) => {
  const x = X(n);
  const step: TensorType = { dtype: x.dtype, shape: [], value: [n.attrs.number('step', n.attrs.number('value', 1))] };
  return withValue(binary('add', x, step), foldBinary('add', x, step, x.shape));
};

const sum: Table[string] = (n) => fold('add', all(n, 'X', 0));

const quantizeRule =
  (dequantizes: boolean): Table[string] =>
  (n) => {
    const x = X(n);
    return dequantizes ? dequantize(x, 'float32', true) : quantize(x, 'int8', true);
  };

const fakeQuantizeRule: Table[string] = (n) =>
  fakeQuantize(X(n), 'grid', integersOf(n.attrs.number('bit_length', 8), true));

const binaries = Object.fromEntries(
  (
    [
      ['add', 'add'],
      ['sub', 'sub'],
      ['subtract', 'sub'],
      ['mul', 'mul'],
      ['multiply', 'mul'],
      ['div', 'div'],
      ['divide', 'div'],
      ['max', 'maximum'],
      ['maximum', 'maximum'],
      ['min', 'minimum'],
      ['minimum', 'minimum'],
      ['pow', 'pow'],
      ['mod', 'remainder'],
      ['remainder', 'remainder'],
      ['floordiv', 'floor_divide'],
      ['floor_divide', 'floor_divide'],
    ] as const
  ).flatMap(([name, op]) => [
    [`elementwise_${name}`, binaryRule(op)],
    // Reductions have the short names in PIR.
    ...(['max', 'min', 'mul', 'pow'].includes(name) ? [] : [[name, binaryRule(op)]]),
  ]),
) as Table;

export const math: Table = {
  ...binaries,
  ...attentions,
  elementwise_pow: binaryRule('pow'),
  pow: (n) => {
    const x = X(n);
    const factor = contents(n, 'FactorTensor', 1)?.[0] ?? n.attrs.number('factor', n.attrs.number('y', 1));
    return power(x, { dtype: x.dtype, shape: [] }, typeof factor === 'number' ? factor : null, x.dtype);
  },
  equal: binaryRule('eq'),
  not_equal: binaryRule('ne'),
  less_than: binaryRule('lt'),
  less_equal: binaryRule('le'),
  greater_than: binaryRule('gt'),
  greater_equal: binaryRule('ge'),
  logical_and: binaryRule('logical_and'),
  logical_or: binaryRule('logical_or'),
  logical_xor: binaryRule('logical_xor'),
  logical_not: unaryRule('logical_not'),
  bitwise_and: binaryRule('bitwise_and'),
  bitwise_or: binaryRule('bitwise_or'),
  relu: unaryRule('relu'),
  relu6: unaryRule('relu6'),
  leaky_relu: unaryRule('leaky_relu'),
  prelu: (n) => unary('prelu', X(n)),
  sigmoid: unaryRule('sigmoid'),
  logsigmoid: unaryRule('log_sigmoid'),
  tanh: unaryRule('tanh'),
  swish: unaryRule('silu'),
  silu: unaryRule('silu'),
  mish: unaryRule('mish'),
  hard_swish: unaryRule('hardswish'),
  hardswish: unaryRule('hardswish'),
  hard_sigmoid: unaryRule('hardsigmoid'),
  hardsigmoid: unaryRule('hardsigmoid'),
  elu: unaryRule('elu'),
  selu: unaryRule('selu'),
  softplus: unaryRule('softplus'),
  softsign: unaryRule('softsign'),
  thresholded_relu: unaryRule('threshold'),
  gelu: (n) => unary(n.attrs.flag('approximate') ? 'gelu_tanh' : 'gelu', X(n)),
  exp: unaryRule('exp'),
  log: unaryRule('log'),
  sqrt: unaryRule('sqrt'),
  rsqrt: unaryRule('rsqrt'),
  square: unaryRule('square'),
  abs: unaryRule('abs'),
  floor: unaryRule('floor'),
  ceil: unaryRule('ceil'),
  round: unaryRule('round'),
  sign: unaryRule('sign'),
  sin: unaryRule('sin'),
  cos: unaryRule('cos'),
  erf: unaryRule('erf'),
  reciprocal: unaryRule('reciprocal'),
  isnan_v2: unaryRule('isnan'),
  isfinite_v2: unaryRule('isfinite'),
  clip: (n) => clamp(X(n), 2),
  scale: scaleRule,
  increment: incrementRule,
  sum,
  add_n: sum,
  mean: (n) => (n.attrs.has('axis') ? reduceRule('mean')(n) : reduce('mean', X(n), null)),
  reduce_mean: reduceRule('mean'),
  reduce_sum: reduceRule('sum'),
  reduce_max: reduceRule('max'),
  reduce_min: reduceRule('min'),
  reduce_prod: reduceRule('prod'),
  reduce_all: reduceRule('all'),
  reduce_any: reduceRule('any'),
  logsumexp: reduceRule('logsumexp'),
  max: reduceRule('max'),
  min: reduceRule('min'),
  prod: reduceRule('prod'),
  all: reduceRule('all'),
  any: reduceRule('any'),
  p_norm: (n) => {
    const axes = n.attrs.flag('asvector') ? null : [n.attrs.number('axis', -1)];
    return vectorNorm(X(n), n.attrs.number('porder', 2), axes, n.attrs.flag('keepdim'));
  },
  matmul: matmulRule,
  matmul_v2: matmulRule,
  bmm: matmulRule,
  mul: mulRule,
  mv: matmulRule,
  fc: fcRule,
  einsum: (n) => einsum(n.attrs.text('equation'), all(n, 'Operands', 0)),
  softmax: (n) => softmax(X(n), n.attrs.number('axis', -1)),
  log_softmax: (n) => softmax(X(n), n.attrs.number('axis', -1), true),
  dropout: (n) => dropout(X(n), false),
  cast: (n) => {
    const to = dtype(n, ['out_dtype', 'dtype'], X(n).dtype);
    return withValue(cast(X(n), to), foldCast(X(n), to));
  },
  cumsum: (n) => cumulative('cumsum', X(n), n.attrs.flag('flatten') ? null : (numbers(n, ['Axis'], 1, 'axis')[0] ?? 0)),
  arg_max: argRule('argmax'),
  argmax: argRule('argmax'),
  arg_min: argRule('argmin'),
  argmin: argRule('argmin'),
  top_k: topkRule,
  top_k_v2: topkRule,
  topk: topkRule,
  where: (n) => where(input(n, 'Condition', 0), input(n, 'X', 1), input(n, 'Y', 2)),
  rnn: recurrentRule,
  cudnn_lstm: recurrentRule,
  quantize_linear: quantizeRule(false),
  dequantize_linear: quantizeRule(true),
  fake_quantize_dequantize_moving_average_abs_max: fakeQuantizeRule,
  fake_quantize_moving_average_abs_max: fakeQuantizeRule,
  fake_channel_wise_quantize_dequantize_abs_max: fakeQuantizeRule,
  // A fused product with what follows it.
  fused_matmul: matmulRule,
  linear_v2: (n) => {
    const [x, w] = [X(n), input(n, 'W', 1)];
    return linear(x, { dtype: w.dtype, shape: [...w.shape].reverse() }, optional(n, 'Bias', 2));
  },
  maxout: (n) => {
    const x = X(n);
    const groups = n.attrs.number('groups', 1);
    const channels = exactdiv(x.shape[1] as Dim, groups) ?? floordiv(x.shape[1] as Dim, groups);
    const out: TensorType = { dtype: x.dtype, shape: [x.shape[0] as Dim, channels, ...x.shape.slice(2)] };
    return { ...reduce('max', x, [1]), outputs: [out] };
  },
};
