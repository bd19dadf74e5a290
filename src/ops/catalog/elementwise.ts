import type { CostPerElement } from '../primitives.js';
import type { ElementwiseInfo, ReportTerm } from './types.js';

const info =
  (term: ReportTerm) =>
  (each: CostPerElement): ElementwiseInfo => ({ term, each });
const activation =
  (each: CostPerElement) =>
  (name?: string): ElementwiseInfo => ({
    term: 'activation',
    each,
    ...(name === undefined ? {} : { module: () => `torch.nn.${name}` }),
  });
const plain = info('other');
const arithmetic = info('elementwise');
const compare: ElementwiseInfo = { term: 'other', each: { cmp: 1 }, bool: true };
const logic: ElementwiseInfo = { term: 'other', each: {}, bool: true };

/**
 * Functions of one tensor, spelled out in primitives so that a function in one node and the same function in several nodes
 * count the same: sigmoid is negate, exp, add, divide; SiLU is that and a multiply.
 */
export const UNARY = {
  relu: activation({ cmp: 1 })('ReLU'),
  relu6: activation({ cmp: 2 })('ReLU6'),
  hardtanh: activation({ cmp: 2 })(),
  clamp: activation({ cmp: 2 })('ReLU6'),
  leaky_relu: activation({ cmp: 1, mul: 1 })('LeakyReLU'),
  prelu: activation({ cmp: 1, mul: 1 })('PReLU'),
  rrelu: plain({ cmp: 1, mul: 1 }),
  threshold: activation({ cmp: 1 })(),
  elu: activation({ cmp: 1, exp: 1, add: 1, mul: 1 })('ELU'), // α·(eˣ − 1) where x < 0
  celu: activation({ cmp: 1, div: 1, exp: 1, add: 1, mul: 1 })(),
  selu: activation({ cmp: 1, exp: 1, add: 1, mul: 2 })(),
  gelu: activation({ mul: 3, erf: 1, add: 1 })('GELU'), // x·½·(1 + erf(x/√2))
  gelu_tanh: activation({ mul: 6, add: 2, tanh: 1 })(), // x·½·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
  quick_gelu: plain({ mul: 2, add: 2, exp: 1, div: 1 }), // x·sigmoid(1.702·x)
  sigmoid: activation({ add: 2, exp: 1, div: 1 })('Sigmoid'),
  silu: activation({ add: 2, exp: 1, div: 1, mul: 1 })('SiLU'),
  log_sigmoid: activation({ add: 2, exp: 1, log: 1 })(),
  hardsigmoid: activation({ add: 1, cmp: 2, div: 1 })('Hardsigmoid'),
  hardswish: activation({ add: 1, cmp: 2, div: 1, mul: 1 })('Hardswish'),
  tanh: activation({ tanh: 1 })(),
  tanhshrink: activation({ tanh: 1, add: 1 })(),
  softplus: activation({ exp: 1, add: 1, log: 1 })(),
  softsign: activation({ abs: 1, add: 1, div: 1 })(),
  softshrink: activation({ cmp: 2, add: 1 })(),
  hardshrink: activation({ cmp: 2 })(),
  mish: activation({ exp: 1, add: 1, log: 1, tanh: 1, mul: 1 })(),
  exp: plain({ exp: 1 }),
  exp2: plain({ pow: 1 }),
  expm1: plain({ exp: 1, add: 1 }),
  log: plain({ log: 1 }),
  log2: plain({ log: 1 }),
  log10: plain({ log: 1 }),
  log1p: plain({ add: 1, log: 1 }),
  sqrt: plain({ sqrt: 1 }),
  rsqrt: plain({ sqrt: 1, div: 1 }),
  reciprocal: plain({ div: 1 }),
  square: plain({ mul: 1 }),
  abs: plain({ abs: 1 }),
  neg: plain({ add: 1 }),
  sign: plain({ round: 1 }),
  floor: plain({ round: 1 }),
  ceil: plain({ round: 1 }),
  round: plain({ round: 1 }),
  trunc: plain({ round: 1 }),
  frac: plain({ round: 1, add: 1 }),
  erf: plain({ erf: 1 }),
  erfc: plain({ erf: 1, add: 1 }),
  erfinv: plain({ erf: 1 }),
  sin: plain({ sin: 1 }),
  cos: plain({ sin: 1 }),
  tan: plain({ sin: 2, div: 1 }),
  asin: plain({ sin: 1 }),
  acos: plain({ sin: 1 }),
  atan: plain({ sin: 1 }),
  sinh: plain({ exp: 2, add: 1, mul: 1 }),
  cosh: plain({ exp: 2, add: 1, mul: 1 }),
  asinh: plain({ mul: 1, add: 2, sqrt: 1, log: 1 }),
  acosh: plain({ mul: 1, add: 2, sqrt: 1, log: 1 }),
  atanh: plain({ add: 2, div: 1, log: 1, mul: 1 }),
  sinc: plain({ sin: 1, mul: 1, div: 1 }),
  deg2rad: plain({ mul: 1 }),
  rad2deg: plain({ mul: 1 }),
  logit: plain({ add: 1, div: 1, log: 1 }),
  digamma: plain({ log: 1 }),
  lgamma: plain({ log: 1 }),
  i0: plain({ exp: 1 }),
  angle: plain({ div: 1, sin: 1 }),
  nan_to_num: plain({ cmp: 3 }),
  isnan: plain({ cmp: 1 }),
  isinf: plain({ cmp: 1 }),
  isfinite: plain({ cmp: 2 }),
  logical_not: plain({}),
  bitwise_not: plain({}),
} as const satisfies Record<string, ElementwiseInfo>;
export type Unary = keyof typeof UNARY;

/** Functions of two tensors, broadcast. */
export const BINARY = {
  add: arithmetic({ add: 1 }),
  sub: arithmetic({ add: 1 }),
  mul: arithmetic({ mul: 1 }),
  div: arithmetic({ div: 1 }),
  floor_divide: plain({ div: 1, round: 1 }),
  remainder: plain({ div: 1, round: 1, mul: 1, add: 1 }),
  fmod: plain({ div: 1, round: 1, mul: 1, add: 1 }),
  pow: arithmetic({ pow: 1 }),
  atan2: plain({ div: 1, sin: 1 }),
  hypot: plain({ mul: 2, add: 1, sqrt: 1 }),
  xlogy: plain({ mul: 1, log: 1 }),
  logaddexp: plain({ add: 3, cmp: 1, exp: 1, log: 1 }),
  copysign: plain({ mul: 1 }),
  maximum: arithmetic({ cmp: 1 }),
  minimum: arithmetic({ cmp: 1 }),
  heaviside: compare,
  isclose: { term: 'other', each: { cmp: 1, add: 2, abs: 2, mul: 1 }, bool: true },
  eq: compare,
  ne: compare,
  lt: compare,
  le: compare,
  gt: compare,
  ge: compare,
  logical_and: logic,
  logical_or: logic,
  logical_xor: logic,
  bitwise_and: plain({}),
  bitwise_or: plain({}),
  bitwise_xor: plain({}),
  bitwise_shift: plain({}),
} as const satisfies Record<string, ElementwiseInfo>;
export type Binary = keyof typeof BINARY;

/** Operators that do so much for each element of what they read or make, and nothing else. */
export const PER_ELEMENT = {
  lerp: plain({ add: 2, mul: 1 }), // a + w·(b − a)
  addcmul: plain({ mul: 1, add: 1 }),
  addcdiv: plain({ div: 1, add: 1 }),
  outer: plain({ mul: 1 }),
  kron: plain({ mul: 1 }),
  cross: plain({ mul: 2, add: 1 }),
  addr: plain({ mul: 1, add: 1 }),
  polar: plain({ mul: 2, sin: 2 }),
  nonzero: plain({ cmp: 1 }),
  count_nonzero: plain({ cmp: 1 }),
  isin: plain({ cmp: 1 }),
  histc: plain({ add: 1, mul: 1, round: 1 }),
  bernoulli: plain({ cmp: 1 }),
  is_finite: plain({ cmp: 2 }),
  quantize: {
    term: 'other',
    each: { div: 1, round: 1, add: 1, cmp: 2 },
    formula: {
      macs: '0',
      flops: '5 per element: divide, round, add the zero point, clamp',
      source:
        'QuantizeLinear of ONNX; products of quantised operators are counted as those of floats, with `operands` naming their types',
      also: ['quantizelinear'],
    },
  },
  dequantize: {
    term: 'other',
    each: { add: 1, mul: 1 },
    widens: true,
    formula: {
      macs: '0',
      flops: '2 per element: subtract the zero point, multiply by the scale',
      source: 'DequantizeLinear of ONNX',
      also: ['dequantizelinear'],
    },
  },
  fake_quantize: plain({ div: 1, add: 2, round: 1, cmp: 2, mul: 1 }),
  requantize: plain({ mul: 1, round: 1, add: 1, cmp: 2 }), // sums of integer products to the output's own scale
  complex_mul: plain({ mul: 4, add: 2 }),
  rotary_embedding: {
    term: 'other',
    each: { mul: 2, add: 1 },
    formula: {
      macs: '0',
      flops: '3 per rotated element: two multiplies and an add',
      source: 'x·cos + rotated x·sin',
      leavesOut: 'the tables of sines and cosines',
    },
  },
  softcap: plain({ div: 1, tanh: 1, mul: 1 }), // cap·tanh(x / cap)
  gru_unit: plain({ add: 6, exp: 2, div: 2, tanh: 1, mul: 3 }), // h = (1 − z)·h₋₁ + z·h̃, its gates' products computed outside
  equal: plain({ cmp: 1 }),
  allclose: plain({ cmp: 1, add: 2, abs: 2, mul: 1 }),
  mse_loss: plain({ add: 1, mul: 1 }),
  l1_loss: plain({ add: 1, abs: 1 }),
  smooth_l1_loss: plain({ add: 2, abs: 1, cmp: 1, mul: 2 }),
  huber_loss: plain({ add: 2, abs: 1, cmp: 1, mul: 2 }),
  soft_margin_loss: plain({ mul: 1, exp: 1, add: 1, log: 1 }),
  kl_div: plain({ log: 1, add: 1, mul: 1 }),
  binary_cross_entropy: plain({ log: 2, add: 3, mul: 2 }),
  binary_cross_entropy_with_logits: plain({ cmp: 1, mul: 1, add: 3, abs: 1, exp: 1, log: 1 }),
  gated_add: plain({ mul: 1, add: 1 }),
  affine: plain({ mul: 1, add: 1 }),
  scale: plain({ mul: 1 }),
  image_scaler: plain({ mul: 1, add: 1 }),
  scaled_tanh: plain({ mul: 2, tanh: 1 }),
  parametric_softplus: plain({ mul: 2, exp: 1, add: 1, log: 1 }), // α·log(1 + exp(β·x))
  binarizer: plain({ cmp: 1 }),
  imputer: plain({ cmp: 1 }),
  scaler: plain({ add: 1, mul: 1 }),
  swiglu: plain({ add: 2, exp: 1, div: 1, mul: 2 }),
} as const satisfies Record<string, ElementwiseInfo>;
export type PerElement = keyof typeof PER_ELEMENT;
