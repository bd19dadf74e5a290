import { metered } from '../dim/index.js';
import type { AnyLedger } from '../ledger/index.js';

/**
 * Runs `body` with the formulas that the model's file pays for; a model without a file has what a small one has. `times` is
 * for work that honest models ask more for. Throws ModelError `limit` beyond that.
 */
export function withinBudget<T>({ file }: AnyLedger, body: () => T, times = 1): T {
  return metered(file?.bytes ?? 0, body, times);
}
