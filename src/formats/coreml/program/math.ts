import {
  attention,
  type Binary,
  batchNorm,
  binaryWithValue,
  cast,
  clamp,
  cumulative,
  dequantize,
  einsum,
  factor,
  foldCast,
  foldReduce,
  instanceNorm,
  layerNorm,
  linear,
  lpNormalize,
  matmul,
  perElement,
  powerWithValue,
  quantize,
  type Reduction,
  type RnnKind,
  reduce,
  rnn,
  softmax,
  topk,
  type Unary,
  unary,
  unaryWithValue,
  where,
  withValue,
} from '../../../ops/index.js';
import { type DType, parseDType, type TensorType } from '../../../tensor/index.js';
import type { Operator, Rule, Table } from './operator.js';

const unaryRule =
  (op: Unary): Rule =>
  (n) =>
    unaryWithValue(op, n.arg('x'));

const binaryRule =
  (op: Binary): Rule =>
  (n) => {
    const [x, y] = [n.arg('x'), n.arg('y')];
    return binaryWithValue(op, x, y);
  };

const reduceRule =
  (op: Reduction, before?: Unary, after?: Unary): Rule =>
  (n) => {
    const x = n.arg('x');
    const axes = n.ints('axes') ?? null;
    const effect = reduce(op, x, axes, { keepdim: n.flag('keep_dims') });
    const [out] = effect.outputs as readonly [TensorType];
    return withValue(
      {
        ...effect,
        work: [
          ...(before ? unary(before, x).work : []),
          ...effect.work,
          ...(after ? unary(after, { dtype: out.dtype, shape: out.shape }).work : []),
        ],
      },
      before || after ? undefined : foldReduce(op, x, axes),
    );
  };

const argRule =
  (op: 'argmax' | 'argmin'): Rule =>
  (n) => {
    const effect = reduce(op, n.arg('x'), [n.int('axis', -1)], { keepdim: n.flag('keep_dims') });
    return { ...effect, outputs: effect.outputs.map((o) => ({ ...o, dtype: 'int32' as const })) };
  };

const matmulRule: Rule = (n) =>
  matmul(factor(n.arg('x'), n.flag('transpose_x')), factor(n.arg('y'), n.flag('transpose_y')));

/** Channels of the second axis, whatever follows. */
const instanceNormRule: Rule = (n) => {
  const x = n.arg('x');
  return instanceNorm(
    x,
    { weight: n.optional('gamma'), bias: n.optional('beta') },
    { spatialAxes: Math.max(1, x.shape.length - 2) },
  );
};

const layerNormRule: Rule = (n) => {
  const x = n.arg('x');
  const axes = n.ints('axes') ?? x.shape.map((_, i) => i);
  const normalized = axes.map((a) => x.shape[a < 0 ? a + x.shape.length : a] ?? 1);
  const affine = { weight: n.optional('gamma'), bias: n.optional('beta') };
  const effect = layerNorm(
    {
      dtype: x.dtype,
      shape: [...x.shape.filter((_, i) => !axes.some((a) => (a < 0 ? a + x.shape.length : a) === i)), ...normalized],
    },
    normalized,
    affine,
  );
  return { ...effect, outputs: [{ dtype: x.dtype, shape: x.shape }] };
};

const powRule: Rule = (n) => {
  const [x, y] = [n.arg('x'), n.arg('y')];
  const [p] = n.ints('y') ?? [];
  return powerWithValue(x, y, p ?? null, x.dtype);
};

/** S×B×I; weights of the input are `[gates·H, I]`. */
const recurrentRule =
  (kind: RnnKind, gates: number): Rule =>
  (n) => {
    const x = n.arg('x');
    const weight = n.arg('weight_hh');
    const hidden = Number(weight.shape[1] ?? Number(weight.shape[0] ?? 0) / gates);
    const bidirectional = n.text('direction', 'forward') === 'bidirectional';
    const [steps = 1, batch = 1] = x.shape;
    const effect = rnn(x, {
      kind,
      biases: 1,
      hidden,
      bidirectional,
      bias: n.given('bias'),
      peepholes: n.given('peephole'),
    });
    const width = hidden * (bidirectional ? 2 : 1);
    const all: TensorType = { dtype: x.dtype, shape: [n.flag('output_sequence') ? steps : 1, batch, width] };
    const last: TensorType = { dtype: x.dtype, shape: [batch, width] };
    return { ...effect, outputs: [all, ...new Array<TensorType>(Math.max(0, n.node.output.length - 1)).fill(last)] };
  };

/** `fp16`, `int32`, `bool`. */
function dtypeNamed(name: string, otherwise: DType): DType {
  if (name === '') return otherwise;
  try {
    return parseDType(name.replace(/^fp/, 'f').replace(/^f(\d+)$/, 'float$1'));
  } catch {
    return otherwise;
  }
}

const castRule: Rule = (n) => {
  const x = n.arg('x');
  const dtype = dtypeNamed(n.text('dtype'), n.node.stated[0]?.dtype ?? x.dtype);
  return withValue(cast(x, dtype), foldCast(x, dtype));
};

const topkRule: Rule = (n) => {
  const x = n.arg('x');
  const effect = topk(x, n.int('k', 1), n.int('axis', -1));
  return {
    ...effect,
    outputs: effect.outputs
      .slice(0, n.node.output.length)
      .map((o, i) => (i === 1 ? { ...o, dtype: 'int32' as const } : o)),
  };
};

const GELU: Readonly<Record<string, Unary>> = { TANH_APPROXIMATION: 'gelu_tanh', SIGMOID_APPROXIMATION: 'quick_gelu' };

const channelled = (n: Operator): { weight: TensorType | null; bias: TensorType | null } => ({
  weight: n.optional('gamma'),
  bias: n.optional('beta'),
});

export const math: Table = {
  linear: (n) => linear(n.arg('x'), n.arg('weight'), n.optional('bias')),
  matmul: matmulRule,
  einsum: (n) => einsum(n.text('equation').replaceAll(' ', ''), n.list('values')),
  scaled_dot_product_attention: (n) =>
    attention(n.arg('query'), n.arg('key'), n.arg('value'), { mask: n.optional('attn_mask') }),
  lstm: recurrentRule('lstm', 4),
  gru: recurrentRule('gru', 3),
  rnn: (n) => recurrentRule(n.text('activation', 'tanh') === 'relu' ? 'rnn_relu' : 'rnn_tanh', 1)(n),
  batch_norm: (n) => batchNorm(n.arg('x'), channelled(n), { batchStatistics: false }),
  instance_norm: instanceNormRule,
  layer_norm: layerNormRule,
  l2_norm: (n) => lpNormalize(n.arg('x'), -1, 2),
  softmax: (n) => softmax(n.arg('x'), n.int('axis', -1)),
  relu: unaryRule('relu'),
  relu6: unaryRule('relu6'),
  sigmoid: unaryRule('sigmoid'),
  tanh: unaryRule('tanh'),
  silu: unaryRule('silu'),
  gelu: (n) => unary(GELU[n.text('mode')] ?? 'gelu', n.arg('x')),
  softplus: unaryRule('softplus'),
  softsign: unaryRule('softsign'),
  elu: unaryRule('elu'),
  leaky_relu: unaryRule('leaky_relu'),
  prelu: unaryRule('prelu'),
  thresholded_relu: unaryRule('threshold'),
  sigmoid_hard: unaryRule('hardsigmoid'),
  linear_activation: (n) => perElement('affine', n.arg('x')),
  scaled_tanh: (n) => perElement('scaled_tanh', n.arg('x')),
  softplus_parametric: (n) => perElement('parametric_softplus', n.arg('x')),
  clamped_relu: (n) => clamp(n.arg('x'), 2),
  clip: (n) => clamp(n.arg('x'), 2),
  threshold: unaryRule('threshold'),
  abs: unaryRule('abs'),
  acos: unaryRule('acos'),
  acosh: unaryRule('acosh'),
  asin: unaryRule('asin'),
  asinh: unaryRule('asinh'),
  atan: unaryRule('atan'),
  atanh: unaryRule('atanh'),
  ceil: unaryRule('ceil'),
  cos: unaryRule('cos'),
  cosh: unaryRule('cosh'),
  erf: unaryRule('erf'),
  exp: unaryRule('exp'),
  exp2: unaryRule('exp2'),
  floor: unaryRule('floor'),
  inverse: unaryRule('reciprocal'),
  log: unaryRule('log'),
  logical_not: unaryRule('logical_not'),
  round: unaryRule('round'),
  rsqrt: unaryRule('rsqrt'),
  sign: unaryRule('sign'),
  sin: unaryRule('sin'),
  sinh: unaryRule('sinh'),
  sqrt: unaryRule('sqrt'),
  square: unaryRule('square'),
  tan: unaryRule('tan'),
  add: binaryRule('add'),
  sub: binaryRule('sub'),
  mul: binaryRule('mul'),
  real_div: binaryRule('div'),
  floor_div: binaryRule('floor_divide'),
  mod: binaryRule('remainder'),
  pow: powRule,
  maximum: binaryRule('maximum'),
  minimum: binaryRule('minimum'),
  equal: binaryRule('eq'),
  not_equal: binaryRule('ne'),
  less: binaryRule('lt'),
  less_equal: binaryRule('le'),
  greater: binaryRule('gt'),
  greater_equal: binaryRule('ge'),
  logical_and: binaryRule('logical_and'),
  logical_or: binaryRule('logical_or'),
  logical_xor: binaryRule('logical_xor'),
  select: (n) => where(n.arg('cond'), n.arg('a'), n.arg('b')),
  reduce_sum: reduceRule('sum'),
  reduce_mean: reduceRule('mean'),
  reduce_max: reduceRule('max'),
  reduce_min: reduceRule('min'),
  reduce_prod: reduceRule('prod'),
  reduce_l1_norm: reduceRule('sum', 'abs'),
  reduce_l2_norm: reduceRule('sum', 'square', 'sqrt'),
  reduce_log_sum: reduceRule('sum', undefined, 'log'),
  reduce_log_sum_exp: reduceRule('sum', 'exp', 'log'),
  reduce_sum_square: reduceRule('sum', 'square'),
  reduce_argmax: argRule('argmax'),
  reduce_argmin: argRule('argmin'),
  cumsum: (n) => cumulative('cumsum', n.arg('x'), n.int('axis', 0)),
  topk: topkRule,
  cast: castRule,
  quantize: (n) => quantize(n.arg('input'), n.node.stated[0]?.dtype ?? 'int8', n.given('zero_point')),
  dequantize: (n) => dequantize(n.arg('input'), n.node.stated[0]?.dtype ?? 'float16', n.given('zero_point')),
};
