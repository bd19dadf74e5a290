import type { File } from './bytes.js';
import { type HeapObject, heapOf } from './heap.js';
import { recordsOf } from './records.js';

/**
 * The dense form in which later HDF5 files keep many links or attributes: a tree of their numbers (records.ts) and a heap
 * that has them (heap.ts). Gives the objects that the records of the tree name, in its order. `before`: bytes of a record
 * before the object's number. Throws ModelError.
 */
export function denseObjects(file: File, heapAt: number, treeAt: number, before: number): HeapObject[] {
  const heap = heapOf(file, heapAt);
  return recordsOf(file, treeAt).flatMap((record) => {
    record.at = before;
    const found = heap(record);
    return found === null ? [] : [found];
  });
}
