import { add, type Dim, mul, sub, sum } from '../dim/index.js';
import { type AnyLedger, costsOf, perLedger, sumsOf } from '../ledger/index.js';
import type { Tally, Work } from '../ops/index.js';
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

  constructor(ledger: AnyLedger) {
    const { macs, flops } = sumsOf(ledger).tally;
    this.counts = { macs, flops };
    this.params = allParameters(ledger);
    this.#ledger = ledger;
  }

  get items(): readonly Item[] {
    return itemsIn(this.#ledger);
  }

  get layers(): NonNullable<ConventionResult['layers']> {
    return layersOf(this.items);
  }
}
const UNITS = { macs: 'mac', flops: 'flop' } as const;

/** Two counts an operator. Equal layers share their work, whose parts are worked out once. */
const itemsIn = perLedger((ledger: AnyLedger): readonly Item[] => {
  const known = new Map<readonly Work[], Amounts>();
  const items: Item[] = [];
  for (const { entry, tally } of costsOf(ledger).operators) {
    if (entry.result.kind === 'gap') continue;
    const { work } = entry.result;
    let amounts = known.get(work);
    if (amounts?.op !== entry.op) {
      amounts = amountsOf(entry.op, work, tally);
      known.set(work, amounts);
    }
    const { path } = entry.call.module;
    items.push(...itemsOf('macs', amounts.macs, [entry], path), ...itemsOf('flops', amounts.flops, [entry], path));
  }
  return items;
});

interface Amounts {
  readonly op: string;
  readonly macs: Parts;
  readonly flops: Parts;
}

function amountsOf(op: string, work: readonly Work[], { macs, flops }: Tally): Amounts {
  const products = mul(2, macs);
  const bias = biasAdds(work);
  return { op, macs: { products: macs }, flops: { products, bias, [termOf(op)]: sub(flops, add(products, bias)) } };
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
