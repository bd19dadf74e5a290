import { type Dim, equal } from '../../dim/index.js';
import type { Value } from '../../ledger/index.js';
import type { TensorType } from '../../tensor/index.js';

/** What a name stands for: a tensor, or one of the two that hold tensors. */
export type Held = Value | Sequence | Optional;

/** A list of tensors: each one where they are known, else what all have in common. */
export interface Sequence {
  readonly kind: 'sequence';
  readonly items: readonly Held[] | null;
  /** As many as `items`, where they are known. */
  readonly length: Dim;
  /** The type of every item; null where they differ or it is not known. */
  readonly item: TensorType | null;
}

export interface Optional {
  readonly kind: 'optional';
  /** Null for none. */
  readonly content: Held | null;
  /** False where the caller decides whether it is there: `content` is what it would be. */
  readonly certain: boolean;
}

export function isTensor(held: Held | null | undefined): held is Value {
  return held !== null && held !== undefined && !('kind' in held);
}

export function isSequence(held: Held | null | undefined): held is Sequence {
  return held !== null && held !== undefined && 'kind' in held && held.kind === 'sequence';
}

export function isOptional(held: Held | null | undefined): held is Optional {
  return held !== null && held !== undefined && 'kind' in held && held.kind === 'optional';
}

export function sequenceOf(items: readonly Held[]): Sequence {
  return { kind: 'sequence', items, length: items.length, item: commonType(items) };
}

/** The type that all tensors have, contents left out. */
export function commonType(items: readonly Held[]): TensorType | null {
  const [first] = items;
  if (!isTensor(first) || first.type === null) return null;
  const { dtype, shape } = first.type;
  const same = items.every(
    (i) => isTensor(i) && i.type !== null && i.type.dtype === dtype && sameShape(i.type.shape, shape),
  );
  return same ? { dtype, shape } : null;
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((d, i) => equal(d, b[i] as Dim));
}

/** The tensors in it, in order; of a list of unknown items none. */
export function tensorsOf(held: Held): readonly Value[] {
  if (isTensor(held)) return [held];
  if (held.kind === 'optional') return held.content === null ? [] : tensorsOf(held.content);
  return held.items?.flatMap(tensorsOf) ?? [];
}
