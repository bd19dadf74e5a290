// Comes in: a ledger. Goes out: another one, with numbers put in for free dimensions, a mask taken into account, or the
// user's formulas for operators that have none.
// Add here: whatever is a function from ledger to ledger.
export { bindLedger, bindPinned, freeSymbols, refusal, withoutPast } from './bind.js';
export { causalHalf } from './causal.js';
export { applyUserFormulas } from './formulas.js';
export { checkContext, positionsIn } from './positions.js';
export { batchSymbol, multipleOf, type ShownSize, type SizeOrigin, shownSizes } from './sizes.js';
