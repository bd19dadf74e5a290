import { foldOf, numberOf, parentOf } from './folds.js';
import { nodePath } from './rows.js';
import type { AnyLedger, Fold, OpEntry } from './types.js';

interface Block {
  readonly from: number;
  to: number;
}

/**
 * How operators are called that are alive `during` one of them, by their places in the schedule of all layers. Where equal
 * layers are recorded once, `during` stands for the first of its kind, and a tensor of another layer is of the one before it.
 */
export function namesDuring(ledger: AnyLedger, during: OpEntry): (entry: OpEntry) => string {
  const { folds } = ledger;
  if (folds === undefined) return (entry) => nodePath(ledger, entry);
  const blocks = blocksOf(ledger, folds);
  const block = (fold: Fold): Block => blocks.get(fold) ?? { from: 0, to: 0 };
  const length = (fold: Fold): number => block(fold).to - block(fold).from;
  /** Operators of layers that are not recorded, of lists that have run before an operator. */
  const missingBefore = (index: number): number =>
    folds.reduce((n, fold) => (block(fold).to <= index ? n + length(fold) * (fold.copies.length - 1) : n), 0);
  const own = foldOf(folds, during.call.path);
  return (entry) => {
    const fold = foldOf(folds, entry.call.path);
    if (fold === null) return nodePath(ledger, { ...entry, index: entry.index + missingBefore(entry.index) });
    const list = folds.filter((other) => parentOf(other.path) === parentOf(fold.path));
    const layers = list
      .flatMap((kind) => kind.copies.map((path) => ({ kind, path })))
      .sort((a, b) => numberOf(a.path) - numberOf(b.path));
    const first = own === null ? -1 : layers.findIndex(({ path }) => path === own.path);
    const at = fold === own ? first : first === -1 ? layers.length - 1 : first - 1;
    const layer = layers[Math.max(0, at)] ?? { kind: fold, path: fold.path };
    // In a layer of another kind: what stands as far from its end.
    const recorded = ledger.entries[block(layer.kind).to - (block(fold).to - entry.index)] ?? entry;
    const start = Math.min(...list.map((kind) => block(kind).from));
    const before = layers.slice(0, Math.max(0, at)).reduce((n, { kind }) => n + length(kind), 0);
    const index = start + missingBefore(start) + before + (recorded.index - block(layer.kind).from);
    const call = { ...recorded.call, path: layer.path + recorded.call.path.slice(layer.kind.path.length) };
    return nodePath(ledger, { ...recorded, index, call });
  };
}

/** Where in the record each fold stands. */
function blocksOf(ledger: AnyLedger, folds: readonly Fold[]): ReadonlyMap<Fold, Block> {
  const blocks = new Map<Fold, Block>();
  for (const { index, call } of ledger.entries) {
    const fold = foldOf(folds, call.path);
    if (fold === null) continue;
    const block = blocks.get(fold);
    if (block === undefined) blocks.set(fold, { from: index, to: index + 1 });
    else block.to = index + 1;
  }
  return blocks;
}
