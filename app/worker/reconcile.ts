import { type Ledger, reconcile, shownData, whoPrints } from 'opcount';
import { bindingsOf } from './bindings.js';
import { failureOf } from './failure.js';
import type { Bindings, Reconciled } from './protocol.js';

/** How every tool's number comes about at the bindings and, where a number was typed, which tools print it. */
export async function reconciled(ledger: Ledger, bind: Bindings, number: string): Promise<Reconciled> {
  const report = await reconcile(ledger, { bind: bindingsOf(ledger, bind) });
  if (number.trim() === '') return { report: shownData(report), who: null, wrong: null };
  try {
    return { report: shownData(report), who: shownData(whoPrints(report, number)), wrong: null };
  } catch (error) {
    return { report: shownData(report), who: null, wrong: failureOf(error) };
  }
}
