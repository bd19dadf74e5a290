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
  fakeQuantize,
  fold,
  foldBinary,
  foldCast,
  foldReduce,
  followedBy,
  identity,
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

const each =
  (op: Unary): Table[string] =>
  (n) =>
    unaryWithValue(op, X(n));

/** A smaller second tensor lies along the axes of the first from `axis` on. */
function pairOf(n: PaddleCall): [TensorType, TensorType] {
  const [x, y] = [X(n), input(n, 'Y', 1)];
  const axis = n.attrs.number('axis', -1);
  const missing = x.shape.length - y.shape.length - axis;
  if (axis < 0 || missing <= 0 || y.shape.length >= x.shape.length) return [x, y];
  return [x, { dtype: y.dtype, shape: [...y.shape, ...new Array<Dim>(missing).fill(1)] }];
}

const pair =
  (op: Binary): Table[string] =>
  (n) => {
    const [x, y] = pairOf(n);
    const effect = binary(op, x, y);
    return withValue(effect, foldBinary(op, X(n), input(n, 'Y', 1), effect.outputs[0]?.shape ?? []));
  };

const reduction =
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

const turned = (type: TensorType, yes: boolean): TensorType =>
  yes && type.shape.length > 1
    ? { dtype: type.dtype, shape: [...type.shape.slice(0, -2), type.shape.at(-1) as Dim, type.shape.at(-2) as Dim] }
    : type;

const product: Table[string] = (n) => {
  const flag = (a: string, b: string): boolean => n.attrs.flag(a, n.attrs.flag(b));
  return matmul(
    turned(X(n), flag('trans_x', 'transpose_x') || n.attrs.flag('transpose_X')),
    turned(input(n, 'Y', 1), flag('trans_y', 'transpose_y') || n.attrs.flag('transpose_Y')),
  );
};

/** Both made matrices: axes in front of a number of columns are rows. */
const flattened: Table[string] = (n) => {
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
const fullyConnected: Table[string] = (n) => {
  const [x, w] = [input(n, 'Input', 0), input(n, 'W', 1)];
  const at = n.attrs.number('in_num_col_dims', 1);
  const rows = x.shape.slice(0, at < 0 ? at + x.shape.length : at);
  const flat: TensorType = { dtype: x.dtype, shape: [...rows, numel(x.shape.slice(rows.length))] };
  const weight: TensorType = { dtype: w.dtype, shape: [...w.shape].reverse() };
  return activated(n, linear(flat, weight, optional(n, 'Bias', 2)), 'activation_type');
};

/** x·scale + bias. */
const scaled: Table[string] = (n) => {
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
const recurrent: Table[string] = (n) => {
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

const argument =
  (op: 'argmax' | 'argmin'): Table[string] =>
  (n) => {
    const x = X(n);
    const [axis = -1] = numbers(n, ['Axis'], 1, 'axis');
    const effect = reduce(op, x, n.attrs.flag('flatten') ? null : [axis], { keepdim: n.attrs.flag('keepdims') });
    return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, dtype: dtype(n, ['dtype'], 'int64') })) };
  };

const top: Table[string] = (n) =>
  topk(X(n), contents(n, 'K', 1)?.[0] ?? n.attrs.number('k', 1), n.attrs.number('axis', -1));

const sum: Table[string] = (n) => fold('add', all(n, 'X', 0));

const quantised =
  (dequantizes: boolean): Table[string] =>
  (n) => {
    const x = X(n);
    return dequantizes ? dequantize(x, 'float32', true) : quantize(x, 'int8', true);
  };

const rounded: Table[string] = (n) => fakeQuantize(X(n), 'grid');

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
    [`elementwise_${name}`, pair(op)],
    // Reductions have the short names in PIR.
    ...(['max', 'min', 'mul', 'pow'].includes(name) ? [] : [[name, pair(op)]]),
  ]),
) as Table;

export const math: Table = {
  ...binaries,
  ...attentions,
  elementwise_pow: pair('pow'),
  pow: (n) => {
    const x = X(n);
    const factor = contents(n, 'FactorTensor', 1)?.[0] ?? n.attrs.number('factor', n.attrs.number('y', 1));
    return power(x, { dtype: x.dtype, shape: [] }, typeof factor === 'number' ? factor : null, x.dtype);
  },
  equal: pair('eq'),
  not_equal: pair('ne'),
  less_than: pair('lt'),
  less_equal: pair('le'),
  greater_than: pair('gt'),
  greater_equal: pair('ge'),
  logical_and: pair('logical_and'),
  logical_or: pair('logical_or'),
  logical_xor: pair('logical_xor'),
  logical_not: each('logical_not'),
  bitwise_and: pair('bitwise_and'),
  bitwise_or: pair('bitwise_or'),
  relu: each('relu'),
  relu6: each('relu6'),
  leaky_relu: each('leaky_relu'),
  prelu: (n) => unary('prelu', X(n)),
  sigmoid: each('sigmoid'),
  logsigmoid: each('log_sigmoid'),
  tanh: each('tanh'),
  swish: each('silu'),
  silu: each('silu'),
  mish: each('mish'),
  hard_swish: each('hardswish'),
  hardswish: each('hardswish'),
  hard_sigmoid: each('hardsigmoid'),
  hardsigmoid: each('hardsigmoid'),
  elu: each('elu'),
  selu: each('selu'),
  softplus: each('softplus'),
  softsign: each('softsign'),
  gelu: (n) => unary(n.attrs.flag('approximate') ? 'gelu_tanh' : 'gelu', X(n)),
  exp: each('exp'),
  log: each('log'),
  sqrt: each('sqrt'),
  rsqrt: each('rsqrt'),
  square: each('square'),
  abs: each('abs'),
  floor: each('floor'),
  ceil: each('ceil'),
  round: each('round'),
  sign: each('sign'),
  sin: each('sin'),
  cos: each('cos'),
  erf: each('erf'),
  reciprocal: each('reciprocal'),
  isnan_v2: each('isnan'),
  isfinite_v2: each('isfinite'),
  clip: (n) => clamp(X(n), 2),
  scale: scaled,
  sum,
  add_n: sum,
  mean: (n) => (n.attrs.has('axis') ? reduction('mean')(n) : reduce('mean', X(n), null)),
  reduce_mean: reduction('mean'),
  reduce_sum: reduction('sum'),
  reduce_max: reduction('max'),
  reduce_min: reduction('min'),
  reduce_prod: reduction('prod'),
  reduce_all: reduction('all'),
  reduce_any: reduction('any'),
  max: reduction('max'),
  min: reduction('min'),
  prod: reduction('prod'),
  all: reduction('all'),
  any: reduction('any'),
  p_norm: (n) => {
    const axes = n.attrs.flag('asvector') ? null : [n.attrs.number('axis', -1)];
    return vectorNorm(X(n), n.attrs.number('porder', 2), axes, n.attrs.flag('keepdim'));
  },
  matmul: product,
  matmul_v2: product,
  bmm: product,
  mul: flattened,
  mv: product,
  fc: fullyConnected,
  einsum: (n) => einsum(n.attrs.text('equation'), all(n, 'Operands', 0)),
  softmax: (n) => softmax(X(n), n.attrs.number('axis', -1)),
  log_softmax: (n) => softmax(X(n), n.attrs.number('axis', -1), true),
  dropout: (n) => dropout(X(n), false),
  cast: (n) => {
    const to = dtype(n, ['out_dtype', 'dtype'], X(n).dtype);
    return withValue(cast(X(n), to), foldCast(X(n), to));
  },
  cumsum: (n) => cumulative('cumsum', X(n), n.attrs.flag('flatten') ? null : (numbers(n, ['Axis'], 1, 'axis')[0] ?? 0)),
  arg_max: argument('argmax'),
  argmax: argument('argmax'),
  arg_min: argument('argmin'),
  argmin: argument('argmin'),
  top_k: top,
  top_k_v2: top,
  topk: top,
  where: (n) => where(input(n, 'Condition', 0), input(n, 'X', 1), input(n, 'Y', 2)),
  rnn: recurrent,
  cudnn_lstm: recurrent,
  quantize_linear: quantised(false),
  dequantize_linear: quantised(true),
  fake_quantize_dequantize_moving_average_abs_max: rounded,
  fake_quantize_moving_average_abs_max: rounded,
  fake_channel_wise_quantize_dequantize_abs_max: rounded,
  // A fused product with what follows it.
  fused_matmul: product,
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
