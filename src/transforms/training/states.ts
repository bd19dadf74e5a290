import { add, ceildiv, type Dim, isStatic, mul, sum } from '../../dim/index.js';
import { UPDATE_FLOPS } from '../../ops/index.js';
import { bitsOf, bytesOf, type DType, numel } from '../../tensor/index.js';
import type { Optimizer, Precision, Trained } from './types.js';

/** States that an optimizer keeps for a parameter; its FLOPs are `UPDATE_FLOPS` of ops/. */
interface OptimizerRule {
  /** The states in words. */
  readonly words: string;
  /** Bytes for one parameter; `dtype` is that of the parameter, single precision where a master copy is kept. */
  readonly states: (shape: readonly Dim[], dtype: DType) => Dim;
}

const times =
  (n: number) =>
  (shape: readonly Dim[], dtype: DType): Dim =>
    mul(n, bytesOf({ dtype, shape }));

/** Adafactor (arXiv 1804.04235, torch.optim): a row and a column of a matrix; a vector whole. */
function factored(shape: readonly Dim[], dtype: DType): Dim {
  if (shape.length < 2) return bytesOf({ dtype, shape });
  const lead = shape.slice(0, -2);
  return add(
    bytesOf({ dtype, shape: [...lead, shape.at(-2) as Dim] }),
    bytesOf({ dtype, shape: [...lead, shape.at(-1) as Dim] }),
  );
}

/** 8-bit Adam (bitsandbytes): two bytes an element and two scales for each block of 256; tensors below 4096 elements whole. */
function blockwise(shape: readonly Dim[]): Dim {
  const n = numel(shape);
  if (isStatic(n) && n < 4096) return mul(8, n);
  return add(mul(2, n), mul(8, ceildiv(n, 256)));
}

export const OPTIMIZER_RULES: Readonly<Record<Optimizer, OptimizerRule>> = {
  sgd: { words: 'no states', states: () => 0 },
  'sgd-momentum': { words: 'one momentum a parameter', states: times(1) },
  adam: { words: 'two moments a parameter', states: times(2) },
  adamw: { words: 'two moments a parameter', states: times(2) },
  adafactor: { words: 'a row and a column of each matrix', states: factored },
  adam8bit: { words: 'two moments in 8 bits, a scale for each 256', states: blockwise },
  lion: { words: 'one momentum a parameter', states: times(1) },
  rmsprop: { words: 'one average of squares a parameter', states: times(1) },
  adagrad: { words: 'one sum of squares a parameter', states: times(1) },
};

/** Bytes that a step keeps beside activations, on one device. */
export interface States {
  readonly weightBytes: Dim;
  readonly gradientBytes: Dim;
  readonly optimizerBytes: Dim;
  readonly masterBytes: Dim;
  readonly trainableParams: Dim;
  readonly optimizerFlops: Dim;
}

/**
 * Bytes on each device: stage 1 of ZeRO divides the optimizer's states and master weights among the devices, stage 2 the
 * gradients as well, stage 3 the weights too (arXiv 1910.02054).
 */
export function statesOf(
  trained: readonly Trained[],
  weights: readonly { readonly bytes: Dim }[],
  optimizer: Optimizer,
  precision: Precision | null,
  zero: number,
  devices: number,
): States {
  const rule = OPTIMIZER_RULES[optimizer];
  const share = (bytes: Dim, stage: number): Dim => (zero >= stage && devices > 1 ? ceildiv(bytes, devices) : bytes);
  const master = precision === 'mixed';
  const wide = (dtype: DType): DType => (master && bitsOf(dtype) < 32 ? 'float32' : dtype);
  return {
    weightBytes: share(sum(weights.map(({ bytes }) => bytes)), 3),
    gradientBytes: share(sum(trained.map(({ shape, dtype }) => bytesOf({ dtype, shape }))), 2),
    optimizerBytes: share(sum(trained.map(({ shape, dtype }) => rule.states(shape, wide(dtype)))), 1),
    masterBytes: master ? share(sum(trained.map(({ shape }) => bytesOf({ dtype: 'float32', shape }))), 1) : 0,
    trainableParams: sum(trained.map(({ shape }) => numel(shape))),
    optimizerFlops: mul(UPDATE_FLOPS[optimizer], sum(trained.map(({ shape }) => numel(shape)))),
  };
}
