import { ModelError, type ModelErrorCode } from '../../source/errors.js';
import type { Source } from '../../source/source.js';

/** An HDF5 file being read: where its addresses count from, and how wide addresses and lengths are. */
export interface File {
  readonly source: Source;
  readonly format: string;
  readonly base: number;
  readonly offsetSize: number;
  readonly lengthSize: number;
}

export function h5Error(file: Pick<File, 'format'>, code: ModelErrorCode, message: string, offset: number): ModelError {
  return new ModelError(code, message, {
    format: file.format,
    at: { offset },
    hint:
      code === 'unsupported'
        ? 'Save the model again with Keras, which writes the plain form; .keras is read too.'
        : 'The file is damaged: save or download it again.',
  });
}

/** A stretch of a file, read from front to back. Throws ModelError `malformed` past its end. */
export class Bytes {
  readonly file: File;
  /** Where the stretch begins in the file. */
  readonly start: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(file: File, start: number, length: number) {
    this.file = file;
    this.start = start;
    if (!Number.isSafeInteger(start) || start < 0 || length < 0 || start + length > file.source.size)
      throw h5Error(file, 'truncated', `${length} bytes at ${start} are past the end of the file`, Math.max(0, start));
    this.#bytes = file.source.read(start, start + length).slice();
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A whole number of this many bytes. */
  unsigned(bytes: number): number {
    const at = this.#take(bytes);
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (this.#bytes[at + i] as number);
    return value;
  }

  length(): number {
    return this.unsigned(this.file.lengthSize);
  }

  /** An address in the file; null for none, which is written as all ones. */
  address(): number | null {
    const at = this.#take(this.file.offsetSize);
    const raw = this.#bytes.subarray(at, at + this.file.offsetSize);
    if (raw.every((byte) => byte === 0xff)) return null;
    let value = 0;
    for (let i = raw.length - 1; i >= 0; i--) value = value * 256 + (raw[i] as number);
    return this.file.base + value;
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  /** To the next multiple of eight, counted from the stretch's start. */
  align(): void {
    this.at = Math.min(this.#bytes.length, Math.ceil(this.at / 8) * 8);
  }

  raw(bytes: number): Uint8Array {
    const at = this.#take(bytes);
    return this.#bytes.subarray(at, at + bytes);
  }

  /** Text of this many bytes, up to the first that is 0. */
  text(bytes: number): string {
    const raw = this.raw(bytes);
    const end = raw.indexOf(0);
    return new TextDecoder().decode(end < 0 ? raw : raw.subarray(0, end));
  }

  /** Checks four letters that mark a structure. */
  expect(letters: string): void {
    const found = this.text(letters.length);
    if (found !== letters)
      throw h5Error(this.file, 'malformed', `"${letters}" is expected at byte ${this.start}`, this.start);
  }

  #take(bytes: number): number {
    const { at } = this;
    if (bytes < 0 || at + bytes > this.#bytes.length)
      throw h5Error(this.file, 'malformed', `a structure at byte ${this.start} ends too early`, this.start);
    this.at = at + bytes;
    return at;
  }
}
