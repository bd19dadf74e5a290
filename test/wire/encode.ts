/** Protobuf bytes for tests, written the way a writer would: an oracle that shares nothing with the reader. */

export type Bytes = readonly number[] | Uint8Array;

export function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

export function join(...parts: readonly Bytes[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function key(number: number, wire: number): number[] {
  return varint(number * 8 + wire);
}

/** A varint field. */
export function int(number: number, value: number | bigint): Uint8Array {
  return join(key(number, 0), varint(value));
}

/** A length-delimited field: text, bytes or a message's fields. */
export function len(number: number, ...contents: readonly (Bytes | string)[]): Uint8Array {
  const body = join(...contents.map((part) => (typeof part === 'string' ? new TextEncoder().encode(part) : part)));
  return join(key(number, 2), varint(body.length), body);
}

export function float(number: number, value: number): Uint8Array {
  return join(key(number, 5), new Uint8Array(Float32Array.of(value).buffer));
}

export function double(number: number, value: number): Uint8Array {
  return join(key(number, 1), new Uint8Array(Float64Array.of(value).buffer));
}
