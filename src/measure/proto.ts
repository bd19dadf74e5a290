import { ModelError } from '../source/errors.js';

/** A field of a message as it is in the bytes: with its key it is [start, end), its contents [from, end). */
export interface Field {
  readonly number: number;
  readonly wire: number;
  readonly start: number;
  readonly from: number;
  readonly end: number;
  /** Of a varint; of anything else 0. */
  readonly value: bigint;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** The fields of the message in [start, end). Throws ModelError `malformed`. */
export function* fieldsIn(bytes: Uint8Array, start = 0, end: number = bytes.length): Generator<Field, void, undefined> {
  let at = start;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = at < end ? (bytes[at++] as number) : fail(at);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return fail(at);
  };
  while (at < end) {
    const begin = at;
    const key = Number(varint());
    const wire = key & 7;
    let from = at;
    let value = 0n;
    if (wire === VARINT) value = varint();
    else if (wire === FIXED64) at += 8;
    else if (wire === FIXED32) at += 4;
    else if (wire === LENGTH) {
      const length = Number(varint());
      from = at;
      at += length;
    } else fail(begin);
    if (at > end) fail(begin);
    yield { number: Math.floor(key / 8), wire, start: begin, from, end: at, value };
  }
}

function fail(offset: number): never {
  throw new ModelError('malformed', 'the model is not what protocol buffers allow', { format: 'onnx', at: { offset } });
}

/** A message in the making: pieces that follow each other, those of the old file among them uncopied. */
export type Pieces = readonly Uint8Array[];

const TEXT = new TextEncoder();

export function lengthOf(pieces: Pieces): number {
  return pieces.reduce((n, { length }) => n + length, 0);
}

function varintBytes(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    if (rest < 0x80n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

export function varintField(number: number, value: bigint | number): Pieces {
  return [Uint8Array.from([...varintBytes(BigInt(number * 8)), ...varintBytes(BigInt(value))])];
}

export function bytesField(number: number, contents: Pieces | string | Uint8Array): Pieces {
  const pieces =
    typeof contents === 'string' ? [TEXT.encode(contents)] : contents instanceof Uint8Array ? [contents] : contents;
  const head = [...varintBytes(BigInt(number * 8 + LENGTH)), ...varintBytes(BigInt(lengthOf(pieces)))];
  return [Uint8Array.from(head), ...pieces];
}

export function joined(pieces: Pieces): Uint8Array {
  const all = new Uint8Array(lengthOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
