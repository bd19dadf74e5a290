// For `npm pack` and `npm publish`: the image of the Python interpreter goes into the package packed, a fifth of its size.
// The command unpacks it once, into the user's cache folder (src/python/node/image-file.ts).
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

/** The length of the image, a mark of its contents, and the image in brotli. */
export function packedImage(image, quality = constants.BROTLI_MAX_QUALITY) {
  const head = Buffer.alloc(16);
  head.writeBigUInt64LE(BigInt(image.length), 0);
  createHash('sha256').update(image).digest().copy(head, 8, 0, 8);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    // Wide enough for the whole image; who unpacks it has to allow that.
    [constants.BROTLI_PARAM_LARGE_WINDOW]: 1,
    [constants.BROTLI_PARAM_LGWIN]: 26,
    [constants.BROTLI_PARAM_SIZE_HINT]: image.length,
  };
  return Buffer.concat([head, brotliCompressSync(image, { params })]);
}

/** Beside the image, what the package has in its place. It takes a minute, so it is kept for the next time. */
export function packImage() {
  const root = resolve(import.meta.dirname, '..');
  const image = join(root, 'dist/app/python.image');
  if (!existsSync(image)) return;
  const bytes = readFileSync(image);
  const cache = join(root, 'node_modules/.cache/opcount-pack');
  const kept = join(cache, `${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.br`);
  if (!existsSync(kept)) {
    mkdirSync(cache, { recursive: true });
    writeFileSync(kept, packedImage(bytes));
  }
  writeFileSync(`${image}.br`, readFileSync(kept));
}
