import { type Dim, equal, isStatic, mul, sub, sum } from '../dim/index.js';
import type { Ledger, Note, OpEntry } from '../ledger/index.js';
import { costsOf, perLedger } from '../ledger/index.js';
import { attentionProducts } from './attention-products.js';
import { TERMS, type TermId } from './terms.js';
import type { Convention, ConventionOptions, ConventionResult } from './types.js';
import { shortName } from './units.js';

/** One step of the way from exact MACs to what a tool prints. */
export interface Difference {
  readonly term: TermId;
  readonly words: string;
  /** Signed, in the count's own unit. */
  readonly amount: Dim;
  /** What it is about, the most frequent first: `[['BatchNorm2d', 53]]`. */
  readonly on: readonly (readonly [name: string, times: number])[];
}

export interface Reconciliation {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  /** As the tool calls it. */
  readonly count: string;
  readonly unit: 'mac' | 'flop';
  readonly value: Dim;
  /** MACs by `exact`: where every way begins. */
  readonly exact: Dim;
  /** They sum to value − exact, to the unit and in free dimensions; the largest first. */
  readonly differences: readonly Difference[];
}

/** Words of a tool on a model, beside its counts. */
export interface Reconciled {
  readonly convention: Convention;
  readonly result: ConventionResult;
  /** One for each count of MACs or FLOPs; none if the tool fails. */
  readonly counts: readonly Reconciliation[];
  /** Why the tool has no number. */
  readonly failure: Note | null;
}

/** The way from exact MACs to each count of a convention. */
export function reconcileWith(ledger: Ledger, convention: Convention, options: ConventionOptions = {}): Reconciled {
  const result = convention.run(ledger, options);
  const counts = Object.entries(result.counts).flatMap(([count, value]) => {
    const unit = result.units[count];
    return unit === 'mac' || unit === 'flop' ? [reconcile(ledger, result, count, value, unit)] : [];
  });
  return { convention, result, counts, failure: result.failure ?? null };
}

/**
 * An item for products is compared with the exact products of its operators, each operator once; any other item is a
 * difference as it is; exact products that no item stands for were not seen. So the differences sum to value − exact
 * whatever the items are: what the first two leave over of `exact`, the third takes away.
 */
function reconcile(
  ledger: Ledger,
  result: ConventionResult,
  count: string,
  value: Dim,
  unit: 'mac' | 'flop',
): Reconciliation {
  const worth = unit === 'flop' ? 2 : 1;
  const { products, exact } = productsIn(ledger);

  const found = new Found();
  if (unit === 'flop') found.note('unit', exact, []);
  const stoodFor = new Set<OpEntry>();
  for (const { count: of, term, amount, of: entries } of result.items) {
    if (of !== count) continue;
    const fresh = TERMS[term].kind === 'products' ? entries.filter((e) => products.has(e) && !stoodFor.has(e)) : [];
    const again = TERMS[term].kind === 'products' && fresh.length === 0 && entries.some((e) => products.has(e));
    const expected = mul(worth, sum(fresh.map((e) => products.get(e) as Dim)));
    for (const e of fresh) stoodFor.add(e);
    found.note(again ? 'counted-again' : term, sub(amount, expected), entries);
  }
  const attends = stoodFor.size < products.size ? attentionProducts(ledger) : new Set<OpEntry>();
  for (const [entry, amount] of products)
    if (!stoodFor.has(entry))
      found.note(attends.has(entry) ? 'attention-unseen' : unseen(entry), mul(-worth, amount), [entry]);
  const { id, title, version } = result;
  return { id, title, version, count, unit, value, exact, differences: found.differences() };
}

/** The multiply-accumulates of the operators that have any, and of all together. */
const productsIn = perLedger((ledger: Ledger): { products: ReadonlyMap<OpEntry, Dim>; exact: Dim } => {
  const products = new Map<OpEntry, Dim>();
  for (const { entry, tally } of costsOf(ledger).operators) if (!equal(tally.macs, 0)) products.set(entry, tally.macs);
  return { products, exact: sum([...products.values()]) };
});

/** Why the products of an operator are in no item. */
function unseen(entry: OpEntry): TermId {
  const type = entry.call.module.type;
  switch (entry.op) {
    case 'attention':
      return 'attention-unseen';
    case 'matmul':
    case 'einsum':
    case 'addmm':
    case 'baddbmm':
      return 'matmul-unseen';
    case 'linear':
    case 'conv':
    case 'conv_transpose':
    case 'bilinear':
      if (type === 'torch.nn.MultiheadAttention') return 'projection-unseen';
      return type !== '' && entry.call.module.children.length === 0 && entry.call.parent !== null
        ? 'class-unseen'
        : 'function-unseen';
    default:
      return /^(rnn_tanh|rnn_relu|gru|lstm)/.test(entry.op) ? 'recurrent-unseen' : 'operator-unseen';
  }
}

/** Amounts gathered by term. */
class Found {
  readonly #terms = new Map<TermId, { amounts: Dim[]; on: Map<string, number> }>();

  note(term: TermId, amount: Dim, of: readonly OpEntry[]): void {
    if (equal(amount, 0)) return;
    const known = this.#terms.get(term) ?? { amounts: [], on: new Map<string, number>() };
    this.#terms.set(term, known);
    known.amounts.push(amount);
    const [first] = of;
    if (first === undefined) return;
    const name = nameOf(of.find((e) => e.op !== 'pad') ?? first);
    known.on.set(name, (known.on.get(name) ?? 0) + 1);
  }

  differences(): Difference[] {
    return [...this.#terms]
      .map(([term, { amounts, on }]) => ({
        term,
        words: TERMS[term].words,
        amount: sum(amounts),
        on: [...on].sort((a, b) => b[1] - a[1]),
      }))
      .filter((d) => !equal(d.amount, 0))
      .sort((a, b) => Number(b.term === 'unit') - Number(a.term === 'unit') || size(b.amount) - size(a.amount));
  }
}

/** For the order: of a formula its largest coefficient. */
function size(d: Dim): number {
  if (isStatic(d)) return Math.abs(Number(d));
  return Math.max(...d.terms.map((t) => Math.abs(Number(t.coefficient))));
}

/** The layer where it is a known one or does nothing else; the function or operator where it is in a module of one's own. */
function nameOf({ call, op, calledThrough }: OpEntry): string {
  const { module, parent } = call;
  const layer = module.children.length === 0 && parent !== null && module.type !== '';
  if (layer || module.type.startsWith('torch.nn.')) return shortName(module.type);
  return calledThrough !== null && /^(F|torch|Tensor)\./.test(calledThrough) ? calledThrough : op;
}
