import { byName } from '../../source/by-name.js';
import { ModelError } from '../../source/errors.js';
import { joinBytes } from '../../source/join.js';
import { BLANKS } from '../blanks.js';
import { DEPTH_LIMIT } from '../protobuf.js';
import type { Scalar, Tree } from './encode.js';

/**
 * Protobuf's text format: `name: value`, `name { … }`, lists in brackets, `#` comments. Definition:
 * https://protobuf.dev/reference/protobuf/textformat-spec/ Throws ModelError `malformed` with the offset.
 */
export function parseText(text: string, format: string): Tree {
  return new Parser(text, format).message('', 0);
}

const NAME = /[A-Za-z_][\w.]*/.source;
const NUMBER = /-?\s*(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?|inf(?:inity)?|nan)\b/.source;
const STRING = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/.source;
const MARK = /[{}<>[\],;:/-]/.source;
const TOKEN = new RegExp(`${BLANKS}(?:(${NAME})|(${NUMBER})|(${STRING})|(${MARK})|$)`, 'iy');

type Token = {
  readonly kind: 'name' | 'number' | 'string' | 'mark' | 'end';
  readonly text: string;
  readonly at: number;
};

class Parser {
  readonly #text: string;
  readonly #format: string;
  #at = 0;
  #next: Token;

  constructor(text: string, format: string) {
    this.#text = text;
    this.#format = format;
    this.#next = this.#read();
  }

  message(close: string, depth: number): Tree {
    if (depth > DEPTH_LIMIT) throw this.#error('limit', `messages lie more than ${DEPTH_LIMIT} within each other`);
    const fields: (readonly [string, Scalar | Tree])[] = [];
    for (;;) {
      const token = this.#take();
      if (token.kind === 'end') {
        if (close === '') return { fields };
        throw this.#error('truncated', `the text ends where a "${close}" is expected`);
      }
      if (token.text === close) return { fields };
      if (token.kind === 'mark' && (token.text === ',' || token.text === ';')) continue;
      if (token.kind !== 'name') throw this.#error('malformed', `a field's name is expected, found "${token.text}"`);
      this.#value(token.text, fields, depth);
    }
  }

  #value(name: string, fields: (readonly [string, Scalar | Tree])[], depth: number): void {
    const colon = this.#next.text === ':' && this.#next.kind === 'mark';
    if (colon) this.#take();
    const token = this.#next;
    if (token.kind === 'mark' && (token.text === '{' || token.text === '<')) {
      this.#take();
      fields.push([name, this.message(token.text === '{' ? '}' : '>', depth + 1)]);
      return;
    }
    if (!colon) throw this.#error('malformed', `"${name}" is followed by neither ":" nor "{"`);
    if (token.kind === 'mark' && token.text === '[') {
      this.#take();
      while (!(this.#next.kind === 'mark' && this.#next.text === ']')) {
        if (this.#next.kind === 'mark' && this.#next.text === ',') this.#take();
        else if (this.#next.kind === 'mark' && (this.#next.text === '{' || this.#next.text === '<'))
          fields.push([name, this.message(this.#take().text === '{' ? '}' : '>', depth + 1)]);
        else fields.push([name, this.#scalar()]);
      }
      this.#take();
      return;
    }
    fields.push([name, this.#scalar()]);
  }

  #scalar(): Scalar {
    const token = this.#take();
    if (token.kind === 'string') {
      const parts = [unescaped(token.text)];
      while (this.#next.kind === 'string') parts.push(unescaped(this.#take().text)); // texts side by side are one
      return { bytes: joinBytes(parts) };
    }
    if (token.kind === 'mark' && token.text === '-') return { text: `-${this.#take().text}` };
    if (token.kind === 'number' || token.kind === 'name') return { text: token.text.replace(/\s+/g, '') };
    throw this.#error('malformed', `a value is expected, found "${token.text || 'the end'}"`);
  }

  #take(): Token {
    const token = this.#next;
    if (token.kind !== 'end') this.#next = this.#read();
    return token;
  }

  #read(): Token {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#text);
    if (found === null) throw this.#error('malformed', 'this is not protobuf text');
    this.#at = TOKEN.lastIndex;
    const [, name, number, string, mark] = found;
    const kind =
      name !== undefined
        ? 'name'
        : number !== undefined
          ? 'number'
          : string !== undefined
            ? 'string'
            : mark !== undefined
              ? 'mark'
              : 'end';
    return { kind, text: name ?? number ?? string ?? mark ?? '', at: this.#at };
  }

  #error(code: 'malformed' | 'truncated' | 'limit', message: string): ModelError {
    return new ModelError(code, message, {
      format: this.#format,
      at: { offset: this.#at },
      hint: 'the text is damaged, or of another kind: write it again',
    });
  }
}

const ESCAPES: Readonly<Record<string, number>> = byName({ a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 });

/** The bytes that a quoted text stands for: `\\n`, octal `\\101`, hexadecimal `\\x41`, others themselves. */
function unescaped(quoted: string): Uint8Array {
  const text = quoted.slice(1, -1);
  if (!text.includes('\\')) return new TextEncoder().encode(text);
  const out: number[] = [];
  const encoder = new TextEncoder();
  for (const [, escaped, plain] of text.matchAll(/\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|[\s\S])|([^\\]+)/g)) {
    if (plain !== undefined) for (const byte of encoder.encode(plain)) out.push(byte);
    else if (escaped !== undefined) {
      if (/^[0-7]/.test(escaped)) out.push(Number.parseInt(escaped, 8) & 0xff);
      else if (/^x./.test(escaped)) out.push(Number.parseInt(escaped.slice(1), 16));
      else if (/^u./.test(escaped))
        out.push(...encoder.encode(String.fromCharCode(Number.parseInt(escaped.slice(1), 16))));
      else out.push(ESCAPES[escaped] ?? (escaped.codePointAt(0) as number));
    }
  }
  return Uint8Array.from(out);
}
