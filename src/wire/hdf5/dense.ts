import { Bytes, type File, h5Error } from './bytes.js';

/**
 * The dense form in which later HDF5 files keep many links or attributes: a tree of their numbers (B-tree, version 2) and a heap
 * that has them (fractal heap). HDF5 file format specification, sections III.A.2 and III.G.
 */

const MAX_RECORDS = 1 << 20;
const MAX_LEVELS = 32;

/** Where an object of a heap lies. */
export interface HeapObject {
  readonly start: number;
  readonly length: number;
}

/** The objects that the records of a tree name, in its order. `before`: bytes of a record before the object's number. */
export function denseObjects(file: File, heapAt: number, treeAt: number, before: number): HeapObject[] {
  const heap = heapOf(file, heapAt);
  return recordsOf(file, treeAt).flatMap((record) => {
    record.at = before;
    const found = heap(record);
    return found === null ? [] : [found];
  });
}

/** The records of a tree. */
function recordsOf(file: File, address: number): Bytes[] {
  const head = new Bytes(file, address, 16 + file.offsetSize + 2 + file.lengthSize);
  head.expect('BTHD');
  head.skip(2);
  const nodeSize = head.u32();
  const recordSize = head.u16();
  const depth = head.u16();
  head.skip(2);
  const root = head.address();
  const count = head.u16();
  if (root === null || count === 0) return [];
  if (recordSize === 0 || depth > MAX_LEVELS) throw h5Error(file, 'malformed', 'a tree has no records', address);
  const records: Bytes[] = [];
  const seen = new Set<number>();
  // How many records a node of each level may have at most tells how wide numbers of records are.
  const most = [Math.floor((nodeSize - 10) / recordSize)];
  const totals = [most[0] as number];
  const widthOf = (n: number): number => Math.max(1, Math.ceil(Math.log2(n + 1) / 8));
  for (let level = 1; level <= depth; level++) {
    const pointer =
      file.offsetSize + widthOf(most[level - 1] as number) + (level > 1 ? widthOf(totals[level - 1] as number) : 0);
    const own = Math.floor((nodeSize - 10 - pointer) / (recordSize + pointer));
    most.push(own);
    totals.push((own + 1) * (totals[level - 1] as number) + own);
  }
  const walk = (at: number, used: number, level: number): void => {
    if (seen.has(at)) throw h5Error(file, 'malformed', 'a tree feeds itself', at);
    seen.add(at);
    const pointer =
      level === 0
        ? 0
        : file.offsetSize + widthOf(most[level - 1] as number) + (level > 1 ? widthOf(totals[level - 1] as number) : 0);
    const node = new Bytes(file, at, 6 + used * recordSize + (level === 0 ? 0 : (used + 1) * pointer));
    node.expect(level === 0 ? 'BTLF' : 'BTIN');
    for (let i = 0; i < used; i++) {
      if (records.length >= MAX_RECORDS)
        throw h5Error(file, 'limit', `a tree has more than ${MAX_RECORDS} records`, at);
      records.push(new Bytes(file, at + 6 + i * recordSize, recordSize));
    }
    if (level === 0) return;
    node.at = 6 + used * recordSize;
    for (let i = 0; i <= used; i++) {
      const child = node.address();
      const below = node.unsigned(widthOf(most[level - 1] as number));
      if (level > 1) node.skip(widthOf(totals[level - 1] as number));
      if (child !== null) walk(child, below, level - 1);
    }
  };
  walk(root, count, depth);
  return records;
}

/** Finds an object by its number, which is read off a record. */
function heapOf(file: File, address: number): (id: Bytes) => HeapObject | null {
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
  const offsetBytes = Math.ceil(bits / 8);
  const lengthBytes = Math.ceil(Math.log2(Math.min(mostDirect, largest) + 1) / 8);
  const sizeOf = (row: number): number => first * 2 ** Math.max(0, row - 1);
  const directRows = Math.round(Math.log2(mostDirect / first)) + 2;

  /** The block of an indirect one that holds an offset, and where that block begins. */
  const find = (at: number, count: number, offset: number, base: number, depth: number): number => {
    if (depth > MAX_LEVELS) throw h5Error(file, 'malformed', 'a heap of names has no end', at);
    const top = new Bytes(file, at, 5 + offsetSize + offsetBytes + count * width * offsetSize);
    top.expect('FHIB');
    top.skip(1 + offsetSize + offsetBytes);
    let from = base;
    for (let row = 0; row < count; row++)
      for (let column = 0; column < width; column++) {
        const child = top.address();
        const size = sizeOf(row);
        if (offset < from + size) {
          if (child === null) throw h5Error(file, 'malformed', 'an object of a heap has no address', at);
          if (row < directRows) return child + (offset - from);
          return find(child, Math.round(Math.log2(size / (first * width))) + 1, offset, from, depth + 1);
        }
        from += size;
      }
    throw h5Error(file, 'malformed', 'an object is past the end of its heap', at);
  };

  return (id) => {
    const kind = (id.u8() >> 4) & 3;
    // Huge and tiny objects are kept elsewhere, or in the number itself: no name is either.
    if (kind !== 0 || root === null) return null;
    const offset = id.unsigned(offsetBytes);
    const length = id.unsigned(lengthBytes);
    const start = rows === 0 ? root + offset : find(root, rows, offset, 0, 0);
    return { start, length };
  };
}
