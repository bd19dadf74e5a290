import { checkRange, type Source, siblingSegments } from './source.js';

/**
 * Bytes already in memory. `siblings` looks a neighbour up by its path with `/` between the segments; the counters count
 * what was requested, which makes it the yardstick of readers in tests.
 */
export function memorySource(
  bytes: Uint8Array | ArrayBuffer,
  options: { readonly name?: string; readonly siblings?: (path: string) => Uint8Array | ArrayBuffer | undefined } = {},
): Source {
  return new MemorySource(
    bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes),
    options.name ?? 'bytes',
    options.siblings,
  );
}

class MemorySource implements Source {
  readonly name: string;
  readonly size: number;
  bytesRead = 0;
  requests = 0;
  private readonly bytes: Uint8Array;
  private readonly siblings: ((path: string) => Uint8Array | ArrayBuffer | undefined) | undefined;

  constructor(
    bytes: Uint8Array,
    name: string,
    siblings: ((path: string) => Uint8Array | ArrayBuffer | undefined) | undefined,
  ) {
    this.bytes = bytes;
    this.name = name;
    this.size = bytes.length;
    this.siblings = siblings;
  }

  read(start: number, end: number): Uint8Array {
    checkRange(this.name, this.size, start, end);
    this.bytesRead += end - start;
    this.requests += 1;
    return this.bytes.subarray(start, end);
  }

  sibling(path: string): Source | undefined {
    const key = siblingSegments(path)?.join('/');
    const bytes = key === undefined ? undefined : this.siblings?.(key);
    return bytes === undefined
      ? undefined
      : memorySource(bytes, { name: key!, ...(this.siblings && { siblings: this.siblings }) });
  }
}
