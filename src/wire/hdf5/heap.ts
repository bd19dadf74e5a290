import { Bytes, type File, h5Error } from './bytes.js';

// The heap that has many links or attributes (fractal heap). HDF5 file format specification, section III.G.

const MAX_LEVELS = 32;

/** Where an object of a heap is. */
export interface HeapObject {
  readonly start: number;
  readonly length: number;
}

/** A heap of blocks that double in size row by row; those beyond some row are blocks of blocks. */
interface Heap {
  readonly file: File;
  /** Blocks in a row, and bytes of a block of the first row. */
  readonly width: number;
  readonly first: number;
  /** Rows of blocks that hold objects themselves. */
  readonly directRows: number;
  /** Bytes of an offset and of a length in an object's number. */
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly root: number | null;
  /** Rows of the root; 0 where it is a single block. */
  readonly rows: number;
}

/** Finds an object by its number, which is read off a record; null for one that the heap itself does not hold. */
export function heapOf(file: File, address: number): (id: Bytes) => HeapObject | null {
  const heap = readHeap(file, address);
  const { root, rows, offsetBytes, lengthBytes } = heap;
  return (id) => {
    const kind = (id.u8() >> 4) & 3;
    // Huge and tiny objects are kept elsewhere, or in the number itself: no name is either.
    if (kind !== 0 || root === null) return null;
    const offset = id.unsigned(offsetBytes);
    const length = id.unsigned(lengthBytes);
    const start = rows === 0 ? root + offset : find(heap, { at: root, rows, base: 0, depth: 0 }, offset);
    return { start, length };
  };
}

function readHeap(file: File, address: number): Heap {
  const { offsetSize, lengthSize } = file;
  const head = new Bytes(file, address, 22 + 12 * lengthSize + 3 * offsetSize);
  head.expect('FRHP');
  head.skip(3);
  const filters = head.u16();
  head.skip(1);
  const largest = head.u32();
  head.skip(lengthSize + offsetSize + lengthSize + offsetSize + 8 * lengthSize);
  const width = head.u16();
  const first = head.length();
  const mostDirect = head.length();
  const bits = head.u16();
  head.skip(2);
  const root = head.address();
  const rows = head.u16();
  if (filters > 0) throw h5Error(file, 'unsupported', 'a heap of names is compressed', address);
  if (width === 0 || first === 0 || bits === 0 || bits > 64)
    throw h5Error(file, 'malformed', 'a heap of names has no blocks', address);
  return {
    file,
    width,
    first,
    directRows: Math.round(Math.log2(mostDirect / first)) + 2,
    offsetBytes: Math.ceil(bits / 8),
    lengthBytes: Math.ceil(Math.log2(Math.min(mostDirect, largest) + 1) / 8),
    root,
    rows,
  };
}

/** A block of blocks: `rows` of them, the first of which begins at offset `base` of the heap. */
interface Indirect {
  readonly at: number;
  readonly rows: number;
  readonly base: number;
  readonly depth: number;
}

/** The byte of the file at which an offset of the heap is. */
function find(heap: Heap, { at, rows, base, depth }: Indirect, offset: number): number {
  const { file, width, first, directRows, offsetBytes } = heap;
  const { offsetSize } = file;
  if (depth > MAX_LEVELS) throw h5Error(file, 'malformed', 'a heap of names has no end', at);
  const block = new Bytes(file, at, 5 + offsetSize + offsetBytes + rows * width * offsetSize);
  block.expect('FHIB');
  block.skip(1 + offsetSize + offsetBytes);
  let from = base;
  for (let i = 0; i < rows * width; i++) {
    const row = Math.floor(i / width);
    const child = block.address();
    const size = first * 2 ** Math.max(0, row - 1);
    if (offset >= from + size) {
      from += size;
      continue;
    }
    if (child === null) throw h5Error(file, 'malformed', 'an object of a heap has no address', at);
    if (row < directRows) return child + (offset - from);
    const inner = Math.round(Math.log2(size / (first * width))) + 1;
    return find(heap, { at: child, rows: inner, base: from, depth: depth + 1 }, offset);
  }
  throw h5Error(file, 'malformed', 'an object is past the end of its heap', at);
}
