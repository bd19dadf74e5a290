import { type Atom, type Bound, type Dim, type Interval, type Monomial, toBig } from './expr.js';

const ONE: Interval = { low: 1n, high: 1n };

export function least(a: Bound, b: Bound): Bound {
  return a < b ? a : b;
}

export function greatest(a: Bound, b: Bound): Bound {
  return a > b ? a : b;
}

function plus(a: Bound, b: Bound): Bound {
  return typeof a === 'bigint' && typeof b === 'bigint' ? a + b : typeof a === 'number' ? a : b;
}

function times(a: Bound, b: Bound): Bound {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a * b;
  if (a === 0n || b === 0n) return 0n;
  return a > 0 === b > 0 ? Infinity : -Infinity;
}

function negateInterval(a: Interval): Interval {
  return { low: negateBound(a.high), high: negateBound(a.low) };
}

/** Unary minus does not type-check on the union of bigint and number. */
export function negateBound(a: Bound): Bound {
  return typeof a === 'bigint' ? -a : -a;
}

function multiplyIntervals(a: Interval, b: Interval): Interval {
  const corners = [times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)];
  return { low: corners.reduce(least), high: corners.reduce(greatest) };
}

function powerInterval(a: Interval, n: number): Interval {
  const raise = (x: Bound): Bound =>
    typeof x === 'bigint' ? x ** BigInt(n) : x > 0 || n % 2 === 0 ? Infinity : -Infinity;
  if (n % 2 === 1 || a.low >= 0) return { low: raise(a.low), high: raise(a.high) };
  const high = greatest(raise(a.low), raise(a.high));
  return { low: a.high <= 0 ? raise(a.high) : 0n, high };
}

export function floorQuotient(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

/** The range of ⌊n / d⌋ over both ranges, d never 0. */
export function floorIntervals(n: Interval, d: Interval): Interval {
  if (d.low > 0)
    return {
      low: floorCorner(n.low, n.low >= 0 ? d.high : d.low),
      high: floorCorner(n.high, n.high >= 0 ? d.low : d.high),
    };
  if (d.high < 0) return floorIntervals(negateInterval(n), negateInterval(d));
  // The divisor may have either sign: its magnitude is at least 1, so the quotient is no larger than the numerator.
  const magnitude = greatest(negateBound(n.low), n.high);
  return { low: negateBound(magnitude), high: magnitude };
}

/** ⌊n / d⌋ for d > 0, either of them possibly infinite. */
function floorCorner(n: Bound, d: Bound): Bound {
  if (typeof n === 'number') return typeof d === 'number' ? (n > 0 ? Infinity : -1n) : n;
  if (typeof d === 'number') return n < 0n ? -1n : 0n;
  return floorQuotient(n, d);
}

/** The range of each atom by itself; `of` gives the range of its parts. */
function atomInterval(atom: Atom, of: (d: Dim) => Interval): Interval {
  switch (atom.kind) {
    case 'symbol':
      return { low: atom.min ?? -Infinity, high: atom.max ?? Infinity };
    case 'floor':
      return floorIntervals(of(atom.numerator), of(atom.denominator));
    case 'min':
    case 'max': {
      const pick = atom.kind === 'min' ? least : greatest;
      const parts = atom.args.map(of);
      return { low: parts.map((part) => part.low).reduce(pick), high: parts.map((part) => part.high).reduce(pick) };
    }
  }
}

export function monomialInterval(m: Monomial, of: (d: Dim) => Interval): Interval {
  let result: Interval | undefined;
  for (const { atom, power } of m.factors) {
    const one = atomInterval(atom, of);
    const range = power === 1 ? one : powerInterval(one, power);
    result = result === undefined ? range : multiplyIntervals(result, range);
  }
  return result ?? ONE;
}

/** Interval arithmetic term by term: sound, and blind to a symbol that occurs in two terms. */
export function directInterval(d: Dim, of: (d: Dim) => Interval): Interval {
  if (typeof d !== 'object') return { low: toBig(d), high: toBig(d) };
  let low: Bound = 0n;
  let high: Bound = 0n;
  for (const { coefficient, monomial } of d.terms) {
    const range = monomialInterval(monomial, of);
    const rising = coefficient > 0n;
    low = plus(low, times(coefficient, rising ? range.low : range.high));
    high = plus(high, times(coefficient, rising ? range.high : range.low));
  }
  return { low, high };
}
