import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { entry, type Rule, type Table } from './table.js';

/** PyTorch's numbers of its reductions. */
const REDUCTIONS: readonly ops.LossReduction[] = ['none', 'mean', 'sum'];
const reductionOf = (c: Call): ops.LossReduction => REDUCTIONS[c.int('reduction')] ?? 'sum';

const pairwise =
  (op: ops.PerElement): Rule =>
  (c) =>
    c.make(ops.pairLoss(op, c.type('self'), c.type('target'), reductionOf(c)), [c.value('self'), c.value('target')]);

/** The scores of one row are an axis, the second where there are batches. */
const classes =
  (fromScores: boolean): Rule =>
  (c) => {
    const x = c.type('self');
    const axis = x.shape.length === 1 ? 0 : 1;
    const rows = x.shape.filter((_, i) => i !== axis);
    return c.make(ops.classLoss(x, axis, rows, reductionOf(c), fromScores), [
      c.value('self'),
      c.value('target'),
      c.optional('weight'),
    ]);
  };

const PAIR = 'self target reduction=1';

export const losses: Table = byName({
  mse_loss: entry(PAIR, pairwise('mse_loss')),
  l1_loss: entry(PAIR, pairwise('l1_loss')),
  smooth_l1_loss: entry(`${PAIR} beta=1`, pairwise('smooth_l1_loss')),
  huber_loss: entry(`${PAIR} delta=1`, pairwise('huber_loss')),
  soft_margin_loss: entry(PAIR, pairwise('soft_margin_loss')),
  kl_div: entry(`${PAIR} log_target=False`, pairwise('kl_div')),
  binary_cross_entropy: entry('self target weight=None reduction=1', pairwise('binary_cross_entropy')),
  binary_cross_entropy_with_logits: entry(
    'self target weight=None pos_weight=None reduction=1',
    pairwise('binary_cross_entropy_with_logits'),
  ),
  cross_entropy_loss: entry('self target weight=None reduction=1 ignore_index=-100 label_smoothing=0', classes(true)),
  nll_loss: entry('self target weight=None reduction=1 ignore_index=-100', classes(false)),
  nll_loss_nd: entry('self target weight=None reduction=1 ignore_index=-100', classes(false)),
  nll_loss2d: entry('self target weight=None reduction=1 ignore_index=-100', classes(false)),
  /** Whether each element is among some others: sorted, then looked up. */
  isin: entry('elements test_elements assume_unique=False invert=False', (c) => {
    const x = c.operand('elements');
    const out: TensorType = { dtype: 'bool', shape: x.type.shape };
    return c.make(ops.perElement('isin', x.type, { outputs: [out] }), [x.value, c.optional('test_elements')]);
  }),
  histc: entry('self bins=100 min=0 max=0', (c) => {
    const x = c.type('self');
    const out: TensorType = { dtype: x.dtype, shape: [c.dim('bins')] };
    return c.make(ops.perElement('histc', x, { outputs: [out] }), [c.value('self')]);
  }),
  pairwise_distance: entry('x1 x2 p=2 eps=1e-6 keepdim=False', (c) =>
    c.make(ops.pairwiseDistance(c.type('x1'), c.type('x2'), c.bool('keepdim')), [c.value('x1'), c.value('x2')]),
  ),
  _shape_as_tensor: entry('self', (c) => {
    const { shape } = c.type('self');
    return c.make(ops.fill([shape.length], 'int64', shape), []);
  }),
});
