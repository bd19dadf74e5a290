import { openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';
import type { KeptCode } from './code-cache.js';

/**
 * The command's code in pieces, all in one file: one for what each `import()` of the sources asks for, and one for what
 * several of them share (scripts/pieces.mjs makes them). A piece is read, compiled and run when it is first asked for.
 */
export type PieceTable = readonly (readonly [name: string, bytes: number])[];

type Exports = Readonly<Record<string, unknown>>;
type Load = (piece: number) => Exports;
/** What the text of a piece is. */
type Piece = (
  load: Load,
  later: (piece: number) => Promise<Exports>,
  named: (made: object, name: string) => object,
  require: NodeJS.Require,
  moduleUrl: string,
) => Exports;

export interface Pieces {
  readonly load: Load;
  /** Those that ran; `kept` is whether V8 took what was kept of its code. */
  readonly ran: ReadonlyMap<number, { readonly script: Script; readonly kept: boolean }>;
}

export function openPieces(file: string, table: PieceTable, kept: KeptCode | null, require: NodeJS.Require): Pieces {
  const starts: number[] = [];
  table.reduce((at, [, bytes]) => {
    starts.push(at);
    return at + bytes;
  }, 0);
  const moduleUrl = pathToFileURL(file).href;
  const ran = new Map<number, { script: Script; kept: boolean }>();
  const made: Exports[] = [];
  const fd = openSync(file, 'r');

  function textOf(piece: number): string {
    const text = Buffer.allocUnsafe(table[piece]?.[1] ?? 0);
    readSync(fd, text, 0, text.length, starts[piece] ?? 0);
    // ASCII, which the build makes sure of: one byte a character, no decoding.
    return text.toString('latin1');
  }

  function run(piece: number): Exports {
    const cachedData = kept?.of(piece);
    const script = new Script(textOf(piece), {
      filename: join(dirname(file), `${table[piece]?.[0]}.js`),
      ...(cachedData === undefined ? {} : { cachedData }),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    ran.set(piece, { script, kept: cachedData !== undefined && script.cachedDataRejected !== true });
    return (script.runInThisContext() as Piece)(load, later, named, require, moduleUrl);
  }

  function load(piece: number): Exports {
    made[piece] ??= run(piece);
    return made[piece];
  }

  async function later(piece: number): Promise<Exports> {
    return load(piece);
  }

  return { load, ran };
}

/** Names a class as its source does: reports and conventions show it. */
function named(made: object, name: string): object {
  return Object.defineProperty(made, 'name', { value: name, configurable: true });
}
