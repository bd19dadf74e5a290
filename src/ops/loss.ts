import { numel, type Shape, type TensorType } from '../tensor/index.js';
import type { PerElement } from './catalog/elementwise.js';
import { part, perElement, together } from './each.js';
import { softmax } from './norm.js';
import { reduce } from './reduce.js';
import { broadcast } from './shapes.js';
import type { Effect } from './work.js';

/** How the losses of all elements are combined. */
export type LossReduction = 'none' | 'mean' | 'sum';

function reduced(each: TensorType, how: LossReduction): Effect | null {
  return how === 'none' ? null : reduce(how, each, null);
}

/** A loss of two tensors, element by element. */
export function pairLoss(op: PerElement, x: TensorType, target: TensorType, how: LossReduction): Effect {
  const all: TensorType = { dtype: x.dtype, shape: broadcast([x.shape, target.shape], op) };
  const each = perElement(op, all);
  const total = reduced(all, how);
  return together(op, total === null ? [all] : total.outputs, total === null ? [each] : [each, total]);
}

/**
 * −log of the score of the right class, one a row; of scores that are not yet logarithms of probabilities their log softmax
 * along `axis` comes first. `rows` is the shape of the labels.
 */
export function classLoss(
  scores: TensorType,
  axis: number,
  rows: Shape,
  how: LossReduction,
  fromScores: boolean,
): Effect {
  const each: TensorType = { dtype: scores.dtype, shape: rows };
  const total = reduced(each, how);
  return together(fromScores ? 'cross_entropy' : 'nll_loss', total === null ? [each] : total.outputs, [
    ...(fromScores ? [softmax(scores, axis, true)] : []),
    part('neg', scores.dtype, numel(rows), { add: 1 }),
    ...(total === null ? [] : [total]),
  ]);
}
