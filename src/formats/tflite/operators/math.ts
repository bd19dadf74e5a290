import { add, type Dim, exactdiv, floordiv } from '../../../dim/index.js';
import {
  type Binary,
  binary,
  binaryWithValue,
  copy,
  cumulative,
  dequantize,
  einsum,
  factor,
  fold,
  foldReduce,
  fourier,
  linear,
  lpNormalize,
  matmul,
  nothing,
  powerWithValue,
  quantize,
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
import { numel, type TensorType } from '../../../tensor/index.js';
import { activated, type Entry, type Table, typed } from '../operator.js';

const unaryRule = (op: Unary): Entry => ({
  run: (n) => unaryWithValue(op, n.in(0), { dtype: n.dtype(n.in(0).dtype) }),
});

/** A function of two tensors; `activation` is the field of one that is fused into it. */
const binaryRule = (op: Binary, activation?: number): Entry => ({
  run: (n) => {
    const [a, b] = [n.in(0), n.in(1)];
    const folded = binaryWithValue(op, a, b, { dtype: n.dtype(a.dtype) });
    return activation === undefined ? folded : activated(n, folded, activation);
  },
});

const reduceRule = (op: Reduction): Entry => ({
  run: (n) => {
    const axes = n.numbers(1, 'axes');
    const x = n.in(0);
    const keepdim = n.bool(0);
    return withValue(reduce(op, x, axes, { keepdim, dtype: n.dtype(x.dtype) }), foldReduce(op, x, axes));
  },
});

/** The axis comes as an input; the position of the extreme, the axis gone. */
const argRule = (op: 'argmax' | 'argmin'): Entry => ({
  run: (n) => typed(n, reduce(op, n.in(0), n.numbers(1, 'axis'))),
});

/** Rows are all elements by the filter's inputs, unless the file keeps the axes. */
const fullyConnected: Entry = {
  weights: [1, 2],
  run: (n) => {
    const [x, weight] = [n.in(0), n.in(1)];
    const [, features] = weight.shape as readonly [Dim, Dim];
    const rows = exactdiv(numel(x.shape), features) ?? floordiv(numel(x.shape), features);
    const shape = n.bool(2) ? x.shape : [rows, features];
    return activated(n, typed(n, linear({ dtype: x.dtype, shape }, weight, n.opt(2))), 0);
  },
};

const batchMatMulRule: Entry = {
  weights: [0, 1],
  run: (n) => typed(n, matmul(factor(n.in(0), n.bool(0)), factor(n.in(1), n.bool(1)))),
};

/** A power that is known is what every runtime makes of it: x·x for 2. */
const powRule: Entry = {
  run: (n) => {
    const [a, b] = [n.in(0), n.in(1)];
    const known = n.value(1);
    const [p] = known?.length === 1 ? known : [];
    return powerWithValue(a, b, typeof p === 'number' ? p : null, n.dtype(a.dtype));
  },
};

const logicalRule = (op: 'logical_and' | 'logical_or'): Entry => binaryRule(op);

export const math: Table = {
  ADD: binaryRule('add', 0),
  SUB: binaryRule('sub', 0),
  MUL: binaryRule('mul', 0),
  DIV: binaryRule('div', 0),
  MAXIMUM: binaryRule('maximum'),
  MINIMUM: binaryRule('minimum'),
  POW: powRule,
  FLOOR_DIV: binaryRule('floor_divide'),
  FLOOR_MOD: binaryRule('remainder'),
  ATAN2: binaryRule('atan2'),
  LESS: binaryRule('lt'),
  LESS_EQUAL: binaryRule('le'),
  GREATER: binaryRule('gt'),
  GREATER_EQUAL: binaryRule('ge'),
  EQUAL: binaryRule('eq'),
  NOT_EQUAL: binaryRule('ne'),
  LOGICAL_AND: logicalRule('logical_and'),
  LOGICAL_OR: logicalRule('logical_or'),
  BITWISE_XOR: binaryRule('bitwise_xor'),
  RIGHT_SHIFT: binaryRule('bitwise_shift'),
  SQUARED_DIFFERENCE: {
    run: (n) => {
      const effect = binary('sub', n.in(0), n.in(1), { dtype: n.dtype(n.in(0).dtype) });
      const [out] = effect.outputs as readonly [TensorType];
      return { ...effect, work: [...effect.work, ...unary('square', out).work] };
    },
  },
  ADD_N: { run: (n) => fold('add', n.all()) },
  LOGICAL_NOT: unaryRule('logical_not'),
  RELU: unaryRule('relu'),
  RELU6: unaryRule('relu6'),
  RELU_N1_TO_1: unaryRule('hardtanh'),
  RELU_0_TO_1: unaryRule('hardtanh'),
  LEAKY_RELU: unaryRule('leaky_relu'),
  ELU: unaryRule('elu'),
  LOGISTIC: unaryRule('sigmoid'),
  TANH: unaryRule('tanh'),
  HARD_SWISH: unaryRule('hardswish'),
  GELU: { run: (n) => unary(n.bool(0) ? 'gelu_tanh' : 'gelu', n.in(0), { dtype: n.dtype(n.in(0).dtype) }) },
  PRELU: { run: (n) => unary('prelu', n.in(0), { dtype: n.dtype(n.in(0).dtype) }), weights: [1] },
  EXP: unaryRule('exp'),
  LOG: unaryRule('log'),
  SQRT: unaryRule('sqrt'),
  RSQRT: unaryRule('rsqrt'),
  SQUARE: unaryRule('square'),
  ABS: unaryRule('abs'),
  NEG: unaryRule('neg'),
  SIGN: unaryRule('sign'),
  FLOOR: unaryRule('floor'),
  CEIL: unaryRule('ceil'),
  ROUND: unaryRule('round'),
  SIN: unaryRule('sin'),
  COS: unaryRule('cos'),
  SUM: reduceRule('sum'),
  MEAN: reduceRule('mean'),
  REDUCE_PROD: reduceRule('prod'),
  REDUCE_MAX: reduceRule('max'),
  REDUCE_MIN: reduceRule('min'),
  REDUCE_ANY: reduceRule('any'),
  REDUCE_ALL: reduceRule('all'),
  ARG_MAX: argRule('argmax'),
  ARG_MIN: argRule('argmin'),
  CUMSUM: { run: (n) => cumulative('cumsum', n.in(0), n.numbers(1, 'axis')[0] ?? 0) },
  TOPK_V2: {
    run: (n) => {
      const effect = topk(n.in(0), n.value(1)?.[0] ?? n.fresh('k'), -1);
      return { ...effect, outputs: effect.outputs.map((o, i) => (i === 1 ? { ...o, dtype: n.dtype('int32', 1) } : o)) };
    },
  },
  SELECT: { run: (n) => where(n.in(0), n.in(1), n.in(2)) },
  SELECT_V2: { run: (n) => where(n.in(0), n.in(1), n.in(2)) },
  SOFTMAX: { run: (n) => typed(n, softmax(n.in(0), -1)) },
  LOG_SOFTMAX: { run: (n) => typed(n, softmax(n.in(0), -1, true)) },
  L2_NORMALIZATION: { run: (n) => lpNormalize(n.in(0), -1, 2) },
  FULLY_CONNECTED: fullyConnected,
  BATCH_MATMUL: batchMatMulRule,
  QUANTIZE: { passes: true, run: (n) => quantize(n.in(0), n.dtype('int8'), true) },
  DEQUANTIZE: {
    passes: true,
    run: (n) => {
      const x = n.in(0);
      const dtype = n.dtype('float32');
      // Weights are made floating-point once, when the model is loaded.
      return n.isStored(0) ? nothing('cast', [{ dtype, shape: x.shape, view: 0 }]) : dequantize(x, dtype, true);
    },
  },
  DENSIFY: { run: (n) => copy(n.in(0)), passes: true },
  COMPLEX_ABS: { run: (n) => unary('abs', n.in(0), { dtype: n.dtype('float32') }) },
  RFFT2D: {
    run: (n) => {
      const x = n.in(0);
      const [, width = x.shape.at(-1) as Dim] = n.value(1) ?? [];
      const effect = fourier(x, [-2, -1]);
      return {
        ...effect,
        outputs: [{ dtype: 'complex64', shape: [...x.shape.slice(0, -1), add(floordiv(width, 2), 1)] }],
      };
    },
  },
  SVDF: {
    weights: [1, 2, 3],
    // a filter over features, then one over the steps that are kept
    run: (n) => {
      const [x, features, time] = [n.in(0), n.in(1), n.in(2)];
      const filtered = linear(x, features, n.opt(3));
      const kept: TensorType = { dtype: x.dtype, shape: [x.shape[0] as Dim, ...time.shape] };
      const summed = einsum('bfm,fm->bf', [kept, time]);
      const units = floordiv(features.shape[0] as Dim, Math.max(1, n.i32(0, 1)));
      const out: TensorType = { dtype: n.dtype(x.dtype), shape: [x.shape[0] as Dim, units] };
      return activated(n, together('linear', [out], [filtered, summed]), 1);
    },
  },
  FAKE_QUANT: { run: (n) => unary('round', n.in(0)) },
};
