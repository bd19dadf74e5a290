import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SourceError } from '../errors.js';
import { statOf } from './attempt.js';

/** No model's folder has more files than this. */
const MAX_FILES = 10_000;

/** Paths of the files in a folder, in the order of their names, hidden ones left out; null for anything but a folder. */
export function filesIn(path: string): string[] | null {
  if (!statOf(path)?.isDirectory()) return null;
  let names: string[];
  try {
    names = readdirSync(path, { withFileTypes: true })
      .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
      .map((entry) => entry.name);
  } catch (cause) {
    throw new SourceError(`${path} cannot be listed`, { cause, hint: 'Check the permissions of the folder.' });
  }
  if (names.length > MAX_FILES)
    throw new SourceError(`${path} has ${names.length} files`, { hint: 'Name the model file inside it.' });
  return names
    .sort()
    .map((name) => join(path, name))
    .filter(isFile);
}

/** False for a link that leads nowhere, too: of the other files it says nothing. */
function isFile(path: string): boolean {
  try {
    return statOf(path)?.isFile() === true;
  } catch {
    return false;
  }
}
