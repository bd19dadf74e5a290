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
 * Files and folders of this computer that lie in the given folders, for reading. Links are followed as long as they stay
 * in there; one that leads out of them is not there. `main` is read even where it is itself such a link: the user named it.
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
  return {
    stat(path): { kind: EntryKind; size: number } | null {
      const found = open(path);
      const stat = found === null ? undefined : statSync(found, { throwIfNoEntry: false });
      if (stat?.isDirectory()) return { kind: 'folder', size: 0 };
      return stat?.isFile() ? { kind: 'file', size: stat.size } : null;
    },
    list: (path) => attempt(open(path), (found) => readdirSync(found).slice(0, MAX_LISTED)) ?? [],
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
