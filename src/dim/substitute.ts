import { ModelError } from '../source/errors.js';
import { pow, product, sum } from './arithmetic.js';
import { rangeOf, staysWithin } from './bounds.js';
import { floordiv } from './division.js';
import { type Atom, type Dim, type Expr, fromAtom, integer, isStatic, type SymbolAtom, toBig } from './expr.js';
import { max, min } from './minmax.js';
import { canonical } from './polynomial.js';

/** The names of all symbols in d, sorted. */
export function symbols(d: Dim): readonly string[] {
  if (typeof d !== 'object') return [];
  const names = new Set<string>();
  collect(d, names, new Set());
  return [...names].sort();
}

function collect(d: Dim, names: Set<string>, seen: Set<string>): void {
  if (typeof d !== 'object') return;
  for (const { monomial } of d.terms) {
    for (const { atom } of monomial.factors) {
      if (seen.has(atom.key)) continue;
      seen.add(atom.key);
      if (atom.kind === 'symbol') names.add(atom.name);
      else for (const part of partsOf(atom)) collect(part, names, seen);
    }
  }
}

function partsOf(atom: Exclude<Atom, SymbolAtom>): readonly Dim[] {
  return atom.kind === 'floor' ? [atom.numerator, atom.denominator] : atom.args;
}

/**
 * d with symbols replaced, all at once: a replacement may contain the symbols that are being replaced.
 * Errors: ModelError `argument` for a value outside its symbol's range, for what was simplified holds only there.
 */
export function substitute(d: Dim, bindings: ReadonlyMap<string, Dim>): Dim {
  if (typeof d !== 'object' || bindings.size === 0) return d;
  return replaced(d, bindings, new Map());
}

function replaced(d: Dim, bindings: ReadonlyMap<string, Dim>, done: Map<string, Dim>): Dim {
  if (typeof d !== 'object') return d;
  if (!symbols(d).some((name) => bindings.has(name))) return d;
  return sum(
    d.terms.map(({ coefficient, monomial }) => {
      const values: Dim[] = [integer(coefficient)];
      for (const { atom, power } of monomial.factors) {
        let by = done.get(atom.key);
        if (by === undefined) {
          by = replacedAtom(atom, bindings, done);
          done.set(atom.key, by);
        }
        values.push(power === 1 ? by : pow(by, power));
      }
      return product(values);
    }),
  );
}

function replacedAtom(atom: Atom, bindings: ReadonlyMap<string, Dim>, done: Map<string, Dim>): Dim {
  switch (atom.kind) {
    case 'symbol': {
      const value = bindings.get(atom.name);
      return value === undefined ? fromAtom(atom) : checked(atom, value);
    }
    case 'floor':
      return floordiv(replaced(atom.numerator, bindings, done), replaced(atom.denominator, bindings, done));
    case 'min':
      return min(...atom.args.map((arg) => replaced(arg, bindings, done)));
    case 'max':
      return max(...atom.args.map((arg) => replaced(arg, bindings, done)));
  }
}

function checked(atom: SymbolAtom, value: Dim): Dim {
  if (staysWithin(value, atom)) return canonical(value);
  const { low, high } = rangeOf(value);
  if ((atom.min !== null && high < atom.min) || (atom.max !== null && low > atom.max)) {
    const range = `${atom.min === null ? '' : `at least ${atom.min}`}${atom.min !== null && atom.max !== null ? ' and ' : ''}${atom.max === null ? '' : `at most ${atom.max}`}`;
    throw new ModelError('argument', `The dimension ${atom.name} must be ${range}, found ${String(value)}.`, {
      at: { field: atom.name },
      hint: 'Bind it to a value in that range.',
    });
  }
  return canonical(value);
}

/** d as a bigint. Errors: ModelError `free-symbol` where d still has symbols; `what` says what d is. */
export function toBigInt(d: Dim, what = 'a dimension'): bigint {
  if (isStatic(d)) return toBig(d);
  throw freeSymbols(d, what);
}

/** d as a number, exact. Errors: as `toBigInt`; ModelError `limit` beyond ±(2^53 − 1). */
export function toNumber(d: Dim, what = 'a dimension'): number {
  if (typeof d === 'number' && Number.isSafeInteger(d)) return d;
  const value = integer(toBigInt(d, what));
  if (typeof value === 'number') return value;
  throw new ModelError('limit', `${what} is ${value}, beyond 2^53: too large for an exact number here.`);
}

function freeSymbols(d: Expr, what: string): ModelError {
  const names = symbols(d);
  const text = d.toString();
  const shown = text.length > 120 ? `${text.slice(0, 117)}...` : text;
  return new ModelError('free-symbol', `A number is needed for ${what}, but ${shown} depends on ${names.join(', ')}.`, {
    hint: `Bind ${names.length === 1 ? 'it' : 'them'}: ${names.map((name) => `--bind ${name}=…`).join(' ')}.`,
  });
}

/** d as the nearest number: for shares and rounded display only. */
export function approx(d: number | bigint): number {
  return Number(d);
}
