import { byName } from '../../source/by-name.js';
import type { DType } from '../../tensor/dtype.js';

/** TensorProto.DataType by number; 0 is UNDEFINED. */
const DTYPES: readonly (DType | undefined)[] = [
  undefined,
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
];

/** The dtype of a TensorProto.DataType; undefined where the file leaves it open or is newer than this table. */
export function dtypeOf(dataType: number): DType | undefined {
  return DTYPES[dataType];
}

/** The number of a data type by the name that ONNX's schema gives it (`FLOAT`, `INT64`); 0 for no such. */
export function dtypeNumber(name: string): number {
  const lower = name.toLowerCase();
  const known = SCHEMA_NAMES[lower] ?? lower;
  return Math.max(0, DTYPES.indexOf(known as DType));
}

const SCHEMA_NAMES: Readonly<Record<string, DType>> = byName({ float: 'float32', double: 'float64' });
