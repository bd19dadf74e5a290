import { type Dim, isDim, mapConstraint, reviveDim } from '../dim/index.js';
import type { AnyAttrs, Attr, Work } from '../ops/index.js';
import type { Shape, TensorType } from '../tensor/index.js';
import type {
  AnyLedger,
  Description,
  Ledger,
  ModuleCall,
  ModuleInfo,
  OpEntry,
  Step,
  Storage,
  Value,
  Weight,
} from './types.js';

/** Maps for the parts of a ledger; a part without one stays as it is. */
export interface LedgerMap {
  readonly dim?: (d: Dim) => Dim;
  /** An operator's new result, from its old one with dimensions already mapped. */
  readonly result?: (entry: OpEntry) => OpEntry['result'];
  /** How a weight is kept, from how it was. */
  readonly weight?: (weight: Weight) => Weight;
}

type Open<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The same ledger with every dimension and every result passed through a function. What is one object stays one object (a
 * weight used twice, a module under two parents); the given ledger is not changed.
 */
export function mapLedger<L extends AnyLedger>(ledger: L, { dim, result, weight }: LedgerMap): L {
  return new Mapping(dim ?? ((d) => d), result ?? null, weight ?? ((w) => w)).ledger(ledger) as L;
}

/**
 * A ledger as `structuredClone`, `postMessage` or a store left it, made whole: there formulas lose their class, and with it
 * their text.
 */
export function reviveLedger(cloned: Ledger): Ledger {
  return mapLedger(cloned, { dim: (d) => reviveDim(d) });
}

class Mapping {
  readonly #given: (d: Dim) => Dim;
  readonly #result: LedgerMap['result'] | null;
  readonly #kept: (weight: Weight) => Weight;
  readonly #dims = new Map<object, Dim>();
  readonly #types = new Map<TensorType, TensorType>();
  readonly #storages = new Map<Storage, Storage>();
  readonly #weights = new Map<Weight, Weight>();
  readonly #values = new Map<Value, Value>();
  readonly #modules = new Map<ModuleInfo, ModuleInfo>();
  readonly #calls = new Map<ModuleCall, ModuleCall>();
  readonly #entries = new Map<OpEntry, OpEntry>();

  constructor(dim: (d: Dim) => Dim, result: LedgerMap['result'] | null, kept: (weight: Weight) => Weight) {
    this.#given = dim;
    this.#result = result;
    this.#kept = kept;
  }

  #description(d: Description): Description {
    return Object.freeze({
      ...d,
      kept: d.kept?.map((k) => ({ ...k, shape: k.shape.map((e) => this.#dim(e)) })) ?? null,
      activeParams: this.#dim(d.activeParams),
      lookedUpParams: this.#dim(d.lookedUpParams),
    });
  }

  ledger(l: AnyLedger): AnyLedger {
    const named = ({ name, value }: { readonly name: string; readonly value: Value }) => ({
      name,
      value: this.#value(value),
    });
    return Object.freeze({
      name: l.name,
      format: l.format,
      producer: l.producer,
      file: l.file,
      inputs: l.inputs.map(named),
      outputs: l.outputs.map(named),
      root: this.#call(l.root),
      entries: Object.freeze(l.entries.map((entry) => this.#entry(entry))),
      weights: Object.freeze(l.weights.map((weight) => this.#weight(weight))),
      modules: l.modules,
      ...(l.classes === undefined ? {} : { classes: l.classes }),
      notes: l.notes,
      ...(l.hints === undefined ? {} : { hints: l.hints }),
      ...(l.arena === undefined ? {} : { arena: l.arena }),
      ...(l.bound === undefined ? {} : { bound: l.bound }),
      constraints: Object.freeze(l.constraints.map((c) => mapConstraint(c, (d) => this.#dim(d)))),
      ...(l.description === undefined ? {} : { description: this.#description(l.description) }),
      ...(l.folds === undefined ? {} : { folds: l.folds }),
    }) as AnyLedger;
  }

  /** Numbers stay; a formula that many places share is worked out once. */
  #dim(d: Dim): Dim {
    if (typeof d !== 'object') return d;
    let made = this.#dims.get(d);
    if (made === undefined) {
      made = this.#given(d);
      this.#dims.set(d, made);
    }
    return made;
  }

  #shape(shape: Shape): Shape {
    return shape.some((d) => typeof d === 'object') ? shape.map((d) => this.#dim(d)) : shape;
  }

  #type(type: TensorType | null): TensorType | null {
    if (type === null) return null;
    let made = this.#types.get(type);
    if (made === undefined) {
      const shape = this.#shape(type.shape);
      const value = type.value === undefined ? undefined : this.#shape(type.value);
      made =
        shape === type.shape && value === type.value
          ? type
          : { dtype: type.dtype, shape, ...(value === undefined ? {} : { value }) };
      this.#types.set(type, made);
    }
    return made;
  }

  #storage(storage: Storage): Storage {
    return once(this.#storages, storage, () => ({ ...storage, bytes: this.#dim(storage.bytes) }));
  }

  #weight(weight: Weight): Weight {
    return once(this.#weights, weight, () => this.#kept({ ...weight, shape: this.#shape(weight.shape) }));
  }

  #value(value: Value): Value {
    return once(this.#values, value, () => ({
      id: value.id,
      name: value.name,
      type: this.#type(value.type),
      storage: this.#storage(value.storage),
      weight: value.weight === null ? null : this.#weight(value.weight),
    }));
  }

  /** Modules and calls refer to each other: each is known before its parts are made. */
  #module(module: ModuleInfo): ModuleInfo {
    const known = this.#modules.get(module);
    if (known !== undefined) return known;
    const made: Open<ModuleInfo> = {
      path: module.path,
      type: module.type,
      classHierarchy: module.classHierarchy,
      children: [],
      weights: module.weights.map(({ name, weight }) => ({ name, weight: this.#weight(weight) })),
      calls: [],
      attrs: this.#attrs(module.attrs),
    };
    this.#modules.set(module, made);
    made.children = module.children.map((child) => ({ name: child.name, module: this.#module(child.module) }));
    made.calls = module.calls.map((call) => this.#call(call));
    return made;
  }

  #call(call: ModuleCall): ModuleCall {
    const known = this.#calls.get(call);
    if (known !== undefined) return known;
    const made = {
      index: call.index,
      path: call.path,
      inputs: call.inputs.map((type) => this.#type(type)),
      outputs: call.outputs.map((type) => this.#type(type)),
    } as unknown as Open<ModuleCall>;
    this.#calls.set(call, made);
    made.module = this.#module(call.module);
    made.parent = call.parent === null ? null : this.#call(call.parent);
    made.steps = call.steps.map(
      (step): Step =>
        step.kind === 'call'
          ? { kind: 'call', call: this.#call(step.call) }
          : { kind: 'op', entry: this.#entry(step.entry) },
    );
    return made;
  }

  #entry(entry: OpEntry): OpEntry {
    const known = this.#entries.get(entry);
    if (known !== undefined) return known;
    const made = { ...entry } as Open<OpEntry>;
    this.#entries.set(entry, made);
    made.inputs = entry.inputs.map((value) => (value === null ? null : this.#value(value)));
    made.outputs = entry.outputs.map((value) => this.#value(value));
    made.attrs = this.#attrs(entry.attrs);
    made.readBytes = this.#dim(entry.readBytes);
    made.writeBytes = this.#dim(entry.writeBytes);
    if (entry.result.kind === 'known')
      made.result = { kind: 'known', work: entry.result.work.map((work) => this.#work(work)) };
    made.call = this.#call(entry.call);
    if (this.#result) made.result = this.#result(made);
    return made;
  }

  #work(work: Work): Work {
    switch (work.kind) {
      case 'contraction':
        return {
          ...work,
          products: this.#dim(work.products),
          unpadded: work.unpadded === null ? null : this.#dim(work.unpadded),
          outputs: this.#dim(work.outputs),
        };
      case 'map':
        return { ...work, elements: this.#dim(work.elements) };
      case 'reduction':
        return { ...work, elements: this.#dim(work.elements), outputs: this.#dim(work.outputs) };
      case 'move':
        return { ...work, bytes: this.#dim(work.bytes) };
      case 'loop':
        return { ...work, times: this.#dim(work.times), body: work.body.map((inner) => this.#work(inner)) };
    }
  }

  #attrs<T extends AnyAttrs | Readonly<Record<string, Attr>>>(attrs: T): T {
    for (const key in attrs) {
      if (typeof attrs[key] !== 'object' || attrs[key] === null) continue;
      const mapped = Object.entries(attrs).map(([name, attr]) => [name, this.#attr(attr)]);
      return Object.fromEntries(mapped) as T; // under the same names
    }
    return attrs;
  }

  #attr(attr: Attr): Attr {
    if (isList(attr)) return attr.map((part) => this.#attr(part));
    if (typeof attr !== 'object' || attr === null) return attr;
    return isDim(attr) || 'terms' in attr ? this.#dim(attr as Dim) : attr;
  }
}

function isList(attr: Attr): attr is readonly Attr[] {
  return Array.isArray(attr);
}

function once<T extends object>(known: Map<T, T>, key: T, make: () => T): T {
  let made = known.get(key);
  if (made === undefined) {
    made = make();
    known.set(key, made);
  }
  return made;
}
