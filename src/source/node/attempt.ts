import { type Stats, statSync } from 'node:fs';
import { SourceError } from '../errors.js';

/** A system call on a path, whose failure is a SourceError that says what to do. */
export function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    const known = REASONS.get(code);
    throw new SourceError(`cannot read ${shortPath(path)}: ${known?.[0] ?? code}`, {
      at: { file: path },
      hint: known?.[1] ?? null,
      cause: error,
    });
  }
}

/** Why the system refused, in words; its own code if there are none. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code === undefined ? String(error) : (REASONS.get(code)?.[0] ?? code);
}

/** The system's facts on a path; undefined if there is nothing. Throws SourceError if the system does not even look. */
export function statOf(path: string): Stats | undefined {
  return attempt(path, () => {
    try {
      return statSync(path, { throwIfNoEntry: false });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
      // A NUL within a path is not a system's error.
      if ((error as NodeJS.ErrnoException).code === 'ERR_INVALID_ARG_VALUE') return undefined;
      throw error;
    }
  });
}

/** A path that a message can hold. */
function shortPath(path: string): string {
  return path.length <= 200 ? path : `${path.slice(0, 100)}…${path.slice(-80)}`;
}

const REASONS: ReadonlyMap<string, readonly [what: string, hint: string]> = new Map(
  Object.entries<readonly [string, string]>({
    ENOENT: ['there is no such file', 'Check the path, relative to where the command runs.'],
    ENOTDIR: ['a part of the path is a file, not a folder', 'Check the path.'],
    EISDIR: ['it is a folder', 'Name the model file inside it.'],
    EEXIST: ['a file is in its place', 'Give another path.'],
    EACCES: ['permission denied', 'Give yourself the right to read it.'],
    EPERM: ['permission denied', 'Give yourself the right to read it.'],
    ENAMETOOLONG: ['its name is longer than a file system allows', 'Check the name; a model may name files beside it.'],
    ELOOP: ['its links form a circle', 'Check the links on its path.'],
    ERR_INVALID_ARG_VALUE: ['no file has such a name', 'Check the path: it has a NUL in it.'],
    EINVAL: ['it is not a path', 'Check the path.'],
    ENOSPC: ['no space is left there', 'Free some space.'],
    EROFS: ['it may only be read', 'Write elsewhere.'],
    ENXIO: ['it is a socket or a device, not a file', 'Give the path of a model.'],
    EIO: ['the device failed', 'Copy the file elsewhere and try again.'],
    EMFILE: ['too many files are open', 'Close sources when done with them, or raise the limit (ulimit -n).'],
  }),
);
