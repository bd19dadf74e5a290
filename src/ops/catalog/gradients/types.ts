import type { Shape, TensorType } from '../../../tensor/index.js';
import type { Work } from '../../primitives.js';
import type { AnyAttrs } from '../attributes.js';

/** An operator of a training step: its tensors in the types that they really have there, and where a gradient is wanted. */
export interface GradientView {
  readonly attrs: AnyAttrs;
  /** Null for an input that is left out, or of which nothing is known. */
  readonly inputs: readonly (TensorType | null)[];
  readonly outputs: readonly TensorType[];
  /** Of each input, whether its gradient is wanted: a trainable weight is it, or is upstream of it. */
  readonly needs: readonly boolean[];
  /** Work of the forward pass, once. */
  readonly work: readonly Work[];
  /** Whether attention is one kernel that works its scores out again in the backward pass, or is taken apart. */
  readonly attention: 'fused' | 'unfused';
}

/** A tensor that autograd keeps for the backward pass. */
export type Kept =
  | {
      readonly kind: 'input';
      readonly at: number;
      /**
       * How the operator reads it, if it is a product of matrices that are dense: axes in an order, repeated to a shape,
       * taken together to another. Strides that do not allow it make a copy, and that is kept.
       */
      readonly order?: readonly number[];
      readonly repeated?: Shape;
      readonly folded?: Shape;
    }
  | { readonly kind: 'output'; readonly at: number }
  | {
      readonly kind: 'new';
      readonly what: string;
      readonly type: TensorType;
      /** Made once for all operators that keep it under this name at these extents. */
      readonly shared?: string;
    };

/**
 * In which type an operator computes under automatic mixed precision (PyTorch's lists for CUDA): in 16 bits, in single
 * precision, or in that of its first input whatever its weights have. In the widest of its inputs if absent.
 */
export type Autocast = 'lower' | 'float32' | 'as-first';

/** The gradient of an operator. */
export interface Gradient {
  /** Arithmetic of the gradients of those inputs that need one. */
  readonly backward: (op: GradientView) => readonly Work[];
  readonly saves: (op: GradientView) => readonly Kept[];
  /** Kept by the form that overwrites its input; if absent, a copy of that input wherever `saves` wants it. */
  readonly savesInplace?: (op: GradientView) => readonly Kept[];
  readonly autocast?: Autocast;
  /** Whether in training the result is a tensor of its own, where at inference it may be the input itself. */
  readonly ownResult?: (op: GradientView) => boolean;
}

/**
 * An operator in training: its gradient; that its results have none (integers, truth values, draws
 * of chance, steps of functions); or that nobody has said it yet, and why.
 */
export type GradientStatement = Gradient | { readonly none: string } | { readonly unknown: string };
