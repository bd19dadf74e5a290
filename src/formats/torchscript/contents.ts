import type { Dim } from '../../dim/index.js';
import { byName } from '../../source/by-name.js';
import { bitsOf } from '../../tensor/dtype.js';
import { isFloating, type LazyContents, type TensorType } from '../../tensor/index.js';
import type { TorchArchive } from '../checkpoint/archive.js';
import type { TorchTensor } from '../checkpoint/tensors.js';

/** Elements whose contents can be requested: sizes, axes and tables of places; floats decide a shape only when they are few. */
const INTEGERS_LIMIT = 4096;
const FLOATS_LIMIT = 32;

type Reader = (view: DataView, at: number) => Dim;

const READERS: Readonly<Record<string, Reader>> = byName({
  bool: (v, at) => Number(v.getUint8(at) !== 0),
  uint8: (v, at) => v.getUint8(at),
  int8: (v, at) => v.getInt8(at),
  int16: (v, at) => v.getInt16(at, true),
  int32: (v, at) => v.getInt32(at, true),
  int64: (v, at) => {
    const value = v.getBigInt64(at, true);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  },
  float32: (v, at) => v.getFloat32(at, true),
  float64: (v, at) => v.getFloat64(at, true),
});

/** The source of contents, and those that may still be requested. */
export interface Store {
  readonly archive: TorchArchive;
  readonly contents: LazyContents;
}

/**
 * The type of a stored tensor. Its contents, if they are few, can be requested and are only then read; they are not
 * there where the archive was stripped of them, and what nobody asked for is not there once the file is closed.
 */
export function storedType(tensor: TorchTensor, store: Store, folder: string): TensorType {
  const { dtype, shape, data } = tensor;
  const elements = shape.reduce((n, d) => n * d, 1);
  const read = READERS[dtype];
  if (read === undefined || data === null || elements > (isFloating(dtype) ? FLOATS_LIMIT : INTEGERS_LIMIT))
    return { dtype, shape };
  return store.contents.type(dtype, shape, () => {
    const value = contents(data, shape, bitsOf(dtype) / 8, read, store.archive, folder);
    return value?.some((v) => typeof v === 'number' && !Number.isFinite(v)) ? undefined : value;
  });
}

function contents(
  data: NonNullable<TorchTensor['data']>,
  shape: readonly number[],
  size: number,
  read: Reader,
  archive: TorchArchive,
  folder: string,
): readonly Dim[] | undefined {
  const entry = archive.get(`${folder}/${data.key}`);
  if (entry === undefined) return undefined;
  const last = shape.reduce((at, d, i) => at + (d - 1) * (data.stride[i] as number), data.offset);
  const bytes = (last - data.offset + 1) * size;
  if (shape.includes(0) || (last + 1) * size > entry.size || bytes > 8 * 65_536) return undefined;
  const from = data.offset * size;
  const raw =
    entry.method === 0
      ? archive.source.read(archive.zip.offsetOf(entry) + from, archive.zip.offsetOf(entry) + from + bytes)
      : archive.zip.read(entry).subarray(from, from + bytes);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const out: Dim[] = [];
  const walk = (axis: number, at: number): void => {
    if (axis === shape.length) {
      out.push(read(view, at * size));
      return;
    }
    for (let i = 0; i < (shape[axis] as number); i++) walk(axis + 1, at + i * (data.stride[axis] as number));
  };
  walk(0, 0);
  return out;
}
