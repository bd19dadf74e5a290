import type { Dim } from '../dim/index.js';
import type { Value } from '../ledger/index.js';
import { sameType, type TensorType } from '../tensor/index.js';

/** The value of a name in a graph: a tensor, one of the two that hold tensors, or a plain value of the program. */
export type GraphValue = Value | Sequence | Optional | Plain;

/** Integers (free ones too), floats without a fraction, booleans, texts, None, and lists of values. */
export type Plain = Dim | { readonly float: number } | boolean | string | null | readonly GraphValue[];

/** A list of tensors: each one where they are known, else what all have in common. */
export interface Sequence {
  readonly kind: 'sequence';
  readonly items: readonly GraphValue[] | null;
  /** As many as `items`, where they are known. */
  readonly length: Dim;
  /** The type of every item; null where they differ or it is not known. */
  readonly item: TensorType | null;
  /** Set where nothing has been put into its places yet: the first item says what all are. */
  readonly reserved?: true;
}

export interface Optional {
  readonly kind: 'optional';
  /** Null for none. */
  readonly content: GraphValue | null;
  /** False where the caller decides whether it is there: `content` is what it would be. */
  readonly certain: boolean;
}

type Maybe = GraphValue | null | undefined;

export function isTensor(value: Maybe): value is Value {
  return typeof value === 'object' && value !== null && 'storage' in value;
}

export function isSequence(value: Maybe): value is Sequence {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'sequence';
}

export function isOptional(value: Maybe): value is Optional {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'optional';
}

export function isList(value: Maybe): value is readonly GraphValue[] {
  return Array.isArray(value);
}

/** An integer of the program, free or not. */
export function isDim(value: Maybe): value is Dim {
  if (typeof value === 'number') return Number.isInteger(value);
  return typeof value === 'bigint' || (typeof value === 'object' && value !== null && 'terms' in value);
}

export function sequenceOf(items: readonly GraphValue[]): Sequence {
  return { kind: 'sequence', items, length: items.length, item: commonType(items) };
}

/** The type that all tensors have, contents left out; null where they differ or one is not known. */
export function commonType(items: readonly GraphValue[]): TensorType | null {
  const [first] = items;
  if (!isTensor(first) || first.type === null) return null;
  const { dtype, shape } = first.type;
  const common: TensorType = { dtype, shape };
  return items.every((i) => isTensor(i) && i.type !== null && sameType(i.type, common)) ? common : null;
}

/** Contents of a tensor, where they are known. */
export function contentsOf(value: Maybe): readonly Dim[] | undefined {
  return isTensor(value) && value.type !== null && 'value' in value.type ? value.type.value : undefined;
}

/** The known single content of a tensor, or the integer or boolean itself. */
export function scalarOf(value: Maybe): Dim | undefined {
  if (typeof value === 'boolean') return Number(value);
  if (isDim(value)) return value;
  const contents = contentsOf(value);
  return contents?.length === 1 ? contents[0] : undefined;
}

/** The tensors in a value, in order; of a list of unknown items none. */
export function tensorsIn(value: GraphValue): readonly Value[] {
  if (isTensor(value)) return [value];
  if (isList(value)) return value.flatMap(tensorsIn);
  if (isOptional(value)) return value.content === null ? [] : tensorsIn(value.content);
  return isSequence(value) ? (value.items?.flatMap(tensorsIn) ?? []) : [];
}

/** The value where it is a tensor. */
export function tensorOrNull(value: Maybe): Value | null {
  return isTensor(value) ? value : null;
}
