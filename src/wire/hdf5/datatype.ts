import type { Bytes } from './bytes.js';

/** The type of an element, as far as weights and texts need it. */
export interface Datatype {
  readonly size: number;
  readonly kind: 'number' | 'text' | 'texts' | 'other';
  /** Of numbers, by the names that NumPy uses. */
  readonly dtype: string | null;
}

const [FIXED, FLOAT, STRING, BITFIELD, ENUM, VARIABLE] = [0, 1, 3, 4, 8, 9];

const FLOATS: Readonly<Record<number, string>> = { 2: 'float16', 4: 'float32', 8: 'float64' };

/** Reads a datatype message (HDF5 file format specification, IV.A.2.d). */
export function datatypeOf(bytes: Bytes): Datatype {
  const kind = bytes.u8() & 0x0f;
  const bits = bytes.u8();
  bytes.skip(2);
  const size = bytes.u32();
  switch (kind) {
    case FIXED: {
      const name = `${(bits & 8) === 0 ? 'u' : ''}int${8 * size}`;
      return { size, kind: 'number', dtype: [1, 2, 4, 8].includes(size) ? name : null };
    }
    case FLOAT: {
      const exponent = bytes.raw(Math.min(6, bytes.left))[5] ?? 0;
      return { size, kind: 'number', dtype: size === 2 && exponent === 8 ? 'bfloat16' : (FLOATS[size] ?? null) };
    }
    case STRING:
      return { size, kind: 'text', dtype: 'string' };
    case ENUM:
      return { size, kind: 'number', dtype: size === 1 ? 'bool' : null };
    case BITFIELD:
      return { size, kind: 'number', dtype: size === 1 ? 'uint8' : null };
    case VARIABLE:
      return { size, kind: (bits & 0x0f) === 1 ? 'texts' : 'other', dtype: null };
    default:
      return { size, kind: 'other', dtype: null };
  }
}

/** Axes of a dataset; HDF5 allows 32. */
const MAX_AXES = 32;

/** Reads a dataspace message: extents, `[]` for a single element, null for none at all. */
export function extentsOf(bytes: Bytes): number[] | null {
  const version = bytes.u8();
  const rank = bytes.u8();
  bytes.skip(1);
  const type = bytes.u8();
  if (version === 1) bytes.skip(4);
  if (rank > MAX_AXES || (version > 1 && type === 2)) return null;
  return Array.from({ length: rank }, () => bytes.length());
}
