import { type Ledger, type OpEntry, perLedger } from '../ledger/index.js';

/** Operators that hand their first tensor on as it is, or element by element. */
const PASSES = new Set([
  'reshape',
  'view',
  'flatten',
  'permute',
  'transpose',
  'contiguous',
  'cast',
  'dropout',
  'expand',
]);
const SCALES = new Set([
  ...PASSES,
  'add',
  'sub',
  'mul',
  'div',
  'where',
  'masked_fill',
  'clamp',
  'tanh',
  'pad',
  'slice',
]);
const PRODUCTS = new Set(['matmul', 'einsum', 'baddbmm']);
/** More operators than these are not between a product and the softmax of one attention. */
const MAX_STEPS = 32;

/** Products that are QKᵀ or AV of attention written out: a softmax follows them, or they use one. */
export const attentionProducts = perLedger((ledger: Ledger): ReadonlySet<OpEntry> => {
  const maker = new Map<number, OpEntry>();
  for (const entry of ledger.entries) for (const value of entry.outputs) maker.set(value.id, entry);
  const found = new Set<OpEntry>();
  for (const entry of ledger.entries) {
    if (entry.op === 'softmax') {
      const scores = traced(entry, 0, SCALES, PRODUCTS, maker);
      if (scores !== null) found.add(scores);
    } else if (PRODUCTS.has(entry.op)) {
      const weighted = entry.inputs.some((_, i) => traced(entry, i, PASSES, new Set(['softmax']), maker) !== null);
      if (weighted) found.add(entry);
    }
  }
  return found;
});

/** The operator among `goals` that an input of `from` goes back to through operators that hand it on, or null. */
function traced(
  from: OpEntry,
  input: number,
  through: ReadonlySet<string>,
  goals: ReadonlySet<string>,
  maker: ReadonlyMap<number, OpEntry>,
): OpEntry | null {
  const open = [from.inputs[input]];
  for (let steps = 0; steps < MAX_STEPS && open.length > 0; steps++) {
    const entry = maker.get(open.shift()?.id ?? -1);
    if (entry === undefined) continue;
    if (goals.has(entry.op)) return entry;
    // Scores and their mask come as either operand.
    if (through.has(entry.op)) for (const input of entry.inputs) open.push(input);
  }
  return null;
}
