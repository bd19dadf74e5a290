import { add, type Dim, exactdiv, floordiv, max, min, mul, sub } from '../dim/index.js';
import { type AnyLedger, mapLedger, type OpEntry } from '../ledger/index.js';
import { type AttrsOf, attrsAs, attrsIf, type Work } from '../ops/index.js';

/**
 * The same ledger with causal attention counted by the positions that its mask leaves, as papers on language models and
 * kernels that skip masked blocks do: query i sees i + 1 keys, so that L·(L + 1)/2 of L² pairs remain. Only attention that
 * says itself that it is causal is changed; a mask that is a tensor may hide anything.
 */
export function causalHalf<L extends AnyLedger>(ledger: L): L {
  const causal = (entry: OpEntry): boolean => attrsOf(entry)?.causal === true && entry.result.kind === 'known';
  if (!ledger.entries.some(causal)) return ledger;
  return mapLedger(ledger, {
    result: (entry) => (causal(entry) ? { kind: 'known', work: halved(entry) } : entry.result),
  });
}

/** Pairs of the triangle and what is before it that are farther apart than a window of w: Σ max(keys seen − w, 0). */
function beyond(lq: Dim, lk: Dim, w: Dim): Dim {
  const most = max(sub(lk, w), 0);
  const least = max(sub(sub(lk, lq), w), 0);
  const sumTo = (n: Dim): Dim => floordiv(mul(n, add(n, 1)), 2);
  return sub(sumTo(most), sumTo(least));
}

/** Attention by itself, or merged with the projection before it. */
function attrsOf(entry: OpEntry): AttrsOf<'attention' | 'multi_head_attention'> | null {
  return attrsIf('attention', entry) ?? attrsIf('multi_head_attention', entry);
}

function halved(entry: OpEntry): Work[] {
  const { lq = 1, lk = 1, atEnd, window } = attrsAs('attention', entry);
  const corner = min(lq, lk);
  const triangle = (n: Dim): Dim => floordiv(mul(n, add(n, 1)), 2);
  const seen =
    atEnd === true
      ? // The last query is at the last key: those of the passes before are seen by all. Of a window the first query that
        // fills it and all behind see its whole width.
        sub(add(mul(lq, sub(lk, lq)), triangle(lq)), window === undefined ? 0 : beyond(lq, lk, window))
      : // Queries and keys begin together; queries beyond the last key see all of them.
        add(triangle(corner), mul(max(sub(lq, lk), 0), lk));
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
