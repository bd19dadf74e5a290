import { keptBy, type Optimizer, optimizerStep, unpriced } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import type { Dialect, Entry } from '../node.js';

/**
 * One step of an optimizer: inputs are the rate, the step, then the tensors, their gradients and what is kept of earlier
 * steps.
 */
const step =
  (optimizer: Optimizer): Entry =>
  (n) => {
    const count = Math.floor((n.count - 2) / (2 + keptBy(optimizer)));
    return optimizerStep(
      optimizer,
      Array.from({ length: count }, (_, i) => n.in(2 + i)),
    );
  };

export const training: Dialect = byName({
  Adagrad: step('adagrad'),
  Momentum: (n) => step(n.text('mode', 'standard') === 'nesterov' ? 'nesterov' : 'momentum')(n),
  Adam: step('adam'),
  Gradient: (n) =>
    unpriced(
      'gradient',
      (n.attribute('xs')?.strings ?? []).map((_, i) => ({ dtype: n.in(i).dtype, shape: n.in(i).shape })),
      'a gradient runs the graph backwards: how is the runtime’s choice',
    ),
});
