import { byName } from '../../source/by-name.js';
import type { DType } from '../../tensor/index.js';

/** Types by their numbers (`DataType` of types.proto); null for those that hold no numbers. */
const TYPES: Readonly<Record<number, DType | null>> = byName({
  1: 'float32',
  2: 'float64',
  3: 'int32',
  4: 'uint8',
  5: 'int16',
  6: 'int8',
  7: 'string',
  8: 'complex64',
  9: 'int64',
  10: 'bool',
  11: 'int8',
  12: 'uint8',
  13: 'int32',
  14: 'bfloat16',
  15: 'int16',
  16: 'uint16',
  17: 'uint16',
  18: 'complex128',
  19: 'float16',
  20: null, // a resource
  21: null, // a variant
  22: 'uint32',
  23: 'uint64',
  24: 'float8e5m2',
  25: 'float8e4m3fn',
  29: 'int4',
  30: 'uint4',
});

/** Numbers from 101 stand for references to variables of the type. */
const REFERENCE = 100;

export function dtypeOf(number: number): DType | null {
  return TYPES[number > REFERENCE ? number - REFERENCE : number] ?? null;
}

/** Types by the names that the text and JSON forms use. */
export const NUMBER_OF: Readonly<Record<string, number>> = byName({
  DT_INVALID: 0,
  DT_FLOAT: 1,
  DT_DOUBLE: 2,
  DT_INT32: 3,
  DT_UINT8: 4,
  DT_INT16: 5,
  DT_INT8: 6,
  DT_STRING: 7,
  DT_COMPLEX64: 8,
  DT_INT64: 9,
  DT_BOOL: 10,
  DT_QINT8: 11,
  DT_QUINT8: 12,
  DT_QINT32: 13,
  DT_BFLOAT16: 14,
  DT_QINT16: 15,
  DT_QUINT16: 16,
  DT_UINT16: 17,
  DT_COMPLEX128: 18,
  DT_HALF: 19,
  DT_RESOURCE: 20,
  DT_VARIANT: 21,
  DT_UINT32: 22,
  DT_UINT64: 23,
});
