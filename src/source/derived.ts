import type { Source } from './source.js';

/** A source that answers in place of another one, and whose bytes read count as that one's. */
export type Instead = Pick<Source, 'read'> & Partial<Pick<Source, 'name' | 'size' | 'sibling' | 'close'>>;

/** A source that is before another: bytes are made of those of `inner`, and what is read is counted there. */
export function derived(inner: Source, instead: Instead): Source {
  return {
    name: inner.name,
    size: inner.size,
    get bytesRead() {
      return inner.bytesRead;
    },
    get requests() {
      return inner.requests;
    },
    sibling: (path) => inner.sibling(path),
    ...instead,
  };
}
