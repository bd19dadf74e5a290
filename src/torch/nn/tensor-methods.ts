import { type Dim, toNumber } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import type { DType } from '../../tensor/index.js';

/** Functions of one element that a tensor has as methods; every other one is `x.unary('…')`. */
export const UNARY_METHODS = [
  'relu',
  'sigmoid',
  'tanh',
  'exp',
  'exp2',
  'expm1',
  'log',
  'log2',
  'log10',
  'log1p',
  'sqrt',
  'rsqrt',
  'abs',
  'neg',
  'sign',
  'square',
  'erf',
  'erfc',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'floor',
  'ceil',
  'round',
  'trunc',
  'frac',
  'reciprocal',
  'isnan',
  'isinf',
  'isfinite',
  'logical_not',
  'nan_to_num',
] as const satisfies readonly ops.Unary[];

/** Elementwise, with a tensor or a number: PyTorch's signs, and its functions of two. */
export const BINARY_METHODS = [
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'floor_divide',
  'remainder',
  'fmod',
  'atan2',
  'maximum',
  'minimum',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'logical_and',
  'logical_or',
  'logical_xor',
] as const satisfies readonly ops.Binary[];

/** Products of two tensors under the names for their ranks: `matmul` takes them all. */
export const PRODUCT_METHODS = ['mv', 'mm', 'bmm'] as const;

/** Written into their tensor. */
export const INPLACE_METHODS = { add_: 'add', sub_: 'sub', mul_: 'mul', div_: 'div' } as const satisfies Record<
  string,
  ops.Binary
>;

export const CASTS = {
  float: 'float32',
  half: 'float16',
  bfloat16: 'bfloat16',
  double: 'float64',
  long: 'int64',
  int: 'int32',
  bool: 'bool',
} as const satisfies Record<string, DType>;

/** These methods of a tensor `T`, which takes `O` beside itself. */
export type TensorMethods<T, O> = { readonly [K in (typeof UNARY_METHODS)[number] | keyof typeof CASTS]: () => T } & {
  readonly [K in (typeof BINARY_METHODS)[number] | keyof typeof INPLACE_METHODS]: (other: O) => T;
} & { readonly [K in (typeof PRODUCT_METHODS)[number]]: (other: T) => T };

export type Axes = number | readonly number[] | null;

export function axesOf(dim: Axes): readonly number[] | null {
  return typeof dim === 'number' ? [dim] : dim;
}

export function listOf<T>(items: readonly T[] | readonly [readonly T[]]): readonly T[] {
  return items.length === 1 && Array.isArray(items[0]) ? items[0] : (items as readonly T[]);
}

/** `size`, `size`, …, and what is left. */
export function partsOf(extent: number, size: number): number[] {
  if (!(size >= 1))
    throw new ModelError('argument', `split: parts of ${size}`, { hint: 'a part has at least one element' });
  return Array.from({ length: Math.max(1, Math.ceil(extent / size)) }, (_, i) => Math.min(size, extent - i * size));
}

/** A plain number from an extent. Throws ModelError `free-symbol` if it is symbolic: bind it to go on. */
export function int(d: Dim, what = 'a size in the model'): number {
  return typeof d === 'number' ? d : toNumber(d, what);
}

/** The order of axes in which `from` are at `to`, and the others keep theirs. */
export function movedOrder(rank: number, from: number | readonly number[], to: number | readonly number[]): number[] {
  const [sources, targets] = [from, to].map((axes) =>
    [axes].flat().map((axis) => ops.axisOf(axis as number, rank, 'movedim')),
  ) as [number[], number[]];
  if (sources.length !== targets.length || new Set(sources).size !== sources.length)
    throw new ModelError('argument', `movedim: ${sources.join(', ')} to ${targets.join(', ')}`, {
      hint: 'as many places as axes, each once',
    });
  const rest = Array.from({ length: rank }, (_, i) => i).filter((axis) => !sources.includes(axis));
  return Array.from({ length: rank }, (_, i) => {
    const moved = targets.indexOf(i);
    return moved < 0 ? (rest.shift() as number) : (sources[moved] as number);
  });
}
