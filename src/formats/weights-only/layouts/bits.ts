import { bitsOf } from '../../../tensor/dtype.js';
import type { StoredTensor } from '../stored.js';

export function elements(tensor: StoredTensor): number {
  return tensor.shape.reduce((a, b) => a * b, 1);
}

/** Bits of all values of a tensor. */
export function bitsIn(tensor: StoredTensor): number {
  return elements(tensor) * bitsOf(tensor.dtype);
}
