import type { Mutate } from './bytes.js';
import { NAMES, NUMBERS, type Random } from './random.js';

/** Changes text by its words, numbers, brackets and lines. */
export type MutateText = (text: string, random: Random) => string;

const TOKEN = /[A-Za-z_]\w*|\d+(?:\.\d+)?(?:e[+-]?\d+)?|"[^"\n]*"|'[^'\n]*'|[^\s\w]/g;

interface Token {
  readonly text: string;
  readonly at: number;
}

function tokens(text: string, wanted: (token: string) => boolean): Token[] {
  const found: Token[] = [];
  for (const match of text.matchAll(TOKEN)) if (wanted(match[0])) found.push({ text: match[0], at: match.index });
  return found;
}

function replaceAt(text: string, token: Token, by: string): string {
  return text.slice(0, token.at) + by + text.slice(token.at + token.text.length);
}

function change(wanted: (token: string) => boolean, by: (token: string, all: readonly Token[], r: Random) => string) {
  return (text: string, random: Random): string => {
    const found = tokens(text, wanted);
    if (found.length === 0) return text;
    const token = random.pick(found);
    return replaceAt(text, token, by(token.text, found, random));
  };
}

const isNumber = (t: string): boolean => /^\d/.test(t);
const isWord = (t: string): boolean => /^[A-Za-z_]/.test(t);
const isMark = (t: string): boolean => !isNumber(t) && !isWord(t);

const lines: MutateText = (text, random) => {
  const all = text.split('\n');
  const at = random.below(all.length);
  const kind = random.below(4);
  if (kind === 0) all.splice(at, 1 + random.below(3));
  else if (kind === 1) all.splice(random.below(all.length), 0, ...all.slice(at, at + 1 + random.below(5)));
  else if (kind === 2) all[at] = `${random.pick(['', ' ', '  ', '    ', '\t', '- ', '#'])}${all[at]}`;
  else [all[at], all[0]] = [all[0] ?? '', all[at] ?? ''];
  return all.join('\n');
};

/** Brackets within brackets, as deep as a hostile author would nest them. */
const nest: MutateText = (text, random) => {
  const depth = random.pick([3, 50, 2000, 20_000]);
  const [open, close] = random.pick([
    ['[', ']'],
    ['(', ')'],
    ['{', '}'],
    ['-', ''],
    ['not ', ''],
    ['{"a":', '}'],
  ]) as [string, string];
  const found = tokens(text, isNumber);
  if (found.length === 0) return text;
  const token = random.pick(found);
  return replaceAt(text, token, open.repeat(depth) + token.text + (random.chance(0.7) ? close.repeat(depth) : ''));
};

export const TEXT: readonly MutateText[] = [
  change(isNumber, (_, __, r) => r.pick(NUMBERS)),
  change(isNumber, (_, __, r) => r.pick(NUMBERS)),
  change(isNumber, (_, all, r) => r.pick(all).text),
  change(isWord, (_, all, r) => r.pick(all).text),
  change(isWord, (_, all, r) => r.pick(all).text),
  change(isWord, (_, __, r) => r.pick(NAMES)),
  change(isMark, (_, all, r) => r.pick(all).text),
  change(isMark, () => ''),
  change(isMark, (t) => t + t),
  lines,
  lines,
  nest,
];

export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A change of text as a change of a file. */
export function onBytes(mutate: MutateText): Mutate {
  return (bytes, random) => encode(mutate(decode(bytes), random));
}
