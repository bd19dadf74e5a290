import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { SourceError } from '../errors.js';
import { memorySource } from '../memory.js';
import { checkRange, type Source, siblingSegments } from '../source.js';
import { attempt, statOf } from './attempt.js';
import { hasRead } from './reads.js';

/** Most bytes asked of one `readSync`: Node refuses 2 GiB and more at once. */
const CHUNK = 1 << 30;

/** Milliseconds that a pipe with a name waits for somebody who writes into it. */
const WRITER_WAIT = 10_000;

/**
 * A file by its path, read by ranges, of any size. What cannot be read by ranges (a pipe, `/dev/stdin`) is read whole.
 * Throws `SourceError` when it is not there, may not be read, is a folder or a device, or a pipe into which nobody writes.
 */
export function fileSource(path: string, wait: number = WRITER_WAIT): Source {
  // Opened as usual, a pipe with a name would wait for a writer for good.
  const isPipe = statOf(path)?.isFIFO() === true;
  const fd = attempt(path, () => openSync(path, isPipe ? constants.O_RDONLY | constants.O_NONBLOCK : 'r'));
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) {
      throw new SourceError(`${path} is a folder, not a file`, { hint: 'Name the model file inside it.' });
    }
    if (stat.isFile()) return new FileSource(path, fd, stat.size);
    // Such as /dev/zero, which has no end.
    if (stat.isCharacterDevice())
      throw new SourceError(`${path} is a device, not a file`, { hint: 'Give the path of a model.' });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  try {
    // One without a name (`/dev/fd/63` of a shell) has had its writer, which may have written nothing.
    return memorySource(readToEnd(path, fd, isPipe && !/^\/(dev|proc)\//.test(path) ? wait : 0), { name: path });
  } finally {
    closeSync(fd);
  }
}

/** Files up to this size are read whole and kept in memory. */
const MOST_WHOLE = 2 ** 32;

/**
 * All of a descriptor that has no size and no ranges; `wait`: milliseconds that may go by until it has its first byte, where
 * its end only means that nobody has begun to write. Throws `SourceError` where nobody does, or if it is more than memory
 * should hold.
 */
export function readToEnd(name: string, fd: number, wait: number = 0): Uint8Array {
  const parts: Uint8Array[] = [];
  const until = performance.now() + wait;
  let size = 0;
  for (;;) {
    const part = new Uint8Array(1 << 16);
    const got = attempt(name, () => readWhenReady(fd, part));
    if (got === 0 && size === 0 && wait > 0) {
      if (performance.now() > until)
        throw new SourceError(`nobody writes into the pipe ${name}`, {
          hint: 'Start what writes into it first, or give the path of a file.',
        });
      pause();
      continue;
    }
    if (got === 0) break;
    parts.push(part.subarray(0, got));
    size += got;
    if (size > MOST_WHOLE)
      throw new SourceError(`${name} gives more than ${MOST_WHOLE / 2 ** 30} GiB`, {
        hint: 'Save it to a file and give its path: of a file only what is needed is read.',
      });
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A terminal or a non-blocking pipe answers EAGAIN until there is something to read; Windows ends a pipe with EOF. */
function readWhenReady(fd: number, into: Uint8Array): number {
  for (;;) {
    try {
      return readSync(fd, into, 0, into.length, null);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      pause();
    }
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
}

/** Closes what was dropped without `close()`, so that a long run over many files cannot run out of descriptors. */
const forgotten: FinalizationRegistry<number> = new FinalizationRegistry((fd) => {
  try {
    closeSync(fd);
  } catch {
    // Nobody is left who could be told.
  }
});

class FileSource implements Source {
  readonly name: string;
  readonly size: number;
  bytesRead = 0;
  requests = 0;
  private fd: number | null;
  /** By path: a reader may ask for the same one once a tensor. */
  private readonly siblings = new Map<string, Source>();

  constructor(path: string, fd: number, size: number) {
    this.name = path;
    this.fd = fd;
    this.size = size;
    forgotten.register(this, fd, this);
  }

  read(start: number, end: number): Uint8Array {
    checkRange(this.name, this.size, start, end);
    const { fd } = this;
    if (fd === null) throw new SourceError(`${this.name} was closed`);
    const bytes = new Uint8Array(end - start);
    let done = 0;
    while (done < bytes.length) {
      const got = attempt(this.name, () =>
        readSync(fd, bytes, done, Math.min(CHUNK, bytes.length - done), start + done),
      );
      this.requests += 1;
      this.bytesRead += got;
      hasRead(got);
      if (got === 0) {
        throw new SourceError(`${this.name} became shorter while it was read`, {
          hint: 'Wait until it is written, then try again.',
        });
      }
      done += got;
    }
    return bytes;
  }

  sibling(path: string): Source | undefined {
    const segments = siblingSegments(path);
    if (segments === undefined) return undefined;
    const file = join(dirname(this.name), ...segments);
    if (statOf(file)?.isFile() !== true || !attempt(file, () => isBeside(file, this.name))) return undefined;
    const open = this.siblings.get(file);
    if (open instanceof FileSource && open.fd !== null) return open;
    const source = fileSource(file);
    this.siblings.set(file, source);
    return source;
  }

  close(): void {
    for (const sibling of this.siblings.values()) sibling.close?.();
    this.siblings.clear();
    if (this.fd === null) return;
    forgotten.unregister(this);
    closeSync(this.fd);
    this.fd = null;
  }
}

/**
 * Whether a file lies, links followed, in the folder of the model or below it: the folder that the model was named in, or the
 * one that its own file is in (caches keep all files of a model in one folder, and link to them from another).
 */
export function isBeside(file: string, model: string): boolean {
  const real = realpathSync(file);
  return [realpathSync(dirname(model)), dirname(realpathSync(model))].some((folder) => {
    const path = relative(folder, real);
    return path !== '' && !path.startsWith('..') && !isAbsolute(path);
  });
}
