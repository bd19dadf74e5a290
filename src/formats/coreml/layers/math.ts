import { mul } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  type Binary,
  batchNorm,
  binary,
  clamp,
  cumulative,
  type Effect,
  fold,
  instanceNorm,
  layerNorm,
  lpNormalize,
  meanOf,
  meanVarianceNorm,
  perElement,
  power,
  type Reduction,
  reduce,
  softmax,
  together,
  type Unary,
  unary,
  view,
  where,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { ProtoMessage } from '../../../wire/proto-message.js';
import type { Blob, Entry, Layer, Table } from './layer.js';

export const unaryRule = (op: Unary): Entry => ({ run: (n) => unary(op, n.in(0)) });

/** Two inputs, or one and a number of the layer's own. */
const binaryRule = (op: Binary): Entry => ({
  run: (n) => binary(op, n.in(0), n.data > 1 ? n.in(1) : { dtype: n.in(0).dtype, shape: [] }),
});

/** A function by its field in `ActivationParams`. */
export const ACTIVATIONS: Readonly<Record<number, Unary | 'linear' | 'scaled_tanh' | 'parametric_softplus'>> = {
  5: 'linear',
  10: 'relu',
  15: 'leaky_relu',
  20: 'threshold',
  25: 'prelu',
  30: 'tanh',
  31: 'scaled_tanh',
  40: 'sigmoid',
  41: 'hardsigmoid',
  50: 'elu',
  60: 'softsign',
  70: 'softplus',
  71: 'parametric_softplus',
};

const activation: Entry = {
  weights: (p) => {
    const [prelu, softplus] = [p.message(25), p.message(71)];
    return [
      {
        name: 'alpha',
        params: prelu?.message(1) ?? softplus?.message(1) ?? null,
        shape: [countOf(prelu?.message(1) ?? softplus?.message(1) ?? null)],
      },
      { name: 'beta', params: softplus?.message(2) ?? null, shape: [countOf(softplus?.message(2) ?? null)] },
    ];
  },
  run: (n) => {
    const field = n.params.numbers.find((f) => ACTIVATIONS[f] !== undefined);
    const op = ACTIVATIONS[field ?? 0];
    const x = n.in(0);
    if (op === undefined) throw new Unsupported('its function has no formula');
    if (op === 'linear') return perElement('affine', x);
    if (op === 'scaled_tanh' || op === 'parametric_softplus') return perElement(op, x);
    return unary(op, x);
  },
};

/** Elements of a weight as they are stored. */
function countOf(weight: ProtoMessage | null): number {
  if (weight === null) return 0;
  return weight.has(2) ? weight.bytes(2) / 2 : weight.bytes(1) / 4;
}

const channelBlobs = (p: ProtoMessage): Blob[] => {
  const shape = [p.int(1)];
  return [
    { name: 'gamma', params: p.message(15), shape },
    { name: 'beta', params: p.message(16), shape },
    { name: 'mean', params: p.message(17), shape, buffer: true },
    { name: 'variance', params: p.message(18), shape, buffer: true },
  ];
};

const batchnorm: Entry = {
  weights: channelBlobs,
  run: (n) => {
    const x = n.in(0);
    const axis = n.channelAxis(x);
    const rest = x.shape.slice(axis);
    const flat: TensorType = { dtype: x.dtype, shape: [mul(1, ...x.shape.slice(0, axis)), ...rest] };
    const affine = { weight: n.blob('gamma'), bias: n.blob('beta') };
    const effect =
      n.params.bool(5) && n.params.bool(6)
        ? instanceNorm(flat, affine, { spatialAxes: Math.max(1, rest.length - 1) })
        : batchNorm(flat, affine, { batchStatistics: n.params.bool(5) });
    return { ...effect, outputs: [{ dtype: x.dtype, shape: x.shape }] };
  },
};

const UNARY_FUNCTIONS: readonly (Unary | 'power')[] = [
  'sqrt',
  'rsqrt',
  'reciprocal',
  'power',
  'exp',
  'log',
  'abs',
  'threshold',
];

/** f(scale · x + shift). */
const unaryFunction: Entry = {
  run: (n) => {
    const p = n.params;
    const x = n.in(0);
    const op = UNARY_FUNCTIONS[p.int(1)] ?? 'abs';
    const effect = op === 'power' ? power(x, { dtype: x.dtype, shape: [] }, p.float(2), x.dtype) : unary(op, x);
    const before = [
      ...(p.has(5) && p.float(5) !== 1 ? perElement('mul', x).work : []),
      ...(p.float(4) !== 0 ? perElement('add', x).work : []),
    ];
    return { ...effect, work: [...before, ...effect.work] };
  },
};

/** All inputs, broadcast; of one the layer's own number. */
const foldRule = (op: 'add' | 'mul' | 'maximum' | 'minimum'): Entry => ({
  run: (n) => {
    const all = n.given();
    const first = all[0] ?? n.in(0);
    if (all.length === 1)
      return n.params.has(1) && n.params.float(1) !== (op === 'mul' ? 1 : 0)
        ? binary(op, first, { dtype: first.dtype, shape: [] })
        : view('identity', first, first.shape);
    if (op !== 'mul') return fold(op, all);
    const parts: Effect[] = [];
    let out = first;
    for (const next of all.slice(1)) {
      const effect = binary('mul', out, next);
      parts.push(effect);
      out = effect.outputs[0] as TensorType;
    }
    return together('mul', [out], parts);
  },
});

const scaleBlobs = (p: ProtoMessage): Blob[] => [
  { name: 'scale', params: p.message(2), shape: p.ints(1) },
  { name: 'bias', params: p.bool(3) ? p.message(5) : null, shape: p.ints(4) },
];

const scaleRule: Entry = {
  weights: scaleBlobs,
  run: (n) => {
    const effect = perElement('mul', n.in(0));
    return n.blob('bias') === null ? effect : { ...effect, work: [...effect.work, ...perElement('add', n.in(0)).work] };
  },
};

function reducedOver(n: Layer, op: Reduction, axes: readonly number[] | null, keepdim: boolean): Effect {
  const x = n.in(0);
  const effect = reduce(op, x, axes, { keepdim });
  // A result without axes gets one of extent 1.
  return {
    ...effect,
    outputs: effect.outputs.map((o) => ({ ...o, dtype: x.dtype, shape: o.shape.length === 0 ? [1] : o.shape })),
  };
}

/** A reduction, with a function of each element before it, and one of the result behind it. */
const reduceRule = (op: Reduction, before?: Unary, after?: Unary): Entry => ({
  run: (n) => {
    const p = n.params;
    const axes = p.bool(3) || p.ints(1).length === 0 ? null : p.ints(1);
    return around(n, reducedOver(n, op, axes, p.bool(2)), before, after);
  },
});

function around(n: Layer, effect: Effect, before?: Unary, after?: Unary): Effect {
  const [out] = effect.outputs as readonly [TensorType];
  return {
    ...effect,
    work: [
      ...(before ? unary(before, n.in(0)).work : []),
      ...effect.work,
      ...(after ? unary(after, { dtype: out.dtype, shape: out.shape }).work : []),
    ],
  };
}

const EARLY_REDUCTIONS: readonly (readonly [Reduction, Unary?, Unary?])[] = [
  ['sum'],
  ['mean'],
  ['prod'],
  ['sum', 'log'],
  ['sum', 'square'],
  ['sum', 'abs'],
  ['sum', 'square', 'sqrt'],
  ['max'],
  ['min'],
  ['argmax'],
];
const EARLY_AXES: readonly (readonly number[])[] = [[-3, -2, -1], [-2, -1], [-3], [-2], [-1]];

const earlyReduce: Entry = {
  run: (n) => {
    const [op, before, after] = EARLY_REDUCTIONS[n.params.int(1)] ?? ['sum'];
    return around(n, reducedOver(n, op, EARLY_AXES[n.params.int(3)] ?? [-3, -2, -1], true), before, after);
  },
};

const argRule = (op: 'argmax' | 'argmin'): Entry => ({
  run: (n) => reducedOver(n, op, [n.params.int(1)], !n.params.bool(2)),
});

const GELU: readonly Unary[] = ['gelu', 'gelu_tanh', 'quick_gelu'];

export const math: Table = {
  activation,
  batchnorm,
  mvn: {
    run: (n) => {
      const x = n.in(0);
      const first = n.channelAxis(x) + (n.params.bool(1) ? 0 : 1);
      return meanVarianceNorm(x, x.shape.map((_, i) => i).slice(first), n.params.bool(2));
    },
  },
  l2normalize: { run: (n) => lpNormalize(n.in(0), n.channelAxis(n.in(0)), 2) },
  softmax: { run: (n) => softmax(n.in(0), n.channelAxis(n.in(0))) },
  softmaxND: { run: (n) => softmax(n.in(0), n.params.int(1)) },
  unary: unaryFunction,
  add: foldRule('add'),
  multiply: foldRule('mul'),
  max: foldRule('maximum'),
  min: foldRule('minimum'),
  average: { run: (n) => meanOf(n.given()) },
  scale: scaleRule,
  bias: {
    weights: (p) => [{ name: 'bias', params: p.message(2), shape: p.ints(1) }],
    run: (n) => perElement('add', n.in(0)),
  },
  reduce: earlyReduce,
  reduceL1: reduceRule('sum', 'abs'),
  reduceL2: reduceRule('sum', 'square', 'sqrt'),
  reduceMax: reduceRule('max'),
  reduceMin: reduceRule('min'),
  reduceSum: reduceRule('sum'),
  reduceProd: reduceRule('prod'),
  reduceMean: reduceRule('mean'),
  reduceLogSum: reduceRule('sum', undefined, 'log'),
  reduceSumSquare: reduceRule('sum', 'square'),
  reduceLogSumExp: reduceRule('sum', 'exp', 'log'),
  argMax: argRule('argmax'),
  argMin: argRule('argmin'),
  clip: { run: (n) => clamp(n.in(0), 2) },
  clampedReLU: { run: (n) => clamp(n.in(0), 2) },
  ceil: unaryRule('ceil'),
  floor: unaryRule('floor'),
  sign: unaryRule('sign'),
  round: unaryRule('round'),
  exp2: unaryRule('exp2'),
  sin: unaryRule('sin'),
  cos: unaryRule('cos'),
  tan: unaryRule('tan'),
  asin: unaryRule('asin'),
  acos: unaryRule('acos'),
  atan: unaryRule('atan'),
  sinh: unaryRule('sinh'),
  cosh: unaryRule('cosh'),
  tanh: unaryRule('tanh'),
  asinh: unaryRule('asinh'),
  acosh: unaryRule('acosh'),
  atanh: unaryRule('atanh'),
  erf: unaryRule('erf'),
  gelu: { run: (n) => unary(GELU[n.params.int(1)] ?? 'gelu', n.in(0)) },
  equal: binaryRule('eq'),
  notEqual: binaryRule('ne'),
  lessThan: binaryRule('lt'),
  lessEqual: binaryRule('le'),
  greaterThan: binaryRule('gt'),
  greaterEqual: binaryRule('ge'),
  logicalOr: binaryRule('logical_or'),
  logicalXor: binaryRule('logical_xor'),
  logicalAnd: binaryRule('logical_and'),
  logicalNot: unaryRule('logical_not'),
  modBroadcastable: binaryRule('remainder'),
  minBroadcastable: binaryRule('minimum'),
  maxBroadcastable: binaryRule('maximum'),
  addBroadcastable: binaryRule('add'),
  powBroadcastable: { run: (n) => power(n.in(0), n.in(1), null, n.in(0).dtype) },
  divideBroadcastable: binaryRule('div'),
  floorDivBroadcastable: binaryRule('floor_divide'),
  multiplyBroadcastable: binaryRule('mul'),
  subtractBroadcastable: binaryRule('sub'),
  whereBroadcastable: { run: (n) => where(n.in(0), n.in(1), n.in(2)) },
  layerNormalization: {
    weights: (p) => [
      { name: 'gamma', params: p.message(3), shape: p.ints(1) },
      { name: 'beta', params: p.message(4), shape: p.ints(1) },
    ],
    run: (n) => layerNorm(n.in(0), n.params.ints(1), { weight: n.blob('gamma'), bias: n.blob('beta') }),
  },
  cumSum: { run: (n) => cumulative('cumsum', n.in(0), n.params.int(1)) },
};
