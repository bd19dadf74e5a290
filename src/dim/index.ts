// Comes in: integers, names, text of a formula. Goes out: a Dim, a symbolic integer in normal form, exact at any size: the
// extents of tensors and every count made of them.
// Add here: an operation on dimensions, with its laws in test/dim/laws.test.ts.
export { add, DimSum, mul, neg, pow, product, sub, sum } from './arithmetic.js';
export { type Bounds, bounds, lessEqual, termwiseLessEqual } from './bounds.js';
export { compileDims, type DimProgram, type ProgramSymbol, runDims } from './compile.js';
export {
  broken,
  type Constraint,
  collecting,
  dimsOfConstraint,
  distinctConstraints,
  holds,
  keepsAt,
  mapConstraint,
  pinnedBy,
  requires,
} from './constraints.js';
export { ceildiv, exactdiv, floordiv, mod } from './division.js';
export { type Dim, Expr, equal, isDim, isStatic, type Range, sym } from './expr.js';
export { metered } from './limits.js';
export { max, min } from './minmax.js';
export { parse } from './parse.js';
export { format } from './print.js';
export { reviveDim } from './revive.js';
export { approx, substitute, symbols, toBigInt, toNumber } from './substitute.js';
