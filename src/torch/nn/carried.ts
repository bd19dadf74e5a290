import type { DType, Shape } from '../../tensor/index.js';
import type { Tensor } from './tensor.js';

/** A tensor that a model keeps from one pass to the next: keys, values, the state of a recurrence. */
export interface Kept {
  readonly name: string;
  readonly dtype: DType;
  /** After the pass. */
  readonly shape: Shape;
}

/** Tensors that layers leave behind beside those that they return. */
export abstract class Carried {
  /** Tensors that are kept after this pass, in the order of the layers. */
  readonly kept: Kept[] = [];
  /** For layers that hand each other tensors beside the hidden state: keys shared by several layers, a router's state. */
  readonly shared = new Map<string, Tensor>();
}
