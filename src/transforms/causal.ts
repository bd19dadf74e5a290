import { add, type Dim, exactdiv, floordiv, max, min, mul, sub } from '../dim/index.js';
import { type Ledger, mapLedger, type OpEntry } from '../ledger/index.js';
import type { Work } from '../ops/index.js';

/**
 * The same ledger with causal attention counted by the positions that its mask leaves, as papers on language models and
 * kernels that skip masked blocks do: query i sees i + 1 keys, so that L·(L + 1)/2 of L² pairs remain. Only attention that
 * says itself that it is causal is changed; a mask that is a tensor may hide anything.
 */
export function causalHalf(ledger: Ledger): Ledger {
  const causal = (entry: OpEntry): boolean => entry.attrs['causal'] === true && entry.result.kind === 'known';
  if (!ledger.entries.some(causal)) return ledger;
  return mapLedger(ledger, {
    result: (entry) => (causal(entry) ? { kind: 'known', work: halved(entry) } : entry.result),
  });
}

function halved(entry: OpEntry): Work[] {
  const { lq, lk } = entry.attrs as { lq: Dim; lk: Dim };
  // Queries and keys begin together; queries beyond the last key see all of them.
  const corner = min(lq, lk);
  const seen = add(floordiv(mul(corner, add(corner, 1)), 2), mul(max(sub(lq, lk), 0), lk));
  const kept = (n: Dim): Dim => {
    const rest = exactdiv(n, mul(lq, lk));
    return rest === undefined ? n : mul(rest, seen);
  };
  const scaled = (work: Work): Work => {
    switch (work.kind) {
      case 'contraction':
        return {
          ...work,
          products: kept(work.products),
          unpadded: work.unpadded === null ? null : kept(work.unpadded),
        };
      case 'map':
      case 'reduction':
        return { ...work, elements: kept(work.elements) };
      case 'loop':
        return { ...work, body: work.body.map(scaled) };
      default:
        return work;
    }
  };
  return entry.result.kind === 'known' ? entry.result.work.map(scaled) : [];
}
