import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { SourceError } from '../source/errors.js';
import { reasonOf } from '../source/node/attempt.js';
import { EXIT } from './errors.js';

/** The result alone, whole or in pieces, goes to stdout or to the file; everything else that is said goes to stderr. */
export function emit(text: string | Iterable<string>, file: string | undefined): void {
  const pieces = typeof text === 'string' ? [text] : text;
  BEFORE.printing?.();
  if (file === undefined) {
    for (const piece of pieces) STREAMS.out(piece);
    return;
  }
  try {
    const to = openSync(file, 'w');
    try {
      for (const piece of pieces) writeFileSync(to, piece);
    } finally {
      closeSync(to);
    }
  } catch (error) {
    throw new SourceError(`cannot write ${file}: ${reasonOf(error)}`, {
      hint: 'check that the folder is there and may be written to',
      cause: error,
    });
  }
}

export function say(text: string): void {
  BEFORE.printing?.();
  STREAMS.err(`${text}\n`);
}

/** Run before each result or message: takes the progress line off the screen. */
export const BEFORE: { printing: (() => void) | null } = { printing: null };

/** Where text goes. */
export const STREAMS = {
  out: (text: string): void => toStream(1, text),
  err: (text: string): void => toStream(2, text),
};

/** Written at once, and without Node's streams; those take over where a reader is slow. */
function toStream(fd: 1 | 2, text: string): void {
  if (fd === 1 && streamed) {
    process.stdout.write(text);
    return;
  }
  const bytes = encoded(text);
  let at = 0;
  try {
    while (at < bytes.length) at += writeSync(fd, bytes, at, Math.min(bytes.length - at, CHUNK));
  } catch (error) {
    const slow = (error as NodeJS.ErrnoException).code === 'EAGAIN';
    const left = Buffer.from(bytes.subarray(at)); // a stream keeps what it is given
    if (fd === 2) {
      if (slow) process.stderr.write(left);
      return; // where not even that is read, nobody is left who could be told
    }
    if (!slow) unwritten(error as NodeJS.ErrnoException);
    streamed = true;
    process.stdout.once('error', unwritten);
    process.stdout.write(left);
  }
}

/** A text's bytes, until the next text: pieces of hundreds of megabytes go through one place. */
function encoded(text: string): Uint8Array {
  if (3 * text.length > SMALL) return Buffer.from(text);
  room ??= Buffer.allocUnsafe(SMALL);
  return room.subarray(0, room.write(text));
}
const SMALL = 1 << 19;
let room: Buffer | null = null;

/** Whether Node's stream has taken over: what comes later must not overtake what it still holds. */
let streamed = false;
const CHUNK = 1 << 20;

/** A reader that closes early (`| head`) is not an error. */
export function unwritten(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(EXIT.fine);
  say(`error: the result cannot be written: ${reasonOf(error)}\n  try  free some space, or write it elsewhere with -o`);
  process.exit(EXIT.unreachable);
}
