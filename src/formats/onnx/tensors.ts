import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/source.js';
import { bitsOf, type DType } from '../../tensor/dtype.js';
import { LazyContents } from '../../tensor/lazy.js';
import { MAX_KNOWN_ELEMENTS } from '../../tensor/tensor.js';
import { halfFromBits } from '../../wire/half.js';
import type { Run } from '../../wire/protobuf.js';
import { decodeRuns, decodeTexts } from '../../wire/scan.js';
import { dtypeOf } from './dtype.js';
import type { StringEntry, TensorProto } from './schema.js';

/** Reads the contents of small tensors on demand; each function gives undefined where there is nothing to give. */
export interface TensorReader {
  /** Types of stored tensors: their contents are read when a rule asks for them, and settled when the graph is read. */
  readonly contents: LazyContents;
  /**
   * Integers and booleans (as 0 and 1), exact, in row-major order. Undefined for other dtypes, for more than
   * `SMALL_ELEMENTS` elements, and for external data that is not there.
   */
  smallInts(tensor: TensorProto): readonly bigint[] | undefined;
  /** The same for float64, float32, float16 and bfloat16. */
  smallFloats(tensor: TensorProto): readonly number[] | undefined;
  /** Strings, at most `MAX_TEXTS` of them. */
  smallTexts(tensor: TensorProto): readonly string[] | undefined;
  /** Contents as stored (little-endian), wherever they are stored as bytes; at most `PAYLOAD_LIMIT` bytes. */
  payload(tensor: TensorProto): Uint8Array | undefined;
}

/** Elements beyond which contents are weights or tables, not shapes, axes and the like. */
export const SMALL_ELEMENTS: number = MAX_KNOWN_ELEMENTS;
/** Strings beyond this many are a vocabulary. */
const MAX_TEXTS = 4096;
/** The same in bytes, at the widest number. */
export const PAYLOAD_LIMIT: number = 8 * SMALL_ELEMENTS;

/** The number of elements; a scalar has one. Throws for a negative dimension. */
export function elementCount(tensor: TensorProto): bigint {
  let count = 1n;
  for (const dim of tensor.dims) {
    if (dim < 0) throw malformed(tensor, `dimension ${dim} is negative`);
    count *= BigInt(dim);
  }
  return count;
}

/** Bytes of the contents by dims and dtype, sub-byte dtypes packed; undefined for strings and unknown dtypes. */
export function byteCount(tensor: TensorProto): bigint | undefined {
  const dtype = dtypeOf(tensor.dataType);
  if (dtype === undefined || dtype === 'string') return undefined;
  return (elementCount(tensor) * BigInt(bitsOf(dtype)) + 7n) / 8n;
}

export function tensorReader(source: Source): TensorReader {
  const files = new Map<string, Source | undefined>();

  function payload(tensor: TensorProto): Uint8Array | undefined {
    const expected = byteCount(tensor);
    if (expected === undefined || expected > BigInt(PAYLOAD_LIMIT) || tensor.segment !== undefined) return undefined;
    const size = Number(expected);
    if (tensor.dataLocation === 1) return external(tensor, size);
    const raw = tensor.rawData;
    if (raw === undefined) return undefined;
    // Only where the contents are looked at: a model whose weights were stripped is still a model.
    if (raw.length !== size)
      throw malformed(tensor, `${size} bytes expected for its shape and dtype, found ${raw.length}`, raw.offset);
    return raw.bytes ?? source.read(raw.offset, raw.offset + raw.length);
  }

  function external(tensor: TensorProto, size: number): Uint8Array | undefined {
    const location = entry(tensor.externalData, 'location');
    if (location === undefined) throw malformed(tensor, 'external data without a location');
    if (!files.has(location)) files.set(location, source.sibling(location));
    const file = files.get(location);
    if (file === undefined) return undefined;
    const offset = Number(entry(tensor.externalData, 'offset') ?? 0);
    const length = Number(entry(tensor.externalData, 'length') ?? size);
    if (!Number.isSafeInteger(offset) || offset < 0 || length !== size) {
      throw malformed(
        tensor,
        `external data at ${offset}, ${length} bytes; ${size} bytes expected for its shape and dtype`,
      );
    }
    return file.read(offset, offset + size);
  }

  /** Numbers of a typed field, one an element. */
  function typed(
    tensor: TensorProto,
    runs: readonly Run[],
    kind: 'int32' | 'int64' | 'uint64' | 'float' | 'double',
    count: number,
  ) {
    const values = decodeRuns(source, runs, kind, count);
    if (values?.length !== count) {
      throw malformed(
        tensor,
        `${count} elements expected for its shape, found ${values === undefined ? 'more' : values.length}`,
      );
    }
    return values;
  }

  function smallInts(tensor: TensorProto): readonly bigint[] | undefined {
    const dtype = dtypeOf(tensor.dataType);
    const read = dtype === undefined ? undefined : INTEGERS[dtype];
    const count = smallCount(tensor);
    if (read === undefined || count === undefined) return undefined;
    if (count === 0) return [];
    const bytes = payload(tensor);
    if (bytes !== undefined) return unpack(bytes, count, bitsOf(dtype!), read.at);
    if (tensor.dataLocation === 1) return undefined;
    if (bitsOf(dtype!) < 8) {
      // Four-bit types: each int32 holds one packed byte.
      const packed = typed(tensor, tensor.int32Data, 'int32', Math.ceil((count * bitsOf(dtype!)) / 8));
      return unpack(Uint8Array.from(packed, Number), count, bitsOf(dtype!), read.at);
    }
    const runs = tensor[read.field];
    return runs.length === 0 ? undefined : typed(tensor, runs, read.kind, count).map(BigInt);
  }

  function smallFloats(tensor: TensorProto): readonly number[] | undefined {
    const dtype = dtypeOf(tensor.dataType);
    const read = dtype === undefined ? undefined : FLOATS[dtype];
    const count = smallCount(tensor);
    if (read === undefined || count === undefined) return undefined;
    if (count === 0) return [];
    const bytes = payload(tensor);
    if (bytes !== undefined) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const step = bitsOf(dtype!) / 8;
      return Array.from({ length: count }, (_, i) => read.at(view, i * step));
    }
    const runs = tensor[read.field];
    if (tensor.dataLocation === 1 || runs.length === 0) return undefined;
    return typed(tensor, runs, read.kind, count).map((value) => read.fromStored(Number(value)));
  }

  function smallTexts(tensor: TensorProto): readonly string[] | undefined {
    if (dtypeOf(tensor.dataType) !== 'string' || tensor.dataLocation === 1) return undefined;
    const texts = decodeTexts(source, tensor.stringData, MAX_TEXTS);
    return texts?.length === Number(elementCount(tensor)) ? texts : undefined;
  }

  return { contents: new LazyContents(), payload, smallInts, smallFloats, smallTexts };
}

function smallCount(tensor: TensorProto): number | undefined {
  const count = elementCount(tensor);
  return count > BigInt(SMALL_ELEMENTS) ? undefined : Number(count);
}

function entry(entries: readonly StringEntry[], key: string): string | undefined {
  const value = entries.find((e) => e.key === key)?.value;
  return typeof value === 'string' ? value : undefined;
}

function malformed(tensor: TensorProto, message: string, offset?: number): ModelError {
  return new ModelError('malformed', `tensor ${tensor.name === '' ? '(unnamed)' : `'${tensor.name}'`}: ${message}`, {
    format: 'onnx',
    at: offset === undefined ? { field: tensor.name } : { offset, field: tensor.name },
    hint: 'The file is damaged: export it again.',
  });
}

interface IntegerStorage {
  /** The element at a byte offset; types under a byte are taken apart by `unpack`. */
  readonly at: (view: DataView, offset: number) => bigint;
  readonly field: 'int32Data' | 'int64Data' | 'uint64Data';
  readonly kind: 'int32' | 'int64' | 'uint64';
}

const narrow = { field: 'int32Data', kind: 'int32' } as const;
const unsigned = { field: 'uint64Data', kind: 'uint64' } as const;

const INTEGERS: Readonly<Partial<Record<DType, IntegerStorage>>> = {
  bool: { ...narrow, at: (v, o) => (v.getUint8(o) === 0 ? 0n : 1n) },
  int8: { ...narrow, at: (v, o) => BigInt(v.getInt8(o)) },
  uint8: { ...narrow, at: (v, o) => BigInt(v.getUint8(o)) },
  int16: { ...narrow, at: (v, o) => BigInt(v.getInt16(o, true)) },
  uint16: { ...narrow, at: (v, o) => BigInt(v.getUint16(o, true)) },
  int32: { ...narrow, at: (v, o) => BigInt(v.getInt32(o, true)) },
  uint32: { ...unsigned, at: (v, o) => BigInt(v.getUint32(o, true)) },
  int64: { field: 'int64Data', kind: 'int64', at: (v, o) => v.getBigInt64(o, true) },
  uint64: { ...unsigned, at: (v, o) => v.getBigUint64(o, true) },
  int4: { ...narrow, at: (v, o) => BigInt(v.getInt8(o)) },
  uint4: { ...narrow, at: (v, o) => BigInt(v.getUint8(o)) },
  int2: { ...narrow, at: (v, o) => BigInt(v.getInt8(o)) },
  uint2: { ...narrow, at: (v, o) => BigInt(v.getUint8(o)) },
};

/** Elements of `bits` each; below a byte the first one is in the lowest bits, and is shifted up to keep its sign. */
function unpack(bytes: Uint8Array, count: number, bits: number, at: IntegerStorage['at']): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bits >= 8) return Array.from({ length: count }, (_, i) => at(view, (i * bits) / 8));
  const one = new DataView(new ArrayBuffer(1));
  return Array.from({ length: count }, (_, i) => {
    const shift = 8 - bits - ((i * bits) % 8);
    one.setUint8(0, (view.getUint8(Math.floor((i * bits) / 8)) << shift) & 0xff);
    return at(one, 0) >> BigInt(8 - bits);
  });
}

interface FloatStorage {
  readonly at: (view: DataView, offset: number) => number;
  readonly field: 'floatData' | 'doubleData' | 'int32Data';
  readonly kind: 'float' | 'double' | 'int32';
  readonly fromStored: (stored: number) => number;
}

const same = (value: number): number => value;

const FLOATS: Readonly<Partial<Record<DType, FloatStorage>>> = {
  float32: { at: (v, o) => v.getFloat32(o, true), field: 'floatData', kind: 'float', fromStored: same },
  float64: { at: (v, o) => v.getFloat64(o, true), field: 'doubleData', kind: 'double', fromStored: same },
  // The 16-bit types stand in int32_data as their bits.
  float16: {
    at: (v, o) => halfFromBits(v.getUint16(o, true)),
    field: 'int32Data',
    kind: 'int32',
    fromStored: halfFromBits,
  },
  bfloat16: {
    at: (v, o) => bfloatFromBits(v.getUint16(o, true)),
    field: 'int32Data',
    kind: 'int32',
    fromStored: bfloatFromBits,
  },
};

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function bfloatFromBits(bits: number): number {
  scratch.setUint32(0, (bits & 0xffff) * 65536);
  return scratch.getFloat32(0);
}
