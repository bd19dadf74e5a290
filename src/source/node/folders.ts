import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A path as Python sees it: absolute, with `/` between its parts. */
function posixPath(path: string): string {
  const absolute = resolve(path);
  return sep === '/' ? absolute : `/${absolute.replaceAll(sep, '/')}`;
}

function native(path: string): string {
  return sep === '/' ? path : path.slice(1).replaceAll('/', sep);
}

/** Files and folders of this computer, for reading: those that are mounted, no others. */
const FOLDERS = {
  stat(path: string): { kind: 'file' | 'folder'; size: number } | null {
    const found = statSync(native(path), { throwIfNoEntry: false });
    if (found === undefined) return null;
    return found.isDirectory()
      ? { kind: 'folder', size: 0 }
      : found.isFile()
        ? { kind: 'file', size: found.size }
        : null;
  },
  list: (path: string): string[] => readdirSync(native(path)),
  read: (path: string): Uint8Array => readFileSync(native(path)),
};

/** `model.py`, `model.py:Net`, `model.py:build(width=64)`. */
export interface PythonText {
  readonly file: string;
  readonly target: string | null;
}

export function splitTarget(text: string): PythonText | null {
  const [, file, target] = /^(.+?\.py)(?::(.+))?$/is.exec(text) ?? [];
  return file === undefined || /^[a-z]+:\/\//i.test(file) ? null : { file, target: target ?? null };
}

/** A source, its folder and the folders to import from, and the image of the interpreter that the package brings. */
export function pythonFiles(file: string, paths: readonly string[]) {
  return { path: posixPath(file), paths: paths.map(posixPath), files: FOLDERS, image: readImage() };
}

const IMAGE = 'python.image';

/** The image lies beside the built modules; a bundle's chunks lie one folder further down. */
function readImage(): ArrayBuffer | null {
  const here = dirname(fileURLToPath(import.meta.url));
  const found = ['.', '..', '../..'].map((up) => resolve(here, up, IMAGE)).find((path) => existsSync(path));
  if (found === undefined) return null;
  const bytes = readFileSync(found);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
