// Comes in: a ledger. Goes out: what a tool would print for it, as counts with units, items that add up to them, and notes.
// Add here: a file for the tool and a line in CONVENTIONS (list.ts). Its goldens are what the tool printed when it was run.
export { CONVENTIONS } from './list.js';
export { type Difference, type Reconciled, type Reconciliation, reconcileWith } from './reconcile.js';
export { conventionOf, SPECIAL_CONVENTIONS, specialFor } from './special.js';
export type { TermId } from './terms.js';
export { type TorchstatRow, type TorchstatTable, torchstatTable } from './torchstat/index.js';
export { TRAINING_FORMULAS } from './training-formulas.js';
export type {
  Convention,
  ConventionOptions,
  ConventionResult,
  Count,
  CustomOps,
  CustomRule,
  Unit,
  WorkUnit,
} from './types.js';
