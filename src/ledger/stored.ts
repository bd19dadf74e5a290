import { mapLedger } from './map.js';
import type { AnyLedger, StoredWeights } from './types.js';

/** The same ledger with what is said of how its weights are kept; `as` names it. Counts do not change. */
export function withStored<L extends AnyLedger>(ledger: L, stored: StoredWeights, as?: string): L {
  const mapped = mapLedger(ledger, {
    weight: (weight) => {
      const kept = stored.get(weight.name);
      return kept === undefined ? weight : { ...weight, dtype: kept.dtype, bytes: kept.bytes };
    },
  });
  const { description } = mapped;
  if (description === undefined) return mapped;
  const said = { ...description, stored, ...(as === undefined ? {} : { storedAs: as }) };
  return Object.freeze({ ...mapped, description: said }) as L;
}
