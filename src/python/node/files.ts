import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type { EntryKind, PythonFiles } from '../files.js';

/** A path as Python sees it: absolute, with `/` between its parts. */
export function posixPath(path: string): string {
  const absolute = resolve(path);
  return sep === '/' ? absolute : `/${absolute.replaceAll(sep, '/')}`;
}

function native(path: string): string {
  return sep === '/' ? path : path.slice(1).replaceAll('/', sep);
}

/** More names than this in one folder are not listed. */
const MAX_LISTED = 100_000;

/**
 * Files and folders of this computer that are in the given folders, for reading. Links are followed as long as they stay
 * in there; one that leads out of them is not there. `main` is read even where it is itself such a link: the user named it.
 * A folder above a given one is there, and has in it only what leads to the given one.
 */
export function folderFiles(main: string, folders: readonly string[]): PythonFiles {
  const roots = folders.map((folder) => real(folder) ?? resolve(native(folder)));
  const open = (path: string): string | null => {
    if (path.includes('\0')) return null;
    const found = real(path);
    if (found === null) return null;
    return path === main ||
      roots.some((root) => found === root || found.startsWith(root.endsWith(sep) ? root : root + sep))
      ? found
      : null;
  };
  const ends = [...new Set([...folders, ...roots.map(posixPath)])];
  // By the path's own parts: a link to a folder above leads out, whatever that folder has in it.
  const leading = (path: string): string[] => {
    const above = path.endsWith('/') ? path : `${path}/`;
    const below = ends.filter((end) => end.startsWith(above));
    return below.length === 0 || real(path) === null
      ? []
      : below.map((end) => end.slice(above.length).split('/')[0] as string);
  };
  const stat = (path: string): { kind: EntryKind; size: number } | null => {
    const found = open(path);
    if (found === null && leading(path).length > 0) return { kind: 'folder', size: 0 };
    const entry = found === null ? undefined : statSync(found, { throwIfNoEntry: false });
    if (entry?.isDirectory()) return { kind: 'folder', size: 0 };
    return entry?.isFile() ? { kind: 'file', size: entry.size } : null;
  };
  return {
    stat,
    // A listed name must be there when it is looked up: without links that lead outside, devices, pipes.
    list: (path) =>
      attempt(open(path), (found) =>
        readdirSync(found, { withFileTypes: true })
          .slice(0, MAX_LISTED)
          .filter((e) => e.isFile() || e.isDirectory() || (e.isSymbolicLink() && stat(`${path}/${e.name}`) !== null))
          .map((e) => e.name),
      ) ?? [...new Set(leading(path))],
    read: (path) => attempt(open(path), (found) => readFileSync(found)) ?? new Uint8Array(),
  };
}

function real(path: string): string | null {
  return attempt(native(path), (own) => realpathSync.native(own));
}

/** Null for what is not there or may not be read: to a program it is the same. */
function attempt<T>(path: string | null, action: (path: string) => T): T | null {
  try {
    return path === null ? null : action(path);
  } catch {
    return null;
  }
}
