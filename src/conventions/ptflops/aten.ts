import { equal, sum } from '../../dim/index.js';
import type { Ledger, Note, OpEntry } from '../../ledger/index.js';
import { type Dispatch, dispatched } from '../dispatched-operators.js';
import { fastPathEntries } from '../fast-path.js';
import { countsOf, type Item, itemsOf, layersOf } from '../items.js';
import { placeOf } from '../operands.js';
import type { Convention, ConventionResult } from '../types.js';
import { elements, tallyNames } from '../units.js';

const COUNTED: ReadonlySet<Dispatch> = new Set(['mm', 'addmm', 'bmm', 'convolution']);

const WORDS =
  'Multiply-accumulates of the matrix products and convolutions that ATen dispatches, plus one for every output of a convolution with a bias and of addmm. Attention by scaled_dot_product_attention, LSTM layers, baddbmm, norms and activations count 0. Gradients are enabled, as the tool leaves them.';

export const ptflopsAten: Convention = {
  id: 'ptflops-aten',
  title: 'ptflops (aten backend)',
  version: 'd612c75 (2025-08-20)',
  source: 'ptflops/aten_ops.py: ATEN_OPS_MAPPING; ptflops/aten_engine.py: FlopCounterMode',
  description: WORDS,
  run(ledger: Ledger): ConventionResult {
    const { id, version, title } = ptflopsAten;
    const seen = dispatched(ledger, { grad: true }).filter((d) => COUNTED.has(d.op));
    const items = seen.flatMap((d): Item[] =>
      itemsOf('macs', { products: d.products, bias: d.biased }, [d.entry], placeOf(ledger, d.entry)),
    );
    const trainable = ledger.weights.filter((w) => w.kind === 'parameter' && w.trainable !== false);
    return {
      id,
      version,
      title,
      counts: countsOf(items, 'macs'),
      units: { macs: 'mac' },
      items,
      params: sum(elements(trainable)),
      notes: [...silent(ledger, new Set(seen.map((d) => d.entry))), ...noGrad(ledger, items)],
      layers: layersOf(items),
    };
  },
};

function silent(ledger: Ledger, seen: ReadonlySet<OpEntry>): Note[] {
  const found = ledger.entries.filter(
    (e) => !seen.has(e) && e.result.kind === 'known' && e.result.work.some((w) => w.kind === 'contraction'),
  );
  if (found.length === 0) return [];
  return [
    {
      code: 'silent-zero',
      message: `kernels that multiply matrices and have no rule in ptflops, counted as 0: ${tallyNames(found.map((e) => e.op))}`,
    },
  ];
}

/** Under no_grad the fast path of attention takes its projections out of sight as well. */
function noGrad(ledger: Ledger, items: readonly Item[]): Note[] {
  const hidden = fastPathEntries(ledger);
  const visible = items.filter((i) => !i.of.some((e) => hidden.has(e)));
  const without = sum(visible.map((i) => i.amount));
  if (equal(without, sum(items.map((i) => i.amount)))) return [];
  return [{ code: 'no-grad', message: `with the model run under no_grad it is ${String(without)}` }];
}
