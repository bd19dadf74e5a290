import { type Dim, equal } from '../dim/index.js';
import type { TensorType } from '../tensor/index.js';
import { appended, NONE } from './lists.js';
import type { OpenCall, OpenModule } from './open.js';
import type { ModuleCall, ModuleInfo, OpEntry, Step, Storage, Value, Weight } from './types.js';

/** A piece of the record: one call of a module with everything that it did. */
export interface Stretch {
  readonly call: ModuleCall;
  /** Index of its first operator, and of the first after it; the same of the identities of values. */
  readonly entries: readonly [from: number, to: number];
  readonly ids: readonly [from: number, to: number];
  /** Weights that were used for the first time. */
  readonly weights: readonly Weight[];
  /** Values that it found: neither made nor first used in it. */
  readonly outside: readonly Value[];
}

/** Modules of one build: which part of the second is which part of the first. */
export interface Pairs {
  readonly modules: ReadonlyMap<ModuleInfo, ModuleInfo>;
  readonly weights: ReadonlyMap<Weight, Weight>;
}

/** The parts of two modules side by side; null if they are not of one build. */
export function pairsOf(a: ModuleInfo, b: ModuleInfo): Pairs | null {
  const modules = new Map<ModuleInfo, ModuleInfo>();
  const weights = new Map<Weight, Weight>();
  const taken = new Set<object>();
  const pair = <T extends object>(known: Map<T, T>, x: T, y: T): boolean => {
    if (known.has(x)) return known.get(x) === y;
    if (taken.has(y)) return false;
    taken.add(y);
    known.set(x, y);
    return true;
  };
  const visit = (x: ModuleInfo, y: ModuleInfo): boolean => {
    if (modules.has(x)) return modules.get(x) === y;
    if (!pair(modules, x, y) || x.type !== y.type || !isSame(x.attrs, y.attrs)) return false;
    return (
      x.weights.length === y.weights.length &&
      x.weights.every(({ name, weight }, i) => {
        const other = y.weights[i];
        return name === other?.name && areAlike(weight, other.weight) && pair(weights, weight, other.weight);
      }) &&
      x.children.length === y.children.length &&
      x.children.every(({ name, module }, i) => {
        const other = y.children[i];
        return name === other?.name && visit(module, other.module);
      })
    );
  };
  return visit(a, b) ? { modules, weights } : null;
}

function areAlike(a: Weight, b: Weight): boolean {
  return a.kind === b.kind && a.dtype === b.dtype && a.trainable === b.trainable && isSame(a.shape, b.shape);
}

/** Whether two pieces of plain data say the same; formulas by their normal form. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((part, i) => isSame(part, b[i]));
  if ('terms' in a && 'terms' in b) return equal(a as Dim, b as Dim);
  const [x, y] = [a, b] as [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>];
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length && keys.every((key) => Object.hasOwn(y, key) && isSame(x[key], y[key]));
}

/** A stretch as it is recorded again: what is in place of what. */
export interface Again {
  readonly of: Stretch;
  readonly pairs: Pairs;
  /** Inputs of the call, by those of the recorded one. */
  readonly inputs: ReadonlyMap<Value, Value>;
}

/** Cases that cannot be repeated: weights tied between the two calls, memory that reaches the call by two ways. */
export function isRepeatable({ of, pairs, inputs }: Again, isUsed: (weight: Weight) => boolean): boolean {
  const handed = new Set([...inputs.keys()].map((value) => value.storage));
  return (
    of.weights.every((weight) => {
      const own = pairs.weights.get(weight);
      return own !== undefined && own !== weight && !isUsed(own);
    }) &&
    of.outside.every((value) => {
      if (inputs.has(value)) return true;
      const own = value.weight === null ? undefined : pairs.weights.get(value.weight);
      return (own === undefined || own === value.weight) && !handed.has(value.storage);
    })
  );
}

/** The values that entries take and that were there before them. */
export function outsideOf(entries: readonly OpEntry[], [from, to]: Stretch['entries'], firstId: number): Value[] {
  const found = new Set<Value>();
  for (let i = from; i < to; i++)
    for (const value of (entries[i] as OpEntry).inputs) if (value !== null && value.id < firstId) found.add(value);
  return [...found];
}

/** Makes the objects of a stretch once more, for the next identities and places. What does not change is shared. */
export class Repetition {
  readonly entries: OpEntry[] = [];
  readonly calls: OpenCall[] = [];
  readonly #again: Again;
  readonly #shift: number;
  readonly #firstEntry: number;
  readonly #values = new Map<Value, Value>();
  readonly #storages = new Map<Storage, Storage>();

  constructor(again: Again, nextId: number, nextEntry: number) {
    this.#again = again;
    this.#shift = nextId - again.of.ids[0];
    this.#firstEntry = nextEntry;
    for (const [from, to] of again.inputs) {
      this.#values.set(from, to);
      this.#storages.set(from.storage, to.storage);
    }
  }

  /** The value here that stands for one of the stretch. */
  value(value: Value): Value {
    const known = this.#values.get(value);
    if (known !== undefined) return known;
    if (value.id < this.#again.of.ids[0]) return value;
    const weight = value.weight === null ? null : (this.#again.pairs.weights.get(value.weight) ?? value.weight);
    const made: Value = {
      id: value.id + this.#shift,
      name: weight !== null && value.name === value.weight?.name ? weight.name : value.name,
      type: value.type,
      storage: this.#storage(value.storage),
      weight,
    };
    this.#values.set(value, made);
    return made;
  }

  #storage(storage: Storage): Storage {
    const known = this.#storages.get(storage);
    if (known !== undefined) return known;
    if (storage.id < this.#again.of.ids[0]) return storage;
    const made = { ...storage, id: storage.id + this.#shift };
    this.#storages.set(storage, made);
    return made;
  }

  call(call: ModuleCall, parent: OpenCall | null): OpenCall {
    const module = (this.#again.pairs.modules.get(call.module) ?? call.module) as OpenModule;
    const steps: Step[] = [];
    const made: OpenCall = {
      module,
      index: module.calls.length,
      path: call.path === call.module.path ? module.path : call.path,
      inputs: call.inputs,
      outputs: call.outputs as (TensorType | null)[],
      parent,
      steps: call.steps.length === 0 ? (NONE as readonly Step[] as Step[]) : steps,
    };
    (module as { calls: readonly ModuleCall[] }).calls = appended(module.calls, made);
    this.calls.push(made);
    for (const step of call.steps)
      steps.push(
        step.kind === 'op'
          ? { kind: 'op', entry: this.#entry(step.entry, made) }
          : { kind: 'call', call: this.call(step.call, made) },
      );
    return made;
  }

  #entry(entry: OpEntry, call: ModuleCall): OpEntry {
    const made: OpEntry = {
      ...entry,
      index: this.#firstEntry + this.entries.length,
      call,
      inputs: entry.inputs.map((value) => (value === null ? null : this.value(value))),
      outputs: entry.outputs.map((value) => this.value(value)),
    };
    this.entries.push(made);
    return made;
  }
}

/** Whether what was recorded is what a repetition would have made. */
export function isRepetition(again: Again, actual: Stretch): boolean {
  const { of, pairs, inputs } = again;
  const shift = actual.ids[0] - of.ids[0];
  if (of.ids[1] + shift !== actual.ids[1] || of.weights.length !== actual.weights.length) return false;
  if (!of.weights.every((weight, i) => pairs.weights.get(weight) === actual.weights[i])) return false;
  const memory = new Map<Storage, Storage>([...inputs].map(([a, b]) => [a.storage, b.storage]));
  const storage = (a: Storage, b: Storage): boolean => {
    const known = memory.get(a);
    if (known !== undefined) return known === b;
    if (a.id < of.ids[0]) return a === b;
    return b.id === a.id + shift && a.role === b.role && equal(a.bytes, b.bytes);
  };
  const value = (a: Value | null, b: Value | null): boolean => {
    if (a === null || b === null) return a === b;
    const given = inputs.get(a);
    if (given !== undefined || a.id < of.ids[0]) return (given ?? a) === b;
    const weight = a.weight === null ? null : (pairs.weights.get(a.weight) ?? a.weight);
    return b.id === a.id + shift && weight === b.weight && isSame(a.type, b.type) && storage(a.storage, b.storage);
  };
  const entry = (a: OpEntry, b: OpEntry): boolean =>
    a.op === b.op &&
    a.type === b.type &&
    a.calledThrough === b.calledThrough &&
    equal(a.readBytes, b.readBytes) &&
    equal(a.writeBytes, b.writeBytes) &&
    a.inputs.length === b.inputs.length &&
    a.inputs.every((v, i) => value(v, b.inputs[i] ?? null)) &&
    a.outputs.length === b.outputs.length &&
    a.outputs.every((v, i) => value(v, b.outputs[i] ?? null)) &&
    isSame(a.attrs, b.attrs) &&
    isSame(a.result, b.result);
  const call = (a: ModuleCall, b: ModuleCall): boolean =>
    (pairs.modules.get(a.module) ?? a.module) === b.module &&
    isSame(a.inputs, b.inputs) &&
    isSame(a.outputs, b.outputs) &&
    a.steps.length === b.steps.length &&
    a.steps.every((step, i) => {
      const other = b.steps[i] as Step;
      if (step.kind === 'op') return other.kind === 'op' && entry(step.entry, other.entry);
      return other.kind === 'call' && call(step.call, other.call);
    });
  return call(of.call, actual.call);
}
