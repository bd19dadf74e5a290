import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';

/** Read at a time: a header is a few kilobytes, and a vocabulary of some megabytes after them. */
const CHUNK = 1 << 16;
const MAX_CHUNK = 1 << 20;

/** Numbers and strings of a GGUF header, one after the other, in the file's own byte order. */
export class HeaderBytes {
  offset = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #chunk = CHUNK;
  #place = 0;
  /** Whether numbers have their low byte first; the version tells. */
  little = true;

  readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }

  /** Makes `count` bytes from here readable; gives their place. Throws ModelError `truncated`. */
  #take(count: number): number {
    if (count > this.source.size - this.offset)
      throw new ModelError('truncated', `${this.source.name} ends at byte ${this.source.size}, within its header`, {
        format: 'gguf',
        at: { offset: this.offset },
        hint: 'download or copy it again',
      });
    if (this.offset < this.#start || this.offset + count > this.#start + this.#bytes.length) {
      this.#start = this.offset;
      this.#bytes = this.source.read(
        this.offset,
        Math.min(this.source.size, this.offset + Math.max(count, this.#chunk)),
      );
      this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
      this.#chunk = Math.min(MAX_CHUNK, this.#chunk * 2);
    }
    const at = this.offset - this.#start;
    this.offset += count;
    return at;
  }

  skip(count: number): void {
    if (count > this.source.size - this.offset) this.#take(count);
    this.offset += count;
  }

  u8 = (): number => this.#at(1).getUint8(this.#place);
  i8 = (): number => this.#at(1).getInt8(this.#place);
  u16 = (): number => this.#at(2).getUint16(this.#place, this.little);
  i16 = (): number => this.#at(2).getInt16(this.#place, this.little);
  u32 = (): number => this.#at(4).getUint32(this.#place, this.little);
  i32 = (): number => this.#at(4).getInt32(this.#place, this.little);
  f32 = (): number => this.#at(4).getFloat32(this.#place, this.little);
  f64 = (): number => this.#at(8).getFloat64(this.#place, this.little);
  u64 = (): bigint => this.#at(8).getBigUint64(this.#place, this.little);
  i64 = (): bigint => this.#at(8).getBigInt64(this.#place, this.little);

  /** The view that holds the next `count` bytes, which are at `#place` in it. */
  #at(count: number): DataView {
    this.#place = this.#take(count);
    return this.#view;
  }

  /** Text of this many bytes. */
  text(length: number): string {
    const at = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(at, at + length));
  }
}
