import { type Dim, sum } from '../dim/index.js';
import { NOTHING, plus, tally } from '../ops/index.js';
import type { Ledger } from '../trace/index.js';
import type { Convention, ConventionResult } from './types.js';
import { elements } from './units.js';

/** opcount's own: see docs/counting.md. */
export const exact: Convention = {
  id: 'exact',
  title: 'opcount exact',
  version: '1',
  source: 'docs/counting.md',
  words:
    'MACs are the multiply-accumulates of convolutions, matrix products, attention and recurrent gates. FLOPs are 2 × MACs plus one for every other floating-point operation.',
  run(ledger: Ledger): ConventionResult {
    let total = NOTHING;
    const layers = new Map<string, { macs: Dim; flops: Dim }>();
    for (const entry of ledger.entries) {
      if (entry.result.kind === 'gap') continue;
      const t = tally(entry.result.work);
      total = plus(total, t);
      const path = entry.call.module.path;
      const before = layers.get(path) ?? { macs: 0, flops: 0 };
      layers.set(path, { macs: sum([before.macs, t.macs]), flops: sum([before.flops, t.flops]) });
    }
    return {
      id: 'exact',
      version: '1',
      title: 'opcount exact',
      counts: { macs: total.macs, flops: total.flops },
      units: { macs: 'mac', flops: 'flop' },
      params: sum(elements(ledger.weights.filter((w) => w.kind === 'parameter'))),
      notes: [],
      layers,
    };
  },
};
