import { add, type Dim, mul, sub, sum } from '../dim/index.js';
import { type AnyLedger, factsOf, type OpEntry } from '../ledger/index.js';
import { tally, type Work } from '../ops/index.js';
import { type Item, itemsOf, layersOf, type Parts } from './items.js';
import { termOf } from './terms.js';
import type { Convention, ConventionResult } from './types.js';
import { allParameters } from './units.js';

/** opcount's own: see docs/counting.md. */
export const exact: Convention & { run(ledger: AnyLedger): ConventionResult } = {
  id: 'exact',
  title: 'opcount exact',
  version: '1',
  source: 'docs/counting.md',
  description:
    'MACs are the multiply-accumulates of convolutions, matrix products, attention and recurrent gates. FLOPs are 2 × MACs plus one for every other floating-point operation.',
  run(ledger: AnyLedger): ConventionResult {
    return new ExactResult(ledger);
  },
};

/** A report has these counts from the rows; only what explains a difference asks for the items. */
class ExactResult implements ConventionResult {
  readonly id = exact.id;
  readonly version = exact.version;
  readonly title = exact.title;
  readonly counts: ConventionResult['counts'];
  readonly units = UNITS;
  readonly params: Dim;
  readonly notes: ConventionResult['notes'] = [];
  readonly #ledger: AnyLedger;
  #items: readonly Item[] | null = null;

  constructor(ledger: AnyLedger) {
    const { macs, flops } = factsOf(ledger).total;
    this.counts = { macs, flops };
    this.params = allParameters(ledger);
    this.#ledger = ledger;
  }

  get items(): readonly Item[] {
    this.#items ??= this.#ledger.entries.flatMap(itemsOfEntry);
    return this.#items;
  }

  get layers(): NonNullable<ConventionResult['layers']> {
    return layersOf(this.items);
  }
}
const UNITS = { macs: 'mac', flops: 'flop' } as const;

function itemsOfEntry(entry: OpEntry): Item[] {
  if (entry.result.kind === 'gap') return [];
  const { path } = entry.call.module;
  const { macs, flops } = tally(entry.result.work);
  const products = mul(2, macs);
  const bias = biasAdds(entry.result.work);
  const parts: Parts = { products, bias, [termOf(entry.op)]: sub(flops, add(products, bias)) };
  return [...itemsOf('macs', { products: macs }, [entry], path), ...itemsOf('flops', parts, [entry], path)];
}

/** Additions of a bias: one an output. */
export function biasAdds(work: readonly Work[]): Dim {
  return sum(
    work.map((w): Dim => {
      switch (w.kind) {
        case 'contraction':
          return w.bias ? w.outputs : 0;
        case 'loop':
          return mul(w.times, biasAdds(w.body));
        default:
          return 0;
      }
    }),
  );
}
