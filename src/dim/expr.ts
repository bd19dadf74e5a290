import { ModelError } from '../source/errors.js';
import { escapeHidden } from '../wire/hidden.js';
import { MAX_ATOM_KEY, MAX_BITS, MAX_NAME, MAX_NESTING, spend, tooLarge } from './limits.js';

/**
 * A dimension, or a count made of dimensions: an integer that may contain symbols, always in normal form.
 * A `number` if and only if it is a safe integer, a `bigint` only beyond that, an `Expr` only if it contains a symbol.
 */
export type Dim = number | bigint | Expr;

/** A bound: a bigint, or ±Infinity if there is none. JavaScript compares the two kinds exactly. */
export type Bound = bigint | number;

export interface Interval {
  readonly low: Bound;
  readonly high: Bound;
}

/** A named integer between `min` and `max`; null if it is unbounded. */
export interface SymbolAtom {
  readonly kind: 'symbol';
  readonly key: string;
  readonly name: string;
  readonly min: bigint | null;
  readonly max: bigint | null;
}

/** ⌊numerator / denominator⌋, taken as one indivisible unit. */
export interface FloorAtom {
  readonly kind: 'floor';
  readonly key: string;
  readonly numerator: Dim;
  readonly denominator: Dim;
  readonly depth: number;
}

/** The least or the greatest of several values, taken as one indivisible unit. */
export interface ExtremeAtom {
  readonly kind: 'min' | 'max';
  readonly key: string;
  readonly args: readonly Dim[];
  /** Levels of floors and extremes, this one included. */
  readonly depth: number;
}

export type Atom = SymbolAtom | FloorAtom | ExtremeAtom;

export interface Factor {
  readonly atom: Atom;
  readonly power: number;
}

/** A product of atoms; `key` is empty for the empty product. Factors are sorted: symbols first, then by key. */
export interface Monomial {
  readonly key: string;
  readonly degree: number;
  readonly factors: readonly Factor[];
}

export interface Term {
  readonly coefficient: bigint;
  readonly monomial: Monomial;
}

/**
 * A sum of terms in a fixed order (highest degree first, then by name, the constant last), no coefficient zero.
 * Made only by this folder; opaque outside it. Two expressions are the same normal form exactly when their keys are equal.
 */
export class Expr {
  readonly terms: readonly Term[];
  #key: string | null = null;
  #text: string | null = null;
  #range: Interval | null = null;
  #products: Map<Dim, Dim> | null = null;

  constructor(terms: readonly Term[]) {
    spend(TERM_WORK * terms.length);
    this.terms = Object.freeze(terms);
    Object.freeze(this);
  }

  /** Computed when first requested: sums that are only added to further never pay for it. */
  get key(): string {
    this.#key ??= keyOf(this, true);
    return this.#key;
  }

  /** Bounds, worked out once: an expression never changes. They come from bounds.ts, which knows expressions. */
  range(compute: (e: Expr) => Interval): Interval {
    this.#range ??= compute(this);
    return this.#range;
  }

  /** This times another, worked out once for as many layers as have the same extents. */
  times(other: Dim, compute: (e: Expr, other: Dim) => Dim): Dim {
    let made = this.#products?.get(other);
    if (made === undefined) {
      made = compute(this, other);
      if (this.#products === null || this.#products.size >= MOST_PRODUCTS) this.#products = new Map();
      this.#products.set(other, made);
    }
    return made;
  }

  /**
   * As text what `format` gives, and as a number none: what calculates with NaN finds out. Only `n + 1` would go on in silence,
   * as the text `n1`: it throws.
   */
  [Symbol.toPrimitive](hint: 'string' | 'number' | 'default'): string | number {
    if (hint === 'string') return this.toString();
    if (hint === 'number') return Number.NaN;
    throw new ModelError('free-symbol', `${this} is a size that is left free: JavaScript's own signs cannot take it`, {
      hint: 'calculate by functions (dims.add, dims.mul, dims.floordiv, dims.lessEqual of opcount/nn), or bind it to a number',
    });
  }

  /** The same text as `format`. */
  toString(): string {
    this.#text ??= keyOf(this, false);
    return this.#text;
  }

  /** A formula goes into JSON as text, which `parse` reads back. */
  toJSON(): string {
    return this.toString();
  }
}

/** Characters up to which the texts of products and of sums are not accounted for: their terms are. */
const ORDINARY_KEY = 64;
const ORDINARY_TEXT = 512;
/** A term takes as much time and memory as so many characters, and so does a factor of a long product. */
const TERM_WORK = 8;
const ORDINARY_FACTORS = 8;
/** A floor, min or max takes some proofs beside its text. */
const ATOM_WORK = 32;

/** Products that an expression remembers. */
const MOST_PRODUCTS = 64;

/** A range for a symbol. `min` left out means 1, as fits a tensor's extent; null means unbounded. */
export interface Range {
  readonly min?: bigint | number | null;
  readonly max?: bigint | number | null;
}

/**
 * The symbol called `name`. One name should have one range: the range is part of the identity, so that nothing proved
 * with one range leaks into another. A range of a single value is that value.
 * Errors: ModelError `argument` for an empty name or an empty range.
 */
export function sym(name: string, range?: Range): Dim {
  if (name === '') throw new ModelError('argument', 'A symbolic dimension needs a name.');
  if (name.length > MAX_NAME)
    throw new ModelError('limit', `A free dimension has a name of ${name.length} characters, more than ${MAX_NAME}.`);
  const min = range?.min === undefined ? 1n : range.min === null ? null : toBig(range.min);
  const max = range?.max === undefined || range.max === null ? null : toBig(range.max);
  if (min !== null && max !== null) {
    if (min > max) throw new ModelError('argument', `The symbol ${name} has an empty range: ${min} to ${max}.`);
    if (min === max) return integer(min);
  }
  // The range is part of the key unless it is the usual one.
  const key = min === 1n && max === null ? nameText(name) : `${nameText(name)}{${min ?? ''},${max ?? ''}}`;
  return fromAtom(Object.freeze({ kind: 'symbol', key, name, min, max }));
}

/** One atom as an expression. */
export function fromAtom(atom: Atom): Expr {
  return new Expr([{ coefficient: 1n, monomial: monomial([{ atom, power: 1 }]) }]);
}

/** A floor, min or max of parts in normal form. Errors: ModelError `limit` where they grow too large or too deep. */
export function compound(parts: AtomParts): FloorAtom | ExtremeAtom {
  const key = atomText(parts, true);
  if (key.length > MAX_ATOM_KEY) throw tooLarge(`characters in one ${parts.kind}`, MAX_ATOM_KEY);
  spend(ATOM_WORK + key.length);
  let depth = 0;
  for (const part of parts.kind === 'floor' ? [parts.numerator, parts.denominator] : parts.args) {
    for (const { monomial } of typeof part === 'object' ? part.terms : []) {
      for (const { atom } of monomial.factors) if (atom.kind !== 'symbol' && atom.depth > depth) depth = atom.depth;
    }
  }
  depth++;
  if (depth > MAX_NESTING) throw tooLarge('levels of floor, min and max', MAX_NESTING);
  if (parts.kind === 'floor') {
    return Object.freeze({ kind: 'floor', key, depth, numerator: parts.numerator, denominator: parts.denominator });
  }
  return Object.freeze({ kind: parts.kind, key, depth, args: Object.freeze(parts.args) });
}

export function monomial(factors: readonly Factor[]): Monomial {
  let key = '';
  let degree = 0;
  for (const { atom, power } of factors) {
    if (key !== '') key += '*';
    key += power === 1 ? atom.key : `${atom.key}**${power}`;
    degree += power;
  }
  if (key.length > ORDINARY_KEY) spend(key.length - ORDINARY_KEY);
  if (factors.length > ORDINARY_FACTORS) spend(TERM_WORK * factors.length);
  return Object.freeze({ key, degree, factors: Object.freeze(factors) });
}

/** A bigint as a Dim: a number where that is safe. Errors: ModelError `limit` for one that no count reaches. */
export function integer(value: bigint): number | bigint {
  return value >= MIN_SAFE && value <= MAX_SAFE ? Number(value) : within(value);
}

/** The same integer. Errors: ModelError `limit` for one that no count reaches: sums that double again and again make it. */
export function within(value: bigint): bigint {
  if (value > LARGEST || value < -LARGEST) throw tooLarge('bits', MAX_BITS);
  return value;
}

const LARGEST = 1n << BigInt(MAX_BITS);

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const MIN_SAFE = -MAX_SAFE;

/** Errors: ModelError `argument` for a fraction, NaN, or a number too large to be known exactly. */
export function toBig(value: number | bigint): bigint {
  if (typeof value === 'bigint') return value;
  if (!Number.isSafeInteger(value)) {
    throw new ModelError('argument', `A dimension must be an exact integer, found ${value}.`, {
      hint: 'beyond 2^53 give a bigint; a file that says so is damaged, or states what no model has',
    });
  }
  return BigInt(value);
}

export function isStatic(d: Dim): d is number | bigint {
  return typeof d !== 'object';
}

/** Whether a value of any kind is a dimension. */
export function isDim(value: unknown): value is Dim {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Expr;
}

/** Whether both have the same normal form: then they are equal whatever the symbols stand for. */
export function equal(a: Dim, b: Dim): boolean {
  if (typeof a === 'object' && typeof b === 'object') return a === b || a.key === b.key;
  // A bigint given by a caller may be small, so compare by value.
  // biome-ignore lint/suspicious/noDoubleEquals: number == bigint compares exactly; === never holds across the two
  return typeof a !== 'object' && typeof b !== 'object' && a == b;
}

/** Most of them, told without tables of all letters. */
const ASCII_NAME = /^[A-Za-z_][\w.:]*$/;
const PLAIN_NAME = /^[\p{L}_][\p{L}\p{N}_.:]*$/u;

function nameText(name: string): string {
  return ASCII_NAME.test(name) || PLAIN_NAME.test(name) ? name : escapeHidden(JSON.stringify(name));
}

/** The text of an expression; as a key it also carries the ranges of its symbols. */
function keyOf(e: Expr, ranges: boolean): string {
  let text = '';
  for (const term of e.terms) {
    const negative = term.coefficient < 0n;
    if (text === '') text = negative ? '-' : '';
    else text += negative ? ' - ' : ' + ';
    text += termText(term, negative ? -term.coefficient : term.coefficient, ranges);
  }
  if (text.length > ORDINARY_TEXT) spend(text.length / 4);
  return text;
}

function termText(term: Term, magnitude: bigint, ranges: boolean): string {
  const { key, factors } = term.monomial;
  if (factors.length === 0) return String(magnitude);
  const product = ranges
    ? key
    : factors.map(({ atom, power }) => (power === 1 ? bare(atom) : `${bare(atom)}**${power}`)).join('*');
  return magnitude === 1n ? product : `${magnitude}*${product}`;
}

function bare(atom: Atom): string {
  return atom.kind === 'symbol' ? nameText(atom.name) : atomText(atom, false);
}

/** The text of a floor, min or max. */
export function atomText(atom: AtomParts, ranges: boolean): string {
  if (atom.kind === 'floor') {
    const over = operand(atom.numerator, ranges, 'over');
    return `floor(${over}/${operand(atom.denominator, ranges, 'under')})`;
  }
  return `${atom.kind}(${atom.args.map((arg) => dimText(arg, ranges)).join(', ')})`;
}

/** An atom that has no key yet. */
export type AtomParts =
  | { readonly kind: 'floor'; readonly numerator: Dim; readonly denominator: Dim }
  | { readonly kind: 'min' | 'max'; readonly args: readonly Dim[] };

function dimText(d: Dim, ranges: boolean): string {
  return typeof d === 'object' && ranges ? d.key : String(d);
}

/** Parentheses where `/` would otherwise bind to a part: any sum, and below the line any product. */
function operand(d: Dim, ranges: boolean, side: 'over' | 'under'): string {
  const text = dimText(d, ranges);
  if (typeof d !== 'object') return text;
  const [first, second] = d.terms;
  const whole = second === undefined && first !== undefined;
  const single = whole && first.coefficient === 1n && first.monomial.factors.length === 1;
  return (side === 'over' ? whole : single) ? text : `(${text})`;
}
