import { byName } from '../../source/by-name.js';
import type { DType } from '../../tensor/index.js';

/** Elements of typed storages, by the class that torch.save writes: https://docs.pytorch.org/docs/stable/storage.html */
const STORAGES: Readonly<Record<string, DType>> = byName({
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
  ComplexFloatStorage: 'complex64',
  ComplexDoubleStorage: 'complex128',
  QInt8Storage: 'int8',
  QUInt8Storage: 'uint8',
  QInt32Storage: 'int32',
  QUInt4x2Storage: 'uint4',
  QUInt2x4Storage: 'uint2',
  // Bytes: the tensor itself says what they are.
  UntypedStorage: 'uint8',
});

/** `torch.float8_e4m3fn` and the like, as globals of a pickle. */
const DTYPES: Readonly<Record<string, DType>> = byName({
  float64: 'float64',
  double: 'float64',
  float32: 'float32',
  float: 'float32',
  float16: 'float16',
  half: 'float16',
  bfloat16: 'bfloat16',
  float8_e4m3fn: 'float8e4m3fn',
  float8_e4m3fnuz: 'float8e4m3fnuz',
  float8_e5m2: 'float8e5m2',
  float8_e5m2fnuz: 'float8e5m2fnuz',
  float8_e8m0fnu: 'float8e8m0',
  complex64: 'complex64',
  cfloat: 'complex64',
  complex128: 'complex128',
  cdouble: 'complex128',
  int64: 'int64',
  long: 'int64',
  int32: 'int32',
  int: 'int32',
  int16: 'int16',
  short: 'int16',
  int8: 'int8',
  uint64: 'uint64',
  uint32: 'uint32',
  uint16: 'uint16',
  uint8: 'uint8',
  bool: 'bool',
  qint8: 'int8',
  quint8: 'uint8',
  qint32: 'int32',
  quint4x2: 'uint4',
  quint2x4: 'uint2',
  int4: 'int4',
  uint4: 'uint4',
  int2: 'int2',
  uint2: 'uint2',
});

/** The dtype of `torch.FloatStorage` and the like, by the class's own name. */
export function storageDType(name: string): DType | undefined {
  return Object.hasOwn(STORAGES, name) ? STORAGES[name] : undefined;
}

/** The dtype of `torch.bfloat16`, by its name without the module. */
export function torchDType(name: string): DType | undefined {
  return Object.hasOwn(DTYPES, name) ? DTYPES[name] : undefined;
}

/** Letters of NumPy's type codes. */
const KINDS: Readonly<Record<string, string>> = byName({ f: 'float', i: 'int', u: 'uint', c: 'complex' });

/** NumPy's `<f4`: kind and bytes. Byte order does not matter here. */
export function numpyDType(code: string): DType | undefined {
  const match = /^[<>|=]?([fiubc])(\d+)$/.exec(code);
  if (match === null) return undefined;
  const [, kind, size] = match;
  const name = kind === 'b' ? 'bool' : `${KINDS[kind as string]}${8 * Number(size)}`;
  return torchDType(name);
}
