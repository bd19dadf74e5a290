import {
  type Atom,
  type Bound,
  type Dim,
  type Expr,
  type ExtremeAtom,
  type FloorAtom,
  fromAtom,
  type Interval,
  integer,
  type Monomial,
  type Term,
} from './expr.js';
import { directInterval, floorQuotient, greatest, least, monomialInterval, negateBound } from './interval.js';
import { spend } from './limits.js';
import {
  Accumulator,
  addTwo,
  divideMonomials,
  monomialOf,
  multiplyTerms,
  multiplyTwo,
  power,
  scale,
  termsOf,
  UNIT,
} from './polynomial.js';

/** Inclusive; null if nothing bounds the value. */
export interface Bounds {
  readonly min: bigint | null;
  readonly max: bigint | null;
}

/** Rewritings tried for one pair of bounds, and the size of what is still rewritten: bounds are a help, not a solver. */
const MAX_TRIES = 32;
const MAX_TERMS_TRIED = 48;
const MAX_DEGREE_TRIED = 8;
/** A term that a proof looks at takes as long as so many characters of a formula. */
const PROOF_WORK = 4;

/** Between what integers d must lie, whatever its symbols stand for in their ranges. Sound; not always the tightest. */
export function bounds(d: Dim): Bounds {
  const { low, high } = rangeOf(d);
  return { min: typeof low === 'bigint' ? low : null, max: typeof high === 'bigint' ? high : null };
}

/** true: a ≤ b always; false: never; undefined: not proved either way. */
export function lessEqual(a: Dim, b: Dim): boolean | undefined {
  if (typeof a !== 'object' && typeof b !== 'object') return a <= b;
  const { low, high } = rangeOf(addTwo(b, scale(a, -1n)));
  return low >= 0 ? true : high < 0 ? false : undefined;
}

export function isPositive(d: Dim): boolean {
  return rangeOf(d).low > 0;
}

export function rangeOf(d: Dim): Interval {
  return typeof d === 'object' ? d.range(rangeOfExpr) : directInterval(d, rangeOf);
}

/** Whether term by term d stays between the two, null being no bound: what that cannot tell `rangeOf` may still know. */
export function staysWithin(d: Dim, { min, max }: Bounds): boolean {
  const { low, high } = directInterval(d, rangeOf);
  return (min === null || low >= min) && (max === null || high <= max);
}

function rangeOfExpr(e: Expr): Interval {
  if (isMonotone(e)) return directInterval(e, rangeOf);
  const low = lower(e, { left: MAX_TRIES });
  return { low, high: negateBound(lower(scale(e, -1n), { left: MAX_TRIES })) };
}

/**
 * Whether term by term is exact: of symbols alone, none of them in two terms, or none ever negative and all terms of one
 * sign. Most sizes and counts are so, and the proofs below would find nothing better.
 */
function isMonotone({ terms }: Expr): boolean {
  const seen = new Set<string>();
  let apart = true;
  let rising = true;
  let falling = true;
  for (const { coefficient, monomial } of terms) {
    if (monomial.degree === 0) continue;
    if (coefficient > 0n) falling = false;
    else rising = false;
    for (const { atom } of monomial.factors) {
      if (atom.kind !== 'symbol') return false;
      if (atom.min === null || atom.min < 0n) rising = falling = false;
      if (seen.has(atom.key)) apart = false;
      else seen.add(atom.key);
    }
    if (!apart && !rising && !falling) return false;
  }
  return true;
}

interface Budget {
  left: number;
}

/**
 * The best lower bound found. Beyond interval arithmetic it counts symbols from their minimum (s·t − s ≥ 0 for t ≥ 1)
 * and puts an inequality in place of a floor, min or max (s − 2·⌊s/2⌋ ≥ 0).
 */
function lower(d: Dim, budget: Budget): Bound {
  const direct = directInterval(d, rangeOf).low;
  if (typeof d !== 'object' || !isSmall(d) || directIsTight(d)) return direct;
  spend(PROOF_WORK * d.terms.length);
  let best = greatest(direct, lowerFromMinima(d));
  for (const atom of compoundAtoms(d)) {
    if (budget.left <= 0) break;
    budget.left--;
    const found = atom.kind === 'floor' ? lowerWithoutFloor(d, atom, budget) : lowerByCases(d, atom, budget);
    best = greatest(best, found);
  }
  return best;
}

function isSmall(d: Dim): boolean {
  const terms = termsOf(d);
  return terms.length <= MAX_TERMS_TRIED && (terms[0]?.monomial.degree ?? 0) <= MAX_DEGREE_TRIED;
}

/** Terms that all pull the same way are least together, so there is nothing to gain. */
function directIsTight(d: Expr): boolean {
  let symbolic = 0;
  let falling = false;
  for (const { coefficient, monomial } of d.terms) {
    if (monomial.degree === 0) continue;
    symbolic++;
    const { low } = monomialInterval(monomial, rangeOf);
    if (coefficient < 0n || low < 0) falling = true;
  }
  return !falling || (symbolic < 2 && compoundAtoms(d).every((atom) => atom.kind === 'floor'));
}

function compoundAtoms(d: Expr): readonly (FloorAtom | ExtremeAtom)[] {
  const found = new Map<string, FloorAtom | ExtremeAtom>();
  for (const { monomial } of d.terms) {
    for (const { atom } of monomial.factors) if (atom.kind !== 'symbol') found.set(atom.key, atom);
  }
  return [...found.values()];
}

/** With each atom a = min + x, x ≥ 0: where every coefficient that is left is positive, the constant is the minimum. */
function lowerFromMinima(d: Expr): Bound {
  const shifted = new Map<string, Dim>();
  const total = new Accumulator();
  for (const { coefficient, monomial } of d.terms) {
    let product: Dim = integer(coefficient);
    for (const { atom, power: exponent } of monomial.factors) {
      let value = shifted.get(atom.key);
      if (value === undefined) {
        value = fromMinimum(atom);
        shifted.set(atom.key, value);
      }
      product = multiplyTwo(product, power(value, exponent));
      if (termsOf(product).length > MAX_TERMS_TRIED) return -Infinity;
    }
    total.addDim(product);
  }
  return directInterval(total.result(), rangeOf).low;
}

function fromMinimum(atom: Atom): Dim {
  const self = fromAtom(atom);
  const { low, high } = directInterval(self, rangeOf);
  if (typeof low !== 'bigint' || low === 0n) return self;
  const max = typeof high === 'bigint' ? high - low : null;
  // A key that no real atom has: names with braces are quoted.
  const rest = fromAtom({ kind: 'symbol', key: `{${atom.key}}`, name: atom.key, min: 0n, max });
  return addTwo(integer(low), rest);
}

/**
 * For f = ⌊n/m⌋ with m > 0: n − m + 1 ≤ m·f ≤ n. Where m is a single term and divides what is beside f (times a
 * constant), m·f gives way to whichever side makes the sum smaller.
 */
function lowerWithoutFloor(d: Expr, atom: FloorAtom, budget: Budget): Bound {
  const divisor = termsOf(atom.denominator)[0];
  if (divisor === undefined || termsOf(atom.denominator).length !== 1) return -Infinity;
  if (!isSmall(atom.numerator) || rangeOf(atom.denominator).low <= 0) return -Infinity;
  const total = new Accumulator();
  const smallest = addTwo(atom.numerator, addTwo(1, scale(atom.denominator, -1n)));
  for (const term of d.terms) {
    const exponent = powerOf(term.monomial, atom);
    if (exponent === 0) {
      total.add(term.coefficient * divisor.coefficient, term.monomial);
      continue;
    }
    const beside = divideMonomials(term.monomial, monomialOf(atom));
    const cofactor = beside === undefined ? undefined : divideMonomials(beside, divisor.monomial);
    if (exponent !== 1 || cofactor === undefined) return -Infinity;
    const range = monomialInterval(cofactor, rangeOf);
    if (range.low < 0 && range.high > 0) return -Infinity;
    const rising = term.coefficient > 0n === range.low >= 0;
    const side = rising ? smallest : atom.numerator;
    total.addDim(multiplyTerms([{ coefficient: term.coefficient, monomial: cofactor }], termsOf(side)));
  }
  const scaled = lower(total.result(), budget);
  if (typeof scaled !== 'bigint') return scaled;
  return -floorQuotient(-scaled, divisor.coefficient);
}

/**
 * max(x, y) is x or y, so the least of both cases holds. Where a larger max makes the sum larger, each case alone is
 * already a lower bound, so the better one holds. min the other way round.
 */
function lowerByCases(d: Expr, atom: ExtremeAtom, budget: Budget): Bound {
  if (!atom.args.every(isSmall)) return -Infinity;
  let oneSided = true;
  for (const { coefficient, monomial } of d.terms) {
    const exponent = powerOf(monomial, atom);
    if (exponent === 0) continue;
    // A power of a sum is not worth writing out.
    if (exponent > 1 && atom.args.some((arg) => termsOf(arg).length > 2)) return -Infinity;
    const beside = divideMonomials(monomial, monomialOf(atom)) ?? UNIT;
    const range = monomialInterval(beside, rangeOf);
    const rising = range.low >= 0 ? coefficient > 0n : range.high <= 0 ? coefficient < 0n : null;
    if (exponent !== 1 || rising !== (atom.kind === 'max')) oneSided = false;
  }
  const cases = atom.args.map((arg) => lower(replace(d, atom, arg), budget));
  return cases.reduce(oneSided ? greatest : least);
}

function replace(d: Expr, atom: Atom, by: Dim): Dim {
  const total = new Accumulator();
  for (const term of d.terms) {
    const exponent = powerOf(term.monomial, atom);
    if (exponent === 0) total.add(term.coefficient, term.monomial);
    else total.addDim(multiplyTerms([without(term, atom)], termsOf(power(by, exponent))));
  }
  return total.result();
}

function powerOf(m: Monomial, atom: Atom): number {
  return m.factors.find((factor) => factor.atom.key === atom.key)?.power ?? 0;
}

function without(term: Term, atom: Atom): Term {
  let monomial = term.monomial;
  for (let i = powerOf(monomial, atom); i > 0; i--) monomial = divideMonomials(monomial, monomialOf(atom)) ?? monomial;
  return { coefficient: term.coefficient, monomial };
}

/**
 * Whether a ≤ b because no coefficient of a exceeds that of b, with symbols that are never negative: quicker than `lessEqual`,
 * which knows more, and no proof of the contrary.
 */
export function termwiseLessEqual(a: Dim, b: Dim): boolean {
  const of = (d: Dim): Map<string, bigint> | null => {
    if (typeof d !== 'object') return new Map([['', BigInt(d)]]);
    const found = new Map<string, bigint>();
    for (const { coefficient, monomial } of d.terms) {
      if (monomial.factors.some(({ atom }) => atom.kind !== 'symbol' || atom.min === null || atom.min < 0n))
        return null;
      found.set(monomial.key, coefficient);
    }
    return found;
  };
  const [x, y] = [of(a), of(b)];
  if (x === null || y === null) return false;
  return [...new Set([...x.keys(), ...y.keys()])].every((key) => (x.get(key) ?? 0n) <= (y.get(key) ?? 0n));
}
