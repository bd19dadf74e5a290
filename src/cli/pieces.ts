import { openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';
import type { KeptCode } from './code-cache.js';

/**
 * The command's code in pieces: one for what each `import()` of the sources asks for, and one for what several of them share
 * (scripts/pieces.mjs makes them). Those that are mostly loaded together are one script, and all scripts are in one file. A
 * script is read and compiled when a piece in it is first requested; that piece alone runs.
 */
export type ScriptTable = readonly (readonly [name: string, bytes: number, pieces: readonly number[]])[];

type Exports = Readonly<Record<string, unknown>>;
type Load = (piece: number) => Exports;
type Piece = (
  load: Load,
  later: (piece: number) => Promise<Exports>,
  named: (made: object, name: string) => object,
  require: NodeJS.Require,
  moduleUrl: string,
) => Exports;

export interface Pieces {
  readonly load: Load;
  /** Those that were loaded; `kept` is whether V8 took what was kept of its code. */
  readonly scripts: ReadonlyMap<number, { readonly script: Script; readonly kept: boolean }>;
}

export function openPieces(file: string, table: ScriptTable, kept: KeptCode | null, require: NodeJS.Require): Pieces {
  const starts: number[] = [];
  const scriptOf: number[] = [];
  let end = 0;
  for (const [i, [, bytes, pieces]] of table.entries()) {
    starts.push(end);
    end += bytes;
    for (const piece of pieces) scriptOf[piece] = i;
  }
  const moduleUrl = pathToFileURL(file).href;
  const scripts = new Map<number, { script: Script; kept: boolean }>();
  const compiled: (readonly Piece[])[] = [];
  const made: Exports[] = [];
  const fd = openSync(file, 'r');

  function compile(i: number): readonly Piece[] {
    const [name, bytes] = table[i] as ScriptTable[number];
    const text = Buffer.allocUnsafe(bytes);
    readSync(fd, text, 0, bytes, starts[i] as number);
    const cachedData = kept?.of(i);
    // ASCII, which the build makes sure of: one byte a character, no decoding.
    const script = new Script(text.toString('latin1'), {
      filename: join(dirname(file), `${name}.js`),
      ...(cachedData === undefined ? {} : { cachedData }),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    scripts.set(i, { script, kept: cachedData !== undefined && script.cachedDataRejected !== true });
    return script.runInThisContext() as readonly Piece[];
  }

  function load(piece: number): Exports {
    made[piece] ??= run(piece);
    return made[piece];
  }

  function run(piece: number): Exports {
    const i = scriptOf[piece] as number;
    compiled[i] ??= compile(i);
    const place = (table[i] as ScriptTable[number])[2].indexOf(piece);
    return (compiled[i][place] as Piece)(load, later, named, require, moduleUrl);
  }

  async function later(piece: number): Promise<Exports> {
    return load(piece);
  }

  return { load, scripts };
}

/** Names a class as its source does: reports and conventions show it. */
function named(made: object, name: string): object {
  return Object.defineProperty(made, 'name', { value: name, configurable: true });
}
