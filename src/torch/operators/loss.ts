import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { numel, type TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { entry, type Rule, type Table } from './table.js';

/** Each element's loss kept, or all of them averaged (1) or summed (2): PyTorch's numbers of its reductions. */
function reduced(c: Call, each: TensorType): { outputs: readonly TensorType[]; work: ops.Work[] } {
  const how = c.int('reduction');
  if (how === 0) return { outputs: [each], work: [] };
  const effect = ops.reduce(how === 1 ? 'mean' : 'sum', each, null);
  return { outputs: effect.outputs, work: [...effect.work] };
}

/** A loss of two tensors, element by element. */
const pairwise =
  (each: ops.Each): Rule =>
  (c) => {
    const [x, target] = [c.type('self'), c.type('target')];
    const all: TensorType = { dtype: x.dtype, shape: ops.broadcast([x.shape, target.shape], c.name) };
    const { outputs, work } = reduced(c, all);
    return c.make({ op: c.name, outputs, work: [...ops.map(x.dtype, numel(all.shape), each), ...work] }, [
      c.value('self'),
      c.value('target'),
    ]);
  };

/** −log of the score of the right class: the scores of one row are an axis, the second where there are batches. */
const classes =
  (fromScores: boolean): Rule =>
  (c) => {
    const x = c.type('self');
    const axis = x.shape.length === 1 ? 0 : 1;
    const each: TensorType = { dtype: x.dtype, shape: x.shape.filter((_, i) => i !== axis) };
    const { outputs, work } = reduced(c, each);
    return c.make(
      {
        op: fromScores ? 'cross_entropy' : 'nll_loss',
        outputs,
        work: [
          ...(fromScores ? ops.softmax(x, axis, true).work : []),
          ...ops.map(x.dtype, numel(each.shape), { add: 1 }),
          ...work,
        ],
      },
      [c.value('self'), c.value('target'), c.optional('weight')],
    );
  };

const PAIR = 'self target reduction=1';

export const losses: Table = byName({
  mse_loss: entry(PAIR, pairwise({ add: 1, mul: 1 })),
  l1_loss: entry(PAIR, pairwise({ add: 1, abs: 1 })),
  smooth_l1_loss: entry(`${PAIR} beta=1`, pairwise({ add: 2, abs: 1, cmp: 1, mul: 2 })),
  huber_loss: entry(`${PAIR} delta=1`, pairwise({ add: 2, abs: 1, cmp: 1, mul: 2 })),
  soft_margin_loss: entry(PAIR, pairwise({ mul: 1, exp: 1, add: 1, log: 1 })),
  kl_div: entry(`${PAIR} log_target=False`, pairwise({ log: 1, add: 1, mul: 1 })),
  binary_cross_entropy: entry('self target weight=None reduction=1', pairwise({ log: 2, add: 3, mul: 2 })),
  binary_cross_entropy_with_logits: entry(
    'self target weight=None pos_weight=None reduction=1',
    pairwise({ cmp: 1, mul: 1, add: 3, abs: 1, exp: 1, log: 1 }),
  ),
  cross_entropy_loss: entry('self target weight=None reduction=1 ignore_index=-100 label_smoothing=0', classes(true)),
  nll_loss: entry('self target weight=None reduction=1 ignore_index=-100', classes(false)),
  nll_loss_nd: entry('self target weight=None reduction=1 ignore_index=-100', classes(false)),
  nll_loss2d: entry('self target weight=None reduction=1 ignore_index=-100', classes(false)),
  /** Whether each element is among some others: sorted, then looked up. */
  isin: entry('elements test_elements assume_unique=False invert=False', (c) => {
    const x = c.operand('elements');
    const out: TensorType = { dtype: 'bool', shape: x.type.shape };
    return c.make({ op: 'isin', outputs: [out], work: ops.map(x.type.dtype, numel(out.shape), { cmp: 1 }) }, [
      x.value,
      c.optional('test_elements'),
    ]);
  }),
  histc: entry('self bins=100 min=0 max=0', (c) => {
    const x = c.type('self');
    const out: TensorType = { dtype: x.dtype, shape: [c.dim('bins')] };
    return c.make(
      { op: 'histc', outputs: [out], work: ops.map(x.dtype, numel(x.shape), { add: 1, mul: 1, round: 1 }) },
      [c.value('self')],
    );
  }),
  pairwise_distance: entry('x1 x2 p=2 eps=1e-6 keepdim=False', (c) => {
    const [a, b] = [c.type('x1'), c.type('x2')];
    const all: TensorType = { dtype: a.dtype, shape: ops.broadcast([a.shape, b.shape], 'pairwise_distance') };
    const norm = ops.reduce('l2', all, [-1], { keepdim: c.bool('keepdim') });
    return c.make(
      { ...norm, op: 'pairwise_distance', work: [...ops.map(a.dtype, numel(all.shape), { add: 2 }), ...norm.work] },
      [c.value('x1'), c.value('x2')],
    );
  }),
  _shape_as_tensor: entry('self', (c) => {
    const { shape } = c.type('self');
    return c.make(ops.fill([shape.length], 'int64', shape), []);
  }),
});
