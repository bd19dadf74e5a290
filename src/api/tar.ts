import { HEAD_BYTES } from '../formats/index.js';
import { ModelError } from '../source/errors.js';
import type { Source } from '../source/index.js';
import { partOf } from '../source/part.js';

/** Tar archives (POSIX.1-1988 ustar, with GNU's and pax' long names): headers of 512 bytes, contents rounded up to that. */

const BLOCK = 512;
/** First bytes of a file that tell an archive. */
export const TAR_HEADER: number = BLOCK;
const MAX_FILES = 1 << 16;
/** A long name; its own header says how many bytes it has. */
const MAX_NAME = 1 << 16;

interface TarFile {
  readonly path: string;
  head(): Uint8Array;
  open(): Source;
}

export function isTar(head: Uint8Array): boolean {
  return (
    head.length >= BLOCK && text(head.subarray(257, 262)) === 'ustar' && sumOf(head) === octal(head.subarray(148, 156))
  );
}

/** The files of an archive, which can be read where they are. Throws ModelError for one that is damaged. */
export function filesOfTar(source: Source): TarFile[] {
  const files: TarFile[] = [];
  let long: string | null = null;
  for (let at = 0; at + BLOCK <= source.size; ) {
    const head = source.read(at, at + BLOCK).slice();
    if (head.every((byte) => byte === 0)) break;
    const size = octal(head.subarray(124, 136));
    const start = at + BLOCK;
    if (sumOf(head) !== octal(head.subarray(148, 156)) || !(size >= 0) || start + size > source.size)
      throw new ModelError('malformed', `${source.name} is not a whole tar archive`, {
        at: { offset: at },
        hint: 'Download or copy it again, or unpack it and give the model.',
      });
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(head[156] as number);
    if (type === 'L' || type === 'x') {
      const contents = text(source.read(start, start + Math.min(size, MAX_NAME)));
      long = type === 'L' ? contents : (/\d+ path=([^\n]+)\n/.exec(contents)?.[1] ?? long);
      continue;
    }
    if (type !== '0' && type !== '\0') {
      long = null;
      continue;
    }
    const prefix = text(head.subarray(345, 500));
    const own = text(head.subarray(0, 100));
    const path = long ?? (prefix === '' ? own : `${prefix}/${own}`);
    long = null;
    // Files that other systems put beside the real ones.
    if (/(^|\/)\._/.test(path)) continue;
    if (files.length === MAX_FILES)
      throw new ModelError('limit', `${source.name} holds more than ${MAX_FILES} files`, {
        hint: 'Unpack it and give the model.',
      });
    files.push({
      path,
      head: () => source.read(start, start + Math.min(size, HEAD_BYTES)).slice(),
      open: () => partOf(source, path, start, size),
    });
  }
  return files;
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function octal(bytes: Uint8Array): number {
  const digits = text(bytes).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : digits === '' ? 0 : Number.NaN;
}

/** All bytes of a header, those of the sum itself counted as spaces. */
function sumOf(head: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (head[i] as number);
  return sum;
}
