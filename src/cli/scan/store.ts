import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Lines } from '../../scan/lines.js';
import { SourceError } from '../../source/errors.js';
import { reasonOf } from '../../source/node/attempt.js';
import { parseExact } from '../../wire/json.js';

/** The tables of one part or one process: lines of JSON, a model's layers before the model itself. */
export interface Store {
  /** Models whose rows are there. */
  readonly done: ReadonlySet<string>;
  /** Models that are there already are left out. */
  add(models: readonly Lines[]): void;
}

export const TABLES = ['layers', 'models'] as const;
export type Table = (typeof TABLES)[number];

/** Opens the tables of `part` in `folder`, and drops what a killed run has half written. Throws SourceError. */
export function openStore(folder: string, part: string): Store {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new SourceError(`cannot make the folder ${folder}: ${reasonOf(cause)}`, {
      hint: 'give a folder that may be written to: -o out',
      cause,
    });
  }
  const path = (table: Table): string => join(folder, `${table}-${part}.ndjson`);
  for (const table of TABLES) dropHalfLine(path(table));
  const done = new Set<string>();
  for (const row of rowsIn(path('models'))) done.add(String(row['id']));
  return {
    done,
    add(models) {
      const fresh = models.filter(({ id }) => !done.has(id) && done.add(id));
      if (fresh.length === 0) return;
      // A model counts as done with its own row, which is written last.
      const layers = fresh.map((lines) => lines.layers).join('');
      if (layers !== '') appendFileSync(path('layers'), layers);
      appendFileSync(path('models'), fresh.map(({ model }) => model).join(''));
    },
  };
}

function dropHalfLine(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  let end = 0;
  let at = 0;
  try {
    const bytes = new Uint8Array(1 << 16);
    for (let n = readSync(file, bytes); n > 0; n = readSync(file, bytes)) {
      const last = bytes.subarray(0, n).lastIndexOf(10);
      if (last >= 0) end = at + last + 1;
      at += n;
    }
  } finally {
    closeSync(file);
  }
  if (end < at) truncateSync(path, end);
}

/** The rows of a table, integers that a number would round as text, piece by piece: a table may be larger than memory. */
export function* rowsIn(path: string): Generator<Readonly<Record<string, unknown>>> {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  const decoder = new TextDecoder();
  try {
    const bytes = new Uint8Array(1 << 16);
    let rest = '';
    for (let n = readSync(file, bytes); n > 0; n = readSync(file, bytes)) {
      const lines = (rest + decoder.decode(bytes.subarray(0, n), { stream: true })).split('\n');
      rest = lines.pop() as string;
      for (const text of lines) yield parseExact(text) as Record<string, unknown>;
    }
  } finally {
    closeSync(file);
  }
}

/** The files of a table in a folder, of all parts. */
export function filesOf(folder: string, table: Table): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${table}-`) && name.endsWith('.ndjson'))
    .sort()
    .map((name) => join(folder, name));
}
