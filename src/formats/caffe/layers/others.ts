import { type Dim, mul } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  type Effect,
  embedding,
  fill,
  followedBy,
  linear,
  nonMaxSuppression,
  type Reduction,
  reduce,
  rnn,
  softmax,
  typedAs,
  unary,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { sharedAs, type Table } from './table.js';

/** Reductions, recurrent layers, tables, and what detectors end in. */

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

export const others: Table = {
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
