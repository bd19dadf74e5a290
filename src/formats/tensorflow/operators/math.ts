import { add, type Dim, floordiv } from '../../../dim/index.js';
import {
  type Binary,
  binary,
  binaryWithValue,
  cast,
  clamp,
  cumulative,
  type Effect,
  einsum,
  factor,
  fakeQuantize,
  fold,
  foldCast,
  foldReduce,
  foldWhere,
  followedBy,
  fourier,
  integersOf,
  matmul,
  perElement,
  powerWithValue,
  type Reduction,
  reduce,
  softmax,
  together,
  topk,
  type Unary,
  unary,
  unaryWithValue,
  where,
  withValue,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Entry, Operator, Table } from '../operator.js';
import { withFused } from './fused.js';

const unaryRule = (op: Unary): Entry => ({ run: (n) => unaryWithValue(op, n.in(0)) });

const binaryRule = (op: Binary): Entry => ({
  run: (n) => {
    const [a, b] = [n.in(0), n.in(1)];
    return binaryWithValue(op, a, b);
  },
});

const reduceRule = (op: Reduction): Entry => ({
  run: (n) => {
    const x = n.in(0);
    const axes = n.numbers(1, 'axes');
    const keepdim = n.flag('keep_dims') || n.flag('keepdims');
    return withValue(
      reduce(op, x, axes, { keepdim }),
      foldReduce(
        op,
        x,
        axes.map((a) => (a < 0 ? a + x.shape.length : a)),
      ),
    );
  },
});

const argRule = (op: 'argmax' | 'argmin'): Entry => ({
  run: (n) => {
    const effect = reduce(op, n.in(0), n.has(1) ? n.numbers(1, 'axis') : [0]);
    return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, dtype: n.dtype('output_type', 'int64') })) };
  },
});

/** Both as they are multiplied: the last two axes exchanged where the node says so. */
function product(n: Operator, left: string, right: string): Effect {
  return matmul(factor(n.in(0), n.flag(left)), factor(n.in(1), n.flag(right)));
}

const clip: Entry = { run: (n) => clamp(n.in(0), 2) };

const squaredDifference: Entry = {
  run: (n) => {
    const effect = binary('sub', n.in(0), n.in(1));
    const [out] = effect.outputs as readonly [TensorType];
    return together('sub', [out], [effect, unary('square', out)]);
  },
};

const powRule: Entry = {
  run: (n) => {
    const [x, y] = [n.in(0), n.in(1)];
    const known = n.value(1)?.[0];
    return powerWithValue(x, y, typeof known === 'number' ? known : null, x.dtype);
  },
};

const selectRule: Entry = {
  run: (n) => {
    const [condition, a, b] = [n.in(0), n.in(1), n.in(2)];
    // The first form takes a vector for rows.
    const rows = n.node.opType === 'Select' && condition.shape.length === 1 && a.shape.length > 1;
    const shape: readonly Dim[] = rows ? [...condition.shape, ...a.shape.slice(1).map(() => 1)] : condition.shape;
    const effect = where({ dtype: condition.dtype, shape }, a, b);
    return withValue(effect, foldWhere(condition, a, b, effect.outputs[0]?.shape ?? []));
  },
};

/** The loss of each row, and its gradient, which the operator gives beside it. */
const crossEntropy: Entry = {
  run: (n) => {
    const x = n.in(0);
    const loss: TensorType = { dtype: x.dtype, shape: x.shape.slice(0, -1) };
    return together(
      'cross_entropy',
      [loss, { dtype: x.dtype, shape: x.shape }],
      [softmax(x, -1, true), unary('neg', loss)],
    );
  },
};

const castRule: Entry = {
  passes: true,
  run: (n) => {
    const dtype = n.dtype('DstT', n.in(0).dtype);
    return withValue(cast(n.in(0), dtype), foldCast(n.in(0), dtype));
  },
};

/** Rounded to this many bits: the first kind counts its places from 0, the second says whether there is a sign. */
const rounded = (signed: (n: Operator) => boolean): Entry => ({
  passes: true,
  run: (n) => fakeQuantize(n.in(0), 'grid', integersOf(n.int('num_bits', 8), signed(n))),
});
const fakeQuantizeRule = rounded(() => false);
const signedRule = rounded((n) => n.flag('signed_input', true));

const fourierRule = (axes: readonly number[], real: 'in' | 'out' | 'no'): Entry => ({
  run: (n) => {
    const x = n.in(0);
    const length = n.value(1)?.at(-1) ?? x.shape.at(-1) ?? 1;
    const points: TensorType = { dtype: 'float32', shape: [...x.shape.slice(0, -1), length] };
    const effect = fourier(points, axes);
    if (real === 'no') return { ...effect, outputs: [{ dtype: x.dtype, shape: x.shape }] };
    const last: Dim = real === 'in' ? add(floordiv(length, 2), 1) : length;
    return {
      ...effect,
      outputs: [{ dtype: real === 'in' ? 'complex64' : 'float32', shape: [...x.shape.slice(0, -1), last] }],
    };
  },
});

/** Products of integers that stand for real numbers, with their range. */
const quantizedMatmul: Entry = {
  weights: [1],
  run: (n) => {
    const effect = product(n, 'transpose_a', 'transpose_b');
    const range: TensorType = { dtype: 'float32', shape: [] };
    return { ...effect, outputs: [...effect.outputs.map((o) => ({ ...o, dtype: 'int32' as const })), range, range] };
  },
};

const UNARY: Readonly<Record<string, Unary>> = {
  Relu: 'relu',
  Relu6: 'relu6',
  LeakyRelu: 'leaky_relu',
  Elu: 'elu',
  Selu: 'selu',
  Sigmoid: 'sigmoid',
  Tanh: 'tanh',
  Softplus: 'softplus',
  Softsign: 'softsign',
  Exp: 'exp',
  Expm1: 'expm1',
  Log: 'log',
  Log1p: 'log1p',
  Sqrt: 'sqrt',
  Rsqrt: 'rsqrt',
  Square: 'square',
  Reciprocal: 'reciprocal',
  Inv: 'reciprocal',
  Abs: 'abs',
  Neg: 'neg',
  Sign: 'sign',
  Floor: 'floor',
  Ceil: 'ceil',
  Round: 'round',
  Rint: 'round',
  Erf: 'erf',
  Erfc: 'erfc',
  Erfinv: 'erfinv',
  Sin: 'sin',
  Cos: 'cos',
  Tan: 'tan',
  Asin: 'asin',
  Acos: 'acos',
  Atan: 'atan',
  Sinh: 'sinh',
  Cosh: 'cosh',
  Asinh: 'asinh',
  Acosh: 'acosh',
  Atanh: 'atanh',
  Lgamma: 'lgamma',
  Digamma: 'digamma',
  IsNan: 'isnan',
  IsInf: 'isinf',
  IsFinite: 'isfinite',
  LogicalNot: 'logical_not',
  Invert: 'bitwise_not',
};

const BINARY: Readonly<Record<string, Binary>> = {
  Add: 'add',
  AddV2: 'add',
  BiasAdd: 'add',
  BiasAddV1: 'add',
  Sub: 'sub',
  Mul: 'mul',
  MulNoNan: 'mul',
  Div: 'div',
  RealDiv: 'div',
  DivNoNan: 'div',
  TruncateDiv: 'div',
  FloorDiv: 'floor_divide',
  FloorMod: 'remainder',
  Mod: 'remainder',
  TruncateMod: 'fmod',
  Maximum: 'maximum',
  Minimum: 'minimum',
  Atan2: 'atan2',
  Xlogy: 'xlogy',
  Less: 'lt',
  LessEqual: 'le',
  Greater: 'gt',
  GreaterEqual: 'ge',
  Equal: 'eq',
  NotEqual: 'ne',
  ApproximateEqual: 'isclose',
  LogicalAnd: 'logical_and',
  LogicalOr: 'logical_or',
  BitwiseAnd: 'bitwise_and',
  BitwiseOr: 'bitwise_or',
  BitwiseXor: 'bitwise_xor',
  LeftShift: 'bitwise_shift',
  RightShift: 'bitwise_shift',
};

const REDUCTIONS: Readonly<Record<string, Reduction>> = {
  Mean: 'mean',
  Sum: 'sum',
  Max: 'max',
  Min: 'min',
  Prod: 'prod',
  All: 'all',
  Any: 'any',
  EuclideanNorm: 'l2',
};

const entries = <T>(names: Readonly<Record<string, T>>, rule: (op: T) => Entry): Table =>
  Object.fromEntries(Object.entries(names).map(([name, op]) => [name, rule(op)]));

export const math: Table = {
  ...entries(UNARY, unaryRule),
  ...entries(BINARY, binaryRule),
  ...entries(REDUCTIONS, reduceRule),
  // With channels in front the bias stands for the second axis.
  BiasAdd: {
    weights: [1],
    run: (n) => {
      const [x, bias] = [n.in(0), n.in(1)];
      const first = /^NC/.test(n.text('data_format'));
      const shape = first ? [...bias.shape, ...x.shape.slice(2).map(() => 1)] : bias.shape;
      return binary('add', x, { dtype: bias.dtype, shape });
    },
  },
  Prelu: { run: (n) => unary('prelu', n.in(0)), weights: [1] },
  ArgMax: argRule('argmax'),
  ArgMin: argRule('argmin'),
  AddN: { run: (n) => fold('add', n.all()) },
  AccumulateNV2: { run: (n) => fold('add', n.all()) },
  SquaredDifference: squaredDifference,
  Pow: powRule,
  ClipByValue: clip,
  Select: selectRule,
  SelectV2: selectRule,
  Cast: castRule,
  Softmax: { run: (n) => softmax(n.in(0), -1) },
  SparseSoftmaxCrossEntropyWithLogits: crossEntropy,
  SoftmaxCrossEntropyWithLogits: crossEntropy,
  LogSoftmax: { run: (n) => softmax(n.in(0), -1, true) },
  Cumsum: { run: (n) => cumulative('cumsum', n.in(0), n.numbers(1, 'axis')[0] ?? 0) },
  Cumprod: { run: (n) => cumulative('cumprod', n.in(0), n.numbers(1, 'axis')[0] ?? 0) },
  TopK: { run: (n) => topk(n.in(0), n.int('k', 1), -1) },
  TopKV2: {
    run: (n) => {
      const effect = topk(n.in(0), n.value(1)?.[0] ?? n.fresh('k'), -1);
      return { ...effect, outputs: effect.outputs.map((o, i) => (i === 1 ? { ...o, dtype: 'int32' as const } : o)) };
    },
  },
  // every score is compared with that of the target
  InTopKV2: { run: (n) => perElement('isin', n.in(0), { outputs: [{ dtype: 'bool', shape: n.in(1).shape }] }) },
  MatMul: { run: (n) => product(n, 'transpose_a', 'transpose_b'), weights: [1] },
  SparseMatMul: { run: (n) => product(n, 'transpose_a', 'transpose_b'), weights: [1] },
  _FusedMatMul: { run: (n) => withFused(n, product(n, 'transpose_a', 'transpose_b')), weights: [1, 2] },
  BatchMatMul: { run: (n) => product(n, 'adj_x', 'adj_y'), weights: [1] },
  BatchMatMulV2: { run: (n) => product(n, 'adj_x', 'adj_y'), weights: [1] },
  BatchMatMulV3: { run: (n) => product(n, 'adj_x', 'adj_y'), weights: [1] },
  QuantizedMatMul: quantizedMatmul,
  Einsum: { run: (n) => einsum(n.text('equation'), n.all()), weights: [1] },
  XlaEinsum: { run: (n) => einsum(n.text('equation'), n.all()), weights: [1] },
  FakeQuantWithMinMaxArgs: fakeQuantizeRule,
  FakeQuantWithMinMaxVars: fakeQuantizeRule,
  FakeQuantWithMinMaxVarsPerChannel: fakeQuantizeRule,
  QuantizeAndDequantizeV2: signedRule,
  QuantizeAndDequantizeV3: signedRule,
  QuantizeAndDequantizeV4: signedRule,
  RFFT: fourierRule([-1], 'in'),
  RFFT2D: fourierRule([-2, -1], 'in'),
  IRFFT: fourierRule([-1], 'out'),
  FFT: fourierRule([-1], 'no'),
  FFT2D: fourierRule([-2, -1], 'no'),
  IFFT: fourierRule([-1], 'no'),
  IFFT2D: fourierRule([-2, -1], 'no'),
  ComplexAbs: { run: (n) => unary('abs', { dtype: 'float32', shape: n.in(0).shape }) },
  L2Loss: {
    run: (n) => {
      const effect = reduce('sum_square', n.in(0), null);
      return followedBy(effect, perElement('div', { dtype: n.in(0).dtype, shape: [] })); // half of the sum
    },
  },
};
