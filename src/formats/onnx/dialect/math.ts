import type { Dim } from '../../../dim/index.js';
import {
  type AttrsOf,
  axisOf,
  type Binary,
  batchNorm,
  binary,
  binaryWithValue,
  broadcast,
  clamp,
  determinant,
  dropout,
  type Effect,
  einsum,
  fold,
  foldBinary,
  foldWhere,
  followedBy,
  hardmax,
  linear,
  matmul,
  meanOf,
  meanVarianceNorm,
  nothing,
  perElement,
  powerWithValue,
  renamed,
  type Unary,
  unary,
  unaryWithValue,
  where,
  withValue,
} from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { isFloating, type TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';

const unaryRule =
  (op: Unary): Entry =>
  (n) => {
    const x = n.in(0);
    return unaryWithValue(op, x);
  };

/** Functions that PyTorch calls by the same name with an argument that conventions ask for. */
const activationRule =
  <N extends Unary>(op: N, attrs: (n: OnnxNode) => AttrsOf<N>): Entry =>
  (n) =>
    unary(op, n.in(0), { attrs: attrs(n) });

const binaryRule =
  (op: Binary): Entry =>
  (n) => {
    const [a, b] = legacyBroadcast(n, n.in(0), n.in(1));
    return binaryWithValue(op, a, b);
  };

/** Before opset 7 `broadcast` and `axis` said where the second operand's axes lie; later NumPy's rule holds. */
function legacyBroadcast(n: OnnxNode, a: TensorType, b: TensorType): readonly [TensorType, TensorType] {
  const axis = n.int('axis');
  if (n.opset >= 7 || n.int('broadcast', 0) === 0 || axis === null) return [a, b];
  const at = axisOf(axis, a.shape.length + 1, n.proto.opType);
  const behind = a.shape.length - at - b.shape.length;
  return [a, { dtype: b.dtype, shape: [...b.shape, ...new Array<number>(Math.max(0, behind)).fill(1)] }];
}

const variadicRule =
  (op: 'add' | 'maximum' | 'minimum'): Entry =>
  (n) => {
    const inputs = n.all();
    if (inputs.length === 1) return nothing(op, inputs);
    const effect = fold(op, inputs);
    const [a, b] = inputs as [TensorType, TensorType];
    return inputs.length === 2 ? withValue(effect, foldBinary(op, a, b, effect.outputs[0]?.shape ?? [])) : effect;
  };

/** A product with a matrix that is stored is a linear layer, which is what conventions that know layers ask for. */
const matmulRule: Entry = (n) => {
  const [a, b] = [n.in(0), n.in(1)];
  if (n.stored(1) && b.shape.length === 2) return linear(a, transposed(b), null);
  return matmul(a, b);
};

function transposed(b: TensorType): TensorType {
  return { dtype: b.dtype, shape: [...b.shape].reverse() };
}

/** α·A·B + β·C with either transposed. α and β other than 1 multiply once more. */
export function gemmEffect(n: OnnxNode, a: TensorType, b: TensorType, bias: TensorType | null): Effect {
  const left = n.int('transA', 0) ? transposed(a) : a;
  const weight = n.int('transB', 0) ? b : transposed(b); // as linear has it: out × in
  const effect = linear(left, weight, bias);
  const out = effect.outputs[0] as TensorType;
  if (bias !== null) broadcast([out.shape, bias.shape], 'Gemm: bias');
  const scaled = n.float('alpha', 1) === 1 ? [] : [perElement('mul', out)];
  const scaledBias = bias === null || n.float('beta', 1) === 1 ? [] : [perElement('mul', bias)];
  return followedBy(effect, ...scaled, ...scaledBias);
}

const clipRule: Entry = (n) => {
  const bounds = n.opset < 11 ? 2 : Number(n.has(1)) + Number(n.has(2));
  const x = n.in(0);
  const low = n.opset < 11 ? n.float('min', Number.NEGATIVE_INFINITY) : n.value(1)?.[0];
  const high = n.opset < 11 ? n.float('max', Number.POSITIVE_INFINITY) : n.value(2)?.[0];
  const attrs: AttrsOf<'clamp'> = {
    ...(typeof low === 'number' ? { min: low } : {}),
    ...(typeof high === 'number' ? { max: high } : {}),
  };
  // PyTorch's ReLU6 is exported so.
  return renamed(clamp(x, bounds, attrs), low === 0 && high === 6 ? 'relu6' : 'clamp');
};

const powRule: Entry = (n) => {
  const [base, exponent] = legacyBroadcast(n, n.in(0), n.in(1));
  const known = n.value(1);
  const [p] = known?.length === 1 ? known : [];
  return powerWithValue(base, exponent, typeof p === 'number' ? p : null, base.dtype);
};

const gelu: Entry = (n) => unary(n.text('approximate', 'none') === 'tanh' ? 'gelu_tanh' : 'gelu', n.in(0));

const whereRule: Entry = (n) => {
  const effect = where(n.in(0), n.in(1), n.in(2));
  const shape = effect.outputs[0]?.shape ?? [];
  return withValue(effect, foldWhere(n.in(0), n.in(1), n.in(2), shape));
};

const modRule: Entry = (n) => {
  const [a, b] = [n.in(0), n.in(1)];
  const effect = binary('remainder', a, b);
  // fmod keeps the sign of the dividend: the same for what is not negative, which shapes are not.
  return n.int('fmod', 0) && isFloating(a.dtype)
    ? effect
    : withValue(effect, foldBinary('remainder', a, b, effect.outputs[0]?.shape ?? []));
};

/** Inference form; with `training_mode` the batch's own statistics. */
const batch: Entry = (n) => {
  const training =
    n.int('training_mode', 0) === 1 || (n.opset < 7 && n.int('is_test', 0) === 0 && n.proto.output.length > 1);
  const x = n.in(0);
  // One axis is the batch: there is one channel then.
  const rows = x.shape.length === 1 ? { dtype: x.dtype, shape: [x.shape[0] as Dim, 1] } : x;
  const normed = batchNorm(rows, { weight: n.in(1), bias: n.in(2) }, { batchStatistics: training });
  const effect = { ...normed, outputs: normed.outputs.map((o) => ({ ...o, shape: x.shape })) };
  const channels = n.in(3);
  // mean and variance; before opset 14 also those saved for the gradient
  return training ? { ...effect, outputs: [...effect.outputs, channels, channels, channels, channels] } : effect;
};

/** Bits of integers: no arithmetic, whatever the numbers are. */
const bitsRule =
  (op: Binary): Entry =>
  (n) =>
    binary(op, n.in(0), n.in(1));

export const math: Dialect = byName({
  Abs: unaryRule('abs'),
  Neg: unaryRule('neg'),
  Floor: unaryRule('floor'),
  Ceil: unaryRule('ceil'),
  Round: unaryRule('round'),
  Sign: unaryRule('sign'),
  Sqrt: unaryRule('sqrt'),
  Reciprocal: unaryRule('reciprocal'),
  Exp: unaryRule('exp'),
  Log: unaryRule('log'),
  Erf: unaryRule('erf'),
  Sin: unaryRule('sin'),
  Cos: unaryRule('cos'),
  Tan: unaryRule('tan'),
  Asin: unaryRule('asin'),
  Acos: unaryRule('acos'),
  Atan: unaryRule('atan'),
  Sinh: unaryRule('sinh'),
  Cosh: unaryRule('cosh'),
  Asinh: unaryRule('asinh'),
  Acosh: unaryRule('acosh'),
  Atanh: unaryRule('atanh'),
  Not: unaryRule('logical_not'),
  BitwiseNot: unaryRule('bitwise_not'),
  IsNaN: (n) => unaryWithValue('isnan', n.in(0), { dtype: 'bool' }),
  IsInf: (n) => unary('isinf', n.in(0), { dtype: 'bool' }),
  Relu: unaryRule('relu'),
  Sigmoid: unaryRule('sigmoid'),
  Tanh: unaryRule('tanh'),
  Softplus: unaryRule('softplus'),
  Softsign: unaryRule('softsign'),
  Mish: unaryRule('mish'),
  HardSwish: unaryRule('hardswish'),
  Swish: unaryRule('silu'),
  HardSigmoid: unaryRule('hardsigmoid'),
  Elu: activationRule('elu', (n) => ({ alpha: n.float('alpha', 1) })),
  Celu: activationRule('celu', (n) => ({ alpha: n.float('alpha', 1) })),
  Selu: unaryRule('selu'),
  LeakyRelu: activationRule('leaky_relu', (n) => ({ negative_slope: n.float('alpha', 0.01) })),
  ThresholdedRelu: unaryRule('threshold'),
  Shrink: unaryRule('softshrink'),
  PRelu: { weights: [1], run: (n) => unary('prelu', n.in(0)) },
  Gelu: gelu,
  Clip: { settings: [1, 2], run: clipRule },
  Pow: powRule,
  Add: binaryRule('add'),
  Sub: binaryRule('sub'),
  Mul: binaryRule('mul'),
  Div: binaryRule('div'),
  Mod: modRule,
  And: binaryRule('logical_and'),
  Or: binaryRule('logical_or'),
  Xor: binaryRule('logical_xor'),
  Equal: binaryRule('eq'),
  Greater: binaryRule('gt'),
  GreaterOrEqual: binaryRule('ge'),
  Less: binaryRule('lt'),
  LessOrEqual: binaryRule('le'),
  BitwiseAnd: bitsRule('bitwise_and'),
  BitwiseOr: bitsRule('bitwise_or'),
  BitwiseXor: bitsRule('bitwise_xor'),
  BitShift: bitsRule('bitwise_shift'),
  Sum: variadicRule('add'),
  Max: variadicRule('maximum'),
  Min: variadicRule('minimum'),
  Mean: (n) => meanOf(n.all()),
  Where: whereRule,
  MatMul: { weights: [0, 1], run: matmulRule },
  Gemm: { weights: [0, 1, 2], run: (n) => gemmEffect(n, n.in(0), n.in(1), n.opt(2)) },
  Einsum: { weights: [0, 1, 2, 3], run: (n) => einsum(n.text('equation', ''), n.all()) },
  BatchNormalization: { weights: [1, 2], statistics: [3, 4], run: batch },
  Det: (n) => determinant(n.in(0)),
  Hardmax: (n) => hardmax(n.in(0), n.int('axis', n.opset < 13 ? 1 : -1)),
  MeanVarianceNormalization: (n) => meanVarianceNorm(n.in(0), n.ints('axes') ?? [0, 2, 3]),
  // Its mask is all true at inference.
  Dropout: {
    settings: [1],
    run: (n) => dropout(n.in(0), n.value(2)?.[0] === 1, { mask: n.opset < 10 ? n.in(0).dtype : 'bool' }),
  },
});
