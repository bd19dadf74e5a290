import { add, type Dim, floordiv, mul, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  affinePower,
  axisOf,
  batchNorm,
  binary,
  concat,
  dropout,
  type Effect,
  embedding,
  fill,
  fold,
  followedBy,
  identity,
  linear,
  lpNormalize,
  meanVarianceNorm,
  nonMaxSuppression,
  permute,
  type Reduction,
  reduce,
  reshape,
  rnn,
  slice,
  softmax,
  split,
  tile,
  together,
  typedAs,
  type Unary,
  unary,
  views,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { type CaffeLayerCall, sharedAs, type Table } from './table.js';

/** Layers of single elements, of whole axes, and what detectors end in. */

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

const concatRule: Table[string] = (n) => {
  const of = n.attrs.message('concat_param');
  return concat(n.all(), of.has('axis') ? of.number('axis') : of.number('concat_dim', 1));
};

const sliceRule: Table[string] = (n) => {
  const of = n.attrs.message('slice_param');
  const x = n.in(0);
  const axis = axisOf(of.has('axis') ? of.number('axis') : of.number('slice_dim', 1), x.shape.length, 'Slice');
  const extent = x.shape[axis] as Dim;
  const parts = Math.max(1, n.node.output.length);
  const points = of.numbers('slice_point');
  const edges: Dim[] =
    points.length > 0
      ? [0, ...points, extent]
      : Array.from({ length: parts + 1 }, (_, i) => mul(i, floordiv(extent, parts)));
  return split(
    x,
    edges.slice(1).map((edge, i) => sub(edge, edges[i] as Dim)),
    axis,
  );
};

/** 0 keeps an extent, −1 is what is left; only `num_axes` axes from `axis` on are written anew. */
const reshapeRule: Table[string] = (n) => {
  const of = n.attrs.message('reshape_param');
  const x = n.in(0);
  const rank = x.shape.length;
  const start = of.number('axis', 0) < 0 ? of.number('axis', 0) + rank + 1 : of.number('axis', 0);
  const count = of.number('num_axes', -1);
  const end = count < 0 ? rank : start + count;
  const wanted = of.message('shape').numbers('dim');
  return reshape(x, [
    ...x.shape.slice(0, start),
    ...wanted.map((d, i): Dim => (d === 0 ? (x.shape[start + i] ?? 1) : d)),
    ...x.shape.slice(end),
  ]);
};

const cropRule: Table[string] = (n) => {
  const [x, like] = [n.in(0), n.in(1)];
  const of = n.attrs.message('crop_param');
  const axis = axisOf(of.number('axis', 2), x.shape.length, 'Crop');
  const offsets = of.numbers('offset');
  return slice(
    x,
    x.shape.slice(axis).map((_, i) => {
      const start = offsets.length > 1 ? (offsets[i] ?? 0) : (offsets[0] ?? 0);
      return { axis: axis + i, start, end: add(start, like.shape[axis + i] ?? 1), step: 1 };
    }),
  );
};

const REDUCTIONS: readonly Reduction[] = ['sum', 'l1', 'sum_square', 'mean'];

const reduceRule: Table[string] = (n) => {
  const of = n.attrs.message('reduction_param');
  const names = ['NONE', 'SUM', 'ASUM', 'SUMSQ', 'MEAN'] as const;
  const name = of.oneOf('operation', names, 'SUM');
  const op = REDUCTIONS[name === null ? -1 : names.indexOf(name) - 1];
  if (op === undefined)
    throw n.error(`has the operation ${of.text('operation')}: SUM, ASUM, SUMSQ or MEAN was expected`);
  const x = n.in(0);
  const axis = axisOf(of.number('axis', 0), Math.max(1, x.shape.length), 'Reduction');
  return reduce(
    op,
    x,
    x.shape.flatMap((_, i) => (i >= axis ? [i] : [])),
  );
};

const powerRule: Table[string] = (n) => {
  const of = n.attrs.message('power_param');
  const [exponent, scale, shift] = [of.number('power', 1), of.number('scale', 1), of.number('shift')];
  return affinePower(n.in(0), { exponent, scale, shift });
};

/** Steps × batch × features; a second input says where sequences begin. */
const recurrentRule =
  (kind: 'lstm' | 'rnn_tanh'): Table[string] =>
  (n) => {
    const x = n.in(0);
    const [steps, batch, ...rest] = x.shape as readonly [Dim, Dim, ...Dim[]];
    const inputs = rest.map((d) => n.extent(d)).reduce((a, b) => a * b, 1);
    const hidden = n.attrs.message('recurrent_param').number('num_output');
    const gates = kind === 'lstm' ? 4 : 1;
    n.weight('W_xc', [gates * hidden, inputs]);
    n.weight('b_c', [gates * hidden]);
    n.weight('W_hc', [gates * hidden, hidden]);
    const effect = rnn({ dtype: x.dtype, shape: [steps, batch, inputs] }, { kind, hidden, biases: 1 });
    const [out] = effect.outputs as readonly [TensorType];
    const first = { ...effect, outputs: [out] };
    if (kind === 'lstm') return first;
    // Its output is a matrix of the state.
    n.weight('W_ho', [hidden, hidden]);
    const bias = n.weight('b_o', [hidden]);
    const state: TensorType = { dtype: x.dtype, shape: [steps, batch, hidden] };
    return followedBy(first, rnnOutput(state, hidden, bias));
  };

function rnnOutput(state: TensorType, hidden: number, bias: TensorType): Effect {
  const weight: TensorType = { dtype: state.dtype, shape: [hidden, hidden] };
  return followedBy(linear(state, weight, bias), unary('tanh', state));
}

const priorBoxRule: Table[string] = (n) => {
  const of = n.attrs.message('prior_box_param');
  const [h, w] = n.in(0).shape.slice(-2) as [Dim, Dim];
  // Shapes that are 1 are those of the sizes themselves; a flipped one is another.
  const shapes = new Set(of.numbers('aspect_ratio').filter((r) => Math.abs(r - 1) > 1e-6));
  const turned = of.flag('flip', true) ? 2 : 1;
  const boxes = of.numbers('min_size').length * (1 + turned * shapes.size) + of.numbers('max_size').length;
  return fill([1, 2, mul(4 * boxes, h, w)], 'float32');
};

const detectionRule =
  (width: number, first: boolean): Table[string] =>
  (n) => {
    n.in(0);
    const boxes = n.fresh('boxes');
    return typedAs(nonMaxSuppression(first ? [1, 1, boxes, width] : [boxes, width]), 'float32');
  };

/** Of layers that are written in Python the one that R-CNN's detectors have: boxes that may hold something. */
const pythonRule: Table[string] = (n) => {
  const layer = n.attrs.message('python_param').text('layer');
  if (layer === 'ProposalLayer') {
    n.in(0);
    const boxes = n.fresh('boxes');
    const outputs = n.node.output.map((_, i): TensorType => ({ dtype: 'float32', shape: [boxes, i === 0 ? 5 : 1] }));
    return { ...nonMaxSuppression([]), outputs };
  }
  throw new Unsupported(
    `it is written in Python (${layer === '' ? 'a layer' : layer}): what it does is not in the file`,
  );
};

const splitRule: Table[string] = (n) => {
  const x = n.in(0);
  return views(
    'identity',
    x,
    n.node.output.map(() => ({ ...x, view: 0 })),
  );
};

export const others: Table = {
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
  Concat: concatRule,
  Slice: sliceRule,
  Split: splitRule,
  Reshape: reshapeRule,
  Permute: (n) => {
    const order = n.attrs.message('permute_param').numbers('order');
    const { shape } = n.in(0);
    return permute(n.in(0), [...order, ...shape.map((_, i) => i).filter((i) => !order.includes(i))]);
  },
  Crop: cropRule,
  Tile: (n) => {
    const of = n.attrs.message('tile_param');
    const x = n.in(0);
    const axis = axisOf(of.number('axis', 1), x.shape.length, 'Tile');
    return tile(
      x,
      x.shape.map((_, i) => (i === axis ? of.number('tiles', 1) : 1)),
    );
  },
  Reduction: reduceRule,
  Softmax: (n) => softmax(n.in(0), n.attrs.message('softmax_param').number('axis', 1)),
  ArgMax: (n) => {
    const of = n.attrs.message('argmax_param');
    const x = n.in(0);
    const top = of.number('top_k', 1);
    if (of.has('axis')) {
      const axis = axisOf(of.number('axis'), x.shape.length, 'ArgMax');
      const effect = reduce('argmax', x, [axis], { keepdim: true });
      const shape = x.shape.map((d, i): Dim => (i === axis ? top : d));
      return { ...effect, outputs: [{ dtype: 'float32', shape }] };
    }
    const effect = reduce('argmax', x, null);
    return { ...effect, outputs: [{ dtype: 'float32', shape: [x.shape[0] ?? 1, 1, top] }] };
  },
  Embed: (n) => {
    const of = n.attrs.message('embed_param');
    const x = n.in(0);
    const [rows, width] = [of.number('input_dim'), of.number('num_output')];
    const table = n.weight('weight', [rows, width], sharedAs(n, 0));
    const bias = of.flag('bias_term', true) ? n.weight('bias', [width], sharedAs(n, 1)) : null;
    return embedding(table, { dtype: 'int32', shape: x.shape }, bias);
  },
  Parameter: (n) => [n.stored('value', n.attrs.message('parameter_param').message('shape').numbers('dim'))],
  LSTM: recurrentRule('lstm'),
  RNN: recurrentRule('rnn_tanh'),
  PriorBox: priorBoxRule,
  DetectionOutput: detectionRule(7, true),
  Proposal: detectionRule(5, false),
  Python: pythonRule,
};
