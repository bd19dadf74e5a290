/** A message of protocol buffers in the making: fields one after the other. */
export class ProtoWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** The message so far. */
  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  varint(at: number, value: bigint): void {
    this.bare(BigInt(at * 8));
    this.bare(value);
  }

  real(at: number, kind: 'float' | 'double', value: number): void {
    const size = kind === 'float' ? 4 : 8;
    this.bare(BigInt(at * 8 + (kind === 'float' ? 5 : 1)));
    this.#room(size);
    const view = new DataView(this.#bytes.buffer, this.#length, size);
    if (kind === 'float') view.setFloat32(0, value, true);
    else view.setFloat64(0, value, true);
    this.#length += size;
  }

  lengthDelimited(at: number, bytes: Uint8Array): void {
    this.bare(BigInt(at * 8 + 2));
    this.bare(BigInt(bytes.length));
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A number without its field in front, as they are in packed lists. */
  bare(value: bigint): void {
    this.#room(10);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + size));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
