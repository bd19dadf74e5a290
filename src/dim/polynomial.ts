import { ModelError } from '../source/errors.js';
import {
  type Atom,
  type Dim,
  Expr,
  type Factor,
  integer,
  type Monomial,
  monomial,
  type Term,
  toBig,
  within,
} from './expr.js';
import { MAX_BITS, MAX_DEGREE, MAX_PAIRS, MAX_TERMS, tooLarge } from './limits.js';

export const UNIT: Monomial = monomial([]);

export function monomialOf(atom: Atom): Monomial {
  return monomial([{ atom, power: 1 }]);
}

/** Symbols come before floors and extremes: `h - 2*floor(h/2)` reads better, and signs are judged by the symbols. */
function comesBefore(a: Atom, b: Atom): boolean {
  const aIsSymbol = a.kind === 'symbol';
  return aIsSymbol === (b.kind === 'symbol') ? a.key < b.key : aIsSymbol;
}

/**
 * The order of terms: higher degree first, then lexicographic by atom. It is a monomial order (multiplying both sides
 * keeps it), which is what makes division by a leading term end. Negative: `a` comes first.
 */
function compareMonomials(a: Monomial, b: Monomial): number {
  if (a.key === b.key) return 0;
  if (a.degree !== b.degree) return b.degree - a.degree;
  const shared = Math.min(a.factors.length, b.factors.length);
  for (let i = 0; i < shared; i++) {
    const x = a.factors[i]!;
    const y = b.factors[i]!;
    if (x.atom.key !== y.atom.key) return comesBefore(x.atom, y.atom) ? -1 : 1;
    if (x.power !== y.power) return y.power - x.power;
  }
  return b.factors.length - a.factors.length;
}

function multiplyMonomials(a: Monomial, b: Monomial): Monomial {
  if (a.degree === 0) return b;
  if (b.degree === 0) return a;
  if (a.degree + b.degree > MAX_DEGREE) throw tooLarge('as a power', MAX_DEGREE);
  const factors: Factor[] = [];
  let i = 0;
  let j = 0;
  while (i < a.factors.length && j < b.factors.length) {
    const x = a.factors[i]!;
    const y = b.factors[j]!;
    if (x.atom.key === y.atom.key) {
      factors.push({ atom: x.atom, power: x.power + y.power });
      i++;
      j++;
    } else if (comesBefore(x.atom, y.atom)) {
      factors.push(x);
      i++;
    } else {
      factors.push(y);
      j++;
    }
  }
  factors.push(...a.factors.slice(i), ...b.factors.slice(j));
  return monomial(factors);
}

/** a / b where b divides a, else undefined. */
export function divideMonomials(a: Monomial, b: Monomial): Monomial | undefined {
  if (b.degree === 0) return a;
  if (b.degree > a.degree) return undefined;
  const factors: Factor[] = [];
  let j = 0;
  for (const factor of a.factors) {
    const divisor = b.factors[j];
    if (divisor === undefined || divisor.atom.key !== factor.atom.key) {
      factors.push(factor);
      continue;
    }
    j++;
    if (divisor.power > factor.power) return undefined;
    if (divisor.power < factor.power) factors.push({ atom: factor.atom, power: factor.power - divisor.power });
  }
  return j === b.factors.length ? monomial(factors) : undefined;
}

/** The product of the atoms that both contain. */
export function commonMonomial(a: Monomial, b: Monomial): Monomial {
  const factors: Factor[] = [];
  for (const { atom, power } of a.factors) {
    const other = b.factors.find((factor) => factor.atom.key === atom.key);
    if (other !== undefined) factors.push({ atom, power: Math.min(power, other.power) });
  }
  return monomial(factors);
}

/** Any Dim as terms; a constant is one term over the empty product, zero is none. */
export function termsOf(d: Dim): readonly Term[] {
  if (typeof d === 'object') return d.terms;
  const coefficient = toBig(d);
  return coefficient === 0n ? [] : [{ coefficient, monomial: UNIT }];
}

/** Terms, already sorted and merged, as a Dim. */
export function fromTerms(terms: readonly Term[]): Dim {
  const first = terms[0];
  if (first === undefined) return 0;
  if (first.monomial.degree === 0) return integer(first.coefficient);
  if (terms.length > MAX_TERMS) throw tooLarge('terms', MAX_TERMS);
  return new Expr(terms);
}

/** Adds up terms in any order. */
export class Accumulator {
  readonly #terms = new Map<string, { coefficient: bigint; readonly monomial: Monomial }>();

  add(coefficient: bigint, monomial: Monomial): void {
    const present = this.#terms.get(monomial.key);
    if (present !== undefined) present.coefficient += coefficient;
    else if (this.#terms.size > MAX_TERMS) throw tooLarge('terms', MAX_TERMS);
    else this.#terms.set(monomial.key, { coefficient, monomial });
  }

  addDim(d: Dim, scale = 1n): void {
    for (const term of termsOf(d)) this.add(term.coefficient * scale, term.monomial);
  }

  result(): Dim {
    const terms: Term[] = [];
    for (const term of this.#terms.values()) {
      if (term.coefficient !== 0n) terms.push({ coefficient: within(term.coefficient), monomial: term.monomial });
    }
    terms.sort((a, b) => compareMonomials(a.monomial, b.monomial));
    return fromTerms(terms);
  }
}

/** a + b, at least one of them symbolic or large: one walk over both sorted lists. */
export function addTwo(a: Dim, b: Dim): Dim {
  const x = termsOf(a);
  const y = termsOf(b);
  if (x.length === 0) return canonical(b);
  if (y.length === 0) return canonical(a);
  const terms: Term[] = [];
  let i = 0;
  let j = 0;
  while (i < x.length && j < y.length) {
    const p = x[i]!;
    const q = y[j]!;
    const order = compareMonomials(p.monomial, q.monomial);
    if (order < 0) {
      terms.push(p);
      i++;
    } else if (order > 0) {
      terms.push(q);
      j++;
    } else {
      const coefficient = p.coefficient + q.coefficient;
      if (coefficient !== 0n) terms.push({ coefficient: within(coefficient), monomial: p.monomial });
      i++;
      j++;
    }
  }
  while (i < x.length) terms.push(x[i++]!);
  while (j < y.length) terms.push(y[j++]!);
  return fromTerms(terms);
}

/** A Dim as given by a caller, with a small bigint made a number. */
export function canonical(d: Dim): Dim {
  return typeof d === 'object' ? d : integer(toBig(d));
}

export function scale(d: Dim, by: bigint): Dim {
  if (by === 1n) return canonical(d);
  if (by === 0n) return 0;
  if (typeof d !== 'object') return integer(toBig(d) * by);
  return new Expr(d.terms.map((term) => ({ coefficient: within(term.coefficient * by), monomial: term.monomial })));
}

/** a · b, at least one of them symbolic or large. */
export function multiplyTwo(a: Dim, b: Dim): Dim {
  if (typeof a === 'object') return a.times(b, multiplied);
  return typeof b === 'object' ? b.times(a, multiplied) : scale(b, toBig(a));
}

function multiplied(a: Expr, b: Dim): Dim {
  return typeof b === 'object' ? multiplyTerms(a.terms, b.terms) : scale(a, toBig(b));
}

export function multiplyTerms(a: readonly Term[], b: readonly Term[]): Dim {
  if (a.length * b.length > MAX_PAIRS) throw tooLarge('products of terms', MAX_PAIRS);
  if (b.length === 1) [a, b] = [b, a];
  const first = a[0];
  if (first === undefined) return 0;
  if (a.length === 1) {
    // Multiplying by one term keeps the order.
    return fromTerms(
      b.map((term) => ({
        coefficient: within(term.coefficient * first.coefficient),
        monomial: multiplyMonomials(term.monomial, first.monomial),
      })),
    );
  }
  const sum = new Accumulator();
  for (const x of a) {
    for (const y of b) sum.add(x.coefficient * y.coefficient, multiplyMonomials(x.monomial, y.monomial));
  }
  return sum.result();
}

/** The product of many: what has one term is gathered and sorted once; sums are multiplied with it in turn. */
export function productOfTerms(ds: readonly Dim[]): Dim {
  let coefficient = 1n;
  let degree = 0;
  const factors = new Map<string, Factor>();
  const sums: Expr[] = [];
  for (const d of ds) {
    if (typeof d === 'object' && d.terms.length > 1) {
      sums.push(d);
      continue;
    }
    const [only] = termsOf(d);
    if (only === undefined) return 0;
    coefficient = within(coefficient * only.coefficient);
    degree += only.monomial.degree;
    if (degree > MAX_DEGREE) throw tooLarge('as a power', MAX_DEGREE);
    for (const factor of only.monomial.factors) {
      const { key } = factor.atom;
      const known = factors.get(key);
      factors.set(key, known === undefined ? factor : { atom: factor.atom, power: known.power + factor.power });
    }
  }
  const sorted = [...factors.values()].sort((a, b) => (comesBefore(a.atom, b.atom) ? -1 : 1));
  let result = fromTerms([{ coefficient, monomial: monomial(sorted) }]);
  for (const d of sums) result = multiplyTwo(result, d);
  return result;
}

/** d to the power n, n ≥ 0; 0 to the power 0 is 1, as in Python. */
export function power(d: Dim, n: number): Dim {
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new ModelError('argument', `A dimension can be raised to whole powers from 0 on, found ${n}.`);
  }
  if (typeof d !== 'object') {
    const base = toBig(d);
    if (base >= -1n && base <= 1n) return n === 0 ? 1 : base === -1n && n % 2 === 0 ? 1 : Number(base);
    if (base.toString(2).length * n > MAX_BITS) throw tooLarge('bits', MAX_BITS);
    return integer(base ** BigInt(n));
  }
  const [only, second] = d.terms;
  if (only !== undefined && second === undefined) {
    if (only.monomial.degree * n > MAX_DEGREE) throw tooLarge('as a power', MAX_DEGREE);
    if (n === 0) return 1;
    const factors = only.monomial.factors.map((factor) => ({ atom: factor.atom, power: factor.power * n }));
    return new Expr([
      { coefficient: toBig(power(only.coefficient, n) as number | bigint), monomial: monomial(factors) },
    ]);
  }
  let result: Dim = 1;
  let square: Dim = d;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiplyTwo(result, square);
    if (rest > 1) square = multiplyTwo(square, square);
  }
  return result;
}

/** The part of d without symbols. */
export function constantOf(d: Dim): bigint {
  if (typeof d !== 'object') return toBig(d);
  const last = d.terms[d.terms.length - 1];
  return last !== undefined && last.monomial.degree === 0 ? last.coefficient : 0n;
}

export function gcd(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** The greatest integer that divides every coefficient; 0 for 0. */
export function contentOf(d: Dim): bigint {
  let content = 0n;
  for (const term of termsOf(d)) {
    content = gcd(content, term.coefficient);
    if (content === 1n) break;
  }
  return content;
}
