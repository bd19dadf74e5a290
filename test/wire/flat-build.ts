/** FlatBuffers for tests: tables by the numbers of their fields, written one after the other, each behind what refers to it. */

export type Flat =
  | { readonly kind: 'u8' | 'i8' | 'i32' | 'u32' | 'f32' | 'i64' | 'f64'; readonly of: number | bigint }
  | { readonly kind: 'text'; readonly of: string }
  | { readonly kind: 'numbers'; readonly width: 1 | 4 | 8; readonly of: readonly number[] }
  | { readonly kind: 'floats'; readonly of: readonly number[] }
  | { readonly kind: 'list'; readonly of: readonly Flat[] }
  | { readonly kind: 'repeated'; readonly of: Flat; readonly times: number }
  | { readonly kind: 'table'; readonly of: Readonly<Record<number, Flat>> };

export const u8 = (of: number): Flat => ({ kind: 'u8', of });
export const i32 = (of: number): Flat => ({ kind: 'i32', of });
export const i64 = (of: number | bigint): Flat => ({ kind: 'i64', of });
export const f32 = (of: number): Flat => ({ kind: 'f32', of });
export const f64 = (of: number): Flat => ({ kind: 'f64', of });
export const text = (of: string): Flat => ({ kind: 'text', of });
export const bytes = (of: readonly number[]): Flat => ({ kind: 'numbers', width: 1, of });
export const ints = (...of: number[]): Flat => ({ kind: 'numbers', width: 4, of });
export const longs = (...of: number[]): Flat => ({ kind: 'numbers', width: 8, of });
export const floats = (elements: number): Flat => ({ kind: 'floats', of: new Array<number>(elements).fill(0) });
export const list = (...of: Flat[]): Flat => ({ kind: 'list', of });
/** A list all of whose places lead to one item. */
export const repeated = (of: Flat, times: number): Flat => ({ kind: 'repeated', of, times });
export const table = (of: Readonly<Record<number, Flat>>): Flat => ({ kind: 'table', of });
export const texts = (...of: string[]): Flat => list(...of.map(text));

const WIDTH = { u8: 1, i8: 1, i32: 4, u32: 4, f32: 4, i64: 8, f64: 8 } as const;

/** The bytes of a file with `root`; `identifier` stands behind its offset. */
export function flatFile(root: Flat, identifier = ''): Uint8Array {
  let out = new Uint8Array(1 << 12);
  let size = 0;
  const room = (n: number): number => {
    while (size % 8 !== 0) size++;
    while (size + n > out.length) {
      const more = new Uint8Array(2 * out.length);
      more.set(out);
      out = more;
    }
    const at = size;
    size += n;
    return at;
  };
  const view = (): DataView => new DataView(out.buffer);
  /** What is still to be written, and where the offset to it stands. */
  const pending: { readonly slots: readonly number[]; readonly flat: Flat }[] = [];
  const scalar = (at: number, flat: Flat): void => {
    const v = view();
    if (flat.kind === 'u8') v.setUint8(at, Number(flat.of));
    else if (flat.kind === 'i8') v.setInt8(at, Number(flat.of));
    else if (flat.kind === 'i32') v.setInt32(at, Number(flat.of), true);
    else if (flat.kind === 'u32') v.setUint32(at, Number(flat.of), true);
    else if (flat.kind === 'f32') v.setFloat32(at, Number(flat.of), true);
    else if (flat.kind === 'f64') v.setFloat64(at, Number(flat.of), true);
    else if (flat.kind === 'i64') v.setBigInt64(at, BigInt(flat.of), true);
    else pending.push({ slots: [at], flat });
  };
  const widthOf = (flat: Flat): number => (flat.kind in WIDTH ? WIDTH[flat.kind as keyof typeof WIDTH] : 4);
  const write = (flat: Flat): number => {
    if (flat.kind === 'table') {
      const ids = Object.keys(flat.of).map(Number);
      const fields = Math.max(-1, ...ids) + 1;
      const places = new Map<number, number>();
      let length = 4;
      for (const id of ids) {
        const width = widthOf(flat.of[id] as Flat);
        length = Math.ceil(length / width) * width;
        places.set(id, length);
        length += width;
      }
      const vtable = room(4 + 2 * fields);
      const at = room(length);
      view().setUint16(vtable, 4 + 2 * fields, true);
      view().setUint16(vtable + 2, length, true);
      view().setInt32(at, at - vtable, true);
      for (const [id, place] of places) {
        view().setUint16(vtable + 4 + 2 * id, place, true);
        scalar(at + place, flat.of[id] as Flat);
      }
      return at;
    }
    if (flat.kind === 'text') {
      const encoded = new TextEncoder().encode(flat.of);
      const at = room(5 + encoded.length);
      view().setUint32(at, encoded.length, true);
      out.set(encoded, at + 4);
      return at;
    }
    if (flat.kind === 'numbers' || flat.kind === 'floats') {
      const width = flat.kind === 'floats' ? 4 : flat.width;
      const at = room(8 + width * flat.of.length) + 4; // elements of eight bytes are aligned
      view().setUint32(at, flat.of.length, true);
      for (const [i, n] of flat.of.entries()) {
        const place = at + 4 + width * i;
        if (flat.kind === 'floats') view().setFloat32(place, n, true);
        else if (width === 1) view().setUint8(place, n);
        else if (width === 4) view().setInt32(place, n, true);
        else view().setBigInt64(place, BigInt(n), true);
      }
      return at;
    }
    if (flat.kind === 'repeated') {
      const at = room(4 + 4 * flat.times);
      view().setUint32(at, flat.times, true);
      pending.push({ slots: Array.from({ length: flat.times }, (_, i) => at + 4 + 4 * i), flat: flat.of });
      return at;
    }
    if (flat.kind !== 'list') throw new Error('a scalar has no place of its own');
    const at = room(4 + 4 * flat.of.length);
    view().setUint32(at, flat.of.length, true);
    for (const [i, item] of flat.of.entries()) scalar(at + 4 + 4 * i, item);
    return at;
  };
  room(8);
  out.set(new TextEncoder().encode(identifier), 4);
  pending.push({ slots: [0], flat: root });
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const { slots, flat } = next;
    const at = write(flat);
    for (const slot of slots) view().setUint32(slot, at - slot, true);
  }
  return out.slice(0, size);
}
