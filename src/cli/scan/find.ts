import { closeSync, existsSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { type Candidate, modelsAmong } from '../../api/folder.js';
import { HEAD_BYTES } from '../../formats/index.js';
import type { Found } from '../../scan/node/identity.js';
import { SourceError } from '../../source/errors.js';
import { textFile } from '../../source/node/text.js';
import { UsageError } from '../errors.js';

/** A PyTorch source is a program with its own wishes for inputs: it is scanned where it is named, not where it is found. */
const SOURCE = /\.py$/i;

/** Models in folders, named files, addresses, `hf:` names and built-in names; `@list.txt` has one of these a line. */
export function* findModels(given: readonly string[]): Generator<Found> {
  for (const text of given) {
    if (text.startsWith('@')) {
      yield* findModels(linesOf(text.slice(1)));
      continue;
    }
    if (/^[a-z]+:\/\/|^hf:/i.test(text) || !existsSync(text)) {
      if (/[\\/]/.test(text) && !/^[a-z]+:/i.test(text))
        throw new SourceError(`${text}: there is no such file or folder`, { hint: 'check the path' });
      yield { model: text, open: text };
    } else if (statSync(text).isDirectory()) yield* inFolder(resolve(text), resolve(text), new Set());
    else yield { model: text, open: resolve(text) };
  }
}

function linesOf(file: string): string[] {
  return textFile(file, 'list', 'a list has a path, an address or a name on each line')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * What is in a folder and those below it, in the order of names. A folder that is reached twice by links is looked at once.
 * A file that may not be read is listed as well: opening it gives the reason, in a row of its own.
 */
function* inFolder(root: string, folder: string, seen: Set<string>): Generator<Found> {
  const found = (path: string): Found => ({ model: relative(root, path).split(sep).join('/') || path, open: path });
  const real = orNull(() => realpathSync(folder));
  if (real !== null && seen.has(real)) return;
  if (real !== null) seen.add(real);
  const names = real === null ? null : orNull(() => readdirSync(folder));
  if (names === null) {
    yield found(folder);
    return;
  }
  const files: Candidate[] = [];
  const folders: string[] = [];
  for (const name of names.sort()) {
    if (name.startsWith('.') || name === 'node_modules') continue;
    const path = join(folder, name);
    // A link that leads nowhere, or in a circle, is nothing.
    const stat = orNull(() => statSync(path));
    if (stat?.isDirectory() === true) folders.push(path);
    else if (stat?.isFile() === true && !SOURCE.test(name)) {
      const head = orNull(() => headOf(path));
      if (head === null) yield found(path);
      else files.push({ path, head });
    }
  }
  for (const path of modelsAmong(files)) yield found(path);
  for (const path of folders) yield* inFolder(root, path, seen);
}

/** The result of a system call; null if the system refuses. */
function orNull<T>(call: () => T): T | null {
  try {
    return call();
  } catch {
    return null;
  }
}

function headOf(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(HEAD_BYTES);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

/** Throws UsageError if nothing was given. */
export function given(models: readonly string[]): readonly string[] {
  if (models.length === 0)
    throw new UsageError('nothing to scan', 'give folders, files, names, or @list.txt: opcount scan models/ -o out');
  return models;
}
