import { type Dim, mul } from '../dim/index.js';
import type { AnyLedger, Fold, Ledger } from './types.js';

/** For what looks at each layer: whoever asks for that reads the model whole. */
export function whole(ledger: AnyLedger): Ledger {
  if (ledger.folds !== undefined) throw new Error('equal layers are recorded once, and this needs each');
  return ledger;
}

/** How often what has a path, or a weight of a name, is there: 1 outside of folds. */
export function copiesIn({ folds }: Pick<AnyLedger, 'folds'>): (path: string) => number {
  if (folds === undefined) return () => 1;
  return (path) => foldOf(folds, path)?.copies.length ?? 1;
}

/** The fold that a path is in. */
export function foldOf(folds: readonly Fold[], path: string): Fold | null {
  return folds.find((fold) => isWithin(path, fold.path)) ?? null;
}

function isWithin(path: string, above: string): boolean {
  return path.startsWith(above) && (path.length === above.length || path[above.length] === '.');
}

/** The names that a weight has in all copies of its layer, its own among them. */
export function namesIn({ folds }: Pick<AnyLedger, 'folds'>, name: string): string[] {
  const fold = folds === undefined ? null : foldOf(folds, name);
  return fold === null ? [name] : fold.copies.map((copy) => copy + name.slice(fold.path.length));
}

/** As much as this many copies have together. */
export function times(copies: number, d: Dim): Dim {
  return copies === 1 ? d : mul(copies, d);
}

/**
 * A list in the order of a schedule, what is in a fold once, as it is with all copies: those of one list of layers in the order of
 * their numbers, whatever kind they are. `copy` makes the member of a copy from that of the recorded layer.
 */
export function unfolded<T>(
  folds: readonly Fold[],
  items: readonly T[],
  pathOf: (item: T) => string,
  copy: (item: T, from: string, to: string) => T,
): T[] {
  const out: T[] = [];
  const done = new Set<string>();
  for (const item of items) {
    const fold = foldOf(folds, pathOf(item));
    if (fold === null) {
      out.push(item);
      continue;
    }
    const list = parentOf(fold.path);
    if (done.has(list)) continue;
    done.add(list);
    const kinds = folds.filter((other) => parentOf(other.path) === list);
    const own = new Map(kinds.map((kind) => [kind, items.filter((i) => isWithin(pathOf(i), kind.path))] as const));
    const layers = kinds.flatMap((kind) => kind.copies.map((path) => ({ kind, path })));
    layers.sort((a, b) => numberOf(a.path) - numberOf(b.path));
    for (const { kind, path } of layers) for (const one of own.get(kind) ?? []) out.push(copy(one, kind.path, path));
  }
  return out;
}

/** The path of a copy of what has this one. */
export function moved(path: string, from: string, to: string): string {
  return to + path.slice(from.length);
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}
/** The number that a layer has in its list. */
export function numberOf(path: string): number {
  return Number(path.slice(path.lastIndexOf('.') + 1));
}
