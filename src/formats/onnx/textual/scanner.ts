import { ModelError, type ModelErrorCode } from '../../../source/errors.js';
import { BLANKS_OF_TWO_KINDS } from '../../../wire/blanks.js';
import { unquoted } from '../../../wire/quoted.js';

/** Reads ONNX's text syntax piece by piece: what a piece is depends on where it stands. */
export class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skip();
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  mark(): number {
    return this.#at;
  }

  reset(mark: number): void {
    this.#at = mark;
  }

  peek(sign: string): boolean {
    return this.#text.startsWith(sign, this.#at);
  }

  accept(sign: string): boolean {
    if (!this.peek(sign)) return false;
    this.#at += sign.length;
    this.#skip();
    return true;
  }

  expect(sign: string): void {
    if (!this.accept(sign)) throw this.error(`"${sign}" is expected`);
  }

  /** An identifier. */
  word(): string {
    return this.#take(/[A-Za-z_]\w*/y, 'a name is expected');
  }

  /** The name of a value, a node or a graph: in quotes, or as it stands; printers of earlier versions left quotes out. */
  name(): string {
    return this.peek('"') ? this.quoted() : this.#take(/[^\s,()<>{}[\]="'#]+/y, 'a name is expected');
  }

  /** A name that may be left out, in front of a comma or of what ends the list. */
  optionalName(end: string): string {
    return this.peek(',') || this.peek(end) ? '' : this.name();
  }

  number(): string {
    return this.#take(NUMBER, 'a number is expected');
  }

  isNumberNext(): boolean {
    return this.#match(NUMBER) !== null;
  }

  /** Whether a type comes next and not a name that only begins the same way. */
  isTypeNext(isType: (word: string) => boolean): boolean {
    const word = this.#match(/[A-Za-z_]\w*/y);
    if (word === null) return false;
    const behind = this.#text.charAt(this.#at + word.length);
    if (/^(seq|map|optional|sparse_tensor)$/.test(word)) return behind === '(';
    // `float x`, `float[2] x`, `float {1}`; a value may be called `float` too
    return (
      isType(word) &&
      /[\s[{]/.test(behind) &&
      !/^\s*[,)=>]/.test(this.#text.slice(this.#at + word.length, this.#at + word.length + 8))
    );
  }

  quoted(): string {
    return unquoted(this.#take(/"(?:[^"\\]|\\[\s\S])*"/y, 'a text in quotes is expected'));
  }

  /** The parts between brackets, divided at commas that are in no inner brackets. */
  bracketed(): string[] {
    this.expect('[');
    const parts: string[] = [];
    let depth = 0;
    let from = this.#at;
    for (; ; this.#at++) {
      const c = this.#text.charAt(this.#at);
      if (c === '') throw this.error('the text ends within brackets', 'truncated');
      if (c === '(') depth++;
      else if (c === ')') depth--;
      else if (depth === 0 && (c === ',' || c === ']')) {
        parts.push(
          this.#text
            .slice(from, this.#at)
            .trim()
            .replace(/^"(.*)"$/s, '$1'),
        );
        from = this.#at + 1;
        if (c === ']') break;
      }
    }
    this.#at++;
    this.#skip();
    return parts.length === 1 && parts[0] === '' ? [] : parts;
  }

  /** The text between braces, which hold numbers alone. */
  braced(): string {
    this.expect('{');
    const end = this.#text.indexOf('}', this.#at);
    if (end < 0) throw this.error('the text ends within braces', 'truncated');
    const contents = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    this.#skip();
    return contents;
  }

  error(message: string, code: ModelErrorCode = 'malformed'): ModelError {
    const found = this.#text.slice(this.#at, this.#at + 20).split('\n')[0] ?? '';
    const line = this.#text.slice(0, this.#at).split('\n').length;
    return new ModelError(
      code,
      `line ${line}: ${message}${found === '' ? ', and the text ends' : `, found "${found}"`}`,
      {
        format: 'onnx',
        at: { offset: this.#at },
        hint: 'the text does not follow ONNX’s syntax: write it again, or give the .onnx',
      },
    );
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? null;
  }

  #take(pattern: RegExp, message: string): string {
    const found = this.#match(pattern);
    if (found === null) throw this.error(message);
    this.#at += found.length;
    this.#skip();
    return found;
  }

  /** Spaces, and comments to the end of their line. */
  #skip(): void {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
  }
}

const SPACE = new RegExp(BLANKS_OF_TWO_KINDS, 'y');
const NUMBER = /[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|inf(?:inity)?|nan)(?![\w.])/iy;
