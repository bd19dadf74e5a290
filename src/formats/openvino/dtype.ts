import { byName } from '../../source/by-name.js';
import type { DType } from '../../tensor/index.js';

/** Types of elements by both spellings: `f16` of attributes and `FP16` of ports. */
const TYPES: Readonly<Record<string, DType>> = byName({
  f64: 'float64',
  f32: 'float32',
  f16: 'float16',
  bf16: 'bfloat16',
  f8e4m3: 'float8e4m3fn',
  f8e5m2: 'float8e5m2',
  f8e8m0: 'float8e8m0',
  f4e2m1: 'float4e2m1',
  nf4: 'float4e2m1',
  i64: 'int64',
  i32: 'int32',
  i16: 'int16',
  i8: 'int8',
  i4: 'int4',
  u64: 'uint64',
  u32: 'uint32',
  u16: 'uint16',
  u8: 'uint8',
  u6: 'uint6',
  u4: 'uint4',
  u3: 'uint3',
  u2: 'uint2',
  u1: 'uint1',
  bin: 'uint1',
  boolean: 'bool',
  bool: 'bool',
  string: 'string',
});

/** The dtype of a precision; null for one that is not known, or that says nothing (`UNSPECIFIED`, `dynamic`). */
export function dtypeOf(precision: string): DType | null {
  const name = precision.toLowerCase().replace(/^fp/, 'f');
  return Object.hasOwn(TYPES, name) ? (TYPES[name] as DType) : null;
}
