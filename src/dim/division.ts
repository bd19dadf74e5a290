import { ModelError } from '../source/errors.js';
import { neg } from './arithmetic.js';
import { isPositive, rangeOf } from './bounds.js';
import { compound, type Dim, fromAtom, type Interval, integer, type Monomial, type Term, toBig } from './expr.js';
import { floorIntervals, floorQuotient } from './interval.js';
import {
  Accumulator,
  addTwo,
  canonical,
  commonMonomial,
  contentOf,
  divideMonomials,
  fromTerms,
  gcd,
  multiplyTerms,
  multiplyTwo,
  scale,
  termsOf,
  UNIT,
} from './polynomial.js';

/**
 * ⌊a / b⌋ as Python's `//`: rounds toward minus infinity. Where b is symbolic, the result holds wherever b is not 0.
 * Errors: ModelError `argument` where b is 0.
 */
export function floordiv(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number' && b !== 0 && Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    const rest = a % b;
    // `a - rest` is a multiple of b, so this division is exact; `+ 0` turns -0 into 0.
    const quotient = (a - rest) / b;
    return (rest !== 0 && rest < 0 !== b < 0 ? quotient - 1 : quotient) + 0;
  }
  return typeof b === 'object' ? floorBySymbols(a, b) : floorByConstant(a, divisor(b));
}

/** ⌈a / b⌉. Errors: as `floordiv`. */
export function ceildiv(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return neg(floordiv(neg(a), b));
  return scale(floordiv(scale(a, -1n), b), -1n);
}

/**
 * a − b·⌊a / b⌋ as Python's `%`: has the sign of b. Written out rather than kept as a unit of its own, so that
 * `s // 4 * 4 + s % 4` is s and no rule has to relate two spellings; bounds know that it is in 0 … b − 1.
 */
export function mod(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number' && b !== 0 && Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    const rest = a % b;
    return (rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest) + 0;
  }
  return addTwo(a, scale(multiplyTwo(b, floordiv(a, b)), -1n));
}

/** The q with q·b = a whatever the symbols stand for, or undefined if there is none (or b is 0). Floors count as units. */
export function exactdiv(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    return b !== 0 && Number.isSafeInteger(a / b) && a % b === 0 ? a / b + 0 : undefined;
  }
  const { quotient, rest } = divide(a, b, true);
  return rest === 0 ? quotient : undefined;
}

function divisor(b: number | bigint): bigint {
  const value = toBig(b);
  if (value === 0n) throw new ModelError('argument', 'A dimension is divided by zero.');
  return value;
}

/** Steps of one division of polynomials; past them it counts as not dividing, which only leaves a quotient unsimplified. */
const MAX_STEPS = 1 << 18;

/** Common factors tried for one quotient, the largest first; exported models have one or two. */
const MAX_FACTORS = 16;

/**
 * Division of polynomials by the leading term, a = quotient·b + rest, taking only whole coefficients. With `stop` it
 * ends at the first term that does not divide (the rest is then only known not to be 0).
 */
function divide(a: Dim, b: Dim, stop: boolean): { readonly quotient: Dim; readonly rest: Dim } {
  const [leading, ...tail] = termsOf(b);
  if (leading === undefined) return { quotient: 0, rest: 1 };
  const quotient: Term[] = [];
  const rest: Term[] = [];
  let todo = termsOf(a);
  let work = 0;
  // The last term of a product is the product of the last terms, so most divisions fail here at once.
  if (stop && !dividesTerm(tail.at(-1) ?? leading, todo.at(-1)))
    return { quotient: 0, rest: todo.length === 0 ? 0 : 1 };
  for (let i = 0; i < todo.length; ) {
    const term = todo[i++]!;
    const monomial = divideMonomials(term.monomial, leading.monomial);
    if (monomial === undefined || term.coefficient % leading.coefficient !== 0n) {
      if (stop) return { quotient: 0, rest: 1 };
      rest.push(term);
      continue;
    }
    const coefficient = term.coefficient / leading.coefficient;
    // Each quotient term is smaller than the one before, because the order of terms is kept by multiplication.
    quotient.push({ coefficient, monomial });
    if (tail.length === 0) continue;
    work += todo.length - i + tail.length;
    if (work > MAX_STEPS) return { quotient: 0, rest: stop ? 1 : a };
    todo = termsOf(addTwo(fromTerms(todo.slice(i)), multiplyTerms([{ coefficient: -coefficient, monomial }], tail)));
    i = 0;
  }
  return { quotient: fromTerms(quotient), rest: fromTerms(rest) };
}

function dividesTerm(by: Term, term: Term | undefined): boolean {
  if (term === undefined || term.coefficient % by.coefficient !== 0n) return false;
  return divideMonomials(term.monomial, by.monomial) !== undefined;
}

/** a = whole·m + rest for one term m: every term that m divides gives up as much as leaves its sign alone. */
function splitByTerm(a: Dim, m: Term): { readonly whole: Dim; readonly rest: Dim } {
  // Both keep the order of a's terms.
  const whole: Term[] = [];
  const rest: Term[] = [];
  for (const term of termsOf(a)) {
    const monomial = divideMonomials(term.monomial, m.monomial);
    const quotient = monomial === undefined ? 0n : quotientOf(term, m.coefficient);
    if (monomial === undefined || quotient === 0n) {
      rest.push(term);
      continue;
    }
    whole.push({ coefficient: quotient, monomial });
    const left = term.coefficient - quotient * m.coefficient;
    if (left !== 0n) rest.push({ coefficient: left, monomial: term.monomial });
  }
  return whole.length === 0 ? { whole: 0, rest: a } : { whole: fromTerms(whole), rest: fromTerms(rest) };
}

/**
 * A symbol's coefficient keeps its sign (⌊3·s/4⌋ stays, where s − ⌈s/4⌉ would hide that it is not negative); the
 * constant takes its residue nearest to 0, so that one residue has one spelling: ⌊(h − 1)/4⌋ + 1.
 */
function quotientOf(term: Term, by: bigint): bigint {
  if (term.monomial.degree > 0) return term.coefficient / by;
  const size = by < 0n ? -by : by;
  const nearest = floorQuotient(2n * term.coefficient + size - 1n, 2n * size);
  return by < 0n ? -nearest : nearest;
}

function floorByConstant(a: Dim, b: bigint): Dim {
  if (typeof a !== 'object') return integer(floorQuotient(toBig(a), b));
  return b < 0n ? positiveDivisor(scale(a, -1n), integer(-b)) : positiveDivisor(a, integer(b));
}

function floorBySymbols(a: Dim, b: Dim): Dim {
  let top = canonical(a);
  let bottom = b;
  // The quotient is that of two rationals, so a common factor cancels whatever its sign.
  if ((termsOf(bottom)[0]?.coefficient ?? 0n) < 0n) [top, bottom] = [scale(top, -1n), scale(bottom, -1n)];
  if (top === 0) return 0;
  const exact = exactdiv(top, bottom);
  if (exact !== undefined) return exact;
  const common = commonTerm(top, bottom);
  if (common.coefficient !== 1n || common.monomial.degree > 0) {
    return floordiv(overTerm(top, common), overTerm(bottom, common));
  }
  if (isPositive(bottom)) return positiveDivisor(top, bottom);
  const [whole, rest] = splitWhole(top, bottom);
  return whole === 0 ? floorAtom(top, bottom) : addTwo(whole, floordiv(rest, bottom));
}

/** The largest single term that divides both. */
function commonTerm(a: Dim, b: Dim): Term {
  let monomial: Monomial | undefined;
  for (const term of [...termsOf(b), ...termsOf(a)]) {
    monomial = monomial === undefined ? term.monomial : commonMonomial(monomial, term.monomial);
    if (monomial.degree === 0) break;
  }
  return { coefficient: gcd(contentOf(a), contentOf(b)), monomial: monomial ?? UNIT };
}

function overTerm(d: Dim, by: Term): Dim {
  return divide(d, fromTerms([by]), false).quotient;
}

/** The part of a that b divides, and what is left. */
function splitWhole(a: Dim, b: Dim): readonly [Dim, Dim] {
  const [only, second] = termsOf(b);
  if (only === undefined) return [0, a];
  if (second === undefined) {
    const { whole, rest } = splitByTerm(a, only);
    return [whole, rest];
  }
  // By a sum, the rest can be longer than what it came from, as in s·t = t·(s + 1) − t: keep the shorter spelling.
  const { quotient, rest } = divide(a, b, false);
  return termsOf(rest).length < termsOf(a).length ? [quotient, rest] : [0, a];
}

/** ⌊a / b⌋ where b > 0 for certain. Each rule leaves something smaller to do, and the last makes the unit. */
function positiveDivisor(a: Dim, b: Dim): Dim {
  if (b === 1) return a;
  const [whole, rest] = splitWhole(a, b);
  if (whole !== 0) return addTwo(whole, floordiv(rest, b));
  if (typeof a !== 'object') {
    if (typeof b !== 'object') return integer(floorQuotient(toBig(a), toBig(b)));
    if (a === 0) return 0;
  }
  const folded = foldByRange(a, b);
  if (folded !== undefined) return folded;
  // By a sum, the rules below would bring parts of b into a, and need not end.
  if (termsOf(b).length > 1) return floorAtom(a, b);
  const simpler = reduced(a, b) ?? flattened(a, b);
  if (simpler !== undefined) return simpler;
  return leadingIsNegative(a) ? mirrored(a, b) : floorAtom(a, b);
}

/** ⌊−x / b⌋ = −⌈x / b⌉ = −⌊(x + b − 1) / b⌋: one sign for both spellings of rounding up. */
function mirrored(a: Dim, b: Dim): Dim {
  return scale(floordiv(addTwo(scale(a, -1n), addTwo(b, -1)), b), -1n);
}

function leadingIsNegative(a: Dim): boolean {
  return (termsOf(a)[0]?.coefficient ?? 0n) < 0n;
}

/** Where the quotient can only be one integer, it is that. */
function foldByRange(a: Dim, b: Dim): Dim | undefined {
  const range = rangeOf(a);
  const { low, high }: Interval = floorIntervals(range, rangeOf(b));
  if (low === high && typeof low === 'bigint') return integer(low);
  if (typeof b !== 'object') return undefined;
  if (range.low >= 0 && rangeOf(addTwo(b, scale(a, -1n))).low > 0) return 0;
  if (range.high < 0 && rangeOf(addTwo(b, a)).low >= 0) return -1;
  return undefined;
}

/**
 * ⌊(g·p + r) / (g·m)⌋ = ⌊(p + ⌊r/g⌋) / m⌋, used where ⌊r/g⌋ is a known integer: cancels common factors, and takes
 * (4·h + w) // 8 with 0 ≤ w < 4 down to h // 2.
 */
function reduced(a: Dim, b: Dim): Dim | undefined {
  const content = contentOf(b);
  const tried = new Set<bigint>();
  for (const { coefficient, monomial } of termsOf(a)) {
    const g = monomial.degree === 0 ? 1n : gcd(coefficient, content);
    if (g > 1n) tried.add(g);
  }
  for (const g of [...tried].sort((x, y) => (x > y ? -1 : 1)).slice(0, MAX_FACTORS)) {
    const kept = new Accumulator();
    const dropped = new Accumulator();
    for (const { coefficient, monomial } of termsOf(a)) {
      if (monomial.degree > 0 && coefficient % g === 0n) kept.add(coefficient / g, monomial);
      else dropped.add(coefficient, monomial);
    }
    const remainder = dropped.result();
    const { low, high } = floorIntervals(rangeOf(remainder), { low: g, high: g });
    if (low !== high || typeof low !== 'bigint') continue;
    return floordiv(addTwo(kept.result(), integer(low)), overTerm(b, { coefficient: g, monomial: UNIT }));
  }
  return undefined;
}

/** ⌊(⌊x/k⌋ + r) / b⌋ = ⌊(x + k·r) / (k·b)⌋ for a constant k > 0, b > 0 and an integer r. */
function flattened(a: Dim, b: Dim): Dim | undefined {
  for (const { coefficient, monomial } of termsOf(a)) {
    const atom = monomial.factors[0]?.atom;
    if (monomial.degree !== 1 || atom?.kind !== 'floor' || typeof atom.denominator === 'object') continue;
    if (coefficient === -1n) return mirrored(a, b);
    if (coefficient !== 1n) continue;
    const k = toBig(atom.denominator);
    const rest = addTwo(a, scale(fromAtom(atom), -1n));
    return floordiv(addTwo(atom.numerator, scale(rest, k)), scale(b, k));
  }
  return undefined;
}

function floorAtom(numerator: Dim, denominator: Dim): Dim {
  return fromAtom(compound({ kind: 'floor', numerator, denominator }));
}
