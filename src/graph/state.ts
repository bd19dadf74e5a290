import { type Dim, equal, sub, sym, symbols } from '../dim/index.js';
import type { Trace } from '../ledger/index.js';
import { sameShape, sameType, type TensorType } from '../tensor/index.js';
import { contentsOf, type GraphValue, isDim, isList, isSequence, isTensor, type Sequence } from './values.js';

/** Each symbol of a loop's state before the first round, and by how much it grows in a round; null: otherwise. */
export type Growth = ReadonlyMap<string, { readonly start: Dim; readonly by: Dim | null }>;

/** Whether two values have the same shape, or are the same; of lists, whether they have as many items of one type. */
export function isUnchanged(before: GraphValue, after: GraphValue): boolean {
  if (isSequence(before) && isSequence(after) && before !== after) {
    const filled = before.reserved === true || (before.item !== null && sameItem(before.item, after.item));
    return filled && equal(before.length, after.length);
  }
  if (!isTensor(before) || !isTensor(after))
    return before === after || (isDim(before) && isDim(after) && equal(before, after));
  return before.type === null || (after.type !== null && sameShape(before.type.shape, after.type.shape));
}

/** The name of a dimension that is one symbol; null for anything else. */
export function symbolOf(d: Dim): string | null {
  const [name, ...more] = symbols(d);
  return name !== undefined && more.length === 0 && String(d) === String(sym(name)) ? name : null;
}

/** By how much each symbol of the state grows in a round; those that change otherwise are not among them. */
export function growthOf(
  states: readonly GraphValue[],
  after: readonly GraphValue[],
  starts: ReadonlyMap<string, Dim>,
): Map<string, Dim> {
  const by = new Map<string, Dim>();
  const look = (d: Dim, e: Dim | undefined): void => {
    const symbol = symbolOf(d);
    if (e === undefined || symbol === null || !starts.has(symbol)) return;
    const step = sub(e, d);
    if (!symbols(step).some((s) => starts.has(s))) by.set(symbol, step);
  };
  for (const [i, s] of states.entries()) {
    const e = after[i];
    if (isDim(s) && isDim(e)) look(s, e);
    if (isTensor(s) && isTensor(e))
      s.type?.shape.forEach((d, k) => {
        look(d, e.type?.shape[k]);
      });
    if (isSequence(s) && isSequence(e)) look(s.length, e.length);
  }
  return by;
}

/** The state before and after a round as one: itself where the round keeps it, with new symbols where it does not. */
export function widened(
  before: GraphValue,
  after: GraphValue,
  starts: Map<string, Dim>,
  by: ReadonlyMap<string, Dim>,
  name: string,
  trace: Trace,
): GraphValue {
  const symbol = (d: Dim, at: string, min: number | null = 0): Dim => {
    const key = `${name}${at}`;
    if (!starts.has(key)) starts.set(key, d);
    return sym(key, { min });
  };
  const isSymbol = (d: Dim): boolean => {
    const own = symbolOf(d);
    return own !== null && (by.has(own) || starts.has(own));
  };
  if (isTensor(before) && isTensor(after)) {
    const { type } = before;
    if (type === null) return before;
    if (after.type === null || after.type.shape.length !== type.shape.length || after.type.dtype !== type.dtype)
      return trace.alias(before.name, null, before);
    const shape = type.shape.map((d, k) =>
      equal(d, after.type?.shape[k] as Dim) || isSymbol(d) ? d : symbol(d, `.dim${k}`),
    );
    const known = contentsOf(before);
    const same = known === undefined || sameContents(known, contentsOf(after));
    if (same && sameShape(shape, type.shape)) return before;
    return trace.alias(before.name, { dtype: type.dtype, shape, ...(same && known ? { value: known } : {}) }, before);
  }
  if (isSequence(before) && isSequence(after)) return widenedSequence(before, after, isSymbol, symbol);
  if (isDim(before) && isDim(after))
    return equal(before, after) || isSymbol(before) ? before : symbol(before, '', null);
  if (isList(before) && isList(after) && before.length === after.length) {
    const next = before.map((b, i) => widened(b, after[i] as GraphValue, starts, by, `${name}.${i}`, trace));
    return next.every((n, i) => n === before[i]) ? before : next;
  }
  return before;
}

function widenedSequence(
  before: Sequence,
  after: Sequence,
  isSymbol: (d: Dim) => boolean,
  symbol: (d: Dim, at: string) => Dim,
): Sequence {
  const item =
    before.length === 0 ||
    before.reserved === true ||
    (before.item !== null && after.item !== null && sameShape(before.item.shape, after.item.shape))
      ? after.item
      : null;
  const kept = isSymbol(before.length) || equal(before.length, after.length);
  const length = kept ? before.length : symbol(before.length, '.length');
  if (before.items === null && kept && sameItem(item, before.item)) return before;
  return { kind: 'sequence', items: null, length, item };
}

function sameItem(a: TensorType | null, b: TensorType | null): boolean {
  return a === b || (a !== null && b !== null && sameType(a, b));
}

function sameContents(a: readonly Dim[], b: readonly Dim[] | undefined): boolean {
  return b !== undefined && sameShape(a, b);
}

/** The same tensor, of which nothing but the type is known. */
export function withoutContents(value: GraphValue, trace: Trace): GraphValue {
  if (!isTensor(value) || value.type === null) return value;
  return trace.alias(value.name, { dtype: value.type.dtype, shape: value.type.shape }, value);
}
