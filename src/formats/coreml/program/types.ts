import { type Dim, sym } from '../../../dim/index.js';
import type { DType, TensorType } from '../../../tensor/index.js';
import type { ProtoMessage } from '../../../wire/proto-message.js';

/** Types of elements: their numbers (MIL.proto of coremltools), and their names in the text of compiled programs. */
const ELEMENTS: readonly (readonly [number: number, dtype: DType, written?: string])[] = [
  [1, 'bool', 'bool'],
  [2, 'string', 'string'],
  [10, 'float16', 'fp16'],
  [11, 'float32', 'fp32'],
  [12, 'float64', 'fp64'],
  [13, 'bfloat16', 'bf16'],
  [21, 'int8', 'int8'],
  [22, 'int16', 'int16'],
  [23, 'int32', 'int32'],
  [24, 'int64', 'int64'],
  [25, 'int4', 'int4'],
  [31, 'uint8', 'uint8'],
  [32, 'uint16', 'uint16'],
  [33, 'uint32', 'uint32'],
  [34, 'uint64', 'uint64'],
  [35, 'uint4', 'uint4'],
  [36, 'uint2', 'uint2'],
  [37, 'uint1', 'uint1'],
  [38, 'uint6', 'uint6'],
  [39, 'uint3', 'uint3'],
  [40, 'float8e4m3fn'],
  [41, 'float8e5m2'],
];
const DTYPES: ReadonlyMap<number, DType> = new Map(ELEMENTS.map(([number, dtype]) => [number, dtype]));
/** The numbers of types by their names in text. */
export const WRITTEN: ReadonlyMap<string, number> = new Map(
  ELEMENTS.flatMap(([number, , written]) => (written === undefined ? [] : [[written, number] as const])),
);

/** The type of a tensor, of a state that of what it holds; null for lists and the like. Free extents are symbols of `name`. */
export function typeOf(value: ProtoMessage | null, name: string): TensorType | null {
  const tensor = value?.message(1) ?? value?.message(5)?.message(1)?.message(1) ?? null;
  if (tensor === null) return null;
  const dtype = DTYPES.get(tensor.int(1));
  if (dtype === undefined) return null;
  const shape = tensor.messages(3).map((dimension, axis): Dim => {
    const constant = dimension.message(1);
    return constant === null ? sym(axis === 0 ? 'batch' : `${name}_${axis}`) : constant.int(1);
  });
  return { dtype, shape };
}

/** Whether every extent of a stated type is a number. */
export function isWhole(type: TensorType | null): type is TensorType {
  if (type === null) return false;
  return type.shape.every((d) => typeof d === 'number');
}

/** Elements of a constant that may decide shapes. */
export const MAX_ELEMENTS = 1024;

/** A value that is in the file: its type, and its contents where they are few and at hand. */
export interface Literal {
  readonly type: TensorType | null;
  readonly numbers: readonly number[] | undefined;
  readonly texts: readonly string[];
  /** Whether its contents are in a file beside it. */
  readonly apart: boolean;
}

export function literalOf(value: ProtoMessage, name: string): Literal {
  const type = typeOf(value.message(2), name);
  const immediate = value.message(3);
  const tensor = immediate?.message(1) ?? null;
  const texts = tensor?.message(4)?.texts(1) ?? [];
  return {
    type,
    numbers: tensor === null || type === null ? undefined : numbersOf(tensor, type),
    texts,
    apart: value.has(5),
  };
}

function numbersOf(tensor: ProtoMessage, type: TensorType): readonly number[] | undefined {
  const count = type.shape.reduce<number>((n, d) => n * Number(d), 1);
  if (!(count <= MAX_ELEMENTS)) return undefined;
  const [floats, ints, bools, longs, doubles] = [1, 2, 3, 5, 6].map((field) => tensor.message(field));
  const values =
    floats?.floats(1) ??
    ints?.ints(1) ??
    bools?.ints(1) ??
    longs?.ints(1) ??
    doubles?.doubles(1) ??
    packed(tensor, type);
  return values?.length === count && values.every(Number.isFinite) ? values : undefined;
}

/** Types of other widths stand as bytes. */
function packed(tensor: ProtoMessage, { dtype }: TensorType): number[] | undefined {
  const read = READERS[dtype];
  const place = tensor.message(7)?.place(1);
  if (read === undefined || !place || place.end - place.start > 8 * MAX_ELEMENTS) return undefined;
  const bytes = tensor.source.read(place.start, place.end);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / read.bytes) }, (_, i) => read.at(view, i * read.bytes));
}

const READERS: Partial<Record<DType, { readonly bytes: number; at(view: DataView, at: number): number }>> = {
  int8: { bytes: 1, at: (v, at) => v.getInt8(at) },
  uint8: { bytes: 1, at: (v, at) => v.getUint8(at) },
  int16: { bytes: 2, at: (v, at) => v.getInt16(at, true) },
  uint16: { bytes: 2, at: (v, at) => v.getUint16(at, true) },
  int32: { bytes: 4, at: (v, at) => v.getInt32(at, true) },
};
