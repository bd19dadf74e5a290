import { type Dim, type Expr, equal, exactdiv, isStatic, sub, substitute, symbols } from '../../dim/index.js';
import type { Note } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { TensorType } from '../../tensor/index.js';
import { overridesByName } from '../inputs.js';
import type { ReadOptions } from '../types.js';
import { FORMAT } from './json.js';
import type { Sizes } from './sizes.js';

/** An input of the program as the file states it, before anything is bound. */
export interface StatedInput {
  readonly name: string;
  readonly type: TensorType | null;
}

export interface SettledInputs {
  readonly types: readonly (TensorType | null)[];
  /** Whether the program runs on the sizes that the file states: its shapes of everything else then hold. */
  readonly trustFile: boolean;
  readonly notes: readonly Note[];
}

/**
 * The inputs with the caller's shapes and bindings in place of the file's. A free size that is given a number binds its
 * symbol everywhere, also out of a formula (`32*s16` given as 224). Throws ModelError `argument` for an input that does
 * not exist, for another rank, for a symbol with two values and for a size that a formula cannot have.
 */
export function settleInputs(stated: readonly StatedInput[], sizes: Sizes, options: ReadOptions): SettledInputs {
  const bindings = new Map(options.bind ?? []);
  const notes: Note[] = [];
  const overrides = overridesByName(stated, options.inputs ?? [], FORMAT, () => listed(stated));
  let trustFile = true;
  const pairs: { name: string; axis: number; own: Dim; wanted: Dim }[] = [];
  for (const { name, type } of stated) {
    const wanted = overrides.get(name);
    if (wanted === undefined || type === null) continue;
    if (wanted.shape.length !== type.shape.length)
      throw problem(`input ${name} has ${type.shape.length} axes, ${wanted.shape.length} are given`, stated);
    for (const [axis, own] of type.shape.entries()) pairs.push({ name, axis, own, wanted: wanted.shape[axis] as Dim });
  }
  // Plain symbols first: formulas may then have nothing left to solve.
  for (const pair of pairs)
    if (typeof pair.own === 'object' && symbols(pair.own).length === 1) solve(pair, bindings, stated);
  sizes.bind(bindings);
  const types = stated.map(({ name, type }): TensorType | null => {
    const wanted = overrides.get(name);
    if (type === null) return wanted === undefined ? null : { dtype: wanted.dtype ?? 'float32', shape: wanted.shape };
    const shape = type.shape.map((own, axis) => {
      const bound = substitute(own, bindings);
      const given = wanted?.shape[axis];
      if (given === undefined || equal(bound, given)) return bound;
      const target = substitute(given, bindings);
      if (equal(bound, target)) return bound;
      if (typeof own === 'object')
        throw problem(`input ${name} is ${String(own)} at axis ${axis}, which cannot be ${String(given)}`, stated);
      trustFile = false;
      notes.push({
        code: 'input-overridden',
        message: `input ${name} was exported with ${String(own)} at axis ${axis}; it is read with ${String(given)}, and every shape is worked out anew`,
      });
      return target;
    });
    return { dtype: wanted?.dtype ?? type.dtype, shape };
  });
  return { types, trustFile, notes };
}

/** Solves a·s + b = wanted for the symbol s; anything but that keeps its symbols free, to be checked in the end. */
function solve(
  { name, axis, own, wanted }: { name: string; axis: number; own: Dim; wanted: Dim },
  bindings: Map<string, Dim>,
  stated: readonly StatedInput[],
): void {
  const line = lineOf(own as Expr);
  if (line === null) return;
  const value = exactdiv(sub(wanted, line.constant), line.factor);
  if (value === undefined || (isStatic(value) && value < 1)) {
    if (isStatic(wanted))
      throw problem(`input ${name} is ${String(own)} at axis ${axis}, which cannot be ${String(wanted)}`, stated);
    return;
  }
  const before = bindings.get(line.symbol);
  if (before !== undefined && !equal(before, value))
    throw problem(
      `dimension ${line.symbol} is given as ${String(before)} and, in input ${name}, as ${String(value)}`,
      stated,
    );
  bindings.set(line.symbol, value);
}

function lineOf(d: Expr): { symbol: string; factor: Dim; constant: Dim } | null {
  let found: { symbol: string; factor: Dim } | null = null;
  let constant: Dim = 0;
  for (const { coefficient, monomial } of d.terms) {
    const [factor, ...more] = monomial.factors;
    if (factor === undefined) constant = coefficient;
    else if (found !== null || more.length > 0 || factor.power !== 1 || factor.atom.kind !== 'symbol') return null;
    else found = { symbol: factor.atom.name, factor: coefficient };
  }
  return found === null ? null : { ...found, constant };
}

function problem(message: string, stated: readonly StatedInput[]): ModelError {
  return new ModelError('argument', message, { format: FORMAT, hint: `the model's inputs: ${listed(stated)}` });
}

function listed(stated: readonly StatedInput[]): string {
  return stated
    .map((i) => (i.type === null ? i.name : `${i.name} ${i.type.shape.map(String).join('x')}:${i.type.dtype}`))
    .join(', ');
}
