import { byName } from '../source/by-name.js';
import { ModelError } from '../source/errors.js';
import { MAX_DIGITS, MAX_TEXT } from './limits.js';

export interface Token {
  readonly kind: 'number' | 'name' | 'sign' | 'end';
  /** A sign in its ASCII spelling, a name without its quotes. */
  readonly text: string;
  /** A quoted name is a name even where it spells a function. */
  readonly quoted: boolean;
  readonly at: number;
}

/** Spellings seen in printed formulas, by the sign they stand for. */
const SIGNS: Readonly<Record<string, string>> = byName({
  '**': '**',
  '//': '//',
  '+': '+',
  '-': '-',
  '*': '*',
  '/': '/',
  '%': '%',
  '^': '**',
  '(': '(',
  ')': ')',
  ',': ',',
  '·': '*',
  '×': '*',
  '−': '-',
  '⌊': '⌊',
  '⌋': '⌋',
  '⌈': '⌈',
  '⌉': '⌉',
});

const SPACE = /\s+/uy;
const NUMBER = /\d+(?:\.\d*)?|\.\d+/uy;
const NAME = /[\p{L}_][\p{L}\p{N}_.:]*/uy;
const QUOTED = /"(?:[^"\\\n]|\\.)*"/uy;

/** The tokens of a text, an `end` last. Errors: ModelError `malformed` with the position, `limit` for a text too long. */
export function tokens(text: string): readonly Token[] {
  if (text.length > MAX_TEXT) {
    throw new ModelError('limit', `A dimension's text has ${text.length} characters; at most ${MAX_TEXT} are read.`);
  }
  const found: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const space = match(SPACE);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const number = match(NUMBER);
    const name = number === undefined ? match(NAME) : undefined;
    const quoted = number === undefined && name === undefined ? match(QUOTED) : undefined;
    const raw = number ?? name ?? quoted ?? sign(text, at);
    if (number !== undefined && number.length > MAX_DIGITS) {
      throw new ModelError('limit', `A number of ${number.length} digits at ${at}; at most ${MAX_DIGITS} are read.`, {
        at: { offset: at },
      });
    }
    if (number !== undefined) found.push({ kind: 'number', text: number, quoted: false, at });
    else if (name !== undefined) found.push({ kind: 'name', text: name, quoted: false, at });
    else if (quoted !== undefined) found.push({ kind: 'name', text: unquoted(quoted, text, at), quoted: true, at });
    else found.push({ kind: 'sign', text: SIGNS[raw] ?? raw, quoted: false, at });
    at += raw.length;
  }
  found.push({ kind: 'end', text: '', quoted: false, at });
  return found;
}

function sign(text: string, at: number): string {
  for (const length of [2, 1]) {
    const candidate = text.slice(at, at + length);
    if (candidate.length === length && Object.hasOwn(SIGNS, candidate)) return candidate;
  }
  throw malformed(text, at, `${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))} has no meaning here`);
}

function unquoted(raw: string, text: string, at: number): string {
  try {
    const name: unknown = JSON.parse(raw);
    if (typeof name === 'string' && name !== '') return name;
  } catch {
    // Reported below, with the place.
  }
  throw malformed(text, at, 'a quoted name is empty or has a bad escape');
}

export function malformed(text: string, at: number, what: string): ModelError {
  const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return new ModelError(
    'malformed',
    `Cannot read the dimension ${JSON.stringify(shown)} at character ${at + 1}: ${what}.`,
    {
      at: { offset: at },
      hint: 'Names, whole numbers, + - * // % **, floor(a/b), ceil(a/b), min(…), max(…) and parentheses are understood.',
    },
  );
}
