import { byName } from '../source/by-name.js';
import { ModelError } from '../source/errors.js';

/** Bits of one element by dtype, under the names that NumPy and PyTorch use. `string` has no fixed size and counts as 0. */
const BITS = {
  float64: 64,
  float32: 32,
  float16: 16,
  bfloat16: 16,
  float8e4m3fn: 8,
  float8e4m3fnuz: 8,
  float8e5m2: 8,
  float8e5m2fnuz: 8,
  float8e8m0: 8,
  float6e2m3: 6,
  float6e3m2: 6,
  float4e2m1: 4,
  complex64: 64,
  complex128: 128,
  int64: 64,
  int32: 32,
  int16: 16,
  int8: 8,
  int4: 4,
  int2: 2,
  uint64: 64,
  uint32: 32,
  uint16: 16,
  uint8: 8,
  uint6: 6,
  uint5: 5,
  uint4: 4,
  uint3: 3,
  uint2: 2,
  uint1: 1,
  bool: 8,
  string: 0,
} as const satisfies Record<string, number>;

export type DType = keyof typeof BITS;

const ALIASES: Readonly<Record<string, DType>> = byName({
  float: 'float32',
  double: 'float64',
  half: 'float16',
  long: 'int64',
  int: 'int32',
  short: 'int16',
  byte: 'uint8',
  f32: 'float32',
  f64: 'float64',
  f16: 'float16',
  bf16: 'bfloat16',
  i64: 'int64',
  i32: 'int32',
  i8: 'int8',
  u8: 'uint8',
});

/** Bits that one element takes in memory. */
export function bitsOf(dtype: DType): number {
  // Of nearly every tensor, asked for some ten times an operator, and no look-up by name.
  return dtype === 'float32' ? 32 : BITS[dtype];
}

/** Floating point or complex: only arithmetic on these is a FLOP; integer index arithmetic is not. */
export function isFloating(dtype: DType): boolean {
  return dtype.startsWith('float') || dtype.startsWith('bfloat') || dtype.startsWith('complex');
}

/** Reads a dtype name or a common alias (`f32`, `half`, `torch.long`). Throws ModelError `argument`. */
export function parseDType(text: string): DType {
  if (typeof text !== 'string')
    throw new ModelError(
      'argument',
      `a dtype is a name, and ${typeof text === 'object' ? 'an object' : typeof (text as unknown)} was given`,
      {
        hint: `known: ${Object.keys(BITS).join(', ')}`,
      },
    );
  if (Object.hasOwn(BITS, text)) return text as DType;
  const name = text.replace(/^torch\./, '');
  const found = Object.hasOwn(BITS, name) ? (name as DType) : ALIASES[name];
  if (found === undefined)
    throw new ModelError('argument', `unknown dtype "${text}"`, { hint: `known: ${Object.keys(BITS).join(', ')}` });
  return found;
}

const CATEGORY = { bool: 0, int: 1, float: 2, complex: 3 } as const;
type Category = keyof typeof CATEGORY;

function category(dtype: DType): Category {
  if (dtype === 'bool') return 'bool';
  if (dtype.startsWith('complex')) return 'complex';
  return isFloating(dtype) ? 'float' : 'int';
}

/** The dtype of `a ∘ b` for two tensors: the wider of the higher category, as PyTorch promotes. */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  const ca = CATEGORY[category(a)];
  const cb = CATEGORY[category(b)];
  if (ca !== cb) return ca > cb ? a : b;
  if ((a === 'float16' && b === 'bfloat16') || (a === 'bfloat16' && b === 'float16')) return 'float32';
  if ((a === 'uint8' && b === 'int8') || (a === 'int8' && b === 'uint8')) return 'int16';
  return BITS[a] >= BITS[b] ? a : b;
}

const UNSIGNED: Readonly<Record<number, DType>> = {
  1: 'uint1',
  2: 'uint2',
  3: 'uint3',
  4: 'uint4',
  5: 'uint5',
  6: 'uint6',
  8: 'uint8',
};

/** The type of values of this many bits; undefined for a width that no quantiser has. */
export function unsigned(bits: number): DType | undefined {
  return UNSIGNED[bits];
}
