import { writeFileSync } from 'node:fs';
import pc from 'picocolors';
import { PLAIN, type Style } from '../report/index.js';
import { SourceError } from '../source/errors.js';

export const COLOR_MODES = ['auto', 'always', 'never'] as const;
export type ColorMode = (typeof COLOR_MODES)[number];

/** `auto`: only on a terminal, and never under NO_COLOR; a file gets none. */
export function styleFor(mode: ColorMode, toFile: boolean): Style {
  const on =
    mode === 'always' || (mode === 'auto' && !toFile && process.stdout.isTTY === true && !process.env['NO_COLOR']);
  if (!on) return PLAIN;
  const c = pc.createColors(true);
  return { bold: c.bold, dim: c.dim, accent: c.cyan, warn: c.yellow };
}

/** Combining marks, marks of direction, and everything that may be wide: emoji, ideographs, what lies beyond. */
const UNUSUAL = /[\u0300-\u036f\u0590-\u1fff\u200b-\u200f\u2028-\u202e\u2300-\u23ff\u2600-\u27bf\u2e80-\u{10ffff}]/u;

/** Text laid out in columns. What knows the width of every script takes its time to load: only where a name has such characters. */
export async function laidOut(render: (style: Style) => string, style: Style): Promise<string> {
  const text = render(style);
  if (!UNUSUAL.test(text)) return text;
  const { default: width } = await import('string-width');
  return render({ ...style, width });
}

/** The result alone goes to stdout or to the file; everything else that is said goes to stderr. */
export function emit(text: string, file: string | undefined): void {
  if (file === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new SourceError(`cannot write ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      hint: 'check that the folder is there and may be written to',
      cause: error,
    });
  }
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
