import * as nn from '../../../src/torch/nn/index.js';
import type { Case, OnnxCase, TfliteCase } from '../spell.js';

const F = nn.functional;
type Tensor = nn.Tensor;

/** A function of each element, by what each format calls it; `''` where it has none. */
function unary(run: ((x: Tensor) => Tensor) | null, aten: string, onnx: string | OnnxCase = '', tflite = ''): Case {
  return {
    inputs: [[2, 6, 5]],
    ...(run === null ? {} : { nn: run as NonNullable<Case['nn']> }),
    ...(aten === '' ? {} : { aten: [aten, '$0'] as const }),
    ...(onnx === '' ? {} : { onnx: typeof onnx === 'string' ? { op: onnx } : onnx }),
    ...(tflite === '' ? {} : { tflite: { op: tflite } }),
  };
}

/** A function of two tensors of different shapes; of floats, or where it is of bits or truths of those. */
function binary(
  run: ((a: Tensor, b: Tensor) => Tensor) | null,
  aten: string,
  onnx: string | OnnxCase = '',
  tflite: string | TfliteCase = '',
  dtype: 'float32' | 'bool' | 'int32' = 'float32',
): Case {
  return {
    inputs: [
      { shape: [2, 1, 5], dtype },
      { shape: [3, 5], dtype },
    ],
    ...(run === null ? {} : { nn: run as NonNullable<Case['nn']> }),
    ...(aten === '' ? {} : { aten: [aten, '$0', '$1'] as const }),
    ...(onnx === '' ? {} : { onnx: typeof onnx === 'string' ? { op: onnx } : onnx }),
    ...(tflite === '' ? {} : { tflite: typeof tflite === 'string' ? { op: tflite } : tflite }),
  };
}

const power = (exponent: number): Case => ({
  inputs: [[10]],
  nn: (x) => (x as Tensor).pow(exponent),
  aten: ['pow', '$0', exponent],
  onnx: { op: 'Pow', further: [{ float: exponent }] },
  tflite: { op: 'POW', inputs: [[10], { value: [exponent], shape: [] }], dtype: 'float32' },
});

/** Functions of single elements, and their arithmetic. */
export const pointwise: Readonly<Record<string, Case>> = {
  relu: unary((x) => x.relu(), 'relu', 'Relu', 'RELU'),
  relu6: {
    ...unary(null, 'relu6', '', 'RELU6'),
    layer: () => new nn.ReLU6(),
    onnx: { op: 'Clip', opset: 6, with: { min: { float: 0 }, max: { float: 6 } } },
  },
  hardtanh: unary((x) => F.hardtanh(x), 'hardtanh', '', 'RELU_N1_TO_1'),
  sigmoid: unary((x) => x.sigmoid(), 'sigmoid', 'Sigmoid', 'LOGISTIC'),
  tanh: unary((x) => x.tanh(), 'tanh', 'Tanh', 'TANH'),
  exp: unary((x) => x.exp(), 'exp', 'Exp', 'EXP'),
  log: unary((x) => x.log(), 'log', 'Log', 'LOG'),
  sqrt: unary((x) => x.sqrt(), 'sqrt', 'Sqrt', 'SQRT'),
  rsqrt: unary((x) => x.rsqrt(), 'rsqrt', '', 'RSQRT'),
  square: unary((x) => x.square(), 'square', '', 'SQUARE'),
  reciprocal: unary((x) => x.reciprocal(), 'reciprocal', 'Reciprocal'),
  abs: unary((x) => x.abs(), 'abs', 'Abs', 'ABS'),
  neg: unary((x) => x.neg(), 'neg', 'Neg', 'NEG'),
  sign: unary((x) => x.unary('sign'), 'sign', 'Sign', 'SIGN'),
  floor: unary((x) => x.floor(), 'floor', 'Floor', 'FLOOR'),
  ceil: unary((x) => x.ceil(), 'ceil', 'Ceil', 'CEIL'),
  round: unary((x) => x.round(), 'round', 'Round', 'ROUND'),
  erf: unary((x) => x.erf(), 'erf', 'Erf'),
  sin: unary((x) => x.sin(), 'sin', 'Sin', 'SIN'),
  cos: unary((x) => x.cos(), 'cos', 'Cos', 'COS'),
  tan: unary(null, 'tan', 'Tan'),
  asin: unary(null, 'asin', 'Asin'),
  acos: unary(null, 'acos', 'Acos'),
  atan: unary(null, 'atan', 'Atan'),
  sinh: unary(null, 'sinh', 'Sinh'),
  cosh: unary(null, 'cosh', 'Cosh'),
  asinh: unary(null, 'asinh', 'Asinh'),
  acosh: unary(null, 'acosh', 'Acosh'),
  atanh: unary(null, 'atanh', 'Atanh'),
  isnan: unary(null, 'isnan', 'IsNaN'),
  isinf: unary(null, 'isinf', 'IsInf'),
  'softplus with parameters': { inputs: [[2, 5]], onnx: { op: 'ParametricSoftplus', opset: 1 } },
  isfinite: unary(null, 'isfinite'),
  expm1: unary(null, 'expm1'),
  log1p: unary(null, 'log1p'),
  erfc: unary(null, 'erfc'),
  exp2: unary((x) => x.unary('exp2'), 'exp2'),
  log10: unary((x) => x.unary('log10'), 'log10'),
  trunc: unary((x) => x.unary('trunc'), 'trunc'),
  'gelu by the logistic function': unary(null, '', { op: 'QuickGelu', domain: 'com.microsoft' }),
  'tanh, scaled': unary(null, '', { op: 'ScaledTanh', opset: 1 }),
  'a line': unary(null, '', { op: 'Affine', opset: 1 }),
  erfinv: unary(null, 'erfinv'),
  lgamma: unary(null, 'lgamma'),
  digamma: unary(null, 'digamma'),
  xlogy: binary(null, 'xlogy'),
  isclose: binary(null, 'isclose'),
  isin: { inputs: [[3, 5], [4]], outputs: 0, aten: ['isin', '$0', '$1'] },
  gelu: unary((x) => F.gelu(x), 'gelu', { op: 'Gelu', opset: 20 }, 'GELU'),
  'gelu by tanh': {
    inputs: [[2, 6, 5]],
    nn: (x) => F.gelu(x as Tensor, { approximate: 'tanh' }),
    aten: ['gelu', '$0', 'tanh'],
    onnx: { op: 'Gelu', opset: 20, with: { approximate: 'tanh' } },
    tflite: { op: 'GELU', options: { 0: true } },
  },
  silu: unary((x) => F.silu(x), 'silu', { op: 'Swish', opset: 24 }),
  mish: unary((x) => F.mish(x), 'mish', { op: 'Mish', opset: 18 }),
  hardswish: unary((x) => F.hardswish(x), 'hardswish', 'HardSwish', 'HARD_SWISH'),
  hardsigmoid: unary((x) => F.hardsigmoid(x), 'hardsigmoid', 'HardSigmoid'),
  selu: unary((x) => F.selu(x), 'selu', 'Selu'),
  elu: unary((x) => F.elu(x), 'elu', 'Elu', 'ELU'),
  celu: unary((x) => F.celu(x), 'celu', 'Celu'),
  leaky_relu: unary((x) => F.leaky_relu(x), 'leaky_relu', 'LeakyRelu', 'LEAKY_RELU'),
  softplus: unary((x) => F.softplus(x), 'softplus', 'Softplus'),
  softsign: unary((x) => F.softsign(x), 'softsign', 'Softsign'),
  softshrink: unary((x) => F.softshrink(x), 'softshrink', 'Shrink'),
  hardshrink: { ...unary(null, 'hardshrink'), layer: () => new nn.Hardshrink() },
  tanhshrink: { ...unary(null, 'tanhshrink'), layer: () => new nn.Tanhshrink() },
  rrelu: { ...unary(null, 'rrelu'), layer: () => new nn.RReLU() },
  log_sigmoid: unary((x) => F.logsigmoid(x), 'log_sigmoid'),
  threshold: {
    inputs: [[7]],
    layer: () => new nn.Threshold(0.1, 20),
    aten: ['threshold', '$0', 0.1, 20],
    onnx: { op: 'ThresholdedRelu', with: { alpha: { float: 1 } } },
  },
  prelu: {
    inputs: [[2, 4, 9, 8], [4]],
    nn: (x, w) => F.prelu(x as Tensor, w as Tensor),
    aten: ['prelu', '$0', '$1'],
    onnx: {
      op: 'PRelu',
      inputs: [
        [2, 4, 9, 8],
        [4, 1, 1],
      ],
    },
    tflite: {
      op: 'PRELU',
      inputs: [
        [2, 9, 8, 4],
        [1, 1, 4],
      ],
    },
  },
  'clamp, both bounds': {
    inputs: [[7]],
    nn: (x) => (x as Tensor).clamp(-1, 2),
    aten: ['clamp', '$0', -1, 2],
    tflite: { op: 'STABLEHLO_CLAMP', inputs: [[], [7], []] },
    onnx: { op: 'Clip', with: { min: { float: -1 }, max: { float: 2 } }, opset: 6 },
  },
  'clamp, one bound': {
    inputs: [[7]],
    nn: (x) => (x as Tensor).clamp(0),
    aten: ['clamp', '$0', 0],
    onnx: { op: 'Clip', further: [{ float: 0 }] },
  },
  glu: { inputs: [[3, 8]], nn: (x) => F.glu(x as Tensor, 1), aten: ['glu', '$0', 1] },
  add: binary((a, b) => a.add(b), 'add', 'Add', 'ADD'),
  sub: binary((a, b) => a.sub(b), 'sub', 'Sub', 'SUB'),
  mul: binary((a, b) => a.mul(b), 'mul', 'Mul', 'MUL'),
  div: binary((a, b) => a.div(b), 'div', 'Div', 'DIV'),
  'difference, squared': {
    inputs: [[3, 5], [5]],
    aten: ['sub', '$0', '$1'],
    also: [['square', '$0']],
    tflite: { op: 'SQUARED_DIFFERENCE' },
  },
  'add, one shape': {
    ...binary((a, b) => a.add(b), 'add', 'Add'),
    inputs: [
      [2, 3, 5],
      [2, 3, 5],
    ],
  },
  'multiply, one shape': {
    ...binary((a, b) => a.mul(b), 'mul', 'Mul'),
    inputs: [
      [2, 3, 5],
      [2, 3, 5],
    ],
  },
  'maximum, one shape': {
    ...binary((a, b) => a.maximum(b), 'maximum', 'Max'),
    inputs: [
      [2, 3, 5],
      [2, 3, 5],
    ],
  },
  'a factor and a summand': {
    inputs: [
      [2, 4, 9, 8],
      [4, 1, 1],
    ],
    aten: ['mul', '$0', '$1'],
    also: [['add', '$0', '$1']],
  },
  'a factor of each channel, and another tensor': {
    inputs: [
      [2, 4, 9, 8],
      [2, 4, 1, 1],
    ],
    aten: ['addcmul', '$0', '$0', '$1'],
  },
  pow: binary((a, b) => a.pow(b), 'pow', 'Pow', 'POW'),
  maximum: binary((a, b) => a.maximum(b), 'maximum', 'Max', 'MAXIMUM'),
  minimum: binary((a, b) => a.minimum(b), 'minimum', 'Min', 'MINIMUM'),
  floor_divide: binary((a, b) => a.floor_divide(b), 'floor_divide', '', 'FLOOR_DIV'),
  remainder: binary((a, b) => a.remainder(b), 'remainder', 'Mod', 'FLOOR_MOD'),
  fmod: binary(null, 'fmod', { op: 'Mod', with: { fmod: 1 } }),
  atan2: binary(null, 'atan2', '', 'ATAN2'),
  eq: binary((a, b) => a.eq(b), 'eq', 'Equal', 'EQUAL'),
  ne: binary((a, b) => a.ne(b), 'ne', '', 'NOT_EQUAL'),
  lt: binary((a, b) => a.lt(b), 'lt', 'Less', 'LESS'),
  le: binary((a, b) => a.le(b), 'le', { op: 'LessOrEqual' }, 'LESS_EQUAL'),
  gt: binary((a, b) => a.gt(b), 'gt', 'Greater', 'GREATER'),
  ge: binary((a, b) => a.ge(b), 'ge', 'GreaterOrEqual', 'GREATER_EQUAL'),
  logical_and: binary(null, 'logical_and', 'And', 'LOGICAL_AND', 'bool'),
  logical_or: binary(null, 'logical_or', 'Or', 'LOGICAL_OR', 'bool'),
  logical_xor: binary(null, 'logical_xor', 'Xor', '', 'bool'),
  logical_not: { ...unary(null, 'logical_not', 'Not', 'LOGICAL_NOT'), inputs: [{ shape: [3, 5], dtype: 'bool' }] },
  bitwise_and: binary(null, 'bitwise_and', { op: 'BitwiseAnd', opset: 18 }, '', 'int32'),
  bitwise_or: binary(null, 'bitwise_or', { op: 'BitwiseOr', opset: 18 }, '', 'int32'),
  bitwise_xor: binary(null, 'bitwise_xor', { op: 'BitwiseXor', opset: 18 }, 'BITWISE_XOR', 'int32'),
  bitwise_not: {
    ...unary(null, 'bitwise_not', { op: 'BitwiseNot', opset: 18 }),
    inputs: [{ shape: [3, 5], dtype: 'int32' }],
  },
  bitwise_shift: binary(
    null,
    'bitwise_left_shift',
    { op: 'BitShift', with: { direction: 'LEFT' } },
    'RIGHT_SHIFT',
    'int32',
  ),
  'power 2': power(2),
  'power 3': power(3),
  'power 4': power(4),
  'power 2.5': { ...power(2.5), tflite: { op: 'POW', inputs: [[10], []] } },
  where: {
    inputs: [{ shape: [4, 1], dtype: 'bool' }, [4, 5], [5]],
    nn: (c, a, b) => F.where(c as Tensor, a as Tensor, b as Tensor),
    aten: ['where', '$0', '$1', '$2'],
    onnx: { op: 'Where' },
    tflite: { op: 'SELECT_V2' },
  },
  cast: {
    inputs: [[3, 4]],
    nn: (x) => (x as Tensor).to('float16'),
    aten: ['to', '$0', 'float16'],
    onnx: { op: 'Cast', with: { to: 10 } },
    tflite: { op: 'CAST', dtype: 'float16' },
  },
  'dropout at inference': {
    inputs: [[3, 4]],
    nn: (x) => F.dropout(x as Tensor),
    aten: ['dropout', '$0', 0.5, false],
    onnx: { op: 'Dropout' },
  },
  'dropout in training': {
    inputs: [[3, 4]],
    nn: (x) => F.dropout(x as Tensor, 0.5, true),
    aten: ['dropout', '$0', 0.5, true],
  },
  bernoulli: { inputs: [[3, 4]], aten: ['bernoulli', '$0'], onnx: { op: 'Bernoulli' } },
};
