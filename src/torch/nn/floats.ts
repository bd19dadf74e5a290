import { ModelError } from '../../source/errors.js';
import { isFloating } from '../../tensor/index.js';
import type { Tensor } from './tensor.js';

/** Layers with weights multiply floating-point numbers, as PyTorch's do. Throws ModelError `argument` for any other input. */
export function takesFloats(x: Tensor, layer: string): void {
  if (!isFloating(x.dtype))
    throw new ModelError('argument', `${layer} takes floating-point numbers, and its input is ${x.dtype}`, {
      format: 'nn',
      hint: 'give a floating-point input (float32, float16, bfloat16), or look indices up in an Embedding first',
    });
}
