import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { VERSION } from '../../report/version.js';
import { statOf } from '../../source/node/attempt.js';

/** A model to look at. */
export interface Found {
  /** As results call it: a path from the folder that was given, an address or a name. */
  readonly model: string;
  /** The name that the library opens: an absolute path, an address or a built-in name. */
  readonly open: string;
}

/** Bytes at either end of a file that tell it from others; a smaller file is recognised by all of its bytes. */
const END = 1 << 20;

/**
 * What a model's rows are kept under, 32 hexadecimal digits: its name, its content, and what was asked of it. Weights are not
 * read: of a large file both ends, its size and its time of change stand for the content. A file that cannot be read goes by
 * its name: its row says so, and a scan after the repair finds another id.
 */
export function idOf({ model, open }: Found, options: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify([VERSION, model, options]));
  try {
    if (statOf(open)?.isFile() === true) addContent(open, (part) => hash.update(part));
  } catch (error) {
    hash.update(`unreadable ${(error as NodeJS.ErrnoException).code}`);
  }
  return hash.digest('hex').slice(0, 32);
}

function addContent(path: string, add: (part: string | Uint8Array) => void): void {
  const file = openSync(path, 'r');
  try {
    const { size, mtimeMs } = fstatSync(file);
    const piece = (from: number): Uint8Array => {
      const bytes = new Uint8Array(Math.min(END, size - from));
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
    };
    add(`${size}`);
    add(piece(0));
    if (size > END) add(piece(Math.max(END, size - END)));
    if (size > 2 * END) add(`${mtimeMs}`);
  } finally {
    closeSync(file);
  }
}
