import { byName } from '../../source/by-name.js';
import { type PickleBytes, textOf } from './bytes.js';
import { INTEGER_LIMIT, LINE_LIMIT, plain } from './machine.js';

/** The values that protocol 0 writes as lines of text. */

/** `12`, and `01` for True. */
export function integerLine(bytes: PickleBytes): number | bigint | boolean {
  const text = textOf(bytes.line(2 * INTEGER_LIMIT)).replace(/L?\r?$/, '');
  if (text === '00') return false;
  if (text === '01') return true;
  if (!/^[ \t]*[+-]?\d+[ \t]*$/.test(text)) throw bytes.error('malformed', 'a line is not an integer');
  return plain(BigInt(text.trim().replace(/^\+/, '')));
}

export function floatLine(bytes: PickleBytes): number {
  const text = textOf(bytes.line(LINE_LIMIT)).trim();
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) return /nan/i.test(text) ? Number.NaN : special[1] === '-' ? -Infinity : Infinity;
  const value = Number(text);
  if (text === '' || Number.isNaN(value)) throw bytes.error('malformed', 'a line is not a number');
  return value;
}

/** A position in the memo. */
export function indexLine(bytes: PickleBytes): number {
  const index = integerLine(bytes);
  if (typeof index !== 'number' || index < 0)
    throw bytes.error('malformed', 'a place in the memo is not a whole number');
  return index;
}

export function nameLine(bytes: PickleBytes): string {
  return textOf(bytes.line(LINE_LIMIT)).replace(/\r$/, '');
}

const ESCAPES: Readonly<Record<string, string>> = byName({
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
});

/** Text in quotes, as Python's `repr` writes it. */
export function quotedLine(bytes: PickleBytes): string {
  const text = nameLine(bytes).trim();
  const quote = text[0];
  if ((quote !== "'" && quote !== '"') || text.length < 2 || !text.endsWith(quote))
    throw bytes.error('malformed', 'text is not in quotes');
  return text
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-f]{2})|([0-7]{1,3})|(.))/gis, (whole, hex?: string, octal?: string, letter?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return ESCAPES[letter ?? ''] ?? whole;
    });
}

/** Text in Python's raw-unicode-escape. */
export function unicodeLine(bytes: PickleBytes): string {
  return nameLine(bytes).replace(/\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/gi, (whole, short?: string, long?: string) => {
    const code = Number.parseInt(short ?? long ?? '', 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
