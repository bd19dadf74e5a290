import { Unsupported } from '../../../graph/index.js';
import type { Source } from '../../../source/index.js';
import { partOf } from '../../../source/part.js';
import type { DType, TensorType } from '../../../tensor/index.js';
import { type FlatTable, rootTable } from '../../../wire/flatbuffers.js';
import { FORMAT } from '../schema.js';

/** Data types by their numbers; null for those that are not known. */
const TYPES: readonly (DType | null)[] = [
  null,
  'float32',
  'float16',
  'int8',
  'uint8',
  'int32',
  'int8',
  'int32',
  'int4',
  'int8',
  'int4',
  'int8',
  'int32',
  'float32',
  'bfloat16',
];

/** A value of a graph: stored in the blob, or given by the caller. */
export interface XnnpackValue {
  readonly type: TensorType | null;
  readonly constant: boolean;
  /** Which argument of the call it is. */
  readonly external: number;
}

/** The graph of a blob: after a header, or from its beginning in the first versions. */
export function graphIn(source: Source, place: { readonly start: number; readonly size: number }): FlatTable {
  const blob = partOf(source, source.name, place.start, place.size);
  const head = blob.read(0, Math.min(32, blob.size));
  const magic = new TextDecoder().decode(head.subarray(4, 8));
  if (magic !== 'XH00') return rootTable({ source: blob, format: FORMAT, within: source });
  if (head.length < 18) throw new Unsupported('what XNNPACK has compiled is cut short');
  const header = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const [start, size] = [header.getUint32(10, true), header.getUint32(14, true)];
  return rootTable({ source: partOf(blob, source.name, start, size), format: FORMAT, within: source });
}

/** Values by their numbers. */
export function valuesOf(graph: FlatTable): Map<number, XnnpackValue> {
  const values = new Map<number, XnnpackValue>();
  const list = graph.tables(2);
  for (let i = 0; i < list.length; i++) {
    const entry = list.at(i);
    const own = entry.table(1);
    const tensor = entry.u8(0) === 2 ? (own?.table(0) ?? null) : own;
    if (tensor === null) continue;
    const dtype = TYPES[tensor.u8(0)] ?? null;
    values.set(tensor.u32(6), {
      type: dtype === null ? null : { dtype, shape: tensor.ints(2) },
      constant: tensor.u32(3) > 0,
      external: tensor.u32(4),
    });
  }
  return values;
}
