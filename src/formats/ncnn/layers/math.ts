import type { Dim } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  affinePower,
  type Binary,
  binary,
  cast,
  cumulative,
  dequantize,
  dropout,
  einsum,
  factor,
  fold,
  followedBy,
  glu,
  identity,
  lpNormalize,
  matmul,
  power,
  quantize,
  type Reduction,
  reduce,
  softmax,
  type Unary,
  unary,
} from '../../../ops/index.js';
import type { DType, TensorType } from '../../../tensor/index.js';
import type { NcnnLayer, Table } from './table.js';

const unaryRule =
  (op: Unary): Table[string] =>
  (n) =>
    unary(op, n.in(0));

const UNARY: readonly Unary[] = [
  'abs',
  'neg',
  'floor',
  'ceil',
  'square',
  'sqrt',
  'rsqrt',
  'exp',
  'log',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'reciprocal',
  'tanh',
  'log10',
  'round',
  'trunc',
];

/** Those with an R in front take their operands the other way round. */
const BINARY: readonly Binary[] = [
  'add',
  'sub',
  'mul',
  'div',
  'maximum',
  'minimum',
  'pow',
  'sub',
  'div',
  'pow',
  'atan2',
  'atan2',
];
const POWER = 6;

const REDUCTIONS: readonly Reduction[] = [
  'sum',
  'l1',
  'sum_square',
  'mean',
  'max',
  'min',
  'prod',
  'l1',
  'l2',
  'log_sum',
  'logsumexp',
];

/** The smaller of two blobs is along the outer axes of the larger where it fits those, else along the inner ones. */
function aligned(small: TensorType, large: TensorType): TensorType {
  const [rank, more] = [small.shape.length, large.shape.length];
  if (rank >= more || rank === 0) return small;
  const outer = small.shape.every((d, i) => d === large.shape[i] || d === 1);
  const inner = small.shape.every((d, i) => d === large.shape[more - rank + i] || d === 1);
  if (!outer || (inner && rank > 1)) return small;
  return { dtype: small.dtype, shape: [...small.shape, ...new Array<Dim>(more - rank).fill(1)] };
}

function pairOf(n: NcnnLayer): [TensorType, TensorType] {
  const [a, b] = [n.in(0), n.in(1)];
  return [aligned(a, b), aligned(b, a)];
}

const binaryRule: Table[string] = (n) => {
  const number = n.attrs.number(0);
  const op = BINARY[number];
  if (op === undefined) throw new Unsupported(`its operation ${number} has no formula`);
  if (n.attrs.number(1) !== 0 || n.count < 2) {
    const x = n.in(0);
    const one: TensorType = { dtype: x.dtype, shape: [] };
    return number === POWER ? power(x, one, n.attrs.number(2), x.dtype) : binary(op, x, one);
  }
  return binary(op, ...pairOf(n));
};

const eltwiseRule: Table[string] = (n) => {
  const kind = n.attrs.number(0);
  const all = n.all();
  const [first] = all as [TensorType];
  if (kind === 2) return fold('maximum', all);
  const steps = all.slice(1).map((t) => binary(kind === 0 ? 'mul' : 'add', first, t));
  const scaled =
    kind === 1
      ? n.attrs
          .numbers(1)
          .filter((c) => c !== 1)
          .map(() => binary('mul', first, { dtype: first.dtype, shape: [] }))
      : [];
  const [one] = steps;
  if (one === undefined) return identity(first);
  return { ...one, work: [...scaled, ...steps].flatMap((step) => step.work) };
};

const reduceRule: Table[string] = (n) => {
  const { attrs } = n;
  const number = attrs.number(0);
  const op = REDUCTIONS[number];
  if (op === undefined) throw n.error(`has the operation ${number}: 0 to ${REDUCTIONS.length - 1} were expected`);
  // The first converters counted a batch among the axes; setting 5 says that a file does not.
  const axes = attrs.numbers(3).map((axis) => (attrs.number(5) === 0 && axis > 0 ? axis - 1 : axis));
  const all = attrs.number(1, 1) !== 0 || axes.length === 0;
  return reduce(op, n.in(0), all ? null : axes, { keepdim: attrs.number(4) !== 0 });
};

/** A·B + C; each of them a blob or stored, and turned or not. */
const gemmRule: Table[string] = (n) => {
  const { attrs } = n;
  let next = 0;
  const [m, columns, k] = [7, 8, 9].map((id) => attrs.number(id)) as [number, number, number];
  const turned = (type: TensorType, yes: boolean): TensorType =>
    yes ? { dtype: type.dtype, shape: [...type.shape].reverse() } : type;
  const dtype: DType = attrs.number(18) === 0 ? 'float32' : 'int8';
  const flat = (type: TensorType): TensorType =>
    type.shape.length === 1 ? { dtype: type.dtype, shape: [1, ...type.shape] } : type;
  const a = attrs.number(4) !== 0 ? n.weight('A', attrs.number(2) ? [k, m] : [m, k], { dtype }) : flat(n.in(next++));
  const b =
    attrs.number(5) !== 0
      ? n.weight('B', attrs.number(3) ? [columns, k] : [k, columns], { dtype })
      : flat(n.in(next++));
  const product = matmul(turned(a, attrs.number(2) !== 0), turned(b, attrs.number(3) !== 0));
  const [out] = product.outputs as readonly [TensorType];
  const broadcast = attrs.number(10, -1);
  let effect = product;
  if (attrs.number(6) !== 0) {
    const shapes: readonly (readonly number[])[] = [[1], [m], [m, 1], [m, columns], [1, columns]];
    const shape = shapes[broadcast];
    if (shape !== undefined) effect = followedBy(product, binary('add', out, { ...n.weight('C', shape), shape: [1] }));
  } else if (n.has(next)) effect = followedBy(product, binary('add', out, { ...n.in(next), shape: [1] }));
  return attrs.number(14) === 0
    ? effect
    : { ...effect, outputs: [{ dtype: out.dtype, shape: [...out.shape].reverse() }] };
};

const powerRule: Table[string] = (n) => {
  const [exponent, scale, shift] = [n.attrs.number(0, 1), n.attrs.number(1, 1), n.attrs.number(2, 0)];
  return affinePower(n.in(0), { exponent, scale, shift });
};

/** The equation of an Einsum is stored as the numbers of its letters. */
function lettersOf(numbers: readonly number[]): string {
  return numbers.map((n) => (n > 0 && n < 128 ? String.fromCharCode(n) : '')).join('');
}

export const math: Table = {
  AbsVal: unaryRule('abs'),
  BNLL: unaryRule('softplus'),
  CELU: unaryRule('celu'),
  ELU: unaryRule('elu'),
  Erf: unaryRule('erf'),
  Exp: unaryRule('exp'),
  Log: unaryRule('log'),
  GELU: (n) => unary(n.attrs.number(0) !== 0 ? 'gelu_tanh' : 'gelu', n.in(0)),
  HardSigmoid: unaryRule('hardsigmoid'),
  HardSwish: unaryRule('hardswish'),
  Mish: unaryRule('mish'),
  ReLU: (n) => unary(n.attrs.number(0) === 0 ? 'relu' : 'leaky_relu', n.in(0)),
  Clip: unaryRule('clamp'),
  SELU: unaryRule('selu'),
  Sigmoid: unaryRule('sigmoid'),
  Softplus: unaryRule('softplus'),
  Shrink: unaryRule('softshrink'),
  Swish: unaryRule('silu'),
  TanH: unaryRule('tanh'),
  Threshold: unaryRule('threshold'),
  Dropout: (n) => dropout(n.in(0), false),
  PReLU: (n) => {
    n.weight('slope', [n.attrs.number(0)]);
    return unary('prelu', n.in(0));
  },
  UnaryOp: (n) => {
    const op = UNARY[n.attrs.number(0)];
    if (op === undefined)
      throw n.error(`has the operation ${n.attrs.number(0)}: 0 to ${UNARY.length - 1} were expected`);
    return unary(op, n.in(0));
  },
  BinaryOp: binaryRule,
  Eltwise: eltwiseRule,
  Power: powerRule,
  Bias: (n) => binary('add', n.in(0), { ...n.weight('bias', [n.attrs.number(0)]), shape: [1] }),
  Reduction: reduceRule,
  Softmax: (n) => softmax(n.in(0), n.attrs.number(0)),
  GLU: (n) => glu(n.in(0), n.attrs.number(0)),
  CumulativeSum: (n) => cumulative('cumsum', n.in(0), n.attrs.number(0)),
  ArgMax: (n) => {
    const shape = n.attrs.number(0) === 0 ? [n.attrs.number(1, 1)] : [2, n.attrs.number(1, 1)];
    const effect = reduce('argmax', n.in(0), null);
    return { ...effect, outputs: [{ dtype: 'float32', shape }] };
  },
  Gemm: gemmRule,
  MatMul: (n) => matmul(n.in(0), factor(n.in(1), n.attrs.number(0) !== 0)),
  Einsum: (n) => einsum(lettersOf(n.attrs.numbers(0)), n.all()),
  Quantize: (n) => quantize(n.in(0), 'int8', false),
  Dequantize: (n) => dequantize(n.in(0), 'float32', false),
  Requantize: (n) => quantize(n.in(0), 'int8', false),
  Cast: (n) => cast(n.in(0), n.attrs.number(1) === 2 ? 'float16' : n.attrs.number(1) === 3 ? 'int8' : 'float32'),
  Noop: (n) => {
    const all = n.all();
    return { ...identity(all[0] as TensorType), outputs: all.map((t, view) => ({ ...t, view })) };
  },
  Normalize: (n) => {
    const x = n.in(0);
    n.weight('scale', [n.attrs.number(3)]);
    return followedBy(lpNormalize(x, 0, 2), binary('mul', x, { dtype: x.dtype, shape: [] }));
  },
};
