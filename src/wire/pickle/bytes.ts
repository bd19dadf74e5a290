import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/source.js';
import { type WindowedSource, windowed } from '../../source/window.js';

const EMPTY = new Uint8Array(0);

const HINTS = {
  truncated: 'The file is incomplete: download or copy it again.',
  malformed: 'The file is damaged or of another format: save it again, or check what it really is.',
  limit: 'No real model is known to need this; if yours does, please report it.',
  unsupported: 'Save it again with a Python of today.',
} as const;

/** Bytes of a pickle, one after the other; windows move along, so that nothing after the pickle is fetched in bulk. */
export class PickleBytes {
  readonly end: number;
  readonly format: string | null;
  private readonly source: WindowedSource;
  private bytes: Uint8Array = EMPTY;
  private base: number;
  private at = 0;
  private view: DataView | null = null;

  constructor(source: Source, start: number, end: number, format: string | null) {
    this.source = windowed(source);
    this.base = start;
    this.end = end;
    this.format = format;
  }

  get offset(): number {
    return this.base + this.at;
  }

  byte(): number {
    if (this.at >= this.bytes.length) this.fill(1);
    return this.bytes[this.at++]!;
  }

  uint16(): number {
    const at = this.take(2);
    return this.data().getUint16(at, true);
  }

  int32(): number {
    const at = this.take(4);
    return this.data().getInt32(at, true);
  }

  uint32(): number {
    const at = this.take(4);
    return this.data().getUint32(at, true);
  }

  /** A 64-bit length. */
  uint64(): number {
    const at = this.take(8);
    const value = this.data().getBigUint64(at, true);
    if (value > BigInt(this.end)) throw this.error('truncated', `${value} bytes are announced, more than the file has`);
    return Number(value);
  }

  /** Pickle's one number that is big-endian. */
  double(): number {
    const at = this.take(8);
    return this.data().getFloat64(at, false);
  }

  /** A view of the next `length` bytes. */
  slice(length: number): Uint8Array {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Steps over `length` bytes without reading them. */
  skip(length: number): void {
    this.within(length);
    const at = this.at + length;
    if (at <= this.bytes.length) this.at = at;
    else {
      this.base = this.offset + length;
      this.bytes = EMPTY;
      this.at = 0;
    }
  }

  /** A line without its end; protocol 0 writes everything so. */
  line(limit: number): Uint8Array {
    for (let length = 0; length <= limit; length++) {
      if (this.at + length >= this.bytes.length) this.fill(length + 1);
      if (this.bytes[this.at + length] !== 0x0a) continue;
      const line = this.slice(length);
      this.at++;
      return line;
    }
    throw this.error('limit', `a line is longer than ${limit} bytes`);
  }

  private take(length: number): number {
    if (this.at + length > this.bytes.length) this.fill(length);
    const at = this.at;
    this.at = at + length;
    return at;
  }

  private within(length: number): void {
    if (length > this.end - this.offset)
      throw this.error('truncated', `the pickle ends within ${length} bytes that are announced`);
  }

  private fill(need: number): void {
    this.within(need);
    const offset = this.offset;
    const window = this.source.windowAt(offset, need, offset);
    // Bytes behind the end are not of this pickle.
    this.bytes = window.bytes.subarray(0, this.end - window.start);
    this.base = window.start;
    this.at = offset - window.start;
    this.view = null;
  }

  private data(): DataView {
    this.view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    return this.view;
  }

  error(code: keyof typeof HINTS, message: string, offset: number = this.offset): ModelError {
    return new ModelError(code, `${message} (at byte ${offset})`, {
      format: this.format,
      at: { offset },
      hint: HINTS[code],
    });
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text as UTF-8; if it is none (Python 2's byte strings), one character a byte. */
export function textOf(bytes: Uint8Array): string {
  let short = '';
  if (bytes.length <= 64) {
    for (const byte of bytes) {
      if (byte >= 0x80) break;
      short += String.fromCharCode(byte);
    }
    if (short.length === bytes.length) return short;
  }
  try {
    return strict.decode(bytes);
  } catch {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return text;
  }
}
