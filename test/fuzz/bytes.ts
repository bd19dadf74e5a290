import { INTEGERS, type Random } from './random.js';

/** Changes a file a little; gives another one. `others` are the seeds of the same format, to take parts from. */
export type Mutate = (bytes: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array;

/** A place, more often near the beginning and the end, where headers and directories are. */
function place(length: number, random: Random): number {
  const span = random.chance(0.5) ? length : Math.min(length, 256);
  const at = random.below(span + 1);
  return random.chance(0.25) ? length - at : Math.min(at, length);
}

export function splice(bytes: Uint8Array, start: number, end: number, insert: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length - (end - start) + insert.length);
  out.set(bytes.subarray(0, start));
  out.set(insert, start);
  out.set(bytes.subarray(end), start + insert.length);
  return out;
}

const flip: Mutate = (bytes, random) => {
  const out = bytes.slice();
  for (let n = 1 + random.below(4); n > 0 && out.length > 0; n--) {
    const at = Math.min(place(out.length, random), out.length - 1);
    out[at] = (out[at] as number) ^ (1 << random.below(8));
  }
  return out;
};

const set: Mutate = (bytes, random) => {
  const out = bytes.slice();
  if (out.length > 0)
    out[Math.min(place(out.length, random), out.length - 1)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
  return out;
};

/** A length, an offset or a count, in one of the widths that formats write them in. */
const length: Mutate = (bytes, random) => {
  const width = random.pick([1, 2, 4, 8]);
  if (bytes.length < width) return bytes;
  const out = bytes.slice();
  const at = Math.min(place(out.length, random), out.length - width);
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  const little = random.chance(0.8);
  const value = random.chance(0.3) ? BigInt(bytes.length + random.below(9) - 4) : random.pick(INTEGERS);
  if (width === 8) view.setBigUint64(at, BigInt.asUintN(64, value), little);
  else if (width === 4) view.setUint32(at, Number(BigInt.asUintN(32, value)), little);
  else if (width === 2) view.setUint16(at, Number(BigInt.asUintN(16, value)), little);
  else view.setUint8(at, Number(BigInt.asUintN(8, value)));
  return out;
};

const insert: Mutate = (bytes, random) => {
  const part = Uint8Array.from({ length: 1 + random.below(16) }, () => random.below(256));
  const at = place(bytes.length, random);
  return splice(bytes, at, at, part);
};

const remove: Mutate = (bytes, random) => {
  const start = place(bytes.length, random);
  const end = Math.min(bytes.length, start + 1 + random.below(random.chance(0.5) ? 8 : 400));
  return splice(bytes, start, end, new Uint8Array(0));
};

const repeat: Mutate = (bytes, random) => {
  const start = place(bytes.length, random);
  const part = bytes.slice(start, start + 1 + random.below(200));
  const at = place(bytes.length, random);
  return splice(bytes, at, at, part);
};

const truncate: Mutate = (bytes, random) => bytes.slice(0, place(bytes.length, random));

const cross: Mutate = (bytes, random, others) => {
  const other = random.pick(others);
  const from = place(other.length, random);
  const part = other.slice(from, from + 1 + random.below(500));
  const at = place(bytes.length, random);
  return splice(bytes, at, Math.min(bytes.length, at + (random.chance(0.5) ? part.length : 0)), part);
};

/** Changes that know nothing of the format. */
export const BYTES: readonly Mutate[] = [flip, set, length, length, insert, remove, repeat, truncate, cross];
