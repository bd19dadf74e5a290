/** The facts of a model and what can be made of them: `opcount/ledger`. */
export { compileDims, type DimProgram, type ProgramSymbol, runDims } from './dim/index.js';
export * from './ledger/index.js';
export * from './transforms/index.js';
