import type { Mutate } from './bytes.js';
import { INTEGERS, NAMES, type Random } from './random.js';

/** A field of a message whose schema is not known: what its length-delimited value holds is guessed by whether it parses. */
interface Field {
  number: number;
  value:
    | { kind: 'varint'; value: bigint }
    | { kind: 'fixed'; bytes: Uint8Array }
    | { kind: 'bytes'; bytes: Uint8Array }
    | { kind: 'message'; fields: Field[] };
}

const MAX_DEPTH = 12;

function parse(bytes: Uint8Array, depth = 0): Field[] | null {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint | null => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return null;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return null;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === null || tag >> 3n === 0n || tag >= 2n ** 20n) return null;
    const [number, wire] = [Number(tag >> 3n), Number(tag & 7n)];
    if (wire === 0) {
      const value = varint();
      if (value === null) return null;
      fields.push({ number, value: { kind: 'varint', value } });
    } else if (wire === 1 || wire === 5) {
      const size = wire === 1 ? 8 : 4;
      if (at + size > bytes.length) return null;
      fields.push({ number, value: { kind: 'fixed', bytes: bytes.slice(at, at + size) } });
      at += size;
    } else if (wire === 2) {
      const length = varint();
      if (length === null || BigInt(at) + length > BigInt(bytes.length)) return null;
      const part = bytes.slice(at, at + Number(length));
      at += Number(length);
      const fields_ = depth < MAX_DEPTH && part.length > 1 && !isText(part) ? parse(part, depth + 1) : null;
      fields.push({
        number,
        value: fields_ === null ? { kind: 'bytes', bytes: part } : { kind: 'message', fields: fields_ },
      });
    } else return null;
  }
  return fields;
}

function isText(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.every((b) => b >= 32 && b < 127);
}

function pushVarint(out: number[], value: bigint): void {
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
}

function print(fields: readonly Field[]): Uint8Array {
  const out: number[] = [];
  for (const { number, value } of fields) {
    const wire = value.kind === 'varint' ? 0 : value.kind === 'fixed' ? (value.bytes.length === 8 ? 1 : 5) : 2;
    pushVarint(out, BigInt(number * 8 + wire));
    if (value.kind === 'varint') pushVarint(out, value.value);
    else {
      const bytes = value.kind === 'message' ? print(value.fields) : value.bytes;
      if (value.kind !== 'fixed') pushVarint(out, BigInt(bytes.length));
      for (const b of bytes) out.push(b);
    }
  }
  return Uint8Array.from(out);
}

interface At {
  readonly siblings: Field[];
  readonly index: number;
  readonly field: Field;
}

function all(fields: Field[], out: At[] = []): At[] {
  for (const [index, field] of fields.entries()) {
    out.push({ siblings: fields, index, field });
    if (field.value.kind === 'message') all(field.value.fields, out);
  }
  return out;
}

const copy = (field: Field): Field => ({
  number: field.number,
  value:
    field.value.kind === 'message' ? { kind: 'message', fields: field.value.fields.map(copy) } : { ...field.value },
});

/** The value at a place, as another of its kind. */
function change(field: Field, places: readonly At[], random: Random): void {
  const { value } = field;
  if (value.kind === 'varint') {
    value.value = random.chance(0.7) ? random.pick(INTEGERS) : value.value + BigInt(random.below(5) - 2);
  } else if (value.kind === 'fixed') {
    const view = new DataView(value.bytes.buffer, value.bytes.byteOffset, value.bytes.length);
    const number = random.pick([0, 1, -1, 2, Number.NaN, Number.POSITIVE_INFINITY, 1e30, -0.5, 0.1]);
    if (value.bytes.length === 4) view.setFloat32(0, number, true);
    else if (random.chance(0.5)) view.setFloat64(0, number, true);
    else view.setBigInt64(0, BigInt.asIntN(64, random.pick(INTEGERS)), true);
  } else {
    const texts = places.filter((p) => p.field.value.kind === 'bytes');
    const other = random.chance(0.6) && texts.length > 0 ? random.pick(texts).field.value : undefined;
    const bytes = other?.kind === 'bytes' ? other.bytes : new TextEncoder().encode(random.pick(NAMES));
    field.value = { kind: 'bytes', bytes };
  }
}

/** Fields changed, removed, repeated, moved and renumbered; all lengths are right again afterwards. */
export const mutateProtobuf: Mutate = (bytes, random, others) => {
  const root = parse(bytes);
  if (root === null || root.length === 0) return bytes;
  for (let n = 1 + random.below(3); n > 0; n--) {
    const places = all(root);
    if (places.length === 0) break;
    const { siblings, index, field } = random.pick(places);
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
        change(field, places, random);
        break;
      case 3:
        siblings.splice(index, 1);
        break;
      case 4:
        for (let i = random.pick([1, 2, 20]); i > 0; i--) siblings.splice(index, 0, copy(field));
        break;
      case 5:
        // A part of the file put into another: nodes within nodes, graphs that hold themselves.
        random.pick(places).siblings.splice(0, 0, copy(field));
        break;
      case 6:
        field.number = random.chance(0.5) ? random.pick(places).field.number : 1 + random.below(30);
        break;
      default: {
        const other = parse(random.pick(others));
        if (other !== null && other.length > 0) siblings.splice(index, 1, copy(random.pick(all(other)).field));
      }
    }
  }
  return print(root);
};
