import { add, type Dim, equal, mul, sum } from '../dim/index.js';
import type { Ledger, Note, OpEntry } from '../ledger/index.js';
import { passesOf } from '../transforms/training/index.js';
import { dispatched, fusedProducts } from './dispatched-operators.js';
import { fastPathEntries } from './fast-path.js';
import { type Item, itemsOf } from './items.js';
import { placeOf } from './operands.js';
import { resultOf } from './results.js';
import type { Convention, ConventionResult } from './types.js';
import { allParameters, tallyNames } from './units.js';

const WORDS =
  'Twice the products of the matrix products and convolutions that ATen dispatches; nothing else counts. On a CPU without gradients, attention by scaled_dot_product_attention, LSTM layers and the fast paths of nn.MultiheadAttention and nn.TransformerEncoderLayer are kernels of their own and count 0; the notes give the number with gradients and that on the meta device.';

export const torchFlopCounter: Convention = {
  id: 'torch-flop-counter',
  title: 'PyTorch FlopCounterMode',
  version: '2.13.0',
  source: 'torch/utils/flop_counter.py: flop_registry, FlopCounterMode',
  description: WORDS,
  run(ledger: Ledger): ConventionResult {
    const all = dispatched(ledger, { grad: false });
    const hidden = fastPathEntries(ledger);
    const items = all
      .filter((d) => !hidden.has(d.entry))
      .flatMap((d): Item[] => itemsOf('flops', { products: mul(2, d.products) }, [d.entry], placeOf(ledger, d.entry)));
    const withGradients = mul(2, sum(dispatched(ledger, { grad: true }).map((d) => d.products)));
    const onMeta = mul(2, add(sum(all.map((d) => d.products)), fusedProducts(ledger, all)));
    const result = resultOf(torchFlopCounter, { flops: 'flop' }, items, { params: allParameters(ledger) });
    return {
      ...result,
      notes: [
        ...kernels(ledger, hidden, new Set(all.map((d) => d.entry))),
        ...others(result.counts.flops, withGradients, onMeta),
        ...withBackward(ledger, onMeta),
      ],
    };
  },
};

/** Kernels that do products and are not in the tool's registry. */
function kernels(ledger: Ledger, hidden: ReadonlySet<OpEntry>, seen: ReadonlySet<OpEntry>): Note[] {
  const notes: Note[] = [];
  if (hidden.size > 0) {
    const modules = new Set([...hidden].map((e) => e.call.module).filter((m) => /Attention$/.test(m.type)));
    notes.push({
      code: 'fast-path',
      message: `without gradients these run as one kernel that is not registered, counted as 0: ${tallyNames([...modules].map((m) => m.type))}`,
    });
  }
  const silent = ledger.entries.filter(
    (e) =>
      !hidden.has(e) &&
      !seen.has(e) &&
      e.result.kind === 'known' &&
      e.result.work.some((w) => w.kind === 'contraction'),
  );
  if (silent.length > 0)
    notes.push({
      code: 'silent-zero',
      message: `kernels that multiply matrices and are not registered, counted as 0: ${tallyNames(silent.map((e) => e.op))}`,
    });
  return notes;
}

function others(main: Dim, withGradients: Dim, onMeta: Dim): Note[] {
  const notes: Note[] = [];
  if (!equal(withGradients, main))
    notes.push({
      code: 'grad-enabled',
      message: `the number is that of a CPU under no_grad; with gradients enabled it is ${String(withGradients)}`,
    });
  if (!equal(onMeta, main))
    notes.push({
      code: 'meta-device',
      message: `on the meta device, where attention and LSTM layers are taken apart, it is ${String(onMeta)}`,
    });
  return notes;
}

/** A training step: each product once more for every operand whose gradient is needed, counted like those of the forward pass. */
function withBackward(ledger: Ledger, forward: Dim): Note[] {
  const { backward } = passesOf(ledger);
  if (equal(backward.macs, 0)) return [];
  return [
    {
      code: 'with-backward',
      message: `with the backward pass of all parameters, on the meta device, it is ${String(add(forward, mul(2, backward.macs)))}`,
    },
  ];
}
