// Comes in: what each operator does (an Effect) from the readers and from layers in TypeScript.
// Goes out: the facts of one model as plain data (Ledger), and pure functions of it: totals, coverage, rows, memory over
// the schedule, the module tree.
// Add here: a fact that every model has. What changes a ledger is in transforms/, what prices it in conventions/.

export { checkShape } from './checks.js';
export { type Costs, costsOf, type OpCost } from './costs.js';
export { type Equation, equationOf } from './einsum.js';
export { factorsOf } from './factors.js';
export { copiesIn, namesIn, times, whole } from './folds.js';
export { applyFormula, checkedFormulas, type GivenFormula, type GivenFormulas } from './formulas.js';
export { GROUPINGS, type Grouping } from './groupings.js';
export { type Alive, type Lifetime, lifetimesOf, type Peak } from './lifetimes.js';
export { appended, NONE } from './lists.js';
export { type LedgerMap, mapLedger, reviveLedger } from './map.js';
export { type NewModule, newModule, PathBudget } from './modules.js';
export { highestOf, type Moment, Moments } from './moments.js';
export { isGraphless, type Row, type StoredSummary, type TreeNode } from './node.js';
export type { NoteCode } from './notes.js';
export type { Checkpoint, LedgerHead, OpenCall, OpenModule, OpSource } from './open.js';
export { operandTypes } from './operands.js';
export { perLedger, withAnswers } from './per-ledger.js';
export { type Again, isRepetition, isSame, pairsOf, type Repetition, type Stretch } from './repeat.js';
export { nodePath, rowsOf } from './rows.js';
export { namesDuring } from './schedule-names.js';
export { withStored } from './stored.js';
export { copiesInput, isContiguous, isViewAs, type Strides, stridesOf } from './strides.js';
export { type Coverage, coverageOf, type Sums, sumsOf, type Unknown } from './sums.js';
export { storedTotals, type Totals, totalsOf } from './totals.js';
export { Trace } from './trace.js';
export { treeOf } from './tree.js';
export type * from './types.js';
