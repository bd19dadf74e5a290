/** The facts of a ledger added up: totals, coverage, memory over the schedule, rows, the module tree, formulas to run. */
export { compileDims, type DimProgram, type ProgramSymbol, runDims } from '../dim/index.js';
export { bindLedger, freeSymbols } from './bind.js';
export { causalHalf } from './causal.js';
export { type Fact, type Facts, factsOf } from './facts.js';
export { type GivenFormula, withFormulas } from './given.js';
export { type Alive, type Lifetime, lifetimesOf, type Peak } from './lifetimes.js';
export { GROUPINGS, type Grouping, nodePath, type Row, rowsOf } from './rows.js';
export { type Coverage, coverageOf, type Totals, totalsOf, type Unknown } from './totals.js';
export { type TreeNode, treeOf } from './tree.js';
export { isGraphless, type Stored } from './weights.js';
