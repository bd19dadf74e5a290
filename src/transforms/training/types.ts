import type { Dim } from '../../dim/index.js';
import type { OpEntry, Weight } from '../../ledger/index.js';
import type { Work } from '../../ops/index.js';
import type { DType, TensorType } from '../../tensor/index.js';

/**
 * In which types a training step computes. `fp32`, `bf16`: weights, activations, gradients and states alike. `amp`: weights in
 * single precision, products in bfloat16 by automatic casts, as torch.autocast on CUDA. `mixed`: all in bfloat16, with a
 * single-precision master copy of the weights and its states, as Megatron-LM and DeepSpeed do. `stored`: as the model has them.
 */
export const PRECISIONS = ['fp32', 'bf16', 'amp', 'mixed'] as const;
export type Precision = (typeof PRECISIONS)[number];

export const OPTIMIZERS = [
  'sgd',
  'sgd-momentum',
  'adam',
  'adamw',
  'adafactor',
  'adam8bit',
  'lion',
  'rmsprop',
  'adagrad',
] as const;
export type Optimizer = (typeof OPTIMIZERS)[number];

export interface Lora {
  readonly rank: number;
  /** Last parts of paths of linear layers; all linear layers but the head where none are given. */
  readonly targets: readonly string[] | null;
}

export interface TrainingOptions {
  readonly optimizer?: Optimizer;
  readonly precision?: Precision;
  /** Parameters that are not trained, by patterns of their names: `layer1.*`, `*.bias`, `backbone`. */
  readonly freeze?: readonly string[];
  /** Modules whose insides are worked out again in the backward pass: by patterns of paths, or all blocks of lists. */
  readonly checkpointing?: true | readonly string[];
  /** What is spread over devices: 1 the optimizer's states, 2 gradients too, 3 weights too (ZeRO, FSDP). */
  readonly zero?: 0 | 1 | 2 | 3;
  readonly devices?: number;
  readonly lora?: Lora;
  /** One kernel that keeps no scores, or PyTorch's math path. Fused where products are in 16 bits, if left out. */
  readonly attention?: 'fused' | 'unfused';
  /**
   * What is done with the outputs. The cross-entropy of a language model works on its logits in single precision; else nothing
   * is counted for the loss, as of the sum of all outputs. A language model has the first, if left out.
   */
  readonly loss?: 'cross-entropy' | 'none';
}

/** Memory of one or more tensors in a training step. */
export interface Store {
  readonly bytes: Dim;
  readonly kind: 'input' | 'parameter' | 'buffer' | 'activation';
  /** Its name for readers. */
  readonly name: string;
  /** Its role, if it is not simply a result: `mask`, `softmax`, `indices`. */
  readonly what: string | null;
  readonly type: TensorType | null;
  /** Index of the entry that makes it; -1 for what is there before the first. */
  readonly from: number;
}

/** One operator of the step. */
export interface StepOp {
  readonly entry: OpEntry;
  /** How often it happens in a step: a body of a loop is there once. */
  readonly times: Dim;
  /** Tensors that it keeps for its own gradient; empty if it needs none. */
  readonly keeps: readonly { readonly store: Store; readonly role: 'input' | 'output' | 'new' }[];
  readonly reads: readonly Store[];
  readonly writes: readonly Store[];
  /** Stores whose gradient it takes, and those for which it gives one. */
  readonly gradientOf: readonly Store[];
  readonly gradientTo: readonly Store[];
  readonly forward: readonly Work[];
  readonly backward: readonly Work[];
}

/** Why some operators are missing from what training costs. */
export interface Untrained {
  readonly op: string;
  readonly nodes: number;
  readonly why: string;
}

/** A parameter that is trained: one of the model's, or of an adapter put beside it. */
export interface Trained {
  readonly name: string;
  readonly shape: readonly Dim[];
  readonly dtype: DType;
  readonly weight: Weight | null;
}

export interface AutogradStep {
  readonly ops: readonly StepOp[];
  readonly unknown: readonly Untrained[];
  readonly trained: readonly Trained[];
  /** All weights that the step holds, in the types that it holds them in. */
  readonly weights: readonly { readonly weight: Weight | null; readonly dtype: DType; readonly bytes: Dim }[];
  readonly inputs: readonly Store[];
  /** Memory that the loss holds between the passes. */
  readonly loss: readonly Store[];
  readonly attention: 'fused' | 'unfused';
}
