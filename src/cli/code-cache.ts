import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { isAbsolute, join } from 'node:path';

/**
 * What V8 made of the command's code, in the user's own cache folder. It is code: a file counts only where nobody else can
 * have written it, and whatever is not as it should be is left alone and done without.
 */

/** Of this build; the build script puts it in. */
declare const OPCOUNT_BUILD: string;

const MAX_BYTES = 32 * 1024 * 1024;
/** Code of other builds is taken away when it is older. */
const MAX_AGE = 30 * 24 * 3600 * 1000;
const COMMANDS = new Set(['compare', 'reconcile', 'run', 'check', 'models', 'explain', 'profile', 'scan']);
const KINDS = new Set(['onnx', 'pt2', 'pt', 'pth', 'bin', 'safetensors', 'py', 'yaml', 'json', 'gguf']);

/**
 * Which of a few kinds of run this is: each uses other parts of the code. Null where OPCOUNT_CODE_CACHE is 0.
 */
export function codeKind(argv: readonly string[]): string | null {
  if (process.env['OPCOUNT_CODE_CACHE'] === '0') return null;
  const [first = ''] = argv;
  if (COMMANDS.has(first)) return first;
  if (first === '' || first === 'view' || first === 'help' || first.startsWith('-')) return 'other';
  const ending = /\.([a-z0-9]+)(:|$)/i.exec(first)?.[1]?.toLowerCase() ?? '';
  return KINDS.has(ending) ? ending : ending === '' ? 'name' : 'other';
}

function folder(): string | null {
  const { XDG_CACHE_HOME: xdg, HOME: home, LOCALAPPDATA: local } = process.env;
  if (process.platform === 'win32') return local && isAbsolute(local) ? join(local, 'opcount', 'code') : null;
  if (xdg && isAbsolute(xdg)) return join(xdg, 'opcount');
  if (!home || !isAbsolute(home)) return null;
  return process.platform === 'darwin' ? join(home, 'Library/Caches/opcount') : join(home, '.cache/opcount');
}

function fileOf(kind: string): string {
  return `${OPCOUNT_BUILD}-${process.versions.v8}-${process.arch}-${kind}.v8`;
}

/** Whether something is this user's alone. Windows keeps a user's folders apart by itself. */
function isOwn({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
}

export function keptCode(kind: string): Buffer | null {
  const place = folder();
  if (place === null) return null;
  let fd: number | null = null;
  try {
    const found = lstatSync(place, { throwIfNoEntry: false });
    if (found === undefined || !found.isDirectory() || !isOwn(found)) return null;
    fd = openSync(join(place, fileOf(kind)), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    const stat = fstatSync(fd);
    return stat.isFile() && isOwn(stat) && stat.size > 0 && stat.size <= MAX_BYTES ? readFileSync(fd) : null;
  } catch {
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/** Writes it in one step, under a name of its own first; a folder that is another's, or is not there and cannot be made, is left alone. */
export function keepCode(kind: string, code: Uint8Array): void {
  const place = folder();
  if (place === null || code.length > MAX_BYTES) return;
  try {
    mkdirSync(place, { recursive: true, mode: 0o700 });
    const found = lstatSync(place);
    if (!found.isDirectory() || !isOwn(found)) return;
    const draft = join(place, `${process.pid}-${Date.now()}.tmp`);
    writeFileSync(draft, code, { flag: 'wx', mode: 0o600 });
    renameSync(draft, join(place, fileOf(kind)));
    for (const name of readdirSync(place)) {
      if (!/^[\w.-]+\.(v8|tmp)$/.test(name) || name.startsWith(OPCOUNT_BUILD)) continue;
      if (Date.now() - statSync(join(place, name)).mtimeMs > MAX_AGE) rmSync(join(place, name), { force: true });
    }
  } catch {
    // Without it the next run compiles again.
  }
}
