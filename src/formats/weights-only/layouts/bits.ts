import { bitsOf } from '../../../tensor/dtype.js';
import type { DType } from '../../../tensor/index.js';
import type { StoredTensor } from '../stored.js';

const UNSIGNED: Readonly<Record<number, DType>> = {
  1: 'uint1',
  2: 'uint2',
  3: 'uint3',
  4: 'uint4',
  5: 'uint5',
  6: 'uint6',
  8: 'uint8',
};

/** The type of values of so many bits; undefined for a width that no quantiser has. */
export function unsigned(bits: number): DType | undefined {
  return UNSIGNED[bits];
}

export function elements(tensor: StoredTensor): number {
  return tensor.shape.reduce((a, b) => a * b, 1);
}

/** Bits of all values of a tensor. */
export function bitsIn(tensor: StoredTensor): number {
  return elements(tensor) * bitsOf(tensor.dtype);
}
