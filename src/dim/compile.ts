import { type Atom, type Dim, isStatic, type SymbolAtom } from './expr.js';
import { approx } from './substitute.js';

/**
 * Many formulas as one program: plain data, so that it can be sent to another thread, and run there for new values of the
 * symbols in the time of a few additions each. Symbols, floors and extremes that formulas share are worked out once.
 */
export interface DimProgram {
  readonly symbols: readonly ProgramSymbol[];
  /** Each refers to symbols (first) and to atoms before it. */
  readonly atoms: readonly ProgramAtom[];
  /** One for each formula given, in order. */
  readonly formulas: readonly ProgramSum[];
}

/** A free dimension with the range that its formulas hold in; null if nothing bounds it. */
export interface ProgramSymbol {
  readonly name: string;
  readonly min: number | null;
  readonly max: number | null;
}

/** A number, or `coefficient, number of factors, (atom, power) …` for each term, in one list. */
export type ProgramSum = number | readonly number[];

export type ProgramAtom =
  | { readonly kind: 'floor'; readonly numerator: ProgramSum; readonly denominator: ProgramSum }
  | { readonly kind: 'min' | 'max'; readonly args: readonly ProgramSum[] };

/** Compiles formulas. Symbols get numbers in the order of their first appearance, before all other atoms. */
export function compileDims(dims: readonly Dim[]): DimProgram {
  const symbols = new Map<string, SymbolAtom>();
  const look = (d: Dim): void => {
    if (isStatic(d)) return;
    for (const { monomial } of d.terms) for (const { atom } of monomial.factors) lookInto(atom);
  };
  const seen = new Set<string>();
  const lookInto = (atom: Atom): void => {
    if (seen.has(atom.key)) return;
    seen.add(atom.key);
    if (atom.kind === 'symbol') {
      if (!symbols.has(atom.name)) symbols.set(atom.name, atom);
    } else for (const part of atom.kind === 'floor' ? [atom.numerator, atom.denominator] : atom.args) look(part);
  };
  for (const d of dims) look(d);

  const places = new Map<string, number>([...symbols.keys()].map((name, i) => [name, i]));
  const placed = new Map<string, number>();
  const atoms: ProgramAtom[] = [];
  const place = (atom: Atom): number => {
    if (atom.kind === 'symbol') return places.get(atom.name) as number;
    const known = placed.get(atom.key);
    if (known !== undefined) return known;
    const compiled: ProgramAtom =
      atom.kind === 'floor'
        ? { kind: 'floor', numerator: sumOf(atom.numerator), denominator: sumOf(atom.denominator) }
        : { kind: atom.kind, args: atom.args.map(sumOf) };
    const at = symbols.size + atoms.length;
    atoms.push(compiled);
    placed.set(atom.key, at);
    return at;
  };
  const sumOf = (d: Dim): ProgramSum => {
    if (isStatic(d)) return approx(d);
    const flat: number[] = [];
    for (const { coefficient, monomial } of d.terms) {
      flat.push(Number(coefficient), monomial.factors.length);
      for (const { atom, power } of monomial.factors) flat.push(place(atom), power);
    }
    return flat;
  };
  const formulas = dims.map(sumOf);
  const bound = (b: bigint | null): number | null => (b === null ? null : Number(b));
  return {
    symbols: [...symbols.values()].map(({ name, min, max }) => ({ name, min: bound(min), max: bound(max) })),
    atoms,
    formulas,
  };
}

/**
 * The value of every formula, `values` being those of the program's symbols in order: exact below 2^53, the nearest number
 * beyond. Writes into `into` where it is given.
 */
export function runDims(program: DimProgram, values: readonly number[], into?: Float64Array): Float64Array {
  const { symbols, atoms, formulas } = program;
  const known = new Float64Array(symbols.length + atoms.length);
  known.set(values.slice(0, symbols.length));
  for (const [i, atom] of atoms.entries()) {
    known[symbols.length + i] =
      atom.kind === 'floor'
        ? Math.floor(sumAt(atom.numerator, known) / sumAt(atom.denominator, known))
        : Math[atom.kind](...atom.args.map((arg) => sumAt(arg, known)));
  }
  const out = into ?? new Float64Array(formulas.length);
  for (let i = 0; i < formulas.length; i++) out[i] = sumAt(formulas[i] as ProgramSum, known);
  return out;
}

function sumAt(sum: ProgramSum, known: Float64Array): number {
  if (typeof sum === 'number') return sum;
  let total = 0;
  for (let i = 0; i < sum.length; ) {
    let term = sum[i++] as number;
    for (let n = sum[i++] as number; n > 0; n--) {
      const base = known[sum[i++] as number] as number;
      for (let power = sum[i++] as number; power > 0; power--) term *= base;
    }
    total += term;
  }
  return total;
}
