import { type Dim, type Range, sym } from '../../dim/index.js';
import type { DType, TensorType } from '../../tensor/index.js';
import type { ProtoMessage } from '../../wire/proto-message.js';

export const FORMAT = 'coreml';

/** A feature that goes into a model or comes out of it. */
export interface Feature {
  readonly name: string;
  readonly kind: 'image' | 'array' | 'number' | 'other';
  /** Null if it is not a tensor, or its shape is not stated. */
  readonly type: TensorType | null;
}

const ARRAYS: Readonly<Record<number, DType>> = {
  65568: 'float32',
  65600: 'float64',
  65552: 'float16',
  131104: 'int32',
  131080: 'int8',
};

const GREY = new Set([10, 40]);

/** A feature by its description: name 1, type 3. */
export function featureOf(description: ProtoMessage): Feature {
  const name = description.text(1);
  const type = description.message(3);
  const image = type?.message(4);
  if (image) return { name, kind: 'image', type: imageType(name, image) };
  const array = type?.message(5) ?? type?.message(8)?.message(1);
  if (array) return { name, kind: 'array', type: arrayType(name, array) };
  if (type?.has(1) || type?.has(2))
    return { name, kind: 'number', type: { dtype: type.has(1) ? 'int64' : 'float64', shape: [1] } };
  return { name, kind: 'other', type: null };
}

/** Channels, height and width; what may vary is free. */
function imageType(name: string, image: ProtoMessage): TensorType {
  const ranges = image.message(31);
  const size = (field: number, range: ProtoMessage | null | undefined, what: string): Dim => {
    const stated = image.int(field);
    const free = rangeOf(range ?? null);
    return stated > 0 && free === null ? stated : sym(`${name}_${what}`, free ?? undefined);
  };
  return {
    dtype: 'float32',
    shape: [
      GREY.has(image.int(3)) ? 1 : 3,
      size(2, ranges?.message(2), 'height'),
      size(1, ranges?.message(1), 'width'),
    ],
  };
}

/** Extents that vary, null for one that does not. */
function rangeOf(range: ProtoMessage | null): Range | null {
  if (range === null) return null;
  const [min, max] = [range.int(1), range.int(2)];
  return min === max ? null : { min: Math.max(1, min), ...(max > 0 ? { max } : {}) };
}

function arrayType(name: string, array: ProtoMessage): TensorType | null {
  const shape = array.ints(1);
  const ranges = array.message(31)?.messages(1) ?? [];
  const listed =
    array
      .message(21)
      ?.messages(1)
      .map((s) => s.ints(1)) ?? [];
  const rank = shape.length || ranges.length || (listed[0]?.length ?? 0);
  if (rank === 0) return null;
  const dtype = ARRAYS[array.int(2)] ?? 'float32';
  return {
    dtype,
    shape: Array.from({ length: rank }, (_, i): Dim => {
      const free = rangeOf(ranges[i] ?? null);
      const several = listed.some((s) => s[i] !== listed[0]?.[i]);
      const own = shape[i] ?? listed[0]?.[i] ?? -1;
      return own > 0 && free === null && !several
        ? own
        : sym(i === 0 && rank > 1 ? 'batch' : `${name}_${i}`, free ?? undefined);
    }),
  };
}
