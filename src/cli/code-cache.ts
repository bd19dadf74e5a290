import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, isOwn, isOwnFolder, keepFile } from '../source/node/cache.js';
import { VERBS } from './verbs.js';

/**
 * What V8 made of the command's code, in the user's own cache folder. It is code: a file counts only where nobody else can
 * have written it, and whatever is not as it should be is left alone and done without.
 */

/** Of this build; the build script puts it in. */
declare const OPCOUNT_BUILD: string;

const MAX_BYTES = 32 * 1024 * 1024;
/** Code of other builds is taken away when it is older. */
const MAX_AGE = 30 * 24 * 3600 * 1000;
/** More scripts than there are. */
const MAX_SCRIPTS = 511;
const HEAD_BYTES = 4 + 8 * MAX_SCRIPTS + 4;
/** This many kinds of runs are kept of a build; the oldest goes for another one. */
const MAX_KINDS = 40;

/**
 * Which kind of run this is: what is kept are the functions that such a run has used. The command with the ending of its
 * model's file, or with the letters that a built-in model's name begins with: `profile-onnx`, `train-resnet`. Null if
 * OPCOUNT_CODE_CACHE is 0.
 */
export function codeKind(argv: readonly string[]): string | null {
  if (process.env['OPCOUNT_CODE_CACHE'] === '0') return null;
  const [first = ''] = argv;
  if (first === '' || first === 'help' || /^-./.test(first))
    return /^(-V|--version)$/.test(first) ? 'version' : 'options';
  const isVerb = (VERBS as readonly string[]).includes(first);
  const model = (isVerb ? argv.slice(1).find((arg) => !arg.startsWith('-')) : first) ?? '';
  const [, ending] = /\.([a-z][a-z0-9]{0,11})(?::|$)/i.exec(model) ?? [];
  const of = ending ?? (/[/\\]/.test(model) ? 'folder' : (/^[a-z]{1,20}/i.exec(model)?.[0] ?? ''));
  return `${isVerb ? first : 'profile'}-${of.toLowerCase()}`;
}

function fileOf(kind: string): string {
  return `${OPCOUNT_BUILD}-${process.versions.v8}-${process.arch}-${kind}.v8`;
}

/** What is kept of the scripts of the code (pieces.ts) that a kind of run uses. Its file stays open. */
export interface KeptCode {
  of(script: number): Buffer | undefined;
  scripts(): Iterable<number>;
}

export function keptCode(kind: string): KeptCode | null {
  const place = cacheFolder();
  if (place === null) return null;
  let fd: number | null = null;
  try {
    if (!isOwnFolder(place)) return null;
    fd = openSync(join(place, fileOf(kind)), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    const stat = fstatSync(fd);
    const kept = stat.isFile() && isOwn(stat) && stat.size <= MAX_BYTES ? opened(fd, stat.size) : null;
    if (kept !== null) fd = null;
    return kept;
  } catch {
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/**
 * The file begins with how many scripts it has, and the number and length of each; what V8 made of them follows in that order.
 * Null if it is not so.
 */
function opened(fd: number, size: number): KeptCode | null {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  if (readSync(fd, head, 0, HEAD_BYTES, 0) < HEAD_BYTES) return null;
  const places = new Map<number, readonly [at: number, bytes: number]>();
  let at = HEAD_BYTES;
  for (let i = 0; i < Math.min(head.readUInt32LE(0), MAX_SCRIPTS); i++) {
    const bytes = head.readUInt32LE(8 * i + 8);
    places.set(head.readUInt32LE(8 * i + 4), [at, bytes]);
    at += bytes;
  }
  if (at !== size) return null;
  return {
    of(script) {
      const [from, bytes] = places.get(script) ?? [0, 0];
      if (bytes === 0) return undefined;
      const code = Buffer.allocUnsafeSlow(bytes);
      return readSync(fd, code, 0, bytes, from) === bytes ? code : undefined;
    },
    scripts: () => places.keys(),
  };
}

/**
 * Writes what V8 made of `added`, beside what was kept before. In one step, under a name of its own first; a folder that is
 * another's, or is not there and cannot be made, is left alone.
 */
export function keepCode(kind: string, before: KeptCode | null, added: ReadonlyMap<number, Uint8Array>): void {
  const place = cacheFolder();
  if (place === null) return;
  try {
    const all = new Map(added);
    for (const script of before?.scripts() ?? []) {
      const code = all.has(script) ? undefined : before?.of(script);
      if (code !== undefined) all.set(script, code);
    }
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(all.size, 0);
    [...all].forEach(([script, code], i) => {
      head.writeUInt32LE(script, 8 * i + 4);
      head.writeUInt32LE(code.length, 8 * i + 8);
    });
    const whole = Buffer.concat([head, ...all.values()]);
    if (whole.length > MAX_BYTES) return;
    if (keepFile(fileOf(kind), whole) === null) return;
    tidy(place);
  } catch {
    // Without it the next run compiles again.
  }
}

/** Takes away what other builds have left behind, and the oldest kinds of this one beyond those that are kept. */
function tidy(place: string): void {
  const files = readdirSync(place)
    .filter((name) => /^[\w.-]+\.(v8|tmp)$/.test(name))
    .map((name) => ({ name, own: name.startsWith(OPCOUNT_BUILD), written: statSync(join(place, name)).mtimeMs }))
    .sort((a, b) => b.written - a.written);
  const surplus = files.filter(({ own }) => own).slice(MAX_KINDS);
  const old = files.filter(({ own, written }) => !own && Date.now() - written > MAX_AGE);
  for (const { name } of [...surplus, ...old]) rmSync(join(place, name), { force: true });
}
