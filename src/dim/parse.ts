import { add, mul, neg, pow, product, sum } from './arithmetic.js';
import { ceildiv, exactdiv, floordiv, mod } from './division.js';
import { type Dim, integer, type Range, sym, toBig } from './expr.js';
import { MAX_DEPTH, MAX_TEXT_WORK, tooLarge } from './limits.js';
import { max, min } from './minmax.js';
import { gcd, termsOf } from './polynomial.js';
import { malformed, type Token, tokens } from './tokens.js';

/**
 * Reads what `format` writes, and the spellings of Python and sympy that are in exported models:
 * `(((s53 - 1)//4)) + 1`, `32*s16`, `floor(h/2 - 1/2)`, `ceiling(s/2)`, `Max(1, s)`, `h % 2`, `h mod 2`, `⌊h/2⌋`.
 * Fractions may occur on the way as long as the whole is an integer. Symbols take their range from `ranges`, else that
 * of `sym`. Errors: ModelError `malformed` with the position, `limit` for a text too long, too deep or too large.
 */
export function parse(text: string, ranges?: ReadonlyMap<string, Range>): Dim {
  return new Parser(text, ranges).whole();
}

/** top / bottom, bottom never 0. */
interface Fraction {
  readonly top: Dim;
  readonly bottom: Dim;
}

class Parser {
  readonly #text: string;
  readonly #ranges: ReadonlyMap<string, Range> | undefined;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #work = 0;

  constructor(text: string, ranges: ReadonlyMap<string, Range> | undefined) {
    this.#text = text;
    this.#ranges = ranges;
    this.#tokens = tokens(text);
  }

  whole(): Dim {
    const start = this.#peek();
    const value = this.#sum();
    if (this.#peek().kind !== 'end') throw this.#unexpected('an operator');
    return this.#integer(value, start);
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #accept(sign: string): boolean {
    const { kind, text } = this.#peek();
    if (kind !== 'sign' || text !== sign) return false;
    this.#next++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#accept(sign)) throw this.#unexpected(`"${sign}"`);
  }

  #unexpected(expected: string): Error {
    const { kind, text, at } = this.#peek();
    return malformed(
      this.#text,
      at,
      `expected ${expected}, found ${kind === 'end' ? 'the end' : JSON.stringify(text)}`,
    );
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw tooLarge('levels of nesting', MAX_DEPTH);
    const value = read();
    this.#depth--;
    return value;
  }

  #sum(): Fraction {
    // Terms are added all at once: one by one, a long sum would take quadratic time.
    const tops: Dim[] = [];
    let bottom: Dim = 1;
    let negative = false;
    for (;;) {
      const term = this.#product();
      if (term.bottom !== bottom) {
        const total = { top: sum(tops.splice(0)), bottom };
        const both = this.#add(total, negative ? { top: neg(term.top), bottom: term.bottom } : term);
        tops.push(both.top);
        bottom = both.bottom;
      } else tops.push(negative ? neg(term.top) : term.top);
      if (this.#accept('+')) negative = false;
      else if (this.#accept('-')) negative = true;
      else return { top: sum(tops), bottom };
    }
  }

  #product(): Fraction {
    let left = this.#signed();
    for (;;) {
      const at = this.#peek();
      if (at.kind === 'sign' && at.text === '*') left = this.#times(left);
      else if (this.#accept('/')) left = this.#over(left, this.#signed(), at);
      else if (this.#accept('//')) left = this.#floor(this.#over(left, this.#signed(), at));
      else if (this.#accept('%') || this.#acceptMod()) left = this.#mod(left, this.#signed(), at);
      else return left;
    }
  }

  /** A run of factors at once: one by one, a long product would take quadratic time. */
  #times(first: Fraction): Fraction {
    const tops = [first.top];
    let { bottom } = first;
    while (this.#accept('*')) {
      const next = this.#signed();
      bottom = this.#mul(bottom, next.bottom);
      // Sums are multiplied in turn, each product within the bounds.
      if (termsOf(next.top).length < 2) tops.push(next.top);
      else tops.push(this.#mul(product(tops.splice(0)), next.top));
    }
    return { top: product(tops), bottom };
  }

  /** Between two operands `mod` is an operator; elsewhere it may be a name. */
  #acceptMod(): boolean {
    const { kind, text, quoted } = this.#peek();
    if (kind !== 'name' || quoted || text.toLowerCase() !== 'mod') return false;
    this.#next++;
    return true;
  }

  #signed(): Fraction {
    let negative = false;
    for (;;) {
      if (this.#accept('-')) negative = !negative;
      else if (!this.#accept('+')) break;
    }
    const value = this.#power();
    return negative ? { top: neg(value.top), bottom: value.bottom } : value;
  }

  #power(): Fraction {
    const base = this.#operand();
    const at = this.#peek();
    if (!this.#accept('**')) return base;
    // Right to left, as in Python: 2**3**2 is 2**9.
    const exponent = this.#integer(
      this.#nested(() => this.#signed()),
      at,
    );
    if (typeof exponent !== 'number' || exponent < 0) {
      throw malformed(this.#text, at.at, 'the exponent must be a whole number from 0 on');
    }
    return { top: this.#pow(base.top, exponent), bottom: this.#pow(base.bottom, exponent) };
  }

  #operand(): Fraction {
    const token = this.#peek();
    if (token.kind === 'number') {
      this.#next++;
      return decimal(token.text);
    }
    if (token.kind === 'name') {
      this.#next++;
      if (!token.quoted && this.#accept('(')) return this.#call(token);
      return { top: sym(token.text, this.#ranges?.get(token.text)), bottom: 1 };
    }
    if (this.#accept('(')) return this.#enclosed(')');
    if (this.#accept('⌊')) return this.#floor(this.#enclosed('⌋'));
    if (this.#accept('⌈')) return this.#ceil(this.#enclosed('⌉'));
    throw this.#unexpected('a number, a name or "("');
  }

  #enclosed(close: string): Fraction {
    const value = this.#nested(() => this.#sum());
    this.#expect(close);
    return value;
  }

  #call(name: Token): Fraction {
    const args = this.#nested(() => {
      const found = [this.#sum()];
      while (this.#accept(',')) found.push(this.#sum());
      return found;
    });
    this.#expect(')');
    switch (name.text.toLowerCase()) {
      case 'floor':
        return this.#floor(this.#one(args, name));
      case 'ceil':
      case 'ceiling':
        return this.#ceil(this.#one(args, name));
      case 'floordiv':
        return this.#floor(this.#over(...this.#two(args, name), name));
      case 'ceildiv':
        return this.#ceil(this.#over(...this.#two(args, name), name));
      case 'mod':
        return this.#mod(...this.#two(args, name), name);
      case 'min':
        return { top: min(...this.#several(args, name)), bottom: 1 };
      case 'max':
        return { top: max(...this.#several(args, name)), bottom: 1 };
      default:
        throw malformed(this.#text, name.at, `${JSON.stringify(name.text)} is not a known function`);
    }
  }

  #several(args: readonly Fraction[], at: Token): readonly Dim[] {
    // Each argument is compared with each other one, which costs more than a product of terms.
    this.#work += 8 * args.length ** 2;
    this.#check();
    return args.map((arg) => this.#integer(arg, at));
  }

  #one(args: readonly Fraction[], at: Token): Fraction {
    const [only, second] = args;
    if (only === undefined || second !== undefined) throw this.#arguments(at, 'one argument', args);
    return only;
  }

  #two(args: readonly Fraction[], at: Token): [Fraction, Fraction] {
    const [first, second, third] = args;
    if (first === undefined || second === undefined || third !== undefined)
      throw this.#arguments(at, 'two arguments', args);
    return [first, second];
  }

  #arguments(at: Token, expected: string, args: readonly Fraction[]): Error {
    return malformed(this.#text, at.at, `${at.text} takes ${expected}, found ${args.length}`);
  }

  #add(a: Fraction, b: Fraction): Fraction {
    this.#work += termsOf(a.top).length + termsOf(b.top).length;
    if (typeof a.bottom !== 'object' && typeof b.bottom !== 'object') {
      // Over the least common multiple, so that h/2 - 1/2 stays over 2.
      const x = toBig(a.bottom);
      const y = toBig(b.bottom);
      const common = gcd(x, y);
      const bottom = integer((x / common) * y);
      return { top: add(this.#mul(a.top, integer(y / common)), this.#mul(b.top, integer(x / common))), bottom };
    }
    return {
      top: add(this.#mul(a.top, b.bottom), this.#mul(b.top, a.bottom)),
      bottom: this.#mul(a.bottom, b.bottom),
    };
  }

  #over(a: Fraction, b: Fraction, at: Token): Fraction {
    if (b.top === 0) throw malformed(this.#text, at.at, 'division by zero');
    return { top: this.#mul(a.top, b.bottom), bottom: this.#mul(a.bottom, b.top) };
  }

  #floor(a: Fraction): Fraction {
    this.#spend(a.top, a.bottom);
    return { top: floordiv(a.top, a.bottom), bottom: 1 };
  }

  #ceil(a: Fraction): Fraction {
    this.#spend(a.top, a.bottom);
    return { top: ceildiv(a.top, a.bottom), bottom: 1 };
  }

  #mod(a: Fraction, b: Fraction, at: Token): Fraction {
    const x = this.#integer(a, at);
    const y = this.#integer(b, at);
    if (y === 0) throw malformed(this.#text, at.at, 'division by zero');
    this.#spend(x, y);
    return { top: mod(x, y), bottom: 1 };
  }

  #integer(a: Fraction, at: Token): Dim {
    if (a.bottom === 1) return a.top;
    const exact = exactdiv(a.top, a.bottom);
    if (exact === undefined) {
      throw malformed(this.#text, at.at, 'the value need not be whole: write floor(a/b) or a//b');
    }
    return exact;
  }

  #mul(a: Dim, b: Dim): Dim {
    this.#spend(a, b);
    return mul(a, b);
  }

  #pow(a: Dim, n: number): Dim {
    if (termsOf(a).length < 2) return pow(a, n);
    let result: Dim = 1;
    for (let i = 0; i < n; i++) result = this.#mul(result, a);
    return result;
  }

  #spend(a: Dim, b: Dim): void {
    if (typeof a === 'object' && typeof b === 'object') this.#work += termsOf(a).length * termsOf(b).length;
    this.#check();
  }

  #check(): void {
    if (this.#work > MAX_TEXT_WORK) throw tooLarge('steps for one text', MAX_TEXT_WORK);
  }
}

/** 0.25 is 25/100: sympy prints some scale factors so. */
function decimal(text: string): Fraction {
  const [whole = '', places = ''] = text.split('.');
  const top = BigInt(`${whole}${places}`);
  const bottom = 10n ** BigInt(places.length);
  const common = gcd(top, bottom);
  return { top: integer(top / common), bottom: integer(bottom / common) };
}
