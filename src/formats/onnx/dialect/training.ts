import { type CostPerElement, type Effect, map, type OpName } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { numel, type TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';

/**
 * One step of an optimizer: inputs are the rate, the step, then the tensors, their gradients and what is kept of earlier
 * ones, `kept` tensors each; outputs the new tensors and what is kept. Operations per element by its pseudo code.
 */
const step =
  (op: OpName, kept: number, each: (n: OnnxNode) => CostPerElement): Entry =>
  (n): Effect => {
    const count = Math.floor((n.count - 2) / (2 + kept));
    const tensors = Array.from({ length: count }, (_, i) => n.in(2 + i));
    const outputs: TensorType[] = [];
    for (let k = 0; k <= kept; k++) outputs.push(...tensors.map((t) => ({ dtype: t.dtype, shape: t.shape })));
    return { op, outputs, work: tensors.flatMap((t) => map(t.dtype, numel(t.shape), each(n))) };
  };

export const training: Dialect = byName({
  // g' = c·x + g; h' = h + g'²; x' = x − r·g' / (√h' + ε)
  Adagrad: step('adagrad', 1, () => ({ mul: 3, add: 4, sqrt: 1, div: 1 })),
  // g' = c·x + g; v' = α·v + β·g'; x' = x − r·v', or − r·(g' + α·v')
  Momentum: step('momentum', 1, (n) =>
    n.text('mode', 'standard') === 'nesterov' ? { mul: 5, add: 4 } : { mul: 4, add: 3 },
  ),
  // g' = c·x + g; v' = α·v + (1 − α)·g'; h' = β·h + (1 − β)·g'²; x' = x − r·v' / (√h' + ε), and once more by (1 − c')
  Adam: step('adam', 2, () => ({ mul: 8, add: 5, sqrt: 1, div: 1 })),
  Gradient: (n) => ({
    op: 'gradient',
    outputs: (n.attribute('xs')?.strings ?? []).map((_, i) => ({ dtype: n.in(i).dtype, shape: n.in(i).shape })),
    work: [],
    gap: 'a gradient runs the graph backwards: how is the runtime’s choice',
  }),
});
