import { appended, type ModuleCall, type OpEntry, type Value } from '../ledger/index.js';
import { isFloating, type TensorType } from '../tensor/index.js';

// Values that go into the calls of modules and come out of them, found once all is recorded.

type Open<T> = { -readonly [K in keyof T]: T[K] };

export type Makers = readonly (OpEntry | undefined)[];

/** The entry that made each value, by the value's number. */
export function makersOf(entries: readonly OpEntry[]): Makers {
  const makers: (OpEntry | undefined)[] = [];
  for (let e = 0; e < entries.length; e++) {
    const entry = entries[e] as OpEntry;
    const { outputs } = entry;
    for (let i = 0; i < outputs.length; i++) {
      const { id } = outputs[i] as Value;
      while (makers.length < id) makers.push(undefined);
      makers[id] = entry;
    }
  }
  return makers;
}

/** A value comes out of the call that it was made in and all calls around that, up to `outside`. */
export function leave(from: ModuleCall | null, outside: ModuleCall | null, value: Value, crossings: Crossings): void {
  for (let call = from; call !== null && call !== outside; call = call.parent)
    if (call.parent !== null) crossings.add(call, 'outputs', value);
}

/** The innermost call in which two calls happen, themselves included; null where there is none. */
export function meeting(a: ModuleCall | null, b: ModuleCall): ModuleCall | null {
  let left: ModuleCall | null = a;
  let right: ModuleCall | null = b;
  let deep = depthOf(left);
  let level = depthOf(right);
  for (; deep > level; deep--) left = left?.parent ?? null;
  for (; level > deep; level--) right = right?.parent ?? null;
  while (left !== right) {
    left = left?.parent ?? null;
    right = right?.parent ?? null;
  }
  return left;
}

function depthOf(call: ModuleCall | null): number {
  let depth = 0;
  for (let c = call; c !== null; c = c.parent) depth++;
  return depth;
}

/** From so many values on a set finds them. */
const MANY = 16;
type Side = 'inputs' | 'outputs';

/**
 * Values that go into calls and come out of them, without repeats. While they are gathered the lists of a call hold the values
 * themselves, and in the end their types: most calls have one or two, and a large model has a hundred thousand calls.
 */
export class Crossings {
  readonly #crossed: Open<ModuleCall>[] = [];
  readonly #many: Readonly<Record<Side, Map<ModuleCall, Set<number>>>> = { inputs: new Map(), outputs: new Map() };

  add(call: ModuleCall, side: Side, value: Value): void {
    const values = call[side] as readonly unknown[] as readonly Value[];
    if (values.length > MANY) {
      if (!this.#isNew(call, side, values, value.id)) return;
    } else for (let i = 0; i < values.length; i++) if ((values[i] as Value).id === value.id) return;
    if (call.inputs.length === 0 && call.outputs.length === 0) this.#crossed.push(call);
    (call as Open<ModuleCall>)[side] = appended(values, value) as readonly unknown[] as ModuleCall[Side];
  }

  #isNew(call: ModuleCall, side: Side, values: readonly Value[], id: number): boolean {
    let known = this.#many[side].get(call);
    if (known === undefined) {
      known = new Set(values.map((v) => v.id));
      this.#many[side].set(call, known);
    }
    return known.size < known.add(id).size;
  }

  settle(makers: Makers): void {
    for (let i = 0; i < this.#crossed.length; i++) {
      const call = this.#crossed[i] as ModuleCall;
      settle(call.inputs);
      if (call.outputs.length > 1) resultFirst(call.outputs as readonly unknown[] as Value[], makers);
      settle(call.outputs);
    }
  }
}

/**
 * A call's own result is what it makes last: masks and sizes that others read too come out of it earlier. That goes first, the
 * rest stays in the order in which it is read.
 */
function resultFirst(values: Value[], makers: Makers): void {
  const rank = (value: Value): number =>
    (value.type !== null && isFloating(value.type.dtype) ? makers.length : 0) + (makers[value.id]?.index ?? -1);
  let best = 0;
  for (let i = 1; i < values.length; i++) if (rank(values[i] as Value) > rank(values[best] as Value)) best = i;
  if (best > 0) values.unshift(...values.splice(best, 1));
}

/** Types in the places of values. */
function settle(list: readonly unknown[]): void {
  for (let i = 0; i < list.length; i++) (list as (TensorType | null)[])[i] = (list[i] as Value).type;
}
