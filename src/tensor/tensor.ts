import { ceildiv, type Dim, equal, mul, product } from '../dim/index.js';
import { bitsOf, type DType } from './dtype.js';

/** Extents, outermost first; `[]` is a scalar. */
export type Shape = readonly Dim[];

/** A tensor without data. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
  /**
   * Contents in row-major order, if they are small and known: this is how `Shape → Gather → Concat → Reshape` folds.
   * Integers are exact and may be symbolic; floating-point contents are plain JS numbers.
   */
  readonly value?: readonly Dim[];
}

/** Contents longer than this are not tracked: shape arithmetic is short, masks and index tables can be long. */
export const MAX_KNOWN_ELEMENTS = 65_536;

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => equal(d, b[i] as Dim));
}

/** One dtype and one shape; what is known of the contents does not count. */
export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

export function numel(shape: Shape): Dim {
  return product(shape);
}

/** Bytes of the contents; sub-byte dtypes are packed. */
export function bytesOf(type: TensorType): Dim {
  const bits = bitsOf(type.dtype);
  const n = numel(type.shape);
  return bits % 8 === 0 ? mul(n, bits / 8) : ceildiv(mul(n, bits), 8);
}

export function tensor(shape: Shape, dtype: DType = 'float32', value?: readonly Dim[]): TensorType {
  return value === undefined || value.length > MAX_KNOWN_ELEMENTS ? { dtype, shape } : { dtype, shape, value };
}
