import {
  affinePower,
  axisOf,
  batchNorm,
  binary,
  dropout,
  fold,
  followedBy,
  identity,
  lpNormalize,
  meanVarianceNorm,
  together,
  type Unary,
  unary,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { type CaffeLayerCall, sharedAs, type Table } from './table.js';

/** Layers of single elements and of channels: functions, sums, scales and norms. */

const unaryRule =
  (op: Unary): Table[string] =>
  (n) =>
    unary(op, n.in(0));

const one = (x: TensorType): TensorType => ({ dtype: x.dtype, shape: [] });

/** Mean, variance and a factor that both were summed with; gamma and beta are a layer of their own. */
const batchNormRule: Table[string] = (n) => {
  const channels = n.extent(n.in(0).shape[1]);
  const buffer = { kind: 'buffer' } as const;
  n.weight('mean', [channels], buffer);
  n.weight('variance', [channels], buffer);
  n.weight('factor', [1], buffer);
  return batchNorm(n.in(0), { weight: null, bias: null }, { batchStatistics: false });
};

/** Normalisation with gamma and beta in one, as forks have it. */
const affineNormRule: Table[string] = (n) => {
  const channels = n.extent(n.in(0).shape[1]);
  const [weight, bias] = [n.weight('gamma', [channels]), n.weight('beta', [channels])];
  n.weight('mean', [channels], { kind: 'buffer' });
  n.weight('variance', [channels], { kind: 'buffer' });
  return batchNorm(n.in(0), { weight, bias }, { batchStatistics: false });
};

/** The axes that a factor has: of the second input, or learned. */
function learned(n: CaffeLayerCall, param: string): readonly number[] {
  const of = n.attrs.message(param);
  const { shape } = n.in(0);
  const axis = axisOf(of.number('axis', 1), Math.max(1, shape.length), n.node.opType);
  const count = of.number('num_axes', 1);
  return shape.slice(axis, count < 0 ? undefined : axis + count).map((d) => n.extent(d));
}

const scale: Table[string] = (n) => {
  const x = n.in(0);
  const of = n.attrs.message('scale_param');
  const axes = n.count > 1 ? null : learned(n, 'scale_param');
  if (axes !== null) n.weight('gamma', axes, sharedAs(n, 0));
  const scaled = binary('mul', x, one(x));
  if (!of.flag('bias_term')) return scaled;
  n.weight('beta', axes ?? n.in(1).shape.map((d) => n.extent(d)), sharedAs(n, 1));
  return followedBy(scaled, binary('add', x, one(x)));
};

const bias: Table[string] = (n) => {
  const x = n.in(0);
  if (n.count < 2) n.weight('bias', learned(n, 'bias_param'), sharedAs(n, 0));
  return binary('add', x, one(x));
};

const eltwiseRule: Table[string] = (n) => {
  const of = n.attrs.message('eltwise_param');
  const all = n.all() as [TensorType, ...TensorType[]];
  const kind = of.oneOf('operation', ['PROD', 'SUM', 'MAX'], 'SUM');
  if (kind === 'MAX') return fold('maximum', all);
  if (kind === 'SUM') {
    const scaled = of.numbers('coeff').filter((c) => c !== 1 && c !== -1);
    const sum = fold('add', all);
    return { ...sum, work: [...scaled.flatMap(() => binary('mul', all[0], one(all[0])).work), ...sum.work] };
  }
  if (kind === null) throw n.error(`has the operation ${of.text('operation')}: PROD, SUM or MAX was expected`);
  const [first, ...steps] = all.slice(1).map((t) => binary('mul', all[0], t));
  return first === undefined ? identity(all[0]) : followedBy(first, ...steps);
};

/** x times a factor a channel, plus another tensor. */
const axpyRule: Table[string] = (n) => {
  const x = n.in(1);
  return together('addcmul', [x], [binary('mul', x, one(x)), binary('add', x, one(x))]);
};

const powerRule: Table[string] = (n) => {
  const of = n.attrs.message('power_param');
  const [exponent, scale, shift] = [of.number('power', 1), of.number('scale', 1), of.number('shift')];
  return affinePower(n.in(0), { exponent, scale, shift });
};

export const elements: Table = {
  AbsVal: unaryRule('abs'),
  BNLL: unaryRule('softplus'),
  ELU: unaryRule('elu'),
  SeLu: unaryRule('selu'),
  SELU: unaryRule('selu'),
  Exp: unaryRule('exp'),
  Log: unaryRule('log'),
  ReLU: (n) => unary(n.attrs.message('relu_param').number('negative_slope') === 0 ? 'relu' : 'leaky_relu', n.in(0)),
  ReLU6: unaryRule('relu6'),
  PReLU: (n) => {
    const x = n.in(0);
    const shared = n.attrs.message('prelu_param').flag('channel_shared');
    n.weight('slope', [shared ? 1 : n.extent(x.shape[1])], sharedAs(n, 0));
    return unary('prelu', x);
  },
  Sigmoid: unaryRule('sigmoid'),
  TanH: unaryRule('tanh'),
  Swish: unaryRule('silu'),
  Mish: unaryRule('mish'),
  HSwish: unaryRule('hardswish'),
  HSigmoid: unaryRule('hardsigmoid'),
  Threshold: unaryRule('threshold'),
  Clip: unaryRule('clamp'),
  Power: powerRule,
  Dropout: (n) => dropout(n.in(0), false),
  BatchNorm: batchNormRule,
  BN: affineNormRule,
  Scale: scale,
  Bias: bias,
  MVN: (n) => {
    const { shape } = n.in(0);
    const of = n.attrs.message('mvn_param');
    const axes = shape.map((_, i) => i).slice(of.flag('across_channels') ? 1 : 2);
    return meanVarianceNorm(n.in(0), axes, of.flag('normalize_variance', true));
  },
  Normalize: (n) => {
    const x = n.in(0);
    const shared = n.attrs.message('norm_param').flag('channel_shared', true);
    n.weight('scale', [shared ? 1 : n.extent(x.shape[1])]);
    return followedBy(lpNormalize(x, 1, 2), binary('mul', x, one(x)));
  },
  Eltwise: eltwiseRule,
  Axpy: axpyRule,
};
