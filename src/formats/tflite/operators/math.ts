import { add, type Dim, exactdiv, floordiv, mul, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  type Binary,
  binary,
  binaryWithValue,
  copy,
  cumulative,
  dequantize,
  type Effect,
  einsum,
  fold,
  foldBinary,
  foldReduce,
  fourier,
  linear,
  lpNormalize,
  matmul,
  nothing,
  power,
  quantize,
  type Reduction,
  reduce,
  rnn,
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
import { activated, type Entry, type Operator, type Table } from '../operator.js';

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
  run: (n) => {
    const effect = reduce(op, n.in(0), n.numbers(1, 'axis'));
    return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, dtype: n.dtype(out.dtype) })) };
  },
});

/** Rows are all elements by the filter's inputs, unless the file keeps the axes. */
const fullyConnected: Entry = {
  weights: [1, 2],
  run: (n) => {
    const [x, weight] = [n.in(0), n.in(1)];
    const [, features] = weight.shape as readonly [Dim, Dim];
    const rows = exactdiv(numel(x.shape), features) ?? floordiv(numel(x.shape), features);
    const shape = n.bool(2) ? x.shape : [rows, features];
    const effect = linear({ dtype: x.dtype, shape }, weight, n.opt(2));
    return activated(n, { ...effect, outputs: effect.outputs.map((o) => ({ ...o, dtype: n.dtype(o.dtype) })) }, 0);
  },
};

const batchMatMulRule: Entry = {
  weights: [0, 1],
  run: (n) => {
    const turned = (type: TensorType, adjoint: boolean): TensorType =>
      adjoint
        ? { dtype: type.dtype, shape: [...type.shape.slice(0, -2), type.shape.at(-1) as Dim, type.shape.at(-2) as Dim] }
        : type;
    const effect = matmul(turned(n.in(0), n.bool(0)), turned(n.in(1), n.bool(1)));
    return { ...effect, outputs: effect.outputs.map((o) => ({ ...o, dtype: n.dtype(o.dtype) })) };
  },
};

/**
 * An LSTM over a sequence, its weights gate by gate: 1–4 of the input, 5–8 of the state, 16 a projection. An input gate
 * that is left out is one minus the forget gate.
 */
const sequenceLstm: Entry = {
  weights: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 22, 23],
  run: (n) => {
    const hidden = hiddenOf(n, 2);
    plainGates(n);
    const projection = n.has(16) ? Number(n.in(16).shape[0]) : 0;
    return firstOf(rnn(n.in(0), { kind: 'lstm', biases: 1, hidden, projection, batchFirst: !n.bool(3) }));
  },
};

function hiddenOf(n: Operator, weight: number): number {
  const [units] = n.in(weight).shape;
  if (typeof units !== 'number') throw new Unsupported('how many units it has is not known', weight);
  return units;
}

function plainGates(n: Operator): void {
  if (!n.has(1)) throw new Unsupported('its input gate is coupled with the forget gate');
  if (n.has(9) || n.has(10) || n.has(11)) throw new Unsupported('its gates look at the state of the cell');
  if (n.has(20)) throw new Unsupported('its gates are normalised');
}

function firstOf(effect: Effect): Effect {
  return { ...effect, outputs: effect.outputs.slice(0, 1) };
}

/** Both directions; merged into one output, or one for each. */
const bidirectionalLstm: Entry = {
  weights: Array.from({ length: 34 }, (_, i) => i + 1),
  run: (n) => {
    const hidden = hiddenOf(n, 2);
    plainGates(n);
    const effect = rnn(n.in(0), { kind: 'lstm', biases: 1, hidden, bidirectional: true, batchFirst: !n.bool(4, true) });
    const [out] = effect.outputs as readonly [TensorType];
    if (n.bool(3)) return firstOf(effect);
    const half = { dtype: out.dtype, shape: [...out.shape.slice(0, -1), hidden] };
    return { ...effect, outputs: [half, half] };
  },
};

/** One step, all gates in one matrix of [4·units, inputs + units]; outputs: the state, the cell, and two to work with. */
const basicLstm: Entry = {
  weights: [2, 3],
  run: (n) => {
    if (n.u8(3) !== 1) return sequenceLstmStep(n);
    const [, , weight] = [0, 1, n.in(2)];
    const hidden = Number(weight.shape[0]) / 4;
    const effect = rnn(n.in(0), { kind: 'lstm', biases: 1, hidden, cell: true });
    const x = n.in(0);
    const rows = x.shape.slice(0, -1);
    const joined = { dtype: x.dtype, shape: [...rows, sub(weight.shape[1] as Dim, 0)] };
    const gates = { dtype: x.dtype, shape: [...rows, mul(4, hidden)] };
    return { ...effect, outputs: [...effect.outputs.slice(0, 2), joined, gates] };
  },
};

function sequenceLstmStep(n: Operator): Effect {
  const hidden = hiddenOf(n, 2);
  plainGates(n);
  return firstOf(rnn(n.in(0), { kind: 'lstm', biases: 1, hidden, cell: true }));
}

/** Inputs: x, weights of the input, of the state, bias, state. */
const plainRnn = (cell: boolean): Entry => ({
  weights: [1, 2, 3],
  run: (n) =>
    firstOf(
      rnn(n.in(0), { kind: 'rnn_tanh', biases: 1, hidden: hiddenOf(n, 1), cell, batchFirst: !cell && !n.bool(0) }),
    ),
});

/** A power that is known is what every runtime makes of it: x·x for 2. */
const powRule: Entry = {
  run: (n) => {
    const [a, b] = [n.in(0), n.in(1)];
    const known = n.value(1);
    const [p] = known?.length === 1 ? known : [];
    const effect = power(a, b, typeof p === 'number' ? p : null, n.dtype(a.dtype));
    return withValue(effect, foldBinary('pow', a, b, effect.outputs[0]?.shape ?? []));
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
  SOFTMAX: { run: (n) => typedLike(n, softmax(n.in(0), -1)) },
  LOG_SOFTMAX: { run: (n) => typedLike(n, softmax(n.in(0), -1, true)) },
  L2_NORMALIZATION: { run: (n) => lpNormalize(n.in(0), -1, 2) },
  FULLY_CONNECTED: fullyConnected,
  BATCH_MATMUL: batchMatMulRule,
  UNIDIRECTIONAL_SEQUENCE_LSTM: sequenceLstm,
  BIDIRECTIONAL_SEQUENCE_LSTM: bidirectionalLstm,
  LSTM: basicLstm,
  RNN: plainRnn(true),
  UNIDIRECTIONAL_SEQUENCE_RNN: plainRnn(false),
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

function typedLike(n: Operator, effect: Effect): Effect {
  return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, dtype: n.dtype(out.dtype) })) };
}
