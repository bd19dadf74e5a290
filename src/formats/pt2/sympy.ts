import { add, ceildiv, type Dim, equal, exactdiv, floordiv, max, min, mod, mul, parse, pow } from '../../dim/index.js';
import { byName } from '../../source/by-name.js';
import { ModelError } from '../../source/errors.js';
import { FORMAT } from './json.js';

/** Calls inside each other: files of real models have a dozen. */
const MAX_DEPTH = 128;
/** Characters of one expression. */
const MAX_LENGTH = 1 << 16;

/** A quotient that is not divided yet: what is rounded afterwards has to be kept whole until then. */
interface Ratio {
  readonly n: Dim;
  readonly d: Dim;
}

/**
 * The integer that sympy's `srepr` spells out (`Add(Mul(Integer(4), Symbol('s53', positive=True, integer=True)), Integer(-1))`),
 * or, in earlier versions, an ordinary formula. `symbol` gives a symbol by its name. Throws ModelError
 * `unsupported` for a function that is not known here, `malformed` for anything else that cannot be read.
 */
export function parseSympy(text: string, symbol: (name: string) => Dim): Dim {
  if (text.length > MAX_LENGTH)
    throw problem('limit', text, `it has ${text.length} characters, more than ${MAX_LENGTH}`);
  if (!/[A-Z]\w*\(/.test(text)) return formula(text, symbol);
  const reader = new Reader(text, symbol);
  const value = reader.expression(0);
  if (!reader.done()) throw problem('malformed', text, 'something follows its end');
  return whole(value, text);
}

/** `4*(s53//2) + 1`, as files before srepr have it. */
function formula(text: string, symbol: (name: string) => Dim): Dim {
  const name = text.trim();
  return /^[A-Za-z_]\w*$/.test(name) ? symbol(name) : parse(text);
}

function problem(code: 'malformed' | 'unsupported' | 'limit', text: string, why: string): ModelError {
  const shown = text.length > 120 ? `${text.slice(0, 117)}...` : text;
  return new ModelError(code, `the size ${shown} cannot be read: ${why}`, {
    format: FORMAT,
    hint:
      code === 'unsupported'
        ? 'Bind its symbols by giving fixed input shapes to torch.export.'
        : 'Export the model again.',
  });
}

function whole(value: Ratio, text: string): Dim {
  const result = equal(value.d, 1) ? value.n : exactdiv(value.n, value.d);
  if (result === undefined || (typeof result === 'number' && !Number.isInteger(result)))
    throw problem('unsupported', text, 'it is not an integer');
  return result;
}

type Rule = (args: readonly Ratio[]) => Ratio;

const of = (n: Dim): Ratio => ({ n, d: 1 });
const sumOf: Rule = (args) =>
  args.reduce(
    (a, b) =>
      equal(a.d, b.d) ? { n: add(a.n, b.n), d: a.d } : { n: add(mul(a.n, b.d), mul(b.n, a.d)), d: mul(a.d, b.d) },
    of(0),
  );
const productOf: Rule = (args) => args.reduce((a, b) => ({ n: mul(a.n, b.n), d: mul(a.d, b.d) }), of(1));
const quotientOf = ([a = of(0), b = of(1)]: readonly Ratio[]): Ratio => ({ n: mul(a.n, b.d), d: mul(a.d, b.n) });
const floored: Rule = ([a = of(0)]) => of(floordiv(a.n, a.d));
const ceiled: Rule = ([a = of(0)]) => of(ceildiv(a.n, a.d));
const same: Rule = ([a = of(0)]) => a;

const FUNCTIONS: Readonly<Record<string, Rule>> = byName({
  Add: sumOf,
  Mul: productOf,
  FloorDiv: (args) => floored([quotientOf(args)]),
  CleanDiv: quotientOf,
  CeilDiv: (args) => ceiled([quotientOf(args)]),
  IntTrueDiv: quotientOf,
  FloatTrueDiv: quotientOf,
  FloorToInt: floored,
  floor: floored,
  TruncToInt: floored, // sizes are not negative
  CeilToInt: ceiled,
  ceiling: ceiled,
  ToFloat: same,
  Identity: same,
  Integer: same,
  Abs: same,
  RoundToInt: ([a = of(0)]) => of(floordiv(add(mul(2, a.n), a.d), mul(2, a.d))),
  Rational: quotientOf,
  Max: (args) => of(max(...args.map(integer))),
  Min: (args) => of(min(...args.map(integer))),
  Mod: ([a = of(0), b = of(1)]) => of(mod(integer(a), integer(b))),
  PythonMod: ([a = of(0), b = of(1)]) => of(mod(integer(a), integer(b))),
  LShift: ([a = of(0), b = of(0)]) => ({ n: mul(a.n, pow(2, exponentOf(b))), d: a.d }),
  RShift: ([a = of(0), b = of(0)]) => floored([{ n: a.n, d: mul(a.d, pow(2, exponentOf(b))) }]),
  PowByNatural: power,
  Pow: power,
  ModularIndexing: ([a = of(0), b = of(1), c = of(1)]) => of(mod(floordiv(integer(a), integer(b)), integer(c))),
});

class NotWhole extends Error {}

function integer(r: Ratio): Dim {
  const result = equal(r.d, 1) ? r.n : exactdiv(r.n, r.d);
  if (result === undefined) throw new NotWhole();
  return result;
}

function exponentOf(r: Ratio): number {
  const e = integer(r);
  if (typeof e !== 'number') throw new NotWhole();
  return e;
}

/** A negative exponent divides: sympy has no other division. */
function power([a = of(0), b = of(1)]: readonly Ratio[]): Ratio {
  const e = exponentOf(b);
  return e >= 0 ? { n: pow(a.n, e), d: pow(a.d, e) } : { n: pow(a.d, -e), d: pow(a.n, -e) };
}

class Reader {
  readonly #text: string;
  readonly #symbol: (name: string) => Dim;
  #at = 0;

  constructor(text: string, symbol: (name: string) => Dim) {
    this.#text = text;
    this.#symbol = symbol;
  }

  done(): boolean {
    return this.#take(/\s*/y) !== null && this.#at === this.#text.length;
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #expect(pattern: RegExp, what: string): string {
    const found = this.#take(pattern);
    if (found === null) throw problem('malformed', this.#text, `${what} is expected at character ${this.#at}`);
    return found.trim();
  }

  expression(depth: number): Ratio {
    if (depth > MAX_DEPTH) throw problem('limit', this.#text, `calls are nested deeper than ${MAX_DEPTH}`);
    const number = this.#take(/\s*-?\d+(?![\w.])/y);
    if (number !== null) return of(integerOf(number.trim()));
    const name = this.#expect(/\s*[A-Za-z_]\w*/y, 'a name');
    if (this.#take(/\s*\(/y) === null) throw problem('unsupported', this.#text, `${name} is not known`);
    if (name === 'Symbol') return of(this.#symbolCall());
    if (name === 'Float') return this.#floatCall();
    const args: Ratio[] = [];
    if (this.#take(/\s*\)/y) === null) {
      do args.push(this.expression(depth + 1));
      while (this.#take(/\s*,/y) !== null);
      this.#expect(/\s*\)/y, ')');
    }
    const rule = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (rule === undefined) throw problem('unsupported', this.#text, `the function ${name} is not known`);
    try {
      return rule(args);
    } catch (error) {
      if (error instanceof NotWhole)
        throw problem('unsupported', this.#text, `an argument of ${name} is not an integer`);
      throw error;
    }
  }

  /** `'s77', positive=True, integer=True)`: the assumptions hold for every size. */
  #symbolCall(): Dim {
    const quoted = this.#expect(/\s*'[^']*'|\s*"[^"]*"/y, 'a name in quotes');
    while (this.#take(/\s*,\s*\w+\s*=\s*\w+/y) !== null);
    this.#expect(/\s*\)/y, ')');
    const name = quoted.slice(1, -1);
    if (name === '') throw problem('malformed', this.#text, 'a symbol has no name');
    return this.#symbol(name);
  }

  /** `'0.5', precision=53)`: a factor of an interpolation, as the fraction that the text is. */
  #floatCall(): Ratio {
    const quoted = this.#expect(/\s*'[^']*'|\s*"[^"]*"/y, 'a number in quotes').slice(1, -1);
    while (this.#take(/\s*,\s*\w+\s*=\s*\w+/y) !== null);
    this.#expect(/\s*\)/y, ')');
    const value = Number(quoted);
    let scale = 1;
    while (!Number.isInteger(value * scale) && scale < 2 ** 40) scale *= 2;
    if (!Number.isSafeInteger(value * scale))
      throw problem('unsupported', this.#text, `${quoted} is not a fraction of integers`);
    return { n: value * scale, d: scale };
  }
}

function integerOf(text: string): Dim {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}
