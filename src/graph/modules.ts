import {
  appended,
  type ModuleCall,
  type ModuleInfo,
  NONE,
  type OpEntry,
  type OpenCall,
  type OpenModule,
  PathBudget,
  type Trace,
  type Value,
  type Weight,
} from '../ledger/index.js';
import type { TensorType } from '../tensor/index.js';
import { Crossings, leave, makersOf, meeting } from './crossings.js';
import { lastOf, ModuleTable } from './module-table.js';
import type { Places } from './node.js';

/** A module around a node. `call` numbers the calls of a module that is called again: 0 for the first. */
export interface ScopePart {
  readonly path: string;
  /** Class, where the file says. */
  readonly type: string;
  readonly call: number;
}

/** The modules around a node, from the outermost; the root itself is not among them. */
export type Scope = readonly ScopePart[];

type Open<T> = { -readonly [K in keyof T]: T[K] };

/** The module tree of a file, built from the scopes of its nodes while they are recorded. */
export class ModuleTree {
  readonly #trace: Trace;
  readonly #paths: PathBudget;
  readonly #modules = new ModuleTable();
  /** The number of a call where it is not its caller's first one of the module. */
  readonly #numbers = new Map<ModuleCall, number>();
  /** Calls of modules that are called often, by their callers and numbers. */
  readonly #many = new Map<ModuleInfo, Map<ModuleCall | null, Map<number, OpenCall>>>();
  #size = 0;
  /** Where recording stands, with the call of each part of the scope: nodes of one module mostly follow each other. */
  #base: OpenCall | null = null;
  #scope: Scope = NONE;
  readonly #open: OpenCall[] = [];

  constructor(trace: Trace, format: string) {
    this.#trace = trace;
    this.#paths = new PathBudget(format);
  }

  /** Opens the model itself. */
  open(type: string, inputs: readonly (TensorType | null)[]): OpenCall {
    return this.#trace.enter(this.#module('', type, null), '', inputs);
  }

  /** How many calls there are: what `rewind` goes back to. */
  get size(): number {
    return this.#size;
  }

  /** Forgets the calls made since; the trace has forgotten them too. */
  rewind(size: number): void {
    this.#size = size;
    this.#base = null;
    this.#many.clear();
  }

  /** The call that operators of `scope` belong to, below `base`, made where it is not there yet; recording goes on there. */
  at(base: OpenCall, scope: Scope): OpenCall {
    const before = this.#base === base ? this.#scope : NONE;
    const open = this.#open;
    if (scope !== before) {
      let i = 0;
      while (i < scope.length && i < before.length && scope[i] === before[i]) i++;
      for (; i < scope.length; i++)
        open[i] = this.#below(i === 0 ? base : (open[i - 1] as OpenCall), scope[i] as ScopePart);
    }
    this.#base = base;
    this.#scope = scope;
    const call = scope.length === 0 ? base : (open[scope.length - 1] as OpenCall);
    this.#trace.resume(call);
    return call;
  }

  /** Where a runner records nodes, by the modules around each. */
  places<N>(scopeOf: (node: N) => Scope): Places<N> {
    return {
      at: (node, base) => {
        this.at(base, scopeOf(node));
      },
      size: () => this.size,
      rewind: (size) => this.rewind(size),
    };
  }

  #below(caller: OpenCall, { path, type, call: number }: ScopePart): OpenCall {
    const module = this.#module(path, type, caller.module as OpenModule);
    const known = this.#callOf(module, caller, number);
    if (known !== undefined) return known;
    this.#trace.resume(caller);
    const call = this.#trace.enter(module, path, NONE);
    this.#size++;
    if (number !== 0) this.#numbers.set(call, number);
    const many = this.#many.get(module);
    many?.set(caller, withCall(many.get(caller), number, call));
    return call;
  }

  #callOf(module: OpenModule, caller: OpenCall, number: number): OpenCall | undefined {
    const { calls } = module;
    if (calls.length > FEW) return this.#callsOf(module).get(caller)?.get(number);
    for (let i = 0; i < calls.length; i++) {
      const call = calls[i] as OpenCall;
      if (call.parent === caller && this.#numberOf(call) === number) return call;
    }
    return undefined;
  }

  #numberOf(call: ModuleCall): number {
    return this.#numbers.size === 0 ? 0 : (this.#numbers.get(call) ?? 0);
  }

  #callsOf(module: OpenModule): Map<ModuleCall | null, Map<number, OpenCall>> {
    let calls = this.#many.get(module);
    if (calls === undefined) {
      calls = new Map();
      for (const call of module.calls as OpenCall[])
        calls.set(call.parent, withCall(calls.get(call.parent), this.#numberOf(call), call));
      this.#many.set(module, calls);
    }
    return calls;
  }

  #module(path: string, type: string, parent: OpenModule | null): OpenModule {
    const siblings = this.#modules.around(path);
    const key = lastOf(path);
    const known = siblings.get(key);
    if (known !== undefined) return known;
    this.#paths.take(path);
    const module: OpenModule = {
      path,
      type,
      classHierarchy: type === '' ? NONE : [type],
      children: NONE,
      weights: NONE,
      calls: NONE as readonly never[] as never[],
      attrs: NO_ATTRS,
    };
    siblings.set(key, module);
    if (parent !== null) {
      const name = isBelow(path, parent.path) ? path.slice(parent.path.length + 1) : path;
      (parent as Open<ModuleInfo>).children = appended(parent.children, { name, module });
    }
    return module;
  }

  /** When all is recorded: what went into and came out of each call, and which weights each module has of its own. */
  finish(entries: readonly OpEntry[], outputs: readonly Value[]): void {
    const makers = makersOf(entries);
    const crossings = new Crossings();
    const placed = new Set<Weight>();
    for (let e = 0; e < entries.length; e++) {
      const { inputs, call: into } = entries[e] as OpEntry;
      for (let i = 0; i < inputs.length; i++) {
        const value = inputs[i] as Value | null;
        if (value === null) continue;
        const { weight, storage } = value;
        if (weight !== null && weight.kind !== 'constant' && !placed.has(weight)) {
          placed.add(weight);
          this.#place(weight, into.module);
        }
        if (storage.role === 'weight') continue;
        const from = makers[value.id]?.call ?? null;
        if (from === into) continue;
        const both = meeting(from, into);
        for (let call: ModuleCall | null = into; call !== null && call !== both; call = call.parent)
          if (call.parent !== null) crossings.add(call, 'inputs', value);
        leave(from, both, value, crossings);
      }
    }
    for (const value of outputs) leave(makers[value.id]?.call ?? null, null, value, crossings);
    crossings.settle(makers);
  }

  /** A weight belongs to the module that its name names, else to the one that reads it first. */
  #place(weight: Weight, reader: ModuleInfo): void {
    const dot = weight.name.lastIndexOf('.');
    const named = dot < 0 ? undefined : this.#modules.at(weight.name.slice(0, dot));
    const module: Open<ModuleInfo> = named ?? reader;
    const name = named === undefined ? weight.name : weight.name.slice(dot + 1);
    module.weights = appended(module.weights, { name, weight });
  }
}

const NO_ATTRS = Object.freeze({});

/** From so many calls of a module on they are found by their callers. */
const FEW = 8;

function withCall(calls: Map<number, OpenCall> | undefined, number: number, call: OpenCall): Map<number, OpenCall> {
  return (calls ?? new Map<number, OpenCall>()).set(number, call);
}

function isBelow(path: string, parent: string): boolean {
  return parent !== '' && path.charCodeAt(parent.length) === DOT && path.startsWith(parent);
}
const DOT = 46;
