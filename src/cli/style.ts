import { fstatSync, statSync } from 'node:fs';
import { wrapped } from '../report/grid.js';
import { PLAIN, type Style } from '../report/index.js';
import type { ColorMode } from './options.js';

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

/** The columns of the terminal, or of COLUMNS; undefined if the result goes elsewhere, which may be as wide as it is. */
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

/** A text of words, its lines as wide as the screen at most; what goes on begins as far in as `hang` says of a line. */
export async function fitted(text: string, toFile: boolean, hang: (line: string) => number): Promise<string> {
  const style = await styleFor('never', toFile);
  return text
    .split('\n')
    .flatMap((line) => wrapped(line, style, hang(line)))
    .join('\n');
}
