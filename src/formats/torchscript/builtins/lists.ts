import { isStatic, mul, sum } from '../../../dim/index.js';
import { ModelRaised } from '../../../graph/errors.js';
import { byName } from '../../../source/by-name.js';
import {
  type Dict,
  dict,
  isKind,
  keyOf,
  type List,
  list,
  runOf,
  type ScriptValue,
  tuple,
  UNKNOWN_BOOL,
} from '../data.js';
import { malformed } from '../errors.js';
import type { Interpreter } from '../interpreter.js';
import { item, materialize, slice, unpack } from '../items.js';
import { arithmetic, atMost, needInt } from '../scalars.js';
import { same, truth } from '../truth.js';
import type { Builtin } from './types.js';

function listOf(d: ScriptValue | undefined): List {
  if (isKind(d, 'list')) return materialize(d);
  throw malformed('a list was expected');
}

/** Adds to what one round of a loop appends; false for a list that no such loop is making. */
function grows(m: Interpreter, d: ScriptValue | undefined, value: ScriptValue): d is List {
  if (!isKind(d, 'list')) return false;
  const run = runOf(d);
  if (run === undefined || !run.growing) return false;
  m.heap.touch(d);
  d.items[d.items.length - 1] = { ...run, pattern: [...run.pattern, value] };
  m.budget.length(run.pattern.length);
  return true;
}

/** Changes a list in place; it grows by one item at most, unless `by` says otherwise. */
function change(m: Interpreter, target: List, change: (items: ScriptValue[]) => void, by = 1): void {
  m.budget.length(target.items.length + by, by);
  m.heap.touch(target);
  change(target.items);
}

/** Where in a list a value is, or −1; undefined if that is not known. */
function find(items: readonly ScriptValue[], value: ScriptValue): number | undefined {
  for (const [i, one] of items.entries()) {
    const equal = same(one, value);
    if (equal !== false) return equal === true ? i : undefined;
  }
  return -1;
}

function positions(m: Interpreter, d: ScriptValue | undefined, length: number): number {
  const at = needInt(d ?? -1, 'a position in a list');
  if (!isStatic(at)) throw malformed('a position in a list is not known');
  m.budget.step();
  return Number(at) < 0 ? Number(at) + length : Number(at);
}

/** Methods of lists, as functions of the list. */
export const LISTS: Readonly<Record<string, Builtin>> = byName({
  len: (_, [x = null]) => {
    const run = isKind(x, 'list') ? runOf(x) : undefined;
    if (run === undefined || run.growing || !isKind(x, 'list')) return (unpack(x) ?? []).length;
    return sum([x.items.length - 1, mul(run.pattern.length, run.times)]);
  },
  append: (m, [x = null, value = null]) => {
    if (grows(m, x, value)) return x;
    const target = listOf(x);
    change(m, target, (items) => void items.push(value));
    return target;
  },
  extend: (m, [x, more = null]) => {
    const target = listOf(x);
    const added = [...(unpack(more) ?? [])];
    change(
      m,
      target,
      (items) => {
        for (const one of added) items.push(one);
      },
      added.length,
    );
    return null;
  },
  insert: (m, [x, at, value = null]) => {
    const target = listOf(x);
    change(m, target, (items) => void items.splice(Math.max(0, positions(m, at, items.length)), 0, value));
    return null;
  },
  pop: (m, [x, at]) => {
    const target = listOf(x);
    const index = positions(m, at, target.items.length);
    if (index < 0 || index >= target.items.length) throw new ModelRaised('pop of a position that is not in the list');
    const value = target.items[index] as ScriptValue;
    change(m, target, (items) => void items.splice(index, 1));
    return value;
  },
  remove: (m, [x, value = null]) => {
    const target = listOf(x);
    const index = find(target.items, value);
    if (index === undefined || index < 0) throw new ModelRaised('a value is removed that is not in the list');
    change(m, target, (items) => void items.splice(index, 1));
    return null;
  },
  clear: (m, [x]) => {
    change(m, listOf(x), (items) => void items.splice(0));
    return null;
  },
  reverse: (m, [x]) => {
    change(m, listOf(x), (items) => void items.reverse());
    return null;
  },
  copy: (m, [x]) => fresh(m, listOf(x).items),
  list: (m, [x = null]) => fresh(m, unpack(x) ?? []),
  index: (_, [x, value = null]) => {
    const index = find(listOf(x).items, value);
    if (index === undefined || index < 0) throw new ModelRaised('a value that is not in the list');
    return index;
  },
  count: (_, [x, value = null]) => listOf(x).items.filter((one) => same(one, value) === true).length,
  _set_item: (m, [x, at, value = null]) => {
    const target = listOf(x);
    const index = positions(m, at, target.items.length);
    if (index < 0 || index >= target.items.length) throw new ModelRaised('a position that the list does not have');
    change(m, target, (items) => {
      items[index] = value;
    });
    return target;
  },
  __getitem__: (m, [x = null, at = null]) => item(m, x, at),
  __contains__: (_, [x = null, value = null]) => {
    const index = find(unpack(x) ?? [], value);
    return index === undefined ? UNKNOWN_BOOL : index >= 0;
  },
  slice: (m, [x = null, start = null, end = null, step = 1]) =>
    slice(m, x, start, end, Number(needInt(step, 'a step'))),
  add: (m, [a, b]) => fresh(m, [...listOf(a).items, ...listOf(b).items]),
  add_: (m, args) => {
    LISTS['extend']?.(m, args, new Map());
    return args[0] ?? null;
  },
  mul: (m, [x, n]) => {
    const times = needInt(n, 'how often a list is repeated');
    const { items } = listOf(x);
    if (!isStatic(times)) throw malformed('how often a list is repeated is not known');
    m.budget.length(items.length * Math.max(0, Number(times)));
    const made: ScriptValue[] = [];
    if (items.length > 0) for (let i = 0; i < Number(times); i++) for (const one of items) made.push(one);
    return list(made);
  },
  eq: (_, [a = null, b = null]) => same(a, b) ?? UNKNOWN_BOOL,
  ne: (_, [a = null, b = null]) => {
    const equal = same(a, b);
    return equal === undefined ? UNKNOWN_BOOL : !equal;
  },
  max: (m, [x = null]) => extreme(m, x, 'max'),
  min: (m, [x = null]) => extreme(m, x, 'min'),
  sum: (m, [x]) => listOf(x).items.reduce<ScriptValue>((a, b) => arithmetic(m, 'add', a, b), 0),
  all: (_, [x]) => every(listOf(x).items, true),
  any: (_, [x]) => every(listOf(x).items, false),
  sort: (m, [x, descending = false]) => {
    const target = listOf(x);
    const sorted = ordered(m, target.items, descending === true);
    change(m, target, (items) => {
      for (const [i, item] of sorted.entries()) items[i] = item;
    });
    return null;
  },
  sorted: (m, [x]) => fresh(m, ordered(m, listOf(x).items, false)),
  // torch.Size and tuples of sizes.
  numel: (m, [x]) => listOf(x).items.reduce<ScriptValue>((a, b) => arithmetic(m, 'mul', a, b), 1),
});

function fresh(m: Interpreter, items: readonly ScriptValue[]): List {
  m.budget.length(items.length);
  return list([...items]);
}

function extreme(m: Interpreter, d: ScriptValue, op: 'min' | 'max'): ScriptValue {
  const items = unpack(d) ?? [];
  if (items.length === 0) throw new ModelRaised('the largest of an empty list');
  return items.reduce((a, b) => arithmetic(m, op, a, b));
}

/** Whether all items hold (`until` true), or any does. */
function every(items: readonly ScriptValue[], all: boolean): ScriptValue {
  let open = false;
  for (const one of items) {
    const holds = truth(one);
    if (holds === undefined) open = true;
    else if (holds !== all) return !all;
  }
  return open ? UNKNOWN_BOOL : all;
}

function ordered(m: Interpreter, items: readonly ScriptValue[], descending: boolean): ScriptValue[] {
  m.budget.reads(items.length * Math.ceil(Math.log2(items.length + 1)));
  const sorted = [...items].sort((a, b) => {
    if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
    const [less, more] = [atMost(a, b), atMost(b, a)];
    if (less === undefined || more === undefined) throw malformed('the order of free dimensions is not known');
    return less && more ? 0 : less ? -1 : 1;
  });
  return descending ? sorted.reverse() : sorted;
}

function dictOf(d: ScriptValue | undefined): Dict {
  if (isKind(d, 'dict')) return d;
  throw malformed('a dictionary was expected');
}

const keys = (d: Dict): ScriptValue[] => [...d.entries.values()].map(([key]) => key);

function put(m: Interpreter, target: Dict, key: ScriptValue, value: ScriptValue): void {
  const text = keyOf(key);
  if (text === null) throw malformed('a key of a dictionary is not known');
  m.heap.touch(target);
  m.budget.length(target.entries.size + 1, 1);
  target.entries.set(text, [key, value]);
}

/** Methods of dictionaries, as functions of the dictionary. */
export const DICTS: Readonly<Record<string, Builtin>> = byName({
  len: (_, [x]) => dictOf(x).entries.size,
  keys: (_, [x]) => list(keys(dictOf(x))),
  values: (_, [x]) => list([...dictOf(x).entries.values()].map(([, value]) => value)),
  items: (_, [x]) => list([...dictOf(x).entries.values()].map(([key, value]) => tuple([key, value]))),
  list: (_, [x]) => list(keys(dictOf(x))),
  copy: (_, [x]) => dict(dictOf(x).entries.values()),
  dict: (_, [x]) => dict(dictOf(x).entries.values()),
  get: (_, [x, key = null, otherwise = null]) => dictOf(x).entries.get(keyOf(key) ?? '')?.[1] ?? otherwise,
  __getitem__: (m, [x = null, key = null]) => item(m, x, key),
  __contains__: (_, [x, key = null]) => dictOf(x).entries.has(keyOf(key) ?? ''),
  _set_item: (m, [x, key = null, value = null]) => {
    put(m, dictOf(x), key, value);
    return null;
  },
  setdefault: (m, [x, key = null, value = null]) => {
    const found = dictOf(x).entries.get(keyOf(key) ?? '');
    if (found !== undefined) return found[1];
    put(m, dictOf(x), key, value);
    return value;
  },
  pop: (m, [x, key = null, otherwise]) => {
    const target = dictOf(x);
    const found = target.entries.get(keyOf(key) ?? '')?.[1] ?? otherwise;
    if (found === undefined) throw new ModelRaised('a key that the dictionary does not have');
    m.heap.touch(target);
    target.entries.delete(keyOf(key) ?? '');
    return found;
  },
  Delete: (m, args) => {
    DICTS['pop']?.(m, args, new Map());
    return null;
  },
  clear: (m, [x]) => {
    const target = dictOf(x);
    m.heap.touch(target);
    target.entries.clear();
    return null;
  },
  update: (m, [x, more]) => {
    for (const [key, value] of dictOf(more).entries.values()) put(m, dictOf(x), key, value);
    return null;
  },
  eq: (_, [a = null, b = null]) => same(a, b) ?? UNKNOWN_BOOL,
});

/** A dictionary of pairs, or an empty one. */
export function makeDict(pairs: ScriptValue): Dict {
  const entries = (unpack(pairs) ?? []).map((pair) => unpack(pair) ?? []);
  return dict(entries.map(([key = null, value = null]) => [key, value]));
}
