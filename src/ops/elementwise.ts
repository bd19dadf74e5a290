import { type Dim, exactdiv } from '../dim/index.js';
import { type DType, isFloating, numel, promote, type TensorType } from '../tensor/index.js';
import { axisOf, broadcast, shapeError, show } from './shapes.js';
import { type Attr, type Each, type Effect, map, move } from './work.js';

/**
 * Floating-point operations per element of functions of one tensor, spelled out so that a function in one node and the
 * same function in several nodes count the same: sigmoid is negate, exp, add, divide; SiLU is that and a multiply.
 */
export const UNARY = {
  relu: { cmp: 1 },
  relu6: { cmp: 2 },
  hardtanh: { cmp: 2 },
  clamp: { cmp: 2 },
  leaky_relu: { cmp: 1, mul: 1 },
  prelu: { cmp: 1, mul: 1 },
  rrelu: { cmp: 1, mul: 1 },
  threshold: { cmp: 1 },
  elu: { cmp: 1, exp: 1, add: 1, mul: 1 }, // α·(eˣ − 1) where x < 0
  celu: { cmp: 1, div: 1, exp: 1, add: 1, mul: 1 },
  selu: { cmp: 1, exp: 1, add: 1, mul: 2 },
  gelu: { mul: 3, erf: 1, add: 1 }, // x·½·(1 + erf(x/√2))
  gelu_tanh: { mul: 6, add: 2, tanh: 1 }, // x·½·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
  quick_gelu: { mul: 2, add: 2, exp: 1, div: 1 }, // x·sigmoid(1.702·x)
  sigmoid: { add: 2, exp: 1, div: 1 },
  silu: { add: 2, exp: 1, div: 1, mul: 1 },
  log_sigmoid: { add: 2, exp: 1, log: 1 },
  hardsigmoid: { add: 1, cmp: 2, div: 1 },
  hardswish: { add: 1, cmp: 2, div: 1, mul: 1 },
  tanh: { tanh: 1 },
  tanhshrink: { tanh: 1, add: 1 },
  softplus: { exp: 1, add: 1, log: 1 },
  softsign: { abs: 1, add: 1, div: 1 },
  softshrink: { cmp: 2, add: 1 },
  hardshrink: { cmp: 2 },
  mish: { exp: 1, add: 1, log: 1, tanh: 1, mul: 1 },
  exp: { exp: 1 },
  expm1: { exp: 1, add: 1 },
  log: { log: 1 },
  log2: { log: 1 },
  log10: { log: 1 },
  log1p: { add: 1, log: 1 },
  sqrt: { sqrt: 1 },
  rsqrt: { sqrt: 1, div: 1 },
  reciprocal: { div: 1 },
  square: { mul: 1 },
  abs: { abs: 1 },
  neg: { add: 1 },
  sign: { round: 1 },
  floor: { round: 1 },
  ceil: { round: 1 },
  round: { round: 1 },
  trunc: { round: 1 },
  erf: { erf: 1 },
  erfc: { erf: 1, add: 1 },
  sin: { sin: 1 },
  cos: { sin: 1 },
  tan: { sin: 2, div: 1 },
  asin: { sin: 1 },
  acos: { sin: 1 },
  atan: { sin: 1 },
  sinh: { exp: 2, add: 1, mul: 1 },
  cosh: { exp: 2, add: 1, mul: 1 },
  asinh: { mul: 1, add: 2, sqrt: 1, log: 1 },
  acosh: { mul: 1, add: 2, sqrt: 1, log: 1 },
  atanh: { add: 2, div: 1, log: 1, mul: 1 },
  isnan: { cmp: 1 },
  isinf: { cmp: 1 },
  logical_not: {},
  bitwise_not: {},
} as const satisfies Record<string, Each>;
export type Unary = keyof typeof UNARY;

/** Functions of two tensors, broadcast; `bool` marks those that answer with booleans. */
export const BINARY = {
  add: { each: { add: 1 } },
  sub: { each: { add: 1 } },
  mul: { each: { mul: 1 } },
  div: { each: { div: 1 } },
  floor_divide: { each: { div: 1, round: 1 } },
  remainder: { each: { div: 1, round: 1, mul: 1, add: 1 } },
  pow: { each: { pow: 1 } },
  atan2: { each: { div: 1, sin: 1 } },
  maximum: { each: { cmp: 1 } },
  minimum: { each: { cmp: 1 } },
  eq: { each: { cmp: 1 }, bool: true },
  ne: { each: { cmp: 1 }, bool: true },
  lt: { each: { cmp: 1 }, bool: true },
  le: { each: { cmp: 1 }, bool: true },
  gt: { each: { cmp: 1 }, bool: true },
  ge: { each: { cmp: 1 }, bool: true },
  logical_and: { each: {}, bool: true },
  logical_or: { each: {}, bool: true },
  logical_xor: { each: {}, bool: true },
  bitwise_and: { each: {} },
  bitwise_or: { each: {} },
  bitwise_xor: { each: {} },
  bitwise_shift: { each: {} },
} as const satisfies Record<string, { each: Each; bool?: true }>;
export type Binary = keyof typeof BINARY;

/** A function of each element of one tensor. */
export function unary(
  op: Unary,
  input: TensorType,
  options: { inplace?: boolean; dtype?: DType; attrs?: Record<string, Attr> } = {},
): Effect {
  return {
    op,
    outputs: [{ dtype: options.dtype ?? input.dtype, shape: input.shape, ...(options.inplace ? { inplace: 0 } : {}) }],
    work: map(input.dtype, numel(input.shape), UNARY[op]),
    ...(options.attrs === undefined ? {} : { attrs: options.attrs }),
  };
}

/** A function of two tensors, element by element of the broadcast result. */
export function binary(
  op: Binary,
  a: TensorType,
  b: TensorType,
  options: { inplace?: boolean; dtype?: DType } = {},
): Effect {
  const rule: { each: Each; bool?: true } = BINARY[op];
  const shape = broadcast([a.shape, b.shape], op);
  const promoted = promote(a.dtype, b.dtype);
  return {
    op,
    outputs: [
      { dtype: rule.bool ? 'bool' : (options.dtype ?? promoted), shape, ...(options.inplace ? { inplace: 0 } : {}) },
    ],
    work: map(promoted, numel(shape), rule.each),
  };
}

/** Half of an axis gates the other half: a·sigmoid(b). */
export function glu(input: TensorType, axis: number): Effect {
  const dim = axisOf(axis, input.shape.length, 'glu');
  const half = exactdiv(input.shape[dim] as Dim, 2);
  if (half === undefined) throw shapeError(`glu: axis ${dim} of ${show(input.shape)} does not divide into halves`);
  const out: TensorType = { dtype: input.dtype, shape: input.shape.map((d, i) => (i === dim ? half : d)) };
  const n = numel(out.shape);
  return {
    op: 'glu',
    outputs: [out],
    work: [...map(input.dtype, n, UNARY.sigmoid), ...map(input.dtype, n, { mul: 1 })],
    attrs: { dim },
  };
}

/** Chooses between two tensors by a third: data moves, nothing is computed. */
export function where(condition: TensorType, a: TensorType, b: TensorType): Effect {
  const out: TensorType = {
    dtype: promote(a.dtype, b.dtype),
    shape: broadcast([condition.shape, a.shape, b.shape], 'where'),
  };
  return { op: 'where', outputs: [out], work: [move(out, 'copy')] };
}

/** Another dtype for the same elements: a conversion, not arithmetic. */
export function cast(input: TensorType, dtype: DType): Effect {
  if (dtype === input.dtype) return { op: 'cast', outputs: [{ ...input, view: 0 }], work: [move(input, 'view')] };
  const keep =
    input.value !== undefined && !isFloating(input.dtype) && !isFloating(dtype) && dtype !== 'bool'
      ? { value: input.value }
      : {};
  const out: TensorType = { dtype, shape: input.shape, ...keep };
  return { op: 'cast', outputs: [out], work: [move(out, 'copy')] };
}

/** An operator that combines several tensors pairwise from left to right (`Sum`, `Max` of n tensors). */
export function fold(op: 'add' | 'maximum' | 'minimum', inputs: readonly TensorType[]): Effect {
  const shape = broadcast(
    inputs.map((t) => t.shape),
    op,
  );
  const dtype = inputs.map((t) => t.dtype).reduce(promote);
  const each: Each = op === 'add' ? { add: inputs.length - 1 } : { cmp: inputs.length - 1 };
  return { op, outputs: [{ dtype, shape: shape as Dim[] }], work: map(dtype, numel(shape), each) };
}
