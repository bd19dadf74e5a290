import { ModelError } from '../source/errors.js';
import { lessEqual, rangeOf } from './bounds.js';
import { atomText, compound, type Dim, fromAtom, integer, type Monomial, toBig } from './expr.js';
import { MAX_ARGUMENTS, tooLarge } from './limits.js';
import {
  Accumulator,
  addTwo,
  commonMonomial,
  constantOf,
  contentOf,
  divideMonomials,
  gcd,
  multiplyTwo,
  scale,
  termsOf,
  UNIT,
} from './polynomial.js';

/** The least of the arguments. Errors: ModelError `argument` for none. */
export function min(...ds: readonly Dim[]): Dim {
  return extreme('min', ds);
}

/** The greatest of the arguments. Errors: ModelError `argument` for none. */
export function max(...ds: readonly Dim[]): Dim {
  return extreme('max', ds);
}

type Kind = 'min' | 'max';

function extreme(kind: Kind, ds: readonly Dim[]): Dim {
  const a = ds[0];
  const b = ds[1];
  if (ds.length === 2 && typeof a === 'number' && typeof b === 'number') return a < b === (kind === 'min') ? a : b;
  if (a === undefined) throw new ModelError('argument', `${kind} needs at least one dimension.`);
  return ofArguments(kind, undominated(kind, flatten(kind, ds)));
}

/** max(max(x, y) + 1, z) = max(x + 1, y + 1, z), constants taken together into one. */
function flatten(kind: Kind, ds: readonly Dim[]): readonly Dim[] {
  const found = new Map<string, Dim>();
  let constant: bigint | undefined;
  const visit = (d: Dim): void => {
    if (typeof d !== 'object') {
      const value = toBig(d);
      if (constant === undefined || value < constant === (kind === 'min')) constant = value;
      return;
    }
    const [first, second] = d.terms;
    const atom = first?.monomial.degree === 1 ? first.monomial.factors[0]?.atom : undefined;
    if (first !== undefined && atom?.kind === kind && first.coefficient > 0n && (second?.monomial.degree ?? 0) === 0) {
      for (const arg of atom.args) visit(addTwo(scale(arg, first.coefficient), integer(constantOf(d))));
    } else found.set(d.key, d);
    if (found.size > MAX_ARGUMENTS) throw tooLarge(`arguments of ${kind}`, MAX_ARGUMENTS);
  };
  for (const d of ds) visit(d);
  const flat = [...found.values()];
  if (constant !== undefined) flat.push(integer(constant));
  return flat;
}

/** Drops each argument that another one always reaches. */
function undominated(kind: Kind, ds: readonly Dim[]): readonly Dim[] {
  const kept: Dim[] = [];
  const beats = (x: Dim, y: Dim): boolean => (kind === 'max' ? lessEqual(y, x) : lessEqual(x, y)) === true;
  const ordered = [...ds].sort(byKey);
  for (const d of ordered) {
    if (kept.some((other) => beats(other, d))) continue;
    for (let i = kept.length - 1; i >= 0; i--) if (beats(d, kept[i]!)) kept.splice(i, 1);
    kept.push(d);
  }
  return kept;
}

/** A constant first, the others by their key. */
function byKey(a: Dim, b: Dim): number {
  if (typeof a !== 'object' || typeof b !== 'object')
    return Number(typeof a === 'object') - Number(typeof b === 'object');
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

/**
 * Brings out what all arguments share, so that one value has one spelling: a term that is in each of them, the
 * constant of the first symbolic one (max(s − 5, 0) = max(s, 5) − 5), a common factor that is not negative, the sign.
 */
function ofArguments(kind: Kind, args: readonly Dim[]): Dim {
  const [only, second] = args;
  if (only === undefined || second === undefined) return only ?? 0;
  const shift = addTwo(sharedTerms(args), integer(pivotConstant(args)));
  if (shift !== 0) {
    const negative = scale(shift, -1n);
    // The rest may be a max itself, so it starts over.
    return addTwo(
      shift,
      extreme(
        kind,
        args.map((arg) => addTwo(arg, negative)),
      ),
    );
  }
  const factor = sharedFactor(args);
  if (factor !== undefined) {
    const over = args.map((arg) => overTerm(arg, factor.coefficient, factor.monomial));
    const scaled = extreme(kind, over);
    return multiplyTwo(multiplyTwo(integer(factor.coefficient), productOf(factor.monomial)), scaled);
  }
  // min(−x, −y) = −max(x, y): of the two spellings, the one with fewer leading minus signs, else the one that sorts first.
  const sorted = [...args].sort(byKey);
  const mirrored = args.map((arg) => scale(arg, -1n));
  const pivot = integer(-pivotConstant(mirrored));
  const opposite = mirrored.map((arg) => addTwo(arg, pivot)).sort(byKey);
  if (!comesFirst(opposite, sorted)) return fromAtom(compound({ kind, args: sorted }));
  return scale(addTwo(extreme(kind === 'min' ? 'max' : 'min', opposite), scale(pivot, -1n)), -1n);
}

function sharedTerms(args: readonly Dim[]): Dim {
  const total = new Accumulator();
  const [first, ...others] = args;
  for (const term of termsOf(first ?? 0)) {
    if (term.monomial.degree === 0) continue;
    const shared = others.every((other) =>
      termsOf(other).some((t) => t.monomial.key === term.monomial.key && t.coefficient === term.coefficient),
    );
    if (shared) total.add(term.coefficient, term.monomial);
  }
  return total.result();
}

/** The constant beside the argument that comes first when constants are left aside: the same one after any shift. */
function pivotConstant(args: readonly Dim[]): bigint {
  let chosen: { readonly key: string; readonly constant: bigint } | undefined;
  for (const arg of args) {
    if (typeof arg !== 'object') continue;
    const constant = constantOf(arg);
    const symbolic = addTwo(arg, integer(-constant));
    const key = typeof symbolic === 'object' ? symbolic.key : '';
    if (chosen === undefined || key < chosen.key) chosen = { key, constant };
  }
  return chosen?.constant ?? 0n;
}

function sharedFactor(args: readonly Dim[]): { readonly coefficient: bigint; readonly monomial: Monomial } | undefined {
  const coefficient = args.map(contentOf).reduce(gcd);
  let monomial: Monomial | undefined;
  for (const arg of args) {
    // 0 has every factor.
    for (const term of termsOf(arg)) {
      monomial = monomial === undefined ? term.monomial : commonMonomial(monomial, term.monomial);
    }
  }
  if (monomial === undefined || rangeOf(productOf(monomial)).low < 0) monomial = UNIT;
  return coefficient === 1n && monomial.degree === 0 ? undefined : { coefficient, monomial };
}

function productOf(monomial: Monomial): Dim {
  const total = new Accumulator();
  total.add(1n, monomial);
  return total.result();
}

function overTerm(d: Dim, coefficient: bigint, monomial: Monomial): Dim {
  const total = new Accumulator();
  for (const term of termsOf(d)) {
    total.add(term.coefficient / coefficient, divideMonomials(term.monomial, monomial) ?? term.monomial);
  }
  return total.result();
}

function comesFirst(a: readonly Dim[], b: readonly Dim[]): boolean {
  const difference = minuses(a) - minuses(b);
  if (difference !== 0) return difference < 0;
  return atomText({ kind: 'max', args: a }, true) < atomText({ kind: 'max', args: b }, true);
}

function minuses(ds: readonly Dim[]): number {
  return ds.filter((d) => typeof d === 'object' && (d.terms[0]?.coefficient ?? 0n) < 0n).length;
}
