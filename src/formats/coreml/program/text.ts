import { unquoted } from '../../../wire/quoted.js';
import { encoded, type Message, packedFloats, packedInts } from './encode.js';
import { numberOf, Scanner } from './scanner.js';
import { MAX_ELEMENTS, WRITTEN } from './types.js';

/** Blocks and lists within each other; no program has more. */
const MAX_DEPTH = 64;

/**
 * The text of a compiled program as the message that a package holds: a model with a program in field 502. Throws
 * ModelError `malformed`.
 */
export function programOfText(text: string): Uint8Array {
  return encoded(new Parser(text).model());
}

interface Literal {
  readonly type: Message;
  readonly texts: string[];
  readonly numbers: number[];
  /** It is in a file beside the text. */
  apart: boolean;
}

class Parser {
  readonly #s: Scanner;
  #depth = 0;

  constructor(text: string) {
    this.#s = new Scanner(text);
  }

  model(): Message {
    const s = this.#s;
    s.expect('program');
    s.expect('(');
    s.take();
    s.expect(')');
    this.#attributes();
    s.expect('{');
    const functions: [number, Message][] = [];
    while (!s.took('}')) functions.push([2, this.#function()]);
    return [
      [1, 7],
      [502, [[1, 1], ...functions]],
    ];
  }

  #function(): Message {
    const s = this.#s;
    s.expect('func');
    const name = s.take();
    s.expect('<');
    const opset = s.take();
    s.expect('>');
    const inputs = this.#parameters();
    this.#attributes();
    const block = this.#block([]);
    s.took(';');
    return [
      [1, name],
      [
        2,
        [
          ...inputs.map((input): [number, Message] => [1, input]),
          [2, opset],
          [
            3,
            [
              [1, opset],
              [2, block],
            ],
          ],
        ],
      ],
    ];
  }

  /** `(type name, …)`. */
  #parameters(): Message[] {
    const s = this.#s;
    s.expect('(');
    const found: Message[] = [];
    while (!s.took(')')) {
      found.push(this.#named());
      s.took(',');
    }
    return found;
  }

  #named(): Message {
    const type = this.#type();
    return [
      [1, this.#s.take()],
      [2, type],
    ];
  }

  /** `{ … } -> (names)`. */
  #block(inputs: readonly Message[]): Message {
    const s = this.#s;
    if (++this.#depth > MAX_DEPTH) throw s.wrong(`blocks are nested more than ${MAX_DEPTH} deep`);
    s.expect('{');
    const operations: [number, Message][] = [];
    while (!s.took('}')) operations.push([3, this.#operation()]);
    s.expect('->');
    s.expect('(');
    const outputs: [number, string][] = [];
    while (!s.took(')')) {
      outputs.push([2, s.take()]);
      s.took(',');
    }
    this.#depth--;
    return [...inputs.map((input): [number, Message] => [1, input]), ...outputs, ...operations];
  }

  #operation(): Message {
    const s = this.#s;
    const outputs: Message[] = [this.#named()];
    while (s.took(',')) outputs.push(this.#named());
    s.expect('=');
    const opType = s.take();
    const inputs = this.#arguments();
    const blocks: Message[] = [];
    let attributes = this.#attributes();
    while (s.peek === '(' || s.peek === '{') {
      blocks.push(this.#block(s.peek === '(' ? this.#parameters() : []));
      s.took(',');
    }
    attributes = [...attributes, ...this.#attributes()];
    s.expect(';');
    return [
      [1, opType],
      ...inputs.map((input): [number, Message] => [2, input]),
      ...outputs.map((output): [number, Message] => [3, output]),
      ...blocks.map((block): [number, Message] => [4, block]),
      ...attributes.map((attribute): [number, Message] => [5, attribute]),
    ];
  }

  /** `(name = x, name = (x, y), name = type(value))`. */
  #arguments(): Message[] {
    const s = this.#s;
    s.expect('(');
    const found: Message[] = [];
    while (!s.took(')')) {
      const name = s.take();
      s.expect('=');
      const bindings: [number, Message][] = [];
      if (s.took('('))
        while (!s.took(')')) {
          bindings.push([1, this.#binding()]);
          s.took(',');
        }
      else bindings.push([1, this.#binding()]);
      found.push([
        [1, name],
        [2, bindings],
      ]);
      s.took(',');
    }
    return found;
  }

  /** The name of a result, or a value that is in its place: a type and what is in brackets after it. */
  #binding(): Message {
    const s = this.#s;
    const word = s.take();
    return s.peek === '<' || s.peek === '(' ? [[2, this.#value(this.#typeNamed(word))]] : [[1, word]];
  }

  /** `[name = value, …]`, or nothing. */
  #attributes(): Message[] {
    const s = this.#s;
    if (!s.took('[')) return [];
    const found: Message[] = [];
    while (!s.took(']')) {
      const name = s.take();
      s.expect('=');
      found.push([
        [1, name],
        [2, this.#value(this.#type())],
      ]);
      s.took(',');
    }
    return found;
  }

  #type(): Message {
    return this.#typeNamed(this.#s.take());
  }

  #typeNamed(name: string): Message {
    const s = this.#s;
    const scalar = WRITTEN.get(name);
    if (scalar !== undefined) return [[1, [[1, scalar]]]];
    s.expect('<');
    if (name !== 'tensor') return this.#container(name);
    const element = WRITTEN.get(s.take()) ?? 0;
    s.expect(',');
    s.expect('[');
    const dimensions: [number, Message][] = [];
    while (!s.took(']')) {
      const word = s.take();
      const fixed = /^\d+$/.test(word) && s.peek !== '..';
      const extent = Number(word);
      if (fixed && !Number.isSafeInteger(extent)) throw s.wrong(`no tensor has an extent of ${word.slice(0, 40)}`);
      dimensions.push([3, fixed ? [[1, [[1, extent]]]] : [[2, []]]]);
      while (s.peek !== ']' && !s.took(',')) s.take();
    }
    s.expect('>');
    return [[1, [[1, element], [2, dimensions.length], ...dimensions]]];
  }

  /** Lists, states, tuples and dictionaries: of a state what it holds. */
  #container(name: string): Message {
    const s = this.#s;
    if (++this.#depth > MAX_DEPTH) throw s.wrong(`types are nested more than ${MAX_DEPTH} deep`);
    const parts: Message[] = [];
    while (!s.took('>')) {
      if (/^[\d?]/.test(s.peek)) s.take();
      else parts.push(this.#type());
      s.took(',');
    }
    this.#depth--;
    const [first = []] = parts;
    return name === 'state' ? [[5, [[1, first]]]] : [[2, [[1, first]]]];
  }

  /** The value in brackets after a type. */
  #value(type: Message): Message {
    const literal: Literal = { type, texts: [], numbers: [], apart: false };
    this.#s.expect('(');
    while (!this.#s.took(')')) this.#element(literal);
    return literalMessage(literal);
  }

  #element(literal: Literal): void {
    const s = this.#s;
    const word = s.take();
    const close = CLOSES[word];
    if (close !== undefined) {
      if (++this.#depth > MAX_DEPTH) throw s.wrong(`values are nested more than ${MAX_DEPTH} deep`);
      while (!s.took(close)) this.#element(literal);
      this.#depth--;
    } else if (word === 'BLOBFILE') {
      literal.apart = true;
      // Where it lies is a path and a place: neither is looked at.
      this.#arguments();
    } else if (word.startsWith('"')) literal.texts.push(unquoted(word));
    else if (word === 'true' || word === 'false') keep(literal, word === 'true' ? 1 : 0);
    else if (/^-?[\d.]|^-?(inf|nan)/i.test(word)) keep(literal, numberOf(word));
    else if (word !== ',' && word !== '=' && s.peek === '<') this.#typeNamed(word);
  }
}

const CLOSES: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' };

/** Keeps as many as may decide a shape, and one more, which says that there are too many. */
function keep({ numbers }: Literal, value: number): void {
  if (numbers.length <= MAX_ELEMENTS) numbers.push(value);
}

/** A value with its type, and its contents where they are at hand. */
function literalMessage({ type, texts, numbers, apart }: Literal): Message {
  if (apart)
    return [
      [2, type],
      [5, [[1, 'weight.bin']]],
    ];
  if (texts.length > 0)
    return [
      [2, type],
      [3, [[1, [[4, texts.map((text): [number, string] => [1, text])]]]]],
    ];
  if (numbers.length === 0 || numbers.length > MAX_ELEMENTS)
    return [
      [2, type],
      [3, []],
    ];
  const whole = numbers.every(Number.isInteger);
  return [
    [2, type],
    [3, [[1, [whole ? [5, [[1, packedInts(numbers)]]] : [1, [[1, packedFloats(numbers)]]]]]]],
  ];
}
