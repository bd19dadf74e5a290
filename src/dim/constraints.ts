import { lessEqual } from './bounds.js';
import { exactdiv, mod } from './division.js';
import { type Dim, equal, isStatic } from './expr.js';
import { substitute, symbols } from './substitute.js';

/**
 * A model's condition on its free dimensions beyond the range of each: every number that is put in must keep to it.
 * `message` completes "the model cannot run: …" and names what requires it.
 */
export type Constraint = {
  readonly message: string;
  /**
   * Broken by the values of a run alone, as an index beyond the end of a table is: shapes and work go on beyond it, so that
   * numbers are given with a note and not refused. Kept in the ledger at numbers as well.
   */
  readonly atRunTime?: true;
} & (
  | { readonly kind: 'equal'; readonly left: Dim; readonly right: Dim }
  | { readonly kind: 'multiple-of'; readonly value: Dim; readonly factor: Dim }
  | { readonly kind: 'at-least'; readonly value: Dim; readonly least: Dim }
  /** Extents that are broadcast: equal to one of these. */
  | { readonly kind: 'one-of'; readonly value: Dim; readonly values: readonly Dim[] }
);

/** Longer formulas are not kept: they are checked only where an operator meets numbers. */
const MAX_TERMS = 64;

/** true or false if that is certain whatever the free dimensions are, else undefined. */
export function holds(c: Constraint): boolean | undefined {
  switch (c.kind) {
    case 'equal':
      return equals(c.left, c.right);
    case 'multiple-of': {
      if (equal(c.factor, 0)) return undefined;
      if (isStatic(c.value) && isStatic(c.factor)) return equal(mod(c.value, c.factor), 0);
      return exactdiv(c.value, c.factor) !== undefined ? true : undefined;
    }
    case 'at-least':
      return lessEqual(c.least, c.value);
    case 'one-of': {
      const answers = c.values.map((v) => equals(c.value, v));
      return answers.includes(true) ? true : answers.every((a) => a === false) ? false : undefined;
    }
  }
}

function equals(a: Dim, b: Dim): boolean | undefined {
  if (equal(a, b)) return true;
  if (isStatic(a) && isStatic(b)) return false;
  return lessEqual(a, b) === false || lessEqual(b, a) === false ? false : undefined;
}

let collected: Constraint[] | null = null;

/** Runs `body`; what operators require meanwhile of dimensions that are still free is added to `into`. Nests. */
export function collecting<T>(into: Constraint[], body: () => T): T {
  const before = collected;
  collected = into;
  try {
    return body();
  } finally {
    collected = before;
  }
}

/** Whether a constraint can hold: false if it certainly does not; kept for later where free dimensions decide. */
export function requires(constraint: Constraint): boolean {
  const answer = holds(constraint);
  const kept = answer === undefined || constraint.atRunTime === true;
  if (kept && collected !== null && isShort(constraint)) collected.push(constraint);
  return answer !== false;
}

function isShort(c: Constraint): boolean {
  return dimsOfConstraint(c).every((d) => typeof d !== 'object' || d.terms.length <= MAX_TERMS);
}

/** The dimensions that a constraint is about, in the order in which `keepsAt` takes their numbers. */
export function dimsOfConstraint(c: Constraint): readonly Dim[] {
  switch (c.kind) {
    case 'equal':
      return [c.left, c.right];
    case 'multiple-of':
      return [c.value, c.factor];
    case 'at-least':
      return [c.value, c.least];
    case 'one-of':
      return [c.value, ...c.values];
  }
}

/** Whether numbers in place of its dimensions keep to a constraint. */
export function keepsAt(kind: Constraint['kind'], numbers: ArrayLike<number>): boolean {
  const [a = 0, b = 0] = [numbers[0], numbers[1]];
  switch (kind) {
    case 'equal':
      return a === b;
    case 'multiple-of':
      return b === 0 || a % b === 0;
    case 'at-least':
      return a >= b;
    case 'one-of':
      return Array.from(numbers).indexOf(a, 1) > 0;
  }
}

/** The same constraint with its dimensions replaced by a function of them. */
export function mapConstraint(c: Constraint, f: (d: Dim) => Dim): Constraint {
  switch (c.kind) {
    case 'equal':
      return { ...c, left: f(c.left), right: f(c.right) };
    case 'multiple-of':
      return { ...c, value: f(c.value), factor: f(c.factor) };
    case 'at-least':
      return { ...c, value: f(c.value), least: f(c.least) };
    case 'one-of':
      return { ...c, value: f(c.value), values: c.values.map(f) };
  }
}

/** Each constraint once, in the order in which they came up. */
export function distinctConstraints(list: readonly Constraint[]): Constraint[] {
  const known = new Map<string, Constraint>();
  for (const c of list) {
    const key = `${c.kind} ${dimsOfConstraint(c)
      .map((d) => (typeof d === 'object' ? d.key : String(d)))
      .join(' ')}`;
    if (!known.has(key)) known.set(key, c);
  }
  return [...known.values()];
}

/** The constraints that these numbers break. None: the model takes them, as far as is known. */
export function broken(constraints: readonly Constraint[], bindings: ReadonlyMap<string, Dim>): Constraint[] {
  return constraints.filter((c) => holds(mapConstraint(c, (d) => substitute(d, bindings))) === false);
}

/** The value that one constraint leaves to a symbol, where it leaves a single one: `2·h − 1 = 223` makes h 112. */
export function pinnedBy(c: Constraint): readonly [name: string, value: number] | null {
  if (c.kind !== 'equal') return null;
  const [formula, target] = isStatic(c.right) ? [c.left, c.right] : [c.right, c.left];
  if (typeof formula !== 'object' || !isStatic(target)) return null;
  const [name, ...more] = symbols(formula);
  if (name === undefined || more.length > 0) return null;
  let factor = 0n;
  let rest = BigInt(target);
  for (const { coefficient, monomial } of formula.terms) {
    const [only, ...others] = monomial.factors;
    if (only === undefined) rest -= coefficient;
    else if (others.length > 0 || only.power !== 1 || only.atom.kind !== 'symbol') return null;
    else factor = coefficient;
  }
  if (factor === 0n || rest % factor !== 0n) return null;
  const value = Number(rest / factor);
  return Number.isSafeInteger(value) ? [name, value] : null;
}
