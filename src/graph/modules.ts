import type { ModuleCall, OpEntry, OpenCall, OpenModule, Trace, Weight } from '../ledger/index.js';
import type { TensorType } from '../tensor/index.js';

/** A module around a node. `call` numbers the calls of a module that is called again: 0 for the first. */
export interface ScopePart {
  readonly path: string;
  /** Class, where the file says. */
  readonly type: string;
  readonly call: number;
}

/** The modules around a node, from the outermost; the root itself is not among them. */
export type Scope = readonly ScopePart[];

/** The module tree of a file, built from the scopes of its nodes while they are recorded. */
export class ModuleTree {
  readonly #trace: Trace;
  readonly #modules = new Map<string, OpenModule>();
  /** Calls by path and number, below each caller. */
  readonly #calls = new Map<ModuleCall, Map<string, OpenCall>>();
  /** Where each call is kept, in the order in which they were opened. */
  readonly #opened: { readonly among: Map<string, OpenCall>; readonly key: string }[] = [];

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  /** Opens the model itself. */
  open(type: string, inputs: readonly (TensorType | null)[]): OpenCall {
    return this.#trace.enter(this.#module('', type, null), '', inputs);
  }

  /** How many calls there are: what `rewind` goes back to. */
  get size(): number {
    return this.#opened.length;
  }

  /** Forgets the calls made since; the trace has forgotten them too. */
  rewind(size: number): void {
    for (const { among, key } of this.#opened.splice(size)) among.delete(key);
  }

  /** The call that operators of `scope` belong to, below `base`, made where it is not there yet; recording goes on there. */
  at(base: OpenCall, scope: Scope): OpenCall {
    let call = base;
    for (const part of scope) call = this.#below(call, part);
    this.#trace.resume(call);
    return call;
  }

  #below(caller: OpenCall, part: ScopePart): OpenCall {
    let calls = this.#calls.get(caller);
    if (calls === undefined) {
      calls = new Map();
      this.#calls.set(caller, calls);
    }
    const key = `${part.path}@${part.call}`;
    let call = calls.get(key);
    if (call === undefined) {
      this.#trace.resume(caller);
      call = this.#trace.enter(this.#module(part.path, part.type, caller.module as OpenModule), part.path, []);
      calls.set(key, call);
      this.#opened.push({ among: calls, key });
    }
    return call;
  }

  #module(path: string, type: string, parent: OpenModule | null): OpenModule {
    const known = this.#modules.get(path);
    if (known !== undefined) return known;
    const module: OpenModule = {
      path,
      type,
      classHierarchy: type === '' ? [] : [type],
      children: [],
      weights: [],
      calls: [],
      attrs: {},
    };
    this.#modules.set(path, module);
    if (parent !== null) {
      const name = path.startsWith(`${parent.path}.`) && parent.path !== '' ? path.slice(parent.path.length + 1) : path;
      (parent.children as { name: string; module: OpenModule }[]).push({ name, module });
    }
    return module;
  }

  /** When all is recorded: what went into and came out of each call, and which weights each module has of its own. */
  finish(entries: readonly OpEntry[], outputs: readonly { readonly id: number }[]): void {
    const maker = new Map<number, OpEntry>();
    for (const entry of entries) for (const value of entry.outputs) maker.set(value.id, entry);
    const around = new Map<ModuleCall, ReadonlySet<ModuleCall>>();
    const crossed = new Map<ModuleCall, { in: Set<number>; out: Set<number> }>();
    const of = (call: ModuleCall): { in: Set<number>; out: Set<number> } => {
      let sides = crossed.get(call);
      if (sides === undefined) {
        sides = { in: new Set(), out: new Set() };
        crossed.set(call, sides);
      }
      return sides;
    };
    const leave = (from: OpEntry | undefined, to: ModuleCall | null, id: number, type: TensorType | null): void => {
      const outside = ancestors(to, around);
      for (let call: ModuleCall | null = from?.call ?? null; call !== null && !outside.has(call); call = call.parent) {
        if (call.parent === null || of(call).out.has(id)) continue;
        of(call).out.add(id);
        (call.outputs as (TensorType | null)[]).push(type);
      }
    };
    for (const entry of entries)
      for (const value of entry.inputs) {
        if (value === null || value.storage.role === 'weight') continue;
        const from = maker.get(value.id);
        const inside = ancestors(from?.call ?? null, around);
        for (let call: ModuleCall | null = entry.call; call !== null && !inside.has(call); call = call.parent) {
          if (call.parent === null || of(call).in.has(value.id)) continue;
          of(call).in.add(value.id);
          (call.inputs as (TensorType | null)[]).push(value.type);
        }
        leave(from, entry.call, value.id, value.type);
      }
    const types = new Map<number, TensorType | null>();
    for (const entry of entries) for (const value of entry.outputs) types.set(value.id, value.type);
    for (const { id } of outputs) leave(maker.get(id), null, id, types.get(id) ?? null);
    this.#weights(entries);
  }

  /** A weight belongs to the module that its name names, else to the one that reads it first. */
  #weights(entries: readonly OpEntry[]): void {
    const placed = new Set<Weight>();
    for (const entry of entries)
      for (const value of entry.inputs) {
        const weight = value?.weight;
        if (!weight || weight.kind === 'constant' || placed.has(weight)) continue;
        placed.add(weight);
        const dot = weight.name.lastIndexOf('.');
        const named = dot < 0 ? undefined : this.#modules.get(weight.name.slice(0, dot));
        const module = named ?? (entry.call.module as OpenModule);
        (module.weights as { name: string; weight: Weight }[]).push({
          name: named === undefined ? weight.name : weight.name.slice(dot + 1),
          weight,
        });
      }
  }
}

/** A call and all that it happens in. */
function ancestors(call: ModuleCall | null, around: Map<ModuleCall, ReadonlySet<ModuleCall>>): ReadonlySet<ModuleCall> {
  if (call === null) return new Set();
  let all = around.get(call);
  if (all === undefined) {
    const own = new Set<ModuleCall>();
    for (let c: ModuleCall | null = call; c !== null; c = c.parent) own.add(c);
    around.set(call, own);
    all = own;
  }
  return all;
}
