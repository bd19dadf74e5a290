import { lstatSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/**
 * The user's own folder for what can be made again. What is read from it runs as code or goes into an interpreter: a file
 * counts only where nobody else can have written it.
 */
export function cacheFolder(): string | null {
  const { XDG_CACHE_HOME: xdg, HOME: home, LOCALAPPDATA: local } = process.env;
  if (process.platform === 'win32') return local && isAbsolute(local) ? join(local, 'opcount', 'code') : null;
  if (xdg && isAbsolute(xdg)) return join(xdg, 'opcount');
  if (!home || !isAbsolute(home)) return null;
  return process.platform === 'darwin' ? join(home, 'Library/Caches/opcount') : join(home, '.cache/opcount');
}

/** Whether something is this user's alone. Windows keeps a user's folders apart by itself. */
export function isOwn({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
}

/** Whether the folder is there and this user's alone. */
export function isOwnFolder(place: string): boolean {
  const found = lstatSync(place, { throwIfNoEntry: false });
  return found?.isDirectory() === true && isOwn(found);
}

/** The path of a kept file, if it is there, of that length, and this user's alone. */
export function keptFile(name: string, size: number): string | null {
  const place = cacheFolder();
  try {
    if (place === null || !isOwnFolder(place)) return null;
    const file = join(place, name);
    const found = lstatSync(file, { throwIfNoEntry: false });
    return found?.isFile() === true && isOwn(found) && found.size === size ? file : null;
  } catch {
    return null;
  }
}

/** Writes a file in one step, under a name of its own first. Null if the folder is another's, or cannot be written. */
export function keepFile(name: string, bytes: Uint8Array): string | null {
  const place = cacheFolder();
  if (place === null) return null;
  try {
    mkdirSync(place, { recursive: true, mode: 0o700 });
    if (!isOwnFolder(place)) return null;
    const draft = join(place, `${process.pid}-${Date.now()}.tmp`);
    writeFileSync(draft, bytes, { flag: 'wx', mode: 0o600 });
    renameSync(draft, join(place, name));
    return statSync(join(place, name)).size === bytes.length ? join(place, name) : null;
  } catch {
    return null; // a full disk, a folder that may not be written: it is done without
  }
}
