/**
 * A pickle's contents as data. Nothing is imported and nothing is called: a class is its name, and an object is the
 * record of how it would have been made. Values may be shared and may contain themselves.
 */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleList
  | PickleDict
  | PickleGlobal
  | PickleObject
  | PicklePersistent
  | PicklePayload
  | PickleOther;

/** Frozen sets are sets here: nothing depends on the difference. */
export interface PickleList {
  readonly kind: 'list' | 'tuple' | 'set';
  readonly items: readonly Pickled[];
}

export interface PickleDict {
  readonly kind: 'dict';
  /** In order; a key given twice is here twice, and the later one holds. */
  readonly entries: readonly (readonly [key: Pickled, value: Pickled])[];
}

/** A class or function by its name: `torch._utils`, `_rebuild_tensor_v2`. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly module: string;
  readonly name: string;
}

/** How an object would be made: what is called with what, then the state set, items appended and keys set on it. */
export interface PickleObject {
  readonly kind: 'object';
  /** `call`: any callable (REDUCE, OBJ, INST); `new`: a class's `__new__` (NEWOBJ, NEWOBJ_EX). */
  readonly made: 'call' | 'new';
  readonly callee: Pickled;
  readonly args: readonly Pickled[];
  /** Keyword arguments of NEWOBJ_EX. */
  readonly kwargs: Pickled;
  readonly states: readonly Pickled[];
  readonly items: readonly Pickled[];
  readonly entries: PickleDict['entries'];
}

/** Something kept outside the pickle, by the id that the writer gave it: PyTorch's storages. */
export interface PicklePersistent {
  readonly kind: 'persistent';
  readonly id: Pickled;
}

/** Bytes, or text too long to be a name. They stay in the file: here is where they are. */
export interface PicklePayload {
  readonly kind: 'bytes' | 'text';
  readonly offset: number;
  readonly length: number;
}

/** A number from `copyreg`'s table of extensions, or a buffer handed over beside the pickle: both mean nothing here. */
export interface PickleOther {
  readonly kind: 'extension' | 'buffer';
  readonly index: number;
}

type Kinded = Exclude<Pickled, null | boolean | number | bigint | string>;
type OfKind<K extends Kinded['kind'], V extends Kinded = Kinded> = V extends unknown
  ? K extends V['kind']
    ? V
    : never
  : never;

/** Whether a value is of a kind: `is(value, 'dict')`. */
export function is<K extends Kinded['kind']>(value: Pickled | undefined, kind: K): value is OfKind<K> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

/** `torch._utils._rebuild_tensor_v2`, or null if the value is not a global. */
export function globalName(value: Pickled | undefined): string | null {
  return is(value, 'global') ? `${value.module}.${value.name}` : null;
}

/** Keys and values of a dict, or of an object that holds them as one does (OrderedDict, defaultdict); null for anything else. */
export function entriesOf(value: Pickled | undefined): PickleDict['entries'] | null {
  if (is(value, 'dict')) return value.entries;
  if (!is(value, 'object')) return null;
  if (value.entries.length > 0) return value.entries;
  // Python 2 gave an OrderedDict its items as a list of pairs: OrderedDict([[key, value], …]).
  const pairs = itemsOf(value.args[0]);
  if (globalName(value.callee) !== 'collections.OrderedDict') return null;
  return (pairs ?? []).flatMap((pair): [Pickled, Pickled][] => {
    const both = itemsOf(pair);
    return both?.length === 2 ? [[both[0] as Pickled, both[1] as Pickled]] : [];
  });
}

/** The items of a list, tuple or set; null for anything else. */
export function itemsOf(value: Pickled | undefined): readonly Pickled[] | null {
  return is(value, 'list') || is(value, 'tuple') || is(value, 'set') ? value.items : null;
}

/** The value under a text key: the last one, as in Python. */
export function entry(entries: PickleDict['entries'] | null, key: string): Pickled | undefined {
  if (entries !== null) for (let i = entries.length - 1; i >= 0; i--) if (entries[i]![0] === key) return entries[i]![1];
  return undefined;
}
