import { type Dim, equal } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  attention,
  type Binary,
  batchNorm,
  binary,
  binaryWithValue,
  clamp,
  cumulative,
  einsum,
  factor,
  fakeQuantize,
  foldReduce,
  fourier,
  groupNorm,
  integersOf,
  linear,
  lpNormalize,
  matmul,
  meanVarianceNorm,
  nothing,
  powerWithValue,
  type Reduction,
  reduce,
  rmsNorm,
  softmax,
  topk,
  type Unary,
  unary,
  unaryWithValue,
  where,
  withValue,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Entry, Operator, Table } from '../operator.js';

export const unaryRule = (op: Unary): Entry => ({
  run: (n) => unaryWithValue(op, n.in(0)),
});

export const binaryRule = (op: Binary): Entry => ({
  run: (n) => {
    const [a, b] = [n.in(0), n.in(1)];
    return binaryWithValue(op, a, b);
  },
});

/** Axes come as an input; if they are not there they are those in which the stated result differs. */
export function axesOf(n: Operator, i: number, kept: boolean): number[] {
  const known = n.known(i);
  if (known !== undefined) return known;
  const { shape } = n.in(0);
  const out = n.ports();
  if (out === null)
    throw new Unsupported('its axes depend on a constant that is in the .bin beside the .xml: put it there');
  const free = (d: Dim, o: number | undefined): boolean =>
    o === -1 ? typeof d !== 'number' : o !== undefined && equal(d, o);
  if (kept) return shape.flatMap((d, axis) => (free(d, out[axis]) || (out[axis] === -1 && d !== 1) ? [] : [axis]));
  const gone: number[] = [];
  let next = 0;
  for (const [axis, d] of shape.entries()) {
    // Drop an axis only while more are left than the result has.
    if (gone.length < shape.length - out.length && !free(d, out[next])) gone.push(axis);
    else next++;
  }
  while (gone.length < shape.length - out.length) gone.push(shape.length - 1 - gone.length);
  return gone;
}

const reduceRule = (op: Reduction): Entry => ({
  settings: [1],
  run: (n) => {
    const [x, keepdim] = [n.in(0), n.flag('keep_dims')];
    const axes = axesOf(n, 1, keepdim);
    return withValue(reduce(op, x, axes, { keepdim, dtype: x.dtype }), foldReduce(op, x, axes));
  },
});

/** A reduction of something made of each element first. */
const reducedRule = (before: Unary, op: Reduction, after?: Unary): Entry => ({
  settings: [1],
  run: (n) => {
    const [x, keepdim] = [n.in(0), n.flag('keep_dims')];
    const effect = reduce(op, x, axesOf(n, 1, keepdim), { keepdim });
    const [out] = effect.outputs as readonly [TensorType];
    const last = after === undefined ? [] : unary(after, out).work;
    return { ...effect, work: [...unary(before, x).work, ...effect.work, ...last] };
  },
});

/** By a stored matrix it is a layer. */
const matMul: Entry = {
  weights: [0, 1],
  run: (n) => {
    const [a, b] = [factor(n.in(0), n.flag('transpose_a')), factor(n.in(1), n.flag('transpose_b'))];
    if (n.isStored(1) && !n.isStored(0) && b.shape.length === 2 && a.shape.length > 1)
      return linear(a, factor(b, true), null);
    return matmul(a, b);
  },
};

const powerRule: Entry = {
  run: (n) => {
    const [a, b] = [n.in(0), n.in(1)];
    const [p] = n.value(1) ?? [];
    return powerWithValue(a, b, typeof p === 'number' ? p : null, a.dtype);
  },
};

const squaredDifference: Entry = {
  run: (n) => {
    const effect = binary('sub', n.in(0), n.in(1));
    const [out] = effect.outputs as readonly [TensorType];
    return { ...effect, work: [...effect.work, ...unary('square', out).work] };
  },
};

const meanVariance: Entry = {
  settings: [1],
  run: (n) => {
    const x = n.in(0);
    const known = n.ints('reduction_axes') ?? (n.has(1) ? n.known(1) : undefined);
    const first = n.flag('across_channels') ? 1 : 2;
    const axes = n.has(1) ? (known ?? [x.shape.length - 1]) : (known ?? x.shape.map((_, i) => i).slice(first));
    return meanVarianceNorm(x, axes, n.flag('normalize_variance', true));
  },
};

const batchNormRule: Entry = {
  weights: [1, 2, 3, 4],
  run: (n) => batchNorm(n.in(0), { weight: n.in(1), bias: n.in(2) }, { batchStatistics: false }),
};

/** The second result: the positions. */
const topK: Entry = {
  settings: [1],
  run: (n) => {
    const axis = n.int('axis', -1);
    const x = n.in(0);
    const at = (axis + x.shape.length) % Math.max(1, x.shape.length);
    const k = n.value(1)?.[0] ?? n.stated(0)[at] ?? n.fresh('k');
    const effect = topk(x, k, axis);
    return {
      ...effect,
      outputs: effect.outputs.map((o, i) => (i === 1 ? { ...o, dtype: n.dtype('index_element_type', 'int32') } : o)),
    };
  },
};

const scaledAttention: Entry = {
  run: (n) => attention(n.in(0), n.in(1), n.in(2), { mask: n.opt(3), causal: n.flag('causal') }),
};

/** Values rounded to this many levels between two ends. */
const fakeQuantizeRule: Entry = {
  settings: [1, 2, 3, 4],
  passes: true,
  run: (n) => {
    const levels = n.int('levels');
    // An odd number of levels is around zero; else the lower end says it, if it is known.
    const [low] = n.value(1) ?? [];
    const signed = levels % 2 === 1 || (typeof low === 'number' ? low < 0 : n.isStored(0));
    return fakeQuantize(n.in(0), 'grid', levels < 2 ? null : integersOf(Math.ceil(Math.log2(levels)), signed));
  },
};

const transform: Entry = {
  settings: [1, 2],
  run: (n) => {
    const x = n.in(0);
    const axes = n.numbers(1, 'axes').map((a) => (a < 0 ? a + x.shape.length - 1 : a));
    const effect = fourier({ dtype: x.dtype, shape: x.shape.slice(0, -1) }, axes);
    return { ...effect, outputs: [{ dtype: x.dtype, shape: x.shape }] };
  },
};

const swish: Entry = { settings: [1], run: (n) => unary('silu', n.in(0)) };
const gelu: Entry = { run: (n) => unary(/tanh/i.test(n.text('approximation_mode')) ? 'gelu_tanh' : 'gelu', n.in(0)) };

export const math: Table = {
  Add: binaryRule('add'),
  Subtract: binaryRule('sub'),
  Multiply: binaryRule('mul'),
  Divide: binaryRule('div'),
  Maximum: binaryRule('maximum'),
  Minimum: binaryRule('minimum'),
  Mod: binaryRule('fmod'),
  FloorMod: binaryRule('remainder'),
  Power: powerRule,
  SquaredDifference: squaredDifference,
  Equal: binaryRule('eq'),
  NotEqual: binaryRule('ne'),
  Less: binaryRule('lt'),
  LessEqual: binaryRule('le'),
  Greater: binaryRule('gt'),
  GreaterEqual: binaryRule('ge'),
  LogicalAnd: binaryRule('logical_and'),
  LogicalOr: binaryRule('logical_or'),
  LogicalXor: binaryRule('logical_xor'),
  LogicalNot: unaryRule('logical_not'),
  BitwiseAnd: binaryRule('bitwise_and'),
  BitwiseOr: binaryRule('bitwise_or'),
  BitwiseXor: binaryRule('bitwise_xor'),
  BitwiseNot: unaryRule('bitwise_not'),
  BitwiseLeftShift: binaryRule('bitwise_shift'),
  BitwiseRightShift: binaryRule('bitwise_shift'),
  ReLU: unaryRule('relu'),
  Clamp: { run: (n) => clamp(n.in(0), 2) },
  Elu: unaryRule('elu'),
  Selu: { settings: [1, 2], run: (n) => unary('selu', n.in(0)) },
  PReLU: { weights: [1], run: (n) => unary('prelu', n.in(0)) },
  PRelu: { weights: [1], run: (n) => unary('prelu', n.in(0)) },
  ThresholdedRelu: unaryRule('threshold'),
  Sigmoid: unaryRule('sigmoid'),
  Tanh: unaryRule('tanh'),
  Gelu: gelu,
  Swish: swish,
  Mish: unaryRule('mish'),
  HSwish: unaryRule('hardswish'),
  HSigmoid: unaryRule('hardsigmoid'),
  HardSigmoid: { settings: [1, 2], run: (n) => unary('hardsigmoid', n.in(0)) },
  SoftPlus: unaryRule('softplus'),
  SoftSign: unaryRule('softsign'),
  SoftMax: { run: (n) => softmax(n.in(0), n.int('axis', 1)) },
  Softmax: { run: (n) => softmax(n.in(0), n.int('axis', 1)) },
  LogSoftmax: { run: (n) => softmax(n.in(0), n.int('axis', 1), true) },
  Abs: unaryRule('abs'),
  Negative: unaryRule('neg'),
  Sign: unaryRule('sign'),
  Exp: unaryRule('exp'),
  Log: unaryRule('log'),
  Sqrt: unaryRule('sqrt'),
  Erf: unaryRule('erf'),
  Floor: unaryRule('floor'),
  Ceiling: unaryRule('ceil'),
  Round: unaryRule('round'),
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
  IsNaN: unaryRule('isnan'),
  IsInf: unaryRule('isinf'),
  IsFinite: unaryRule('isfinite'),
  ReduceSum: reduceRule('sum'),
  ReduceMean: reduceRule('mean'),
  ReduceMax: reduceRule('max'),
  ReduceMin: reduceRule('min'),
  ReduceProd: reduceRule('prod'),
  ReduceLogicalAnd: reduceRule('all'),
  ReduceLogicalOr: reduceRule('any'),
  ReduceL1: reducedRule('abs', 'sum'),
  ReduceL2: reducedRule('square', 'sum', 'sqrt'),
  CumSum: { settings: [1], run: (n) => cumulative('cumsum', n.in(0), n.known(1)?.[0] ?? 0) },
  TopK: topK,
  Select: { run: (n) => where(n.in(0), n.in(1), n.in(2)) },
  MatMul: matMul,
  Einsum: { weights: [1], run: (n) => einsum(n.text('equation').replaceAll(' ', ''), n.all()) },
  ScaledDotProductAttention: scaledAttention,
  MVN: meanVariance,
  NormalizeL2: { settings: [1], run: (n) => lpNormalize(n.in(0), n.known(1)?.[0] ?? 1, 2) },
  BatchNormInference: batchNormRule,
  GroupNormalization: {
    weights: [1, 2],
    run: (n) => groupNorm(n.in(0), n.int('num_groups', 1), { weight: n.in(1), bias: n.in(2) }),
  },
  RMS: { weights: [1], run: (n) => rmsNorm(n.in(0), n.in(0).shape.slice(-1), n.opt(1)) },
  FakeQuantize: fakeQuantizeRule,
  FakeConvert: fakeQuantizeRule,
  DFT: transform,
  IDFT: transform,
  ConvertPromoteTypes: {
    run: (n) =>
      nothing(
        'cast',
        n.all().map((type, view) => ({ dtype: n.portType(view, type.dtype), shape: type.shape, view })),
      ),
  },
};
