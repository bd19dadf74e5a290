import { type Dim, mul } from '../dim/index.js';
import { bytesOf, type DType, isFloating, type TensorType } from '../tensor/index.js';

import type { AnyAttrs } from './catalog/attributes.js';
import type { ForeignOp, OpName } from './catalog/index.js';
import type { CostPerElement, Primitive, Work } from './primitives.js';

export type { Attr, CostPerElement, Primitive, Work } from './primitives.js';

export interface OutputType extends TensorType {
  /** Index of the input whose storage this output shares without any data moving (reshape, transpose as a view). */
  readonly view?: number;
  /** Index of the input that is overwritten with this output (`relu_`). */
  readonly inplace?: number;
}

/** Results and cost of an operator on its inputs: shapes and work from the same extents, so they cannot disagree. */
export interface Effect {
  /** Its name in one vocabulary for all formats: `conv`, `matmul`, `batch_norm`, `relu`, … Conventions key on it. */
  readonly op: OpName | ForeignOp;
  readonly outputs: readonly OutputType[];
  readonly work: readonly Work[];
  /** Normalised arguments that conventions ask for (groups, kernel, dim, affine, …), in PyTorch's words. */
  readonly attrs?: AnyAttrs;
  /** Bytes read, if it is not simply the sum of the inputs (a gather reads only what it gathers). */
  readonly readBytes?: Dim;
  /** Set where the shapes are known but the work is not: why. The entry is then a gap, never a silent zero. */
  readonly gap?: string;
  /** Set where the work is complete except for operations that are not MACs and whose number is not known: which, and why. */
  readonly leavesOut?: string;
}

/** An output, with `inplace` written over the first input. */
export function written(dtype: DType, shape: readonly Dim[], inplace: boolean | undefined): OutputType {
  return inplace === true ? { dtype, shape, inplace: 0 } : { dtype, shape };
}

export function contraction(products: Dim, outputs: Dim, bias = false, unpadded: Dim | null = products): Work {
  return { kind: 'contraction', products, outputs, bias, unpadded };
}

/** Work per element; integer and boolean tensors carry index arithmetic, which is not floating point: no work. */
export function map(dtype: DType, elements: Dim, each: CostPerElement): Work[] {
  return isFloating(dtype) ? [{ kind: 'map', elements, each: isComplex(dtype) ? inReal(each) : each }] : [];
}

/** Real primitives that one complex primitive takes (docs/counting.md); those that are not here are counted as one. */
const COMPLEX: Readonly<Partial<Record<Primitive, CostPerElement>>> = {
  add: { add: 2 },
  mul: { mul: 4, add: 2 },
  div: { mul: 6, add: 3, div: 2 },
};

function inReal(each: CostPerElement): CostPerElement {
  const real: Partial<Record<Primitive, number>> = {};
  for (const key of Object.keys(each) as Primitive[])
    for (const [to, n] of Object.entries(COMPLEX[key] ?? { [key]: 1 }))
      real[to as Primitive] = (real[to as Primitive] ?? 0) + n * (each[key] ?? 0);
  return real;
}

export function isComplex(dtype: DType): boolean {
  return dtype.startsWith('complex');
}

/** Real multiply-accumulates of as many products of a dtype: a complex one takes four. */
export function realProducts(dtype: DType, products: Dim): Dim {
  return isComplex(dtype) ? mul(4, products) : products;
}

/** `elements` values combined into `outputs` values: elements − outputs primitives. */
export function reduction(dtype: DType, elements: Dim, outputs: Dim, by: Primitive): Work[] {
  if (!isFloating(dtype)) return [];
  const each: readonly Work[] = [{ kind: 'reduction', elements, outputs, by }];
  return isComplex(dtype) && by === 'add' ? [...each, ...each] : [...each];
}

export function move(type: TensorType, how: 'view' | 'copy' | 'gather'): Work {
  return { kind: 'move', bytes: bytesOf(type), how };
}
