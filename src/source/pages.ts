import { derived } from './derived.js';
import { checkRange, type Source } from './source.js';

/** Bytes that are fetched at once: little more than the tables and texts that are requested. */
const PAGE = 128;
/** Bytes of pages that are kept together. */
const BLOCK = 1 << 16;
/** Blocks kept at a time. */
const MAX_BLOCKS = 1 << 10;

interface Block {
  readonly bytes: Uint8Array;
  /** Which of its pages are here. */
  readonly here: Uint8Array;
}

/**
 * A source whose bytes are fetched once however they are read: for files that refer back and forth, where a window would
 * fetch the same bytes again and again. Long reads go straight through.
 */
export function paged(inner: Source): Source {
  const blocks = new Map<number, Block>();
  const block = (number: number): Block => {
    let found = blocks.get(number);
    if (found === undefined) {
      found = { bytes: new Uint8Array(BLOCK), here: new Uint8Array(BLOCK / PAGE) };
      if (blocks.size >= MAX_BLOCKS) blocks.delete(blocks.keys().next().value as number);
      blocks.set(number, found);
    }
    return found;
  };
  /** Bytes that are in one block. */
  const within = (start: number, end: number): Uint8Array => {
    const base = start - (start % BLOCK);
    const { bytes, here } = block(base / BLOCK);
    const last = Math.ceil((end - base) / PAGE);
    for (let page = Math.floor((start - base) / PAGE); page < last; page++) {
      if (here[page] === 1) continue;
      const from = page;
      while (page < last && here[page] === 0) here[page++] = 1;
      const to = Math.min(inner.size, base + page * PAGE);
      bytes.set(inner.read(base + from * PAGE, to), from * PAGE);
    }
    return bytes.subarray(start - base, end - base);
  };
  return derived(inner, {
    read(start, end) {
      checkRange(inner.name, inner.size, start, end);
      if (end - start > BLOCK) return inner.read(start, end);
      const border = start - (start % BLOCK) + BLOCK;
      if (end <= border) return within(start, end);
      const bytes = new Uint8Array(end - start);
      bytes.set(within(start, border));
      bytes.set(within(border, end), border - start);
      return bytes;
    },
    close: () => {
      blocks.clear();
      inner.close?.();
    },
  });
}
