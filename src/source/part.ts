import { derived } from './derived.js';
import { checkRange, type Source } from './source.js';

/** A stretch of a source as one of its own: a file that is in an archive as it is. It has no siblings. */
export function partOf(source: Source, name: string, start: number, size: number): Source {
  checkRange(source.name, source.size, start, start + size);
  return derived(source, {
    name,
    size,
    read: (from, to) => {
      checkRange(name, size, from, to);
      return source.read(start + from, start + to);
    },
    sibling: () => undefined,
  });
}
