import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenOptions } from '../../src/index.js';
import type { Mutate } from './bytes.js';

/** A file to begin with. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** How the files of a format are varied. A format joins the fuzzer with one such file in `formats/`. */
export interface FuzzFormat {
  readonly id: string;
  /** Small files that the reader reads, as many kinds as there are. */
  seeds(): readonly Seed[];
  /** Input shapes for a seed that does not state its own. */
  inputs?(name: string): OpenOptions['inputs'];
  /** Changes that know the format's structure; changes of bytes come on top. */
  readonly mutations: readonly Mutate[];
}

/** Where the seeds are; the fuzzer runs at the project's root. */
const FIXTURES = 'test/fixtures';

/** Files below a folder of the fixtures whose name fits and that are not larger than `most` bytes, in order of names. */
export function fixtures(folder: string, name: RegExp, most: number): Seed[] {
  const found: Seed[] = [];
  for (const entry of readdirSync(join(FIXTURES, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...fixtures(path, name, most));
    else if (name.test(entry.name) && statSync(join(FIXTURES, path)).size <= most)
      found.push({ name: entry.name, bytes: readFileSync(join(FIXTURES, path)) });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
