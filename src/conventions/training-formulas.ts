import { type Dim, equal, mul, product, sub, sum } from '../dim/index.js';
import { costsOf, type Ledger, type OpEntry, type Weight } from '../ledger/index.js';
import { numel } from '../tensor/index.js';
import { attentionProducts } from './attention-products.js';
import { countsOf, type Item } from './items.js';
import { failedResult } from './results.js';
import type { Convention, ConventionResult } from './types.js';
import { allParameters } from './units.js';

/** A published formula for the FLOPs of one training step of a language model. */
interface Formula {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly words: string;
  /** Tables that are left out of N. */
  readonly without: 'all' | 'positions' | 'none';
  /** Of the products of attention itself, forward and backward: all (2/2), half (1/2) or none (0/2). */
  readonly attention: 0 | 1 | 2;
  /** Whether N is all parameters, or only matrices that multiply every token. */
  readonly of: 'parameters' | 'matrices';
}

const FORMULAS: readonly Formula[] = [
  {
    id: '6n',
    title: '6N (Kaplan et al.)',
    source: 'arXiv 2001.08361',
    words: '6 · N · tokens, N the parameters without tables of words and positions; attention itself is not counted.',
    without: 'all',
    attention: 0,
    of: 'parameters',
  },
  {
    id: 'palm',
    title: 'PaLM, appendix B',
    source: 'arXiv 2204.02311, appendix B',
    words: '(6 · N + 12 · L · H · Q · T) · tokens, N all parameters; attention is not halved for its mask.',
    without: 'none',
    attention: 2,
    of: 'parameters',
  },
  {
    id: 'nanogpt',
    title: 'nanoGPT, estimate_mfu',
    source: 'nanoGPT, model.py, estimate_mfu',
    words: '(6 · N + 12 · L · H · Q · T) · tokens, N the parameters without the table of positions.',
    without: 'positions',
    attention: 2,
    of: 'parameters',
  },
  {
    id: 'megatron',
    title: 'Megatron-LM',
    source: 'Megatron-LM, training.py, num_floating_point_operations',
    words:
      '6 FLOPs for each matrix weight and token, routers left out, and half of the products of attention for its mask.',
    without: 'all',
    attention: 1,
    of: 'matrices',
  },
];

/** Formulas of papers and training programs: of language models alone, and of a training step where others count one pass. */
export const TRAINING_FORMULAS: readonly Convention[] = FORMULAS.map((formula) => ({
  id: formula.id,
  title: formula.title,
  version: '1',
  source: formula.source,
  description: formula.words,
  run: (ledger) => run(ledger, formula),
}));

function run(ledger: Ledger, formula: Formula): ConventionResult {
  const base = {
    id: formula.id,
    version: '1',
    title: formula.title,
    units: { flops: 'flop' as const },
    params: allParameters(ledger),
  };
  const tokens = ledger.inputs[0]?.value.type?.shape;
  if (ledger.description === undefined || ledger.description.kept === null || tokens === undefined) {
    const failure = {
      code: 'tool-fails' as const,
      message: 'the formula is of language models read from their description',
    };
    return failedResult(base, base.units, base.params, failure);
  }
  const items = itemsOf(ledger, formula, product(tokens));
  return { ...base, counts: countsOf(items, 'flops'), items, notes: [] };
}

/**
 * Each product once forward, as `exact` has it, and twice backward; then what the formula takes otherwise: weights that
 * multiply nothing, or not every token, and tables.
 */
function itemsOf(ledger: Ledger, formula: Formula, tokens: Dim): Item[] {
  const attends = attentionProducts(ledger);
  const items: Item[] = [];
  const put = (term: Item['term'], amount: Dim, of: readonly OpEntry[]): void => {
    if (!equal(amount, 0) || term === 'products')
      items.push({ count: 'flops', term, amount, of, path: of[0]?.call.module.path ?? '' });
  };
  const multiplied: Dim[] = [];
  const tables = new Set<Weight>();
  for (const { entry, tally } of costsOf(ledger).operators) {
    if (entry.op === 'embedding') for (const v of entry.inputs) if (v?.weight) tables.add(v.weight);
    if (equal(tally.macs, 0)) continue;
    const attention = entry.op === 'attention' || attends.has(entry);
    const weights = entry.inputs.flatMap((v) => (v?.weight ? [v.weight] : []));
    if (attention) {
      if (formula.attention === 0) continue;
      put('products', mul(formula.attention, tally.macs), [entry]);
      put('backward', mul(2 * formula.attention, tally.macs), [entry]);
      continue;
    }
    const left = weights.some((w) => tables.has(w)) && formula.of === 'parameters' && formula.without === 'all';
    const router = formula.of === 'matrices' && /router|\.gate$/.test(entry.call.module.path);
    if (left || router) continue;
    put('products', mul(2, tally.macs), [entry]);
    put('backward', mul(4, tally.macs), [entry]);
    multiplied.push(tally.macs);
  }
  if (formula.of === 'matrices') return items;
  const positions = [...tables].filter((w) => /wpe|pos/i.test(w.name));
  const without = formula.without === 'all' ? [...tables] : formula.without === 'positions' ? positions : [];
  const active = ledger.description?.activeParams ?? 0;
  const n = sub(active, sum(without.map((w) => numel(w.shape))));
  put('parameters', sub(mul(6, n, tokens), mul(6, sum(multiplied))), []);
  return items;
}
