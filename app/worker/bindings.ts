import type { Ledger } from 'opcount';
import { freeSymbols } from 'opcount/ledger';
import type { Bindings } from './protocol.js';

/** The bindings that a model has a use for: the page keeps sizes of others. */
export function bindingsOf(ledger: Ledger, bind: Bindings): Bindings {
  const free = new Set(freeSymbols(ledger));
  return Object.fromEntries(Object.entries(bind).filter(([name]) => free.has(name)));
}
