import { type Dim, mul } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  attention,
  type Binary,
  batchNorm,
  binary,
  binaryWithValue,
  cast,
  clamp,
  cumulative,
  dequantize,
  dropout,
  factor,
  fold,
  foldCast,
  foldReduce,
  followedBy,
  groupNorm,
  layerNorm,
  lpNormalize,
  matmul,
  power,
  quantize,
  type Reduction,
  reduce,
  rmsNorm,
  rnn,
  softmax,
  topk,
  type Unary,
  unary,
  unaryWithValue,
  where,
  withValue,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { dtypeOf } from '../codes.js';
import { flag, floats, i32, ints, numbers, scalar, type Table, u8 } from './table.js';

const unaryRule =
  (op: Unary): Table[string] =>
  (n) =>
    unaryWithValue(op, n.in(0));

const UNARY: readonly (Unary | null)[] = [
  ...(['abs', 'neg', 'floor', 'ceil', 'square', 'sqrt', 'rsqrt', 'exp', 'log', 'sin', 'cos', 'tan', 'asin'] as const),
  ...(['acos', 'atan', 'reciprocal', 'log1p', 'softplus', 'acosh', 'sinh', 'asinh', 'atanh', 'sign', 'round'] as const),
  ...(['cosh', 'erf', 'erfc', 'erfinv', 'expm1', 'sigmoid', 'tanh', 'hardswish', 'gelu_tanh', 'gelu', 'silu'] as const),
];

const BINARY: Readonly<Record<number, Binary>> = {
  0: 'add',
  1: 'sub',
  2: 'mul',
  3: 'div',
  4: 'maximum',
  5: 'minimum',
  6: 'pow',
  7: 'div',
  8: 'minimum',
  9: 'maximum',
  10: 'gt',
  11: 'ge',
  12: 'lt',
  13: 'floor_divide',
  15: 'eq',
  16: 'le',
  17: 'remainder',
  19: 'fmod',
  20: 'atan2',
  21: 'logical_or',
  22: 'ne',
  23: 'bitwise_and',
  24: 'bitwise_or',
  25: 'bitwise_xor',
  26: 'logical_xor',
  27: 'bitwise_shift',
  28: 'bitwise_shift',
};
const SQUARED_DIFFERENCE = 14;

const binaryRule: Table[string] = (n) => {
  const [a, b] = [n.in(0), n.in(1)];
  const number = i32(n, 0);
  if (number === SQUARED_DIFFERENCE) {
    const effect = binary('sub', a, b);
    return followedBy(effect, unary('square', effect.outputs[0] as TensorType));
  }
  const op = BINARY[number];
  if (op === undefined) throw new Unsupported(`its operation ${number} has no formula`);
  const exponent = op === 'pow' && b.value?.length === 1 ? b.value[0] : undefined;
  const effect = typeof exponent === 'number' ? power(a, b, exponent, a.dtype) : binaryWithValue(op, a, b);
  return i32(n, 2) === 1 ? followedBy(effect, unary('relu', effect.outputs[0] as TensorType)) : effect;
};

const unaryOpRule: Table[string] = (n) => {
  const op = UNARY[i32(n, 0)];
  if (op === undefined || op === null) throw new Unsupported(`its operation ${i32(n, 0)} has no formula`);
  return unaryWithValue(op, n.in(0));
};

const eltwiseRule: Table[string] = (n) => {
  const all = n.all() as [TensorType, ...TensorType[]];
  const kind = u8(n, 0);
  if (kind === 2) return fold('maximum', all);
  if (kind === 1) return fold('add', all);
  const [first, ...rest] = all.slice(1).map((t) => binary(kind === 0 ? 'mul' : 'sub', all[0], t));
  if (first === undefined) throw n.error('needs two inputs');
  return followedBy(first, ...rest);
};

const REDUCTIONS: readonly Reduction[] = ['sum', 'l1', 'sum_square', 'mean', 'max', 'min', 'prod', 'any', 'all'];

const reduceRule: Table[string] = (n) => {
  const x = n.in(0);
  const op = REDUCTIONS[u8(n, 0)];
  if (op === undefined) throw n.error(`has the operation ${u8(n, 0)}: 0 to 8 were expected`);
  const axes = n.count > 1 ? numbers(n, 1, 'axes') : ints(n, 1);
  const over = axes.length === 0 ? null : axes;
  return withValue(reduce(op, x, over, { keepdim: flag(n, 3) }), foldReduce(op, x, over ?? x.shape.map((_, i) => i)));
};

const layerNormRule: Table[string] = (n) => {
  const x = n.in(0);
  const size = floats(n, 1);
  const given = ints(n, 0).length;
  const axes = Math.max(1, given);
  const weight = size > 0 ? n.weight('gamma', [size]) : null;
  const bias = floats(n, 2) > 0 ? n.weight('beta', [size]) : null;
  if (flag(n, 6)) return rmsNorm(x, x.shape.slice(-axes), weight);
  const group = i32(n, 4, 1);
  return group > 1 ? groupNorm(x, group, { weight, bias }) : layerNorm(x, x.shape.slice(-axes), { weight, bias });
};

const scaleRule: Table[string] = (n) => {
  const x = n.in(0);
  const channels = i32(n, 0) || n.extent(x.shape[1]);
  n.weight('scale', [channels]);
  n.weight('bias', [channels]);
  return followedBy(binary('mul', x, scalar(x)), binary('add', x, scalar(x)));
};

const batchNormRule: Table[string] = (n) => {
  const channels = i32(n, 0) || n.extent(n.in(0).shape[1]);
  const weight = n.weight('slope', [channels]);
  n.weight('mean', [channels], { kind: 'buffer' });
  n.weight('variance', [channels], { kind: 'buffer' });
  return batchNorm(n.in(0), { weight, bias: n.weight('bias', [channels]) }, { batchStatistics: false });
};

/** Weights come as inputs: directions × gates·units × features, and the same for the state. */
const recurrentRule =
  (kind: 'lstm' | 'gru'): Table[string] =>
  (n) => {
    if (n.count < 3) throw new Unsupported('its weights are packed into a form that is not read');
    const [x, w, r] = [n.in(0), n.in(1), n.in(2)];
    const [directions, , hidden] = r.shape.map((d) => n.extent(d)) as [number, number, number];
    const effect = rnn(x, { kind, hidden, bidirectional: directions === 2 });
    const [sequence, ...states] = effect.outputs as readonly [TensorType, ...TensorType[]];
    const [steps, batch] = sequence.shape as readonly [Dim, Dim];
    const apart: TensorType = { dtype: w.dtype, shape: [steps, directions, batch, hidden] };
    return { ...effect, outputs: [apart, ...states] };
  };

/** Batch × positions × heads × depth; with a cache what came before is before the keys. */
const attentionRule: Table[string] = (n) => {
  const [q, k, v] = [n.in(0), n.in(1), n.in(2)];
  const turn = (t: TensorType): TensorType => ({
    dtype: t.dtype,
    shape: [t.shape[0], t.shape[2], t.shape[1], t.shape[3]] as Dim[],
  });
  const [batch, positions, heads] = q.shape as readonly [Dim, Dim, Dim, Dim];
  const depth = v.shape[3] as Dim;
  const effect = attention(turn(q), turn(k), turn(v), { grouped: true, mask: n.count > 3 ? q : null });
  return { ...effect, outputs: [{ dtype: q.dtype, shape: [batch, positions, mul(heads, depth)] }] };
};

const argRule =
  (op: 'argmax' | 'argmin'): Table[string] =>
  (n) => {
    const effect = reduce(op, n.in(0), [i32(n, 2)]);
    return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, dtype: 'int32' as const })) };
  };

export const math: Table = {
  AbsVal: unaryRule('abs'),
  Bnll: unaryRule('softplus'),
  ELU: unaryRule('elu'),
  Exp: unaryRule('exp'),
  Log: unaryRule('log'),
  Selu: unaryRule('selu'),
  Sigmoid: unaryRule('sigmoid'),
  TanH: unaryRule('tanh'),
  Threshold: unaryRule('threshold'),
  ReLU: (n) => unary((n.attrs.main?.f32(0) ?? 0) === 0 ? 'relu' : 'leaky_relu', n.in(0)),
  ReLU6: (n) => clamp(n.in(0), 2),
  PReLU: (n) => {
    n.weight('slope', [i32(n, 0, 1)]);
    return unary('prelu', n.in(0));
  },
  UnaryOp: unaryOpRule,
  BinaryOp: binaryRule,
  Eltwise: eltwiseRule,
  EltwiseInt8: eltwiseRule,
  Reduction: reduceRule,
  Moments: (n) => {
    const axes = ints(n, 0);
    const mean = reduce('mean', n.in(0), axes, { keepdim: flag(n, 1, true) });
    return { ...followedBy(mean, unary('square', n.in(0)), mean), outputs: [...mean.outputs, ...mean.outputs] };
  },
  Softmax: (n) => softmax(n.in(0), i32(n, 0)),
  ArgMax: argRule('argmax'),
  ArgMin: argRule('argmin'),
  CumSum: (n) => cumulative('cumsum', n.in(0), n.count > 1 ? (numbers(n, 1, 'axis')[0] ?? 0) : 0),
  TopKV2: (n) => topk(n.in(0), numbers(n, 1, 'k')[0] ?? 1, -1),
  MatMul: (n) => matmul(factor(n.in(0), flag(n, 1)), factor(n.in(1), flag(n, 2))),
  BatchMatMul: (n) => matmul(factor(n.in(0), flag(n, 0)), factor(n.in(1), flag(n, 1))),
  Scale: scaleRule,
  BatchNorm: batchNormRule,
  InstanceNorm: batchNormRule,
  LayerNorm: layerNormRule,
  GroupNorm: (n) => {
    const x = n.in(0);
    const size = floats(n, 2);
    const affine =
      size === 0 ? { weight: null, bias: null } : { weight: n.weight('gamma', [size]), bias: n.weight('beta', [size]) };
    return groupNorm(x, Math.max(1, i32(n, 4, 1)), affine);
  },
  Normalize: (n) => {
    const x = n.in(0);
    n.weight('scale', [Math.max(1, floats(n, 3))]);
    return followedBy(lpNormalize(x, 1, 2), binary('mul', x, scalar(x)));
  },
  Dropout: (n) => dropout(n.in(0), false),
  Select: (n) => where(n.in(0), n.in(1), n.in(2)),
  Cast: (n) => {
    const to = dtypeOf(i32(n, 1, 1));
    return withValue(cast(n.in(0), to), foldCast(n.in(0), to));
  },
  Int8ToFloat: (n) => dequantize(n.in(0), 'float32', true),
  FloatToInt8: (n) => quantize(n.in(0), 'int8', true),
  LSTM: recurrentRule('lstm'),
  RNNSequenceGRU: recurrentRule('gru'),
  Attention: attentionRule,
};
