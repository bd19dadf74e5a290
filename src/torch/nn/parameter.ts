import { type Dim, isStatic } from '../../dim/index.js';
import { ModelError } from '../../source/errors.js';
import { type DType, parseDType, type Shape } from '../../tensor/index.js';
import { optionsIn, shapeIn } from './argument.js';
import { Tensor } from './tensor.js';

/** A learnable tensor: assign it to a field of a module to register it. */
export class Parameter extends Tensor {
  requires_grad: boolean;
  constructor(shape: Shape, options: { dtype?: DType | string; requires_grad?: boolean } = {}) {
    super({ dtype: dtypeOf(optionsIn(options).dtype), shape: shapeIn('a parameter', shape) });
    this.requires_grad = options.requires_grad ?? true;
  }
}

/** A tensor that a module keeps but training does not change: running statistics, index tables. */
export class Buffer extends Tensor {
  constructor(shape: Shape, options: { dtype?: DType | string; value?: readonly Dim[] } = {}) {
    const dtype = dtypeOf(optionsIn(options).dtype);
    shapeIn('a buffer', shape);
    super(options.value === undefined ? { dtype, shape } : { dtype, shape, value: options.value });
  }
}

/** No look-up by name where none is given: a model has hundreds of them. */
function dtypeOf(given: DType | string | undefined): DType {
  return given === undefined ? 'float32' : parseDType(given);
}

/** A tensor to begin with: `tensor([1, 3, 224, 224])`. */
export function tensor(shape: Shape, dtype: DType | string = 'float32'): Tensor {
  for (const d of shapeIn('nn.tensor', shape))
    if (isStatic(d) && (d < 0 || !Number.isInteger(Number(d))))
      throw new ModelError('argument', `a tensor cannot have an extent of ${d}`);
  return new Tensor({ dtype: parseDType(dtype), shape });
}
