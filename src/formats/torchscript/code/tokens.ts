import { byName } from '../../../source/by-name.js';
import { ModelError } from '../../../source/errors.js';

/** One word of TorchScript. `newline`, `indent` and `dedent` stand for layout; inside brackets there is none. */
export interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'sign' | 'newline' | 'indent' | 'dedent' | 'end';
  /** As written; of a text, what it says. */
  readonly text: string;
  readonly line: number;
}

/** Characters of one file of code. A frozen model of thousands of layers has some megabytes. */
const TEXT_LIMIT = 1 << 26;
/** Open brackets, and levels of indentation; the writer breaks long lines up, so real code has a dozen. */
export const NESTING_LIMIT = 200;

const SPACE = /[ \t\r]*(?:#[^\n]*)?/y;
const NAME = /[A-Za-z_][A-Za-z_0-9]*/y;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const SIGN = /->|[()[\]{}.,:=+\-*]/y;

/** Takes TorchScript's code apart, word by word. Throws ModelError with the line. */
export class Tokens {
  readonly file: string;
  readonly #text: string;
  #at = 0;
  #line = 1;
  #brackets = 0;
  readonly #indents: number[] = [0];
  /** Words that one place of the text stands for: dedents. */
  readonly #ready: Token[] = [];
  /** At the start of a line; within one. */
  #fresh = true;
  #open = false;
  #next: Token | null = null;

  constructor(text: string, file: string) {
    if (text.length > TEXT_LIMIT)
      throw new ModelError('limit', `${file} has ${text.length} characters, more than ${TEXT_LIMIT}`, {
        format: 'torchscript',
      });
    this.#text = text;
    this.file = file;
  }

  peek(): Token {
    this.#next ??= this.#read();
    return this.#next;
  }

  take(): Token {
    const token = this.peek();
    this.#next = null;
    return token;
  }

  /** Takes the next word if it is this sign or keyword. */
  skip(text: string): boolean {
    const token = this.peek();
    if (token.text !== text || token.kind === 'text') return false;
    this.#next = null;
    return true;
  }

  expect(text: string): void {
    if (!this.skip(text)) throw this.error(`"${text}" expected, found ${this.#shown(this.peek())}`);
  }

  expectKind(kind: Token['kind']): Token {
    const token = this.peek();
    if (token.kind !== kind) throw this.error(`a ${kind} expected, found ${this.#shown(token)}`);
    this.#next = null;
    return token;
  }

  error(message: string, code: 'malformed' | 'unsupported' | 'limit' = 'malformed', line?: number): ModelError {
    const at = line ?? this.#next?.line ?? this.#line;
    return new ModelError(code, `${this.file}, line ${at}: ${message}`, {
      format: 'torchscript',
      at: { field: `${this.file}:${at}` },
      hint: code === 'malformed' ? 'the archive is damaged: save the model again with torch.jit.save' : null,
    });
  }

  #shown(token: Token): string {
    return token.kind === 'name' || token.kind === 'sign' || token.kind === 'number' ? `"${token.text}"` : token.kind;
  }

  #read(): Token {
    const ready = this.#ready.shift();
    if (ready !== undefined) return ready;
    if (this.#fresh) {
      const layout = this.#indentation();
      if (layout !== null) return layout;
    }
    this.#match(SPACE);
    const c = this.#text[this.#at];
    if (c === undefined) return this.#end();
    this.#open ||= c !== '\n';
    if (c === '\n') {
      this.#at++;
      const line = this.#line++;
      if (this.#brackets > 0) return this.#read();
      this.#fresh = true;
      this.#open = false;
      return { kind: 'newline', text: '\n', line };
    }
    if (c === '"' || c === "'") return this.#string(c);
    const line = this.#line;
    const name = this.#match(NAME);
    if (name !== null) return { kind: 'name', text: name, line };
    const number = this.#match(NUMBER);
    if (number !== null) return { kind: 'number', text: number, line };
    const sign = this.#match(SIGN);
    if (sign === null) throw this.error(`the character "${c}" is not TorchScript`);
    if (sign === '(' || sign === '[' || sign === '{') {
      if (++this.#brackets > NESTING_LIMIT) throw this.error(`more than ${NESTING_LIMIT} open brackets`, 'limit');
    } else if (sign === ')' || sign === ']' || sign === '}') this.#brackets = Math.max(0, this.#brackets - 1);
    return { kind: 'sign', text: sign, line };
  }

  /** At the start of a line: what its indentation says, if anything; empty lines say nothing. */
  #indentation(): Token | null {
    for (;;) {
      const start = this.#at;
      this.#match(SPACE);
      const c = this.#text[this.#at];
      if (c === undefined) {
        this.#fresh = false;
        return null;
      }
      if (c !== '\n') {
        this.#fresh = false;
        return this.#level(this.#at - start);
      }
      this.#at++;
      this.#line++;
    }
  }

  #level(width: number): Token | null {
    const line = this.#line;
    const current = this.#indents.at(-1) as number;
    if (width === current) return null;
    if (width > current) {
      if (this.#indents.length > NESTING_LIMIT)
        throw this.error(`blocks nested more than ${NESTING_LIMIT} deep`, 'limit');
      this.#indents.push(width);
      return { kind: 'indent', text: '', line };
    }
    while (width < (this.#indents.at(-1) as number)) {
      this.#indents.pop();
      this.#ready.push({ kind: 'dedent', text: '', line });
    }
    if (width !== this.#indents.at(-1)) throw this.error('a line is indented as no line before it', 'malformed', line);
    return this.#ready.shift() as Token;
  }

  #end(): Token {
    if (this.#brackets > 0) throw this.error('the code ends within brackets');
    const line = this.#line;
    if (this.#open) {
      // The last line ends with the text, whether a line end was written or not.
      this.#open = false;
      return { kind: 'newline', text: '\n', line };
    }
    if (this.#indents.length === 1) return { kind: 'end', text: '', line };
    this.#indents.pop();
    return { kind: 'dedent', text: '', line };
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#at = pattern.lastIndex;
    return found[0];
  }

  /** Text in quotes; bytes that are not printable ASCII are written as `\ooo`, so that UTF-8 is put together here. */
  #string(quote: string): Token {
    const line = this.#line;
    const text = this.#text;
    const bytes: number[] = [];
    let plain = true;
    let start = ++this.#at;
    let out = '';
    const flush = (): void => {
      out += text.slice(start, this.#at);
    };
    for (;;) {
      const c = text[this.#at];
      if (c === undefined || c === '\n') throw this.error('a text has no end', 'malformed', line);
      if (c === quote) break;
      if (c !== '\\') {
        this.#at++;
        continue;
      }
      flush();
      const { length, code } = escapeAt(text, this.#at);
      if (code > 0x7f) {
        plain = false;
        bytes.push(code);
      }
      out += code < 0 ? '' : String.fromCharCode(code);
      this.#at += length;
      start = this.#at;
    }
    flush();
    this.#at++;
    return { kind: 'text', text: plain ? out : utf8(out), line };
  }
}

const ESCAPES: Readonly<Record<string, number>> = byName({ a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 });

function escapeAt(text: string, at: number): { readonly length: number; readonly code: number } {
  const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1, at + 4));
  if (octal !== null) return { length: 1 + octal[0].length, code: Number.parseInt(octal[0], 8) & 0xff };
  const hex = /^x([0-9a-fA-F]{2})/.exec(text.slice(at + 1, at + 4));
  if (hex !== null) return { length: 4, code: Number.parseInt(hex[1] as string, 16) };
  const letter = text[at + 1] ?? '';
  return { length: 2, code: letter === '\n' ? -1 : (ESCAPES[letter] ?? letter.charCodeAt(0)) };
}

/** Characters that stand for bytes, as the UTF-8 that they are; as they are where they are none. */
function utf8(text: string): string {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) return text;
    bytes[i] = code;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return text;
  }
}
