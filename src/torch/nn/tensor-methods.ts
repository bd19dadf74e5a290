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

/** Throws ModelError `argument` for a name that no function of one element has. */
export function knownUnary(op: string): void {
  if (!Object.hasOwn(ops.UNARY, op))
    throw new ModelError(
      'argument',
      `no function of one element is called ${JSON.stringify(String(op)).slice(0, 40)}`,
      {
        format: 'nn',
        hint: `known: ${Object.keys(ops.UNARY).join(', ')}`,
      },
    );
}

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
