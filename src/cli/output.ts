import { closeSync, fstatSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { PLAIN, type Style } from '../report/index.js';
import { SourceError } from '../source/errors.js';
import { EXIT } from './errors.js';

export const COLOR_MODES = ['auto', 'always', 'never'] as const;
export type ColorMode = (typeof COLOR_MODES)[number];

/** `auto`: only on a terminal, and never under NO_COLOR; a file gets none. */
export async function styleFor(mode: ColorMode, toFile: boolean): Promise<Style> {
  const on = mode === 'always' || (mode === 'auto' && !toFile && !process.env['NO_COLOR'] && isTerminal());
  const columns = toFile ? undefined : screenColumns();
  const plain = columns === undefined ? PLAIN : { ...PLAIN, columns };
  if (!on) return plain;
  const { default: pc } = await import('picocolors');
  const c = pc.createColors(true);
  return { ...plain, bold: c.bold, dim: c.dim, accent: c.cyan, warn: c.yellow };
}

/** Narrower than this nothing fits, and no terminal is. */
const LEAST_COLUMNS = 40;

/** The columns of the terminal, or of COLUMNS; undefined where the result goes elsewhere, which may be as wide as it is. */
function screenColumns(): number | undefined {
  const given = Number(process.env['COLUMNS'] ?? '');
  const columns = Number.isInteger(given) && given > 0 ? given : isTerminal() ? process.stdout.columns : undefined;
  return columns === undefined || columns === 0 ? undefined : Math.max(LEAST_COLUMNS, columns);
}

/** Whether results go to a terminal. Node's stream for them takes its time to load: pipes, files and /dev/null are told without it. */
function isTerminal(): boolean {
  try {
    const out = fstatSync(1);
    if (!out.isCharacterDevice()) return false;
    const nowhere = statSync('/dev/null', { throwIfNoEntry: false });
    return out.rdev !== nowhere?.rdev && process.stdout.isTTY === true;
  } catch {
    return false;
  }
}

/** Combining marks, marks of direction, and everything that may be wide: emoji, ideographs, what lies beyond. */
const UNUSUAL = /[\u0300-\u036f\u0590-\u1fff\u200b-\u200f\u2028-\u202e\u2300-\u23ff\u2600-\u27bf\u2e80-\u{10ffff}]/u;

/** Text laid out in columns. What knows the width of every script takes its time to load: only where a name has such characters. */
export async function renderWide(render: (style: Style) => string, style: Style): Promise<string> {
  const text = render(style);
  if (!UNUSUAL.test(text)) return text;
  const { default: width } = await import('string-width');
  return render({ ...style, width });
}

/** The result alone, whole or in pieces, goes to stdout or to the file; everything else that is said goes to stderr. */
export function emit(text: string | Iterable<string>, file: string | undefined): void {
  const pieces = typeof text === 'string' ? [text] : text;
  BEFORE.printing?.();
  if (file === undefined) {
    for (const piece of pieces) STREAMS.out(piece);
    return;
  }
  try {
    const to = openSync(file, 'w');
    try {
      for (const piece of pieces) writeFileSync(to, piece);
    } finally {
      closeSync(to);
    }
  } catch (error) {
    throw new SourceError(`cannot write ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      hint: 'check that the folder is there and may be written to',
      cause: error,
    });
  }
}

export function say(text: string): void {
  BEFORE.printing?.();
  STREAMS.err(`${text}\n`);
}

/** What has to happen before a result or a message: a passing line is taken off the screen. */
export const BEFORE: { printing: (() => void) | null } = { printing: null };

/** Where text goes. */
export const STREAMS = {
  out: (text: string): void => toStream(1, text),
  err: (text: string): void => toStream(2, text),
};

/** Written at once, and without Node's streams; those take over where a reader is slow. */
function toStream(fd: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  if (fd === 1 && streamed) {
    process.stdout.write(bytes);
    return;
  }
  let at = 0;
  try {
    while (at < bytes.length) at += writeSync(fd, bytes, at, Math.min(bytes.length - at, CHUNK));
  } catch (error) {
    const slow = (error as NodeJS.ErrnoException).code === 'EAGAIN';
    if (fd === 2) {
      if (slow) process.stderr.write(bytes.subarray(at));
      return; // where not even that is read, nobody is left who could be told
    }
    if (!slow) unwritten(error as NodeJS.ErrnoException);
    streamed = true;
    process.stdout.once('error', unwritten);
    process.stdout.write(bytes.subarray(at));
  }
}
/** Whether Node's stream has taken over: what comes later must not overtake what it still holds. */
let streamed = false;
const CHUNK = 1 << 20;

/** A reader that closes early (`| head`) is not an error. */
export function unwritten({ code, message }: NodeJS.ErrnoException): never {
  if (code === 'EPIPE') process.exit(EXIT.fine);
  say(`error: the result cannot be written: ${code ?? message}\n  try  free some space, or write it elsewhere with -o`);
  process.exit(EXIT.unreachable);
}
