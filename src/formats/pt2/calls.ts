import type { ModuleCall, OpEntry, OpenCall, OpenModule, Trace, Value, Weight } from '../../ledger/index.js';
import type { TensorType } from '../../tensor/index.js';
import type { GraphScan } from './scan-graph.js';
import type { Frame } from './scopes.js';

interface Tracked {
  readonly call: OpenCall;
  readonly depth: number;
  readonly parent: Tracked | null;
  readonly inputs: (TensorType | null)[];
  readonly seen: Set<number>;
  /** Values made inside and used outside, by their numbers: in the order in which they were made. */
  readonly left: Map<number, Value>;
}

/**
 * Module calls, opened and closed as the nodes' stacks say. A file does not say what went into a call and what came out:
 * an input is a tensor that the call uses and did not make, its own weights apart, and an output one that it made and
 * that something outside uses.
 */
export class Calls {
  readonly #trace: Trace;
  readonly #modules: ReadonlyMap<string, OpenModule>;
  /** Whether keys number the calls of a module, so that a key that comes again is the same call going on. */
  readonly #numbered: boolean;
  readonly #framesOf: GraphScan['framesOf'];
  readonly #root: Tracked;
  readonly #byKey = new Map<string, Tracked>();
  readonly #entered: string[] = [];
  readonly #home = new Map<number, Tracked>();
  #open: readonly { readonly key: string; readonly tracked: Tracked }[] = [];
  /** Entries whose inputs and outputs have been looked at. */
  #seen = 0;

  constructor(
    trace: Trace,
    modules: ReadonlyMap<string, OpenModule>,
    inputs: readonly (TensorType | null)[],
    { numbered, framesOf }: Pick<GraphScan, 'numbered' | 'framesOf'>,
  ) {
    this.#trace = trace;
    this.#modules = modules;
    this.#numbered = numbered;
    this.#framesOf = framesOf;
    const call = trace.enter(modules.get('') as OpenModule, '', inputs);
    this.#root = { call, depth: 0, parent: null, inputs: [...inputs], seen: new Set(), left: new Map() };
  }

  get root(): OpenCall {
    return this.#root.call;
  }

  /** How many calls there are: what `rewind` goes back to. */
  size(): number {
    return this.#entered.length;
  }

  /** Forgets the calls made since; the trace has forgotten them too. */
  rewind(size: number): void {
    for (const key of this.#entered.splice(size)) this.#byKey.delete(key);
    this.#open = [];
    this.#seen = Math.min(this.#seen, this.#trace.entries.length);
  }

  /** Goes to the call that a node belongs to: operators are recorded there from now on. */
  at({ stack }: { readonly stack: string }): void {
    this.#look();
    const frames = this.#framesOf(stack);
    const inner = frames[0]?.path === '' ? frames.slice(1) : frames;
    if (frames.length === 0) {
      this.#trace.resume(this.#root.call);
      return;
    }
    const open: { key: string; tracked: Tracked }[] = [];
    let parent = this.#root;
    let kept = true;
    for (const [i, frame] of inner.entries()) {
      const module = this.#modules.get(frame.path);
      if (module === undefined) break;
      const before = this.#open[i];
      kept = kept && before?.key === frame.key;
      const tracked: Tracked = kept && before !== undefined ? before.tracked : this.#enter(parent, module, frame);
      open.push({ key: frame.key, tracked });
      parent = tracked;
    }
    this.#open = open;
    this.#trace.resume(parent.call);
  }

  #enter(parent: Tracked, module: OpenModule, frame: Frame): Tracked {
    const key = `${parent === this.#root ? '' : parent.call.path}#${parent.call.index} ${frame.key}`;
    const known = this.#numbered ? this.#byKey.get(key) : undefined;
    if (known !== undefined) return known;
    const inputs: (TensorType | null)[] = [];
    this.#trace.resume(parent.call);
    const call = this.#trace.enter(module, frame.path, inputs);
    const tracked = {
      call,
      depth: parent.depth + 1,
      parent,
      inputs,
      seen: new Set<number>(),
      left: new Map<number, Value>(),
    };
    this.#byKey.set(key, tracked);
    this.#entered.push(key);
    return tracked;
  }

  /** Looks at what the entries recorded since the last time used and made. */
  #look(): void {
    const { entries } = this.#trace;
    for (; this.#seen < entries.length; this.#seen++) {
      const entry = entries[this.#seen] as OpEntry;
      const here = this.#trackedOf(entry);
      for (const value of entry.inputs) if (value !== null) this.#used(value, here);
      for (const value of entry.outputs) this.#home.set(value.id, here);
    }
  }

  #trackedOf(entry: OpEntry): Tracked {
    const last = this.#open.at(-1)?.tracked;
    if (last?.call === entry.call) return last;
    return this.#open.find((o) => o.tracked.call === entry.call)?.tracked ?? this.#root;
  }

  #used(value: Value, here: Tracked): void {
    const home = this.#home.get(value.id) ?? null;
    for (let call: Tracked | null = here; call !== null && call !== this.#root; call = call.parent) {
      if (home !== null && inside(home, call)) break;
      if (call.seen.has(value.id)) continue;
      call.seen.add(value.id);
      if (value.weight === null || !owns(call.call, value.weight)) call.inputs.push(value.type);
    }
    this.#leaves(value, home, here);
  }

  /** The value is used in `to`: every call around its home that is not around `to` has given it out. */
  #leaves(value: Value, home: Tracked | null, to: Tracked): void {
    for (let call = home; call !== null && call !== this.#root && !inside(to, call); call = call.parent)
      call.left.set(value.id, value);
  }

  /** Ends all calls; `outputs` are the program's. */
  finish(outputs: readonly Value[]): void {
    this.#look();
    for (const value of outputs) this.#leaves(value, this.#home.get(value.id) ?? null, this.#root);
    for (const { call, left } of this.#byKey.values())
      for (const { type } of outputsOf(call, left)) call.outputs.push(type);
    for (const { type } of outputs) this.#root.call.outputs.push(type);
    this.#trace.resume(null);
  }
}

/** Results of a call that are used outside; all of a recurrent layer, which gives its states out whether used or not. */
function outputsOf(call: OpenCall, left: ReadonlyMap<number, Value>): readonly Value[] {
  const last = lastEntry(call);
  const made = new Map([...left]);
  if (last !== null && (made.size === 0 || RECURRENT.test(last.op)))
    for (const value of made.size === 0 ? last.outputs.slice(0, RECURRENT.test(last.op) ? undefined : 1) : last.outputs)
      made.set(value.id, value);
  return [...made].sort(([a], [b]) => a - b).map(([, value]) => value);
}

const RECURRENT = /^(lstm|gru|rnn_tanh|rnn_relu)(_cell)?$/;

function lastEntry(call: ModuleCall): OpEntry | null {
  const last = call.steps.at(-1);
  return last === undefined ? null : last.kind === 'op' ? last.entry : lastEntry(last.call);
}

function inside(inner: Tracked, outer: Tracked): boolean {
  let call: Tracked | null = inner;
  while (call !== null && call.depth > outer.depth) call = call.parent;
  return call === outer;
}

/** Whether a weight is the module's own or of one below it; a parameter of another module is handed in. */
function owns(call: OpenCall, weight: Weight): boolean {
  return [weight.name, ...weight.aliases].some((name) => isBelow(name, call.path) || isBelow(name, call.module.path));
}

function isBelow(name: string, path: string): boolean {
  return path === '' || name.startsWith(`${path}.`);
}
