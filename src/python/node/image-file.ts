import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliDecompressSync, constants } from 'node:zlib';
import { VERSION } from '../../report/version.js';
import { keepFile, keptFile } from '../../source/node/cache.js';
import { shipped } from '../../source/node/shipped.js';

/** Longer than any image: a packed one says in its name how long it is. */
const MAX_BYTES = 2 ** 27;

/**
 * The image of the interpreter, as a file. A checkout has it whole; the package has it packed, and it is unpacked once, into the
 * user's cache folder. Null if there is none, or no place for it: Python then starts from nothing.
 */
export function imageFile(): string | null {
  return shipped('app/python.image') ?? unpacked(shipped('app/python.image.br'));
}

/** The same of a packed image by its path: the length of the image, a mark of its contents, and the image in brotli. */
export function unpacked(packed: string | null): string | null {
  if (packed === null) return null;
  try {
    const bytes = readFileSync(packed);
    const size = Number(bytes.readBigUInt64LE(0));
    if (!(size > 0 && size <= MAX_BYTES)) return null;
    const name = `python-${VERSION}-${bytes.subarray(8, 16).toString('hex')}.image`;
    const kept = keptFile(name, size);
    if (kept !== null) return kept;
    const image = brotliDecompressSync(bytes.subarray(16), {
      maxOutputLength: size,
      params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 },
    });
    const file = keepFile(name, image);
    if (file !== null) tidy(dirname(file), name);
    return file;
  } catch {
    return null; // a package that was cut short
  }
}

/** Images of other versions are of no use to this one. */
function tidy(place: string, name: string): void {
  for (const other of readdirSync(place))
    if (/^python-[\w.-]+\.image$/.test(other) && other !== name) rmSync(join(place, other), { force: true });
}
