import { type Dim, equal, sym } from '../../dim/index.js';
import { eitherDim } from '../../graph/index.js';
import type { Value } from '../../ledger/index.js';
import { isFloating, type TensorType } from '../../tensor/index.js';
import { typeOf } from '../../torch/operators/index.js';
import {
  isInt,
  isKind,
  kindOf,
  list,
  type ScriptValue,
  tensor,
  tuple,
  UNKNOWN_BOOL,
  UNKNOWN_FLOAT,
  UNKNOWN_TEXT,
} from './data.js';
import { needsNumber } from './errors.js';
import type { Heap } from './heap.js';
import type { Interpreter } from './interpreter.js';
import { same } from './truth.js';

type Content = Parameters<Heap['set']>[1];
interface Uses {
  /** Whether what came out depends on which arm was taken. */
  taken: boolean;
}

/** Contents of a cell after an `if` of which either arm may have been taken. */
export function joined<C extends Content>(m: Interpreter, a: C, b: C, taken: Dim, uses: Uses): C {
  if (a === b) return a;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) throw needsNumber('how long a list is depends on which branch is taken');
    return a.map((x, i) => joinAny(m, x, b[i] as ScriptValue, taken, uses)) as unknown as C;
  }
  if (a instanceof Map && b instanceof Map) {
    const both = new Map<string, unknown>();
    const others = b as ReadonlyMap<string, unknown>;
    for (const [key, value] of a as ReadonlyMap<string, unknown>) {
      const other = others.get(key);
      // Names that only one arm knows are not used after it.
      if (other === undefined) continue;
      if (Array.isArray(value) && Array.isArray(other))
        both.set(key, [value[0], joinAny(m, value[1] as ScriptValue, other[1] as ScriptValue, taken, uses)]);
      else both.set(key, joinAny(m, value as ScriptValue, other as ScriptValue, taken, uses));
    }
    return both as unknown as C;
  }
  return joinValues(m, a as Value, b as Value, taken, uses) as C;
}

/** Of values that a file's code made: see `Budget.walks`. */
function joinAny(m: Interpreter, a: ScriptValue, b: ScriptValue, taken: Dim, uses: Uses): ScriptValue {
  if (a === b) return a;
  m.budget.walks([a, b]);
  return join(m, a, b, taken, uses);
}

function join(m: Interpreter, a: ScriptValue, b: ScriptValue, taken: Dim, uses: Uses): ScriptValue {
  if (a === b || same(a, b) === true) return a;
  if (isInt(a) && isInt(b)) {
    uses.taken = true;
    return eitherDim(a, b, taken);
  }
  if (isKind(a, 'tensor') && isKind(b, 'tensor')) return tensor(joinValues(m, a.value, b.value, taken, uses));
  if (isKind(a, 'tuple') && isKind(b, 'tuple') && a.items.length === b.items.length)
    return tuple(
      a.items.map((x, i) => join(m, x, b.items[i] as ScriptValue, taken, uses)),
      a.fields,
    );
  if (isKind(a, 'list') && isKind(b, 'list') && a.items.length === b.items.length)
    return list(a.items.map((x, i) => join(m, x, b.items[i] as ScriptValue, taken, uses)));
  const [k, l] = [kindOf(a), kindOf(b)];
  if (k === 'run' || l === 'run') throw needsNumber('how long a list is depends on which branch is taken');
  if (k === 'unknown' || l === 'unknown') return { kind: 'unknown', of: 'any' };
  if (k === 'bool' && l === 'bool') return UNKNOWN_BOOL;
  if (k === 'str' && l === 'str') return UNKNOWN_TEXT;
  if ((k === 'float' || k === 'int') && (l === 'float' || l === 'int')) return UNKNOWN_FLOAT;
  return { kind: 'unknown', of: 'any' };
}

/** Either of two tensors: extents that differ by the symbol that chooses, nothing if the ranks differ. */
function joinValues(m: Interpreter, a: Value, b: Value, taken: Dim, uses: Uses): Value {
  if (a === b) return a;
  const [s, t] = [typeOf(a), typeOf(b)];
  if (s === null || t === null || s.shape.length !== t.shape.length || s.dtype !== t.dtype)
    return m.trace.alias(a.name, null, a);
  const choose = (x: Dim, y: Dim): Dim => {
    if (equal(x, y)) return x;
    uses.taken = true;
    return eitherDim(x, y, taken);
  };
  const shape = s.shape.map((d, i) => choose(d, t.shape[i] as Dim));
  const value = joinContents(s, t, choose);
  return m.trace.alias(a.name, { dtype: s.dtype, shape, ...(value === undefined ? {} : { value }) }, a);
}

function joinContents(s: TensorType, t: TensorType, choose: (x: Dim, y: Dim) => Dim): readonly Dim[] | undefined {
  if (isFloating(s.dtype) || !('value' in s) || !('value' in t)) return undefined;
  const [u, v] = [s.value, t.value];
  return u !== undefined && v !== undefined && u.length === v.length
    ? u.map((d, i) => choose(d, v[i] as Dim))
    : undefined;
}

/**
 * Contents of a cell before and after any round of a loop: `before` itself where a round leaves it so, something wider where
 * contents change and shapes do not, null if no such thing is known.
 */
export function settled<C extends Content>(m: Interpreter, before: C, after: C, times: Dim): C | null {
  if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length < after.length && !isKind(before.at(-1), 'run')) return grown(before, after, times) as C | null;
    if (before.length !== after.length) return null;
    const items = before.map((x, i) => settleAny(m, x, after[i] as ScriptValue));
    if (items.includes(undefined)) return null;
    return items.every((x, i) => x === before[i]) ? before : (items as unknown as C);
  }
  if (before instanceof Map && after instanceof Map) {
    const next = new Map<string, unknown>();
    let changed = false;
    const ends = after as ReadonlyMap<string, unknown>;
    for (const [key, value] of before as ReadonlyMap<string, unknown>) {
      const now = ends.get(key);
      if (now === undefined) return null;
      if (Array.isArray(value) || Array.isArray(now)) {
        if (value !== now) return null;
        next.set(key, value);
        continue;
      }
      const settling = settleAny(m, value as ScriptValue, now as ScriptValue);
      if (settling === undefined) return null;
      changed ||= settling !== value;
      next.set(key, settling);
    }
    return changed ? (next as unknown as C) : before;
  }
  return (settleValues(m, before as Value, after as Value) as C | undefined) ?? null;
}

function settleAny(m: Interpreter, before: ScriptValue, after: ScriptValue): ScriptValue | undefined {
  if (before === after) return before;
  m.budget.walks([before, after]);
  return settle(m, before, after);
}

/** A list that a round adds to: from now on, only what it adds is kept. */
function grown(before: readonly ScriptValue[], after: readonly ScriptValue[], times: Dim): ScriptValue[] | null {
  if (!before.every((x, i) => x === after[i])) return null;
  return [...before, { kind: 'run', pattern: [], times, growing: true }];
}

/** The wider of a value before and after a round; undefined if there is none. */
function settle(m: Interpreter, before: ScriptValue, after: ScriptValue): ScriptValue | undefined {
  if (before === after || same(before, after) === true) return before;
  if (isKind(before, 'run') && isKind(after, 'run') && before.pattern.length === 0) return before;
  if (isKind(before, 'tensor') && isKind(after, 'tensor')) {
    const value = settleValues(m, before.value, after.value);
    if (value === undefined) return undefined;
    return value === before.value ? before : tensor(value);
  }
  if (isKind(before, 'tuple') && isKind(after, 'tuple') && before.items.length === after.items.length) {
    const items = before.items.map((x, i) => settle(m, x, after.items[i] as ScriptValue));
    if (items.includes(undefined)) return undefined;
    return items.every((x, i) => x === before.items[i]) ? before : tuple(items as ScriptValue[], before.fields);
  }
  const [k, l] = [kindOf(before), kindOf(after)];
  if (k === 'unknown') return before;
  if (k === 'int' && l === 'int') {
    // A symbol that was put here in a round before stands for every value.
    return isWide(before) ? before : sym(m.freshName('step'), { min: null });
  }
  if (k === 'bool' && (l === 'bool' || l === 'unknown')) return UNKNOWN_BOOL;
  if (k === 'float' && l === 'float') return UNKNOWN_FLOAT;
  if (k === 'str' && l === 'str') return UNKNOWN_TEXT;
  return undefined;
}

function isWide(d: ScriptValue): boolean {
  return isInt(d) && typeof d === 'object' && /^step\d+$/.test(String(d));
}

/** A tensor of the same type whose contents are not known; the same one where they never were. */
function settleValues(m: Interpreter, before: Value, after: Value): Value | undefined {
  if (before === after) return before;
  const [s, t] = [typeOf(before), typeOf(after)];
  if (s === null) return before;
  if (t === null || s.dtype !== t.dtype || s.shape.length !== t.shape.length) return undefined;
  if (!s.shape.every((d, i) => equal(d, t.shape[i] as Dim))) return undefined;
  if (!('value' in s)) return before;
  return m.trace.alias(before.name, { dtype: s.dtype, shape: s.shape }, before);
}
