/** An image of the interpreter's memory in a file: it is read straight into that memory, and so held once. */
export interface StoredImage {
  /** Of the whole file, in bytes. */
  readonly size: number;
  /** Fills `into` with the file's bytes from `at` on. */
  read(into: Uint8Array, at: number): void;
}

/** Bytes at the start of an image, by which it says where the memory begins. */
const START = 16;

/**
 * The image as Pyodide takes it: bytes of that length, of which only the head is ever looked at. What is behind, Pyodide
 * asks for once, to copy it to where it belongs; by then it is there.
 */
export function imageOf(stored: StoredImage, memory: () => ArrayBuffer): Uint8Array {
  const bytes = new Head(stored.size);
  stored.read(bytes.subarray(0, START), 0);
  const behind = new DataView(bytes.buffer).getUint32(4, true);
  stored.read(bytes.subarray(0, behind), 0);
  bytes.rest = (from) => stored.read(new Uint8Array(memory(), 0, stored.size - from), from);
  return bytes;
}

class Head extends Uint8Array {
  rest: (from: number) => void = () => {};

  override subarray(begin = 0, end?: number): Uint8Array<ArrayBuffer> {
    if (end !== undefined) return super.subarray(begin, end) as Uint8Array<ArrayBuffer>;
    this.rest(begin);
    return new Uint8Array();
  }
}
