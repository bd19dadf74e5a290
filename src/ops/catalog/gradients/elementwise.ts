import type { CostPerElement } from '../../primitives.js';
import { all, each, input, made, none, operands, out, output, sizeOf, summedTo, unary, unknown } from './rules.js';
import type { Gradient, GradientStatement } from './types.js';

const single = { autocast: 'float32' } as const;
/** A step function: its derivative is zero wherever it has one. */
const STEP = none('a step function: its gradient is zero');
const TRUTH = none('its result is a truth value');
const INTEGER = none('its result is an integer');

/** Gradients of functions of one tensor: the derivative at each element, times the gradient that comes in. */
export const UNARY_GRADIENTS = {
  relu: unary('output', { cmp: 1, mul: 1 }),
  relu6: unary('input', { cmp: 2, mul: 1 }),
  hardtanh: unary('input', { cmp: 2, mul: 1 }),
  clamp: unary('input', { cmp: 2, mul: 1 }),
  leaky_relu: unary('input', { cmp: 1, mul: 1 }, { inplace: 'output' }),
  prelu: {
    // ∂x: g or w·g; ∂w: Σ g·x where x < 0
    backward: (op) => [
      ...(op.needs[0] ? each(out(op), { cmp: 1, mul: 1 }) : []),
      ...(op.needs[1] ? [...each(out(op), { cmp: 1, mul: 1 }), ...summedTo(op.inputs[1], out(op))] : []),
    ],
    saves: () => [input(0), input(1)],
    autocast: 'lower',
  },
  rrelu: {
    backward: (op) => (op.needs[0] ? each(out(op), { mul: 1 }) : []),
    saves: (op) => (op.inputs[0] ? [input(0), made('slopes', op.inputs[0])] : []),
  },
  threshold: unary('input', { cmp: 1, mul: 1 }),
  elu: unary('input', { cmp: 1, mul: 2, exp: 1 }, { inplace: 'output' }),
  celu: unary('input', { cmp: 1, mul: 2, exp: 1, div: 1 }, { inplace: 'output' }),
  selu: unary('input', { cmp: 1, mul: 2, exp: 1 }, { inplace: 'output' }),
  gelu: unary('input', { mul: 5, erf: 1, exp: 1, add: 2 }), // Φ(x) + x·φ(x)
  gelu_tanh: unary('input', { mul: 11, add: 4, tanh: 1 }),
  quick_gelu: {
    // Spelled x · sigmoid(1.702·x) in PyTorch: the sigmoid is kept beside x.
    backward: (op) => (op.needs[0] ? each(out(op), { mul: 5, add: 2 }) : []),
    saves: (op) => (op.inputs[0] ? [input(0), made('sigmoid', op.inputs[0])] : []),
  },
  sigmoid: unary('output', { add: 1, mul: 2 }, { inplace: 'output' }),
  silu: unary('input', { add: 4, exp: 1, div: 1, mul: 3 }),
  log_sigmoid: {
    // With a buffer beside the input.
    backward: (op) => (op.needs[0] ? each(out(op), { add: 2, exp: 1, div: 1, mul: 1 }) : []),
    saves: (op) => (op.inputs[0] ? [input(0), made('buffer', op.inputs[0])] : []),
  },
  hardsigmoid: unary('input', { cmp: 2, mul: 1 }),
  hardswish: unary('input', { cmp: 2, mul: 2, add: 1, div: 1 }),
  tanh: unary('output', { mul: 2, add: 1 }, { inplace: 'output' }),
  tanhshrink: {
    // Spelled x − tanh(x): the tanh is kept.
    backward: (op) => (op.needs[0] ? each(out(op), { mul: 2, add: 2 }) : []),
    saves: (op) => (op.inputs[0] ? [made('tanh', op.inputs[0])] : []),
  },
  softplus: unary('input', { exp: 1, add: 1, div: 1, mul: 1 }, single),
  softsign: {
    // Spelled x / (|x| + 1): x and the denominator are kept.
    backward: (op) => (op.needs[0] ? each(out(op), { mul: 3, div: 2, add: 1 }) : []),
    saves: (op) => (op.inputs[0] ? [input(0), made('denominator', op.inputs[0])] : []),
  },
  softshrink: unary('input', { cmp: 2, mul: 1 }),
  hardshrink: unary('input', { cmp: 2, mul: 1 }),
  mish: unary('input', { exp: 2, add: 3, log: 1, tanh: 1, div: 1, mul: 5 }),
  exp: unary('output', { mul: 1 }, { inplace: 'output', ...single }),
  exp2: unary('output', { mul: 2 }, { inplace: 'output' }),
  expm1: unary('output', { add: 1, mul: 1 }, { inplace: 'output', ...single }),
  log: unary('input', { div: 1 }, single),
  log2: unary('input', { mul: 1, div: 1 }, single),
  log10: unary('input', { mul: 1, div: 1 }, single),
  log1p: unary('input', { add: 1, div: 1 }, single),
  sqrt: unary('output', { mul: 1, div: 1 }, { inplace: 'output' }),
  rsqrt: unary('output', { mul: 3 }, { inplace: 'output', ...single }),
  reciprocal: unary('output', { mul: 2, add: 1 }, { inplace: 'output', ...single }),
  square: unary('input', { mul: 2 }),
  abs: unary('input', { round: 1, mul: 1 }),
  neg: unary('nothing', { add: 1 }),
  ...all(STEP, 'sign', 'floor', 'ceil', 'round', 'trunc'),
  frac: unary('nothing', {}),
  erf: unary('input', { mul: 3, exp: 1 }),
  erfc: unary('input', { mul: 3, exp: 1 }),
  erfinv: unary('output', { mul: 3, exp: 1 }, { inplace: 'output', ...single }),
  sin: unary('input', { sin: 1, mul: 1 }),
  cos: unary('input', { sin: 1, mul: 1, add: 1 }),
  tan: unary('output', { mul: 2, add: 1 }, { inplace: 'output', ...single }),
  asin: unary('input', { mul: 2, add: 1, sqrt: 1, div: 1 }, single),
  acos: unary('input', { mul: 2, add: 2, sqrt: 1, div: 1 }, single),
  atan: unary('input', { mul: 1, add: 1, div: 1 }),
  sinh: unary('input', { exp: 2, add: 1, mul: 2 }, single),
  cosh: unary('input', { exp: 2, add: 1, mul: 2 }, single),
  asinh: unary('input', { mul: 1, add: 1, sqrt: 1, div: 1 }),
  acosh: unary('input', { mul: 1, add: 1, sqrt: 1, div: 1 }),
  atanh: unary('input', { mul: 1, add: 1, div: 1 }),
  sinc: unary('input', { sin: 2, mul: 3, add: 1, div: 1 }),
  deg2rad: unary('nothing', { mul: 1 }),
  rad2deg: unary('nothing', { mul: 1 }),
  logit: unary('input', { add: 1, mul: 1, div: 1 }),
  ...all(unknown('its gradient is another special function'), 'digamma', 'lgamma', 'i0'),
  angle: unary('input', { cmp: 1 }),
  nan_to_num: unary('input', { cmp: 3, mul: 1 }),
  ...all(TRUTH, 'isnan', 'isinf', 'isfinite', 'logical_not'),
  bitwise_not: INTEGER,
} as const satisfies Record<string, GradientStatement>;

const a = input(0);
const b = input(1);

/** Gradients of functions of two tensors, an operand each. */
export const BINARY_GRADIENTS = {
  add: operands([{}, {}]),
  sub: operands([{}, { cost: { add: 1 } }]),
  mul: operands([
    { keeps: [b], cost: { mul: 1 } },
    { keeps: [a], cost: { mul: 1 } },
  ]),
  div: operands([
    { keeps: [b], cost: { div: 1 } },
    { keeps: [a, b], cost: { mul: 1, div: 2, add: 1 } },
  ]),
  floor_divide: STEP,
  remainder: operands([{}, { keeps: [a, b], cost: { div: 1, round: 1, mul: 1, add: 1 } }]),
  fmod: operands([{}, { keeps: [a, b], cost: { div: 1, round: 1, mul: 1, add: 1 } }]),
  pow: {
    // ∂a: p·a^(p−1)·g; a known exponent of 2 is a multiply. ∂p: g·aᵖ·log a.
    backward: (op) => [
      ...(op.needs[0]
        ? [
            ...each(out(op), op.attrs.exponent === 2 ? { mul: 2 } : { pow: 1, add: 1, mul: 2 }),
            ...summedTo(op.inputs[0], out(op)),
          ]
        : []),
      ...(op.needs[1] ? [...each(out(op), { log: 1, mul: 2 }), ...summedTo(op.inputs[1], out(op))] : []),
    ],
    // An exponent that is a tensor is kept with the result; a number is not.
    saves: (op) => (op.inputs[1] == null || op.inputs[1].shape.length === 0 ? [a] : [a, b, output()]),
    autocast: 'float32',
  },
  atan2: operands([
    { keeps: [a, b], cost: { mul: 3, add: 1, div: 1 } },
    { keeps: [a, b], cost: { mul: 3, add: 2, div: 1 } },
  ]),
  hypot: operands([
    { keeps: [a, output()], cost: { mul: 1, div: 1 } },
    { keeps: [b, output()], cost: { mul: 1, div: 1 } },
  ]),
  xlogy: operands([
    { keeps: [a, b], cost: { cmp: 1, log: 1, mul: 1 } },
    { keeps: [a, b], cost: { mul: 1, div: 1 } },
  ]),
  logaddexp: operands([
    { keeps: [a, b], cost: { add: 1, exp: 1, mul: 1, div: 1 } },
    { keeps: [a, b], cost: { add: 1, exp: 1, mul: 1, div: 1 } },
  ]),
  copysign: operands([{ keeps: [a, output()], cost: { div: 1, mul: 1 } }, {}]),
  maximum: operands([
    { keeps: [a, b], cost: { cmp: 1, mul: 1 } },
    { keeps: [a, b], cost: { cmp: 1, mul: 1 } },
  ]),
  minimum: operands([
    { keeps: [a, b], cost: { cmp: 1, mul: 1 } },
    { keeps: [a, b], cost: { cmp: 1, mul: 1 } },
  ]),
  ...all(TRUTH, 'heaviside', 'isclose', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'logical_and', 'logical_or', 'logical_xor'),
  ...all(INTEGER, 'bitwise_and', 'bitwise_or', 'bitwise_xor', 'bitwise_shift'),
} as const satisfies Record<string, GradientStatement>;

/** A loss of two tensors: both are kept; `cost` an element for each that needs a gradient, and the scale of the mean. */
function pairLoss(cost: CostPerElement): Gradient {
  return {
    backward: (op) => op.needs.slice(0, 2).flatMap((needed, i) => (needed ? each(sizeOf(op, i), cost) : [])),
    saves: () => [a, b],
    autocast: 'float32',
  };
}

/** A quantiser whose rounding is taken for the identity where it does not clamp, as training with one does. */
const STRAIGHT_THROUGH: Gradient = {
  backward: (op) => (op.needs[0] ? each(sizeOf(op, 0), { mul: 1 }) : []),
  saves: (op) => (op.inputs[0] ? [made('mask', { dtype: 'bool', shape: op.inputs[0].shape })] : []),
};

/** Gradients of the other operators that do so much for each element. */
export const PER_ELEMENT_GRADIENTS = {
  lerp: operands([
    { keeps: [input(2)], cost: { add: 1, mul: 1 } },
    { keeps: [input(2)], cost: { mul: 1 } },
    { keeps: [a, b], cost: { add: 1, mul: 1 } },
  ]),
  addcmul: operands([{}, { keeps: [input(2)], cost: { mul: 1 } }, { keeps: [b], cost: { mul: 1 } }]),
  addcdiv: operands([{}, { keeps: [input(2)], cost: { div: 1 } }, { keeps: [b, input(2)], cost: { mul: 2, div: 2 } }]),
  outer: operands([
    { keeps: [b], cost: { mul: 1 } },
    { keeps: [a], cost: { mul: 1 } },
  ]),
  kron: operands([
    { keeps: [b], cost: { mul: 1 } },
    { keeps: [a], cost: { mul: 1 } },
  ]),
  cross: operands([
    { keeps: [b], cost: { mul: 2, add: 1 } },
    { keeps: [a], cost: { mul: 2, add: 1 } },
  ]),
  addr: operands([{}, { keeps: [input(2)], cost: { mul: 1 } }, { keeps: [b], cost: { mul: 1 } }]),
  polar: unknown('complex numbers'),
  ...all(INTEGER, 'nonzero', 'count_nonzero', 'histc'),
  ...all(TRUTH, 'isin', 'is_finite', 'equal', 'allclose', 'binarizer'),
  bernoulli: none('a draw of chance'),
  quantize: none('its result is an integer'),
  requantize: none('its result is an integer'),
  // cap · tanh(x / cap), as models spell it: the tanh is kept.
  softcap: {
    backward: (op) => (op.needs[0] ? each(out(op), { mul: 3, add: 1, div: 1 }) : []),
    saves: (op) => (op.inputs[0] ? [made('tanh', op.inputs[0])] : []),
  },
  dequantize: operands([{ keeps: [b], cost: { mul: 1 } }]),
  fake_quantize: STRAIGHT_THROUGH,
  complex_mul: unknown('complex numbers'),
  mse_loss: pairLoss({ add: 1, mul: 2 }),
  l1_loss: pairLoss({ add: 1, round: 1, mul: 1 }),
  smooth_l1_loss: pairLoss({ add: 1, abs: 1, cmp: 1, mul: 2 }),
  huber_loss: pairLoss({ add: 1, abs: 1, cmp: 1, mul: 2 }),
  soft_margin_loss: pairLoss({ mul: 3, exp: 1, add: 1, div: 1 }),
  kl_div: {
    backward: (op) => (op.needs[0] ? each(sizeOf(op, 0), { mul: 2 }) : []),
    saves: () => [b],
    autocast: 'float32',
  },
  binary_cross_entropy: pairLoss({ add: 3, mul: 2, div: 1 }),
  binary_cross_entropy_with_logits: pairLoss({ exp: 1, add: 2, div: 1, mul: 1 }),
  gated_add: operands([{}, { keeps: [input(2)], cost: { mul: 1 } }, { keeps: [b], cost: { mul: 1 } }]),
  affine: operands([{ keeps: [b], cost: { mul: 1 } }, { keeps: [a], cost: { mul: 1 } }, {}]),
  scale: operands([
    { keeps: [b], cost: { mul: 1 } },
    { keeps: [a], cost: { mul: 1 } },
  ]),
  image_scaler: unary('nothing', { mul: 1 }),
  scaled_tanh: unary('output', { mul: 3, add: 1 }),
  parametric_softplus: unary('input', { mul: 3, exp: 1, add: 1, div: 1 }),
  imputer: unary('nothing', { cmp: 1 }),
  scaler: unary('nothing', { mul: 1 }),
  swiglu: unary('input', { add: 5, exp: 1, div: 1, mul: 5 }),
} as const satisfies Record<string, GradientStatement>;
