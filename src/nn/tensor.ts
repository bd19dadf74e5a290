import { type Dim, isStatic, toNumber } from '../dim/index.js';
import * as ops from '../ops/index.js';
import { ModelError } from '../source/errors.js';
import { type DType, numel, parseDType, type Shape, type TensorType } from '../tensor/index.js';
import { recordOp, session } from './session.js';

/**
 * A tensor without data, with PyTorch's methods. Extents may be free symbols; use `int()` where a plain number is needed.
 * Operators that PyTorch spells with signs are methods: `x.add(y)`, `x.mul(2)`, `x.matmul(y)`.
 */
export class Tensor {
  readonly type: TensorType;

  constructor(type: TensorType) {
    this.type = type;
  }

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
    return this.type.shape.length;
  }
  numel(): Dim {
    return numel(this.type.shape);
  }
  /** All extents, or one of them. */
  size(): Shape;
  size(axis: number): Dim;
  size(axis?: number): Shape | Dim {
    if (axis === undefined) return this.shape;
    return this.shape[ops.axisOf(axis, this.ndim, 'size')] as Dim;
  }
}

/** Applies an operator to tensors: records it where a model is being profiled, and gives its results. */
export function run(effect: ops.Effect, inputs: readonly (Tensor | null)[], type: string): Tensor[] {
  const values = recordOp(effect, inputs, { type });
  return effect.outputs.map((out, i) => {
    const made = new Tensor({
      dtype: out.dtype,
      shape: out.shape,
      ...(out.value === undefined ? {} : { value: out.value }),
    });
    const value = values?.[i];
    if (value !== undefined) session()?.values.set(made, value);
    return made;
  });
}

/** `run` for the many operators that have one result. */
export function run1(effect: ops.Effect, inputs: readonly (Tensor | null)[], type: string): Tensor {
  return run(effect, inputs, type)[0] as Tensor;
}

/** A learnable tensor: assign it to a field of a module to register it. */
export class Parameter extends Tensor {
  requires_grad: boolean;
  constructor(shape: Shape, options: { dtype?: DType | string; requires_grad?: boolean } = {}) {
    super({ dtype: parseDType(options.dtype ?? 'float32'), shape });
    this.requires_grad = options.requires_grad ?? true;
  }
}

/** A tensor that a module keeps but training does not change: running statistics, index tables. */
export class Buffer extends Tensor {
  constructor(shape: Shape, options: { dtype?: DType | string; value?: readonly Dim[] } = {}) {
    super({
      dtype: parseDType(options.dtype ?? 'float32'),
      shape,
      ...(options.value === undefined ? {} : { value: options.value }),
    });
  }
}

/** A plain number from an extent. Throws ModelError `free-symbol` where it is free: bind it to go on. */
export function int(d: Dim, what = 'a size in the model'): number {
  return typeof d === 'number' ? d : toNumber(d, what);
}

/** A tensor to begin with: `tensor([1, 3, 224, 224])`. */
export function tensor(shape: Shape, dtype: DType | string = 'float32'): Tensor {
  for (const d of shape)
    if (isStatic(d) && (d < 0 || !Number.isInteger(Number(d))))
      throw new ModelError('argument', `a tensor cannot have an extent of ${d}`);
  return new Tensor({ dtype: parseDType(dtype), shape });
}
