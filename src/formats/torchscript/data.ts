import { type Dim, Expr } from '../../dim/index.js';
import type { OpenModule, Value } from '../../ledger/index.js';
import type { ClassCode, FunctionCode } from './code/ast.js';

/**
 * A value of TorchScript while it is interpreted: an integer is a `Dim`, so that sizes may stay formulas; a
 * tensor is a value of the trace, without contents unless they are few and known.
 */
export type ScriptValue =
  | null
  | boolean
  | string
  | Dim
  | Float
  | Tensor
  | List
  | Tuple
  | Dict
  | Instance
  | Callable
  | Device
  | Unknown
  | Run;

/** A floating-point number; one that comes from sizes may be known only as the quotient of two of them. */
export interface Float {
  readonly kind: 'float';
  /** Null if it is not known. */
  readonly value: number | null;
  readonly quotient: readonly [Dim, Dim] | null;
}

/** A variable's tensor. In-place operators give it another value, which everyone who holds it sees. */
export interface Tensor {
  readonly kind: 'tensor';
  value: Value;
}

export interface List {
  readonly kind: 'list';
  items: ScriptValue[];
}

export interface Tuple {
  readonly kind: 'tuple';
  readonly items: readonly ScriptValue[];
  /** Names of a NamedTuple's fields. */
  readonly fields: readonly string[] | null;
}

export interface Dict {
  readonly kind: 'dict';
  /** By `keyOf` the key. */
  entries: Map<string, readonly [key: ScriptValue, value: ScriptValue]>;
}

/** An object of a class of the archive: a module, or a class of TorchScript's own. */
export interface Instance {
  readonly kind: 'object';
  readonly type: ClassCode;
  /** `__torch__.torch.nn.modules.conv.Conv2d`. */
  readonly className: string;
  fields: Map<string, ScriptValue>;
  /** Set for modules that are part of the model's tree. */
  module: OpenModule | null;
}

export type Callable =
  /** A name of the language or of the archive: `torch.add`, `ops.prim.dtype`, `__torch__.zoo.Net`. */
  | { readonly kind: 'path'; readonly name: string }
  | { readonly kind: 'closure'; readonly function: FunctionCode; readonly scope: Scope };

export interface Device {
  readonly kind: 'device';
  readonly name: string;
}

/** A value that is computed from data, which is not there. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly of: 'bool' | 'str' | 'any';
}

/**
 * The end of a list that a loop of an unknown number of rounds makes: what one round appends, and how many rounds there are.
 * Only ever the last item of a list.
 */
export interface Run {
  readonly kind: 'run';
  readonly pattern: readonly ScriptValue[];
  readonly times: Dim;
  /** While the loop runs: then the list can grow, and nothing else can be done with it. */
  readonly growing: boolean;
}

/** The variables of one call. */
export interface Scope {
  readonly kind: 'scope';
  names: Map<string, ScriptValue>;
  /** Of a function within a function: the scope around it. */
  readonly outer: Scope | null;
}

export type KindName =
  | 'none'
  | 'bool'
  | 'str'
  | 'int'
  | 'float'
  | 'tensor'
  | 'list'
  | 'tuple'
  | 'dict'
  | 'object'
  | 'path'
  | 'closure'
  | 'device'
  | 'unknown'
  | 'run';

export function kindOf(d: ScriptValue): KindName {
  if (d === null) return 'none';
  switch (typeof d) {
    case 'boolean':
      return 'bool';
    case 'string':
      return 'str';
    case 'number':
    case 'bigint':
      return 'int';
  }
  return d instanceof Expr ? 'int' : d.kind;
}

export function isInt(d: ScriptValue | undefined): d is Dim {
  return typeof d === 'number' || typeof d === 'bigint' || d instanceof Expr;
}

export function isKind<K extends Exclude<ScriptValue, null | boolean | string | Dim>['kind']>(
  d: ScriptValue | undefined,
  kind: K,
): d is Extract<ScriptValue, { readonly kind: K }> {
  return typeof d === 'object' && d !== null && !(d instanceof Expr) && d.kind === kind;
}

export const float = (value: number): Float => ({ kind: 'float', value, quotient: null });
export const UNKNOWN_FLOAT: Float = { kind: 'float', value: null, quotient: null };
export const UNKNOWN_BOOL: Unknown = { kind: 'unknown', of: 'bool' };
export const UNKNOWN_TEXT: Unknown = { kind: 'unknown', of: 'str' };
export const list = (items: ScriptValue[]): List => ({ kind: 'list', items });
export const tuple = (items: readonly ScriptValue[], fields: readonly string[] | null = null): Tuple => ({
  kind: 'tuple',
  items,
  fields,
});
export const tensor = (value: Value): Tensor => ({ kind: 'tensor', value });
export const scopeIn = (outer: Scope | null): Scope => ({ kind: 'scope', names: new Map(), outer });

/** Items at the end of a list that a loop of unknown rounds made, or undefined. */
export function runOf(d: List): Run | undefined {
  const last = d.items.at(-1);
  return isKind(last, 'run') ? last : undefined;
}

/** A dictionary's key as text; null for a value that cannot be a key. */
export function keyOf(d: ScriptValue): string | null {
  if (typeof d === 'string') return `s${d}`;
  if (typeof d === 'boolean') return `b${d}`;
  if (isInt(d)) return `i${d instanceof Expr ? d.key : String(d)}`;
  if (isKind(d, 'float') && d.value !== null) return `f${d.value}`;
  if (isKind(d, 'device')) return `d${d.name}`;
  return null;
}

export function dict(entries: Iterable<readonly [ScriptValue, ScriptValue]>): Dict {
  const map = new Map<string, readonly [ScriptValue, ScriptValue]>();
  for (const entry of entries) map.set(keyOf(entry[0]) ?? '', entry);
  return { kind: 'dict', entries: map };
}

/** Tensors in lists, tuples, dictionaries, in order; each list or dictionary once, so that a walk always ends. */
export function tensorsIn(value: ScriptValue, seen: Set<ScriptValue> = new Set()): Tensor[] {
  if (isKind(value, 'tensor')) return [value];
  if (!isKind(value, 'list') && !isKind(value, 'tuple') && !isKind(value, 'dict')) return [];
  if (seen.has(value)) return [];
  seen.add(value);
  const items = value.kind === 'dict' ? [...value.entries.values()].map(([, v]) => v) : value.items;
  return items.flatMap((item) => tensorsIn(item, seen));
}
