/** The facts of a model and what can be made of them: `opcount/ledger`. */
export {
  type Constraint,
  compileDims,
  type DimProgram,
  dimsOfConstraint,
  keepsAt,
  type ProgramSymbol,
  runDims,
} from './dim/index.js';
export * from './ledger/index.js';
export { longestContext } from './models/language/longest.js';
export * from './transforms/index.js';
export { type StepSpan, type StepTimeline, stepTimeline } from './transforms/training/timeline.js';
