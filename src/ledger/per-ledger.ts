import type { AnyLedger } from './types.js';

/** A function of a ledger that is worked out once for each: several conventions and parts of a report ask for the same. */
export function perLedger<L extends AnyLedger, T>(compute: (ledger: L) => T): (ledger: L) => T {
  const known = new WeakMap<L, { readonly made: T }>();
  return (ledger) => {
    let found = known.get(ledger);
    if (found === undefined) {
      found = { made: compute(ledger) };
      known.set(ledger, found);
    }
    return found.made;
  };
}
