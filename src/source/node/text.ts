import { closeSync, openSync, readSync } from 'node:fs';
import { SourceError } from '../errors.js';
import { reasonOf } from './attempt.js';

/** No configuration, baseline or report is longer; a device that never ends is. */
const MAX_BYTES = 2 ** 28;
const PIECE = 1 << 16;

/**
 * The text of a file beside the models, `-` for standard input. Throws SourceError that names it as `what`: where the system refuses
 * it, or gives more than any such file has.
 */
export function textFile(path: string, what: string, hint: string | null = null): string {
  let file: number | undefined;
  try {
    file = path === '-' ? 0 : openSync(path, 'r');
    return textOf(file);
  } catch (cause) {
    throw new SourceError(
      `cannot read the ${what} ${path}: ${cause instanceof RangeError ? cause.message : reasonOf(cause)}`,
      {
        hint,
        cause,
      },
    );
  } finally {
    if (file !== undefined && file !== 0) closeSync(file);
  }
}

function textOf(file: number): string {
  const pieces: Uint8Array[] = [];
  for (let size = 0; ; ) {
    const piece = Buffer.allocUnsafe(PIECE);
    const got = readSync(file, piece);
    if (got === 0) return Buffer.concat(pieces).toString('utf8');
    size += got;
    if (size > MAX_BYTES) throw new RangeError(`it has more than ${MAX_BYTES / 2 ** 20} MiB`);
    pieces.push(piece.subarray(0, got));
  }
}
