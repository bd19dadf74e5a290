// The room wire/. Comes in: bytes of a Source. Goes out: messages of an encoding that several formats share: protobuf, zip,
// pickle, FlatBuffers, JSON. Every length is checked against the file and a named limit before anything is made of it.
// Add here: an encoding that a second format needs; what only one format has stays with it.

import { ModelError } from '../source/errors.js';
import type { Source } from '../source/source.js';
import { type WindowedSource, windowed } from '../source/window.js';

/** A 64-bit integer: a number where that is exact (|n| < 2^53), else a bigint. */
export type Int64 = number | bigint;

/** Wire types: how a field's contents are laid out. */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const FIXED32 = 5;
export const WIRE_NAMES: readonly string[] = [
  'varint',
  'fixed64',
  'length-delimited',
  'group start',
  'group end',
  'fixed32',
  'wire type 6',
  'wire type 7',
];

const EMPTY = new Uint8Array(0);
const TWO32 = 2 ** 32;
/** A varint is 64 bits in groups of seven. */
const MAX_VARINT = 10;

/**
 * A place in a source from which protobuf's primitives are read. It works inside one window and asks for the next only
 * when that is used up, so reading costs what indexing an array costs. Offsets are absolute bytes of the source.
 */
export class Cursor {
  readonly size: number;
  /** Named in errors. */
  readonly format: string | null;
  private readonly source: WindowedSource;
  private bytes: Uint8Array = EMPTY;
  /** Offset of `bytes[0]`, and the place within `bytes`. */
  private base = 0;
  private at = 0;
  /** Where reading stopped before the last jump. */
  private left = 0;
  private view: DataView | null = null;
  private names: Names | null = null;
  /** The two halves of the varint read last. */
  private low = 0;
  private high = 0;

  constructor(source: Source, format: string | null) {
    this.source = windowed(source);
    this.size = source.size;
    this.format = format;
  }

  get offset(): number {
    return this.base + this.at;
  }

  /** Goes to an absolute offset; nothing is read before it is needed. */
  seek(offset: number): void {
    const at = offset - this.base;
    if (at >= 0 && at <= this.bytes.length) {
      this.at = at;
      return;
    }
    if (this.bytes.length > 0) this.left = this.base + this.at;
    this.bytes = EMPTY;
    this.base = offset;
    this.at = 0;
  }

  /** Makes the next `need` bytes readable in `bytes`. */
  private fill(need: number): void {
    const offset = this.base + this.at;
    const used = this.bytes.length > 0 ? offset : this.left;
    const window = this.source.windowAt(offset, need, used);
    this.bytes = window.bytes;
    this.base = window.start;
    this.at = offset - window.start;
    this.view = null;
  }

  /** Reads a varint into `low` and `high`. */
  private varint(): void {
    if (this.at + MAX_VARINT > this.bytes.length) this.fill(Math.min(MAX_VARINT, this.size - this.base - this.at));
    const { bytes } = this;
    let at = this.at;
    // At the very end of the file `bytes` may hold fewer than ten bytes; what is missing reads as undefined.
    let byte = bytes[at++];
    if (byte !== undefined && byte < 0x80) {
      this.at = at;
      this.low = byte;
      this.high = 0;
      return;
    }
    let low = 0;
    let high = 0;
    for (let i = 0; i < MAX_VARINT; i++) {
      if (byte === undefined) throw this.error('truncated', 'the file ends within a number');
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        if (i === 9 && byte > 1) break;
        this.at = at;
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
      byte = bytes[at++];
    }
    throw this.error('malformed', 'a number is longer than 64 bits');
  }

  /** An unsigned integer below 2^53: a field key or a length. */
  unsigned(): number {
    const byte = this.bytes[this.at];
    // Nearly all are one byte, and where the window ends there is none.
    if (byte !== undefined && byte < 0x80) {
      this.at++;
      return byte;
    }
    this.varint();
    if (this.high === 0) return this.low;
    if (this.high >= 1 << 21) throw this.error('malformed', 'a length is beyond 2^53');
    return this.high * TWO32 + this.low;
  }

  /** int32, enum: the low half, signed. */
  int32(): number {
    this.varint();
    return this.low | 0;
  }

  bool(): boolean {
    this.varint();
    return (this.low | this.high) !== 0;
  }

  int64(): Int64 {
    this.varint();
    return signed(this.high, this.low);
  }

  uint64(): Int64 {
    this.varint();
    const { low, high } = this;
    if (high === 0) return low;
    return high < 1 << 21 ? high * TWO32 + low : (BigInt(high) << 32n) | BigInt(low);
  }

  float(): number {
    const at = this.take(4);
    return this.data().getFloat32(at, true);
  }

  double(): number {
    const at = this.take(8);
    return this.data().getFloat64(at, true);
  }

  /** The next `length` bytes; the caller has checked that the file has them. A view, not a copy. */
  slice(length: number): Uint8Array {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Text of `length` bytes, UTF-8; if it is not, one character a byte, so that different names stay different. */
  text(length: number): string {
    const at = this.take(length);
    this.names ??= new Names();
    return this.names.get(this.bytes, at, at + length) ?? decodeText(this.bytes.subarray(at, at + length));
  }

  private take(length: number): number {
    if (this.at + length > this.bytes.length) this.fill(length);
    const at = this.at;
    this.at = at + length;
    return at;
  }

  private data(): DataView {
    this.view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    return this.view;
  }

  error(
    code: 'truncated' | 'malformed' | 'limit',
    message: string,
    field?: string,
    offset: number = this.offset,
  ): ModelError {
    return new ModelError(code, `${message} (at byte ${offset})`, {
      format: this.format,
      at: field === undefined ? { offset } : { offset, field },
      hint: HINTS[code],
    });
  }
}

const HINTS = {
  truncated: 'The file is incomplete: download or copy it again.',
  malformed: 'The file is damaged or of another format: export it again, or check what it really is.',
  limit: 'No real model is known to need this; if yours does, please report it.',
} as const;

/** Two's complement of two 32-bit halves. */
function signed(high: number, low: number): Int64 {
  // Most are small. V8 keeps what comes out of arithmetic beyond 32 bits as an object, and all that is computed from it.
  if (high === 0) return low;
  if (high < 1 << 21) return high * TWO32 + low;
  const top = high | 0;
  // Down to -2^53 + 1 the sum is exact.
  if (top < 0 && top >= -(1 << 21) && !(top === -(1 << 21) && low === 0)) return top * TWO32 + low;
  return (BigInt(top) << 32n) | BigInt(low);
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(view: Uint8Array): string {
  try {
    return strict.decode(view);
  } catch {
    let text = '';
    for (const byte of view) text += String.fromCharCode(byte);
    return text;
  }
}

/** Longer texts are rare, and TextDecoder's cost per call does not matter to them. */
const SHORT = 64;
const SLOTS = 4096;

/**
 * Names come again and again: operators, attributes, and each value where it is made and where it is used. The last ones
 * are remembered by their bytes, so that each is built, and kept in memory, once.
 */
class Names {
  private readonly slots: string[] = new Array<string>(SLOTS).fill('');
  /** Room for the characters of one text, by length. */
  private readonly codes: number[][] = [];

  /** The text of bytes [start, end) when it is short and ASCII. */
  get(bytes: Uint8Array, start: number, end: number): string | undefined {
    const length = end - start;
    if (length > SHORT) return undefined;
    let hash = length;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte >= 0x80) return undefined;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    const slot = (hash ^ (hash >>> 12)) & (SLOTS - 1);
    const known = this.slots[slot]!;
    if (known.length === length && same(known, bytes, start)) return known;
    // Flat at once: text put together character by character would be kept as a chain of pieces, ten times as large.
    this.codes[length] ??= new Array<number>(length).fill(0);
    const codes = this.codes[length];
    for (let i = 0; i < length; i++) codes[i] = bytes[start + i]!;
    const text = String.fromCharCode.apply(null, codes);
    this.slots[slot] = text;
    return text;
  }
}

function same(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
