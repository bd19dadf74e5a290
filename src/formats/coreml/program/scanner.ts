import { ModelError } from '../../../source/errors.js';
import { FORMAT } from '../features.js';

const TOKEN =
  /\s+|"(?:[^"\\]|\\.)*"|->|-?0x[\da-f.]+(?:p[+-]?\d+)?|-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|-?(?:inf|nan)\b|[A-Za-z_][\w.@:/$-]*?(?=[^\w.@:/$-]|->|$)|[()[\]{}<>,;=?]|\.\./giy;

/** Words of the text of a program, one after the other. */
export class Scanner {
  readonly #text: string;
  #at = 0;
  #next: string | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next word, which stays; empty at the end. */
  get peek(): string {
    while (this.#next === null) {
      if (this.#at >= this.#text.length) return '';
      TOKEN.lastIndex = this.#at;
      const found = TOKEN.exec(this.#text)?.[0];
      if (found === undefined) throw this.wrong(`${JSON.stringify(this.#text[this.#at])} is not part of a program`);
      this.#at += found.length;
      if (found.trim() !== '') this.#next = found;
    }
    return this.#next;
  }

  take(): string {
    const word = this.peek;
    if (word === '') throw this.wrong('the text ends in the middle');
    this.#next = null;
    return word;
  }

  /** Takes the word if it is this one. */
  took(word: string): boolean {
    if (this.peek !== word) return false;
    this.#next = null;
    return true;
  }

  expect(word: string): void {
    if (!this.took(word)) throw this.wrong(`${JSON.stringify(word)} was expected, not ${JSON.stringify(this.peek)}`);
  }

  wrong(message: string): ModelError {
    return new ModelError('malformed', message, {
      format: FORMAT,
      at: { line: this.#text.slice(0, this.#at).split('\n').length },
      hint: 'the text of the program is damaged: compile the model again, or give its .mlpackage',
    });
  }
}

/** A number as it is written: with hexadecimal fractions too (`0x1.8p-3`). */
export function numberOf(word: string): number {
  const hex = /^(-?)0x([\da-f]*)\.?([\da-f]*)(?:p([+-]?\d+))?$/i.exec(word);
  if (hex === null)
    return word.endsWith('inf') ? Number.parseFloat(`${word.startsWith('-') ? '-' : ''}Infinity`) : Number(word);
  const [, sign, whole = '', fraction = '', power = '0'] = hex;
  const digits = Number.parseInt(`${whole}${fraction}` || '0', 16);
  return (sign === '-' ? -1 : 1) * digits * 2 ** (Number(power) - 4 * fraction.length);
}
