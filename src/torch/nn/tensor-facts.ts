import type { Dim } from '../../dim/index.js';
import { axisOf } from '../../ops/index.js';
import { type DType, numel, type Shape } from '../../tensor/index.js';
import { Recorded } from './session.js';

/** The facts of a tensor, by PyTorch's names. */
export abstract class TensorFacts extends Recorded {
  get shape(): Shape {
    return this.type.shape;
  }
  get dtype(): DType {
    return this.type.dtype;
  }
  get ndim(): number {
    return this.type.shape.length;
  }
  dim(): number {
    return this.ndim;
  }
  numel(): Dim {
    return numel(this.type.shape);
  }
  /** All extents, or one of them. */
  size(): Shape;
  size(axis: number): Dim;
  size(axis?: number): Shape | Dim {
    if (axis === undefined) return this.shape;
    return this.shape[axisOf(axis, this.ndim, 'size')] as Dim;
  }
}
