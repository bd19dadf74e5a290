import { numel, type TensorType } from '../tensor/index.js';
import { type CostPerElement, type Effect, map } from './work.js';

/** Work of a step on each number of a tensor, and how many tensors it keeps of earlier steps; by the pseudo code of ONNX. */
const OPTIMIZERS = {
  // g' = c·x + g; h' = h + g'²; x' = x − r·g' / (√h' + ε)
  adagrad: { kept: 1, each: { mul: 3, add: 4, sqrt: 1, div: 1 } },
  // g' = c·x + g; v' = α·v + β·g'; x' = x − r·v'
  momentum: { kept: 1, each: { mul: 4, add: 3 } },
  // the same, but x' = x − r·(g' + α·v')
  nesterov: { kept: 1, each: { mul: 5, add: 4 } },
  // g' = c·x + g; v' = α·v + (1 − α)·g'; h' = β·h + (1 − β)·g'²; x' = x − r·v' / (√h' + ε), and once more by (1 − c')
  adam: { kept: 2, each: { mul: 8, add: 5, sqrt: 1, div: 1 } },
} as const satisfies Record<string, { readonly kept: number; readonly each: CostPerElement }>;
export type Optimizer = keyof typeof OPTIMIZERS;

/** How many tensors an optimizer keeps of earlier steps for each that it changes. */
export function keptBy(optimizer: Optimizer): number {
  return OPTIMIZERS[optimizer].kept;
}

/** One step of an optimizer: outputs are the new tensors, then those that are kept. */
export function optimizerStep(optimizer: Optimizer, tensors: readonly TensorType[]): Effect {
  const { kept, each } = OPTIMIZERS[optimizer];
  const outputs = Array.from({ length: kept + 1 }, () => tensors.map(({ dtype, shape }) => ({ dtype, shape }))).flat();
  return {
    op: optimizer === 'nesterov' ? 'momentum' : optimizer,
    outputs,
    work: tensors.flatMap((t) => map(t.dtype, numel(t.shape), each)),
  };
}

/** FLOPs that each parameter takes in a step of `torch.optim`, Lion (arXiv 2302.06675) or 8-bit Adam (bitsandbytes). */
export const UPDATE_FLOPS = {
  sgd: 2,
  'sgd-momentum': 4,
  adam: 12,
  adamw: 13,
  adafactor: 9,
  adam8bit: 13,
  lion: 10,
  rmsprop: 7,
  adagrad: 6,
} as const satisfies Record<string, number>;
