import { ModelError } from './errors.js';

/**
 * Bytes by random access, synchronously: what every format reader is written against, so that a reader is plain code
 * over a file, a page, a web worker or a server alike. Positions are byte offsets, exact to 2^53.
 */
export interface Source {
  /** For people and for file-name extensions: a path, a URL or a label. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /** Bytes really fetched from the underlying store so far; the weights' bytes should never be among them. */
  readonly bytesRead: number;
  /** Fetches from the underlying store so far. */
  readonly requests: number;
  /** Bytes that come sooner than another request is answered: it is quicker to read over a gap of so many than to ask twice. */
  readonly reach?: number;
  /**
   * Exactly the bytes [start, end). The view may be shared: copy what is kept for long, and never write to it.
   * Throws `SourceError` when the bytes could not be read, `ModelError` ('truncated') when `end` is past the size.
   */
  read(start: number, end: number): Uint8Array;
  /** A file beside this one (external data, a shard), or undefined when there is none; never outside its folder. */
  sibling(path: string): Source | undefined;
  /** Returns what the source holds open, its siblings' too. Reading afterwards is a `SourceError`. */
  close?(): void;
}

/** Throws unless [start, end) is within `size` bytes. */
export function checkRange(name: string, size: number, start: number, end: number): void {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new ModelError('argument', `cannot read bytes ${start} to ${end} of ${name}: not a range`);
  }
  if (end > size) {
    throw new ModelError('truncated', `${name} ends at byte ${size}, but bytes ${start} to ${end} are needed`, {
      at: { offset: start },
      hint: 'The file is shorter than it says: download or copy it again.',
    });
  }
}

/**
 * The segments of a sibling's path, or undefined when it could leave the folder: models name their external data
 * themselves, and a hostile one must not be able to name `/etc/passwd`, `..\\..\\x` or another server.
 */
export function siblingSegments(path: string): readonly string[] | undefined {
  // A colon makes a drive, a stream or a URL scheme of it; a NUL would end the path early.
  if (path.includes(':') || path.includes('\0') || /^[/\\]/.test(path)) return undefined;
  const segments = path.split(/[/\\]/).filter((segment) => segment !== '' && segment !== '.');
  return segments.length === 0 || segments.includes('..') ? undefined : segments;
}
