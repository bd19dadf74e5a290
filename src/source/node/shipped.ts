import { existsSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A file of dist/: beside the command's code, above the built modules; of a checkout, in its dist/. Null if this copy is
 * not built.
 */
export function shipped(name: string): string | null {
  const here = dirname(fileURLToPath(import.meta.url));
  const found = ['.', '../../..', '../../../dist'].map((up) => resolve(here, up, name)).find((f) => existsSync(f));
  return found === undefined ? null : realpathSync(found);
}
