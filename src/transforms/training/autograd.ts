import { type Dim, equal, mul } from '../../dim/index.js';
import {
  copiesInput,
  isViewAs,
  type Ledger,
  type OpEntry,
  stridesOf,
  type Value,
  type Weight,
} from '../../ledger/index.js';
import { type Gradient, type GradientView, gradientOfOp, type Kept, type Work } from '../../ops/index.js';
import { bytesOf, type DType, isFloating, numel, type TensorType } from '../../tensor/index.js';
import { adapterOf } from './lora.js';
import { castTo, heldAs, resultAs } from './precision.js';
import { isFrozen } from './select.js';
import type { AutogradStep, Lora, Precision, StepOp, Store, Trained, TrainingOptions } from './types.js';

/** A tensor of the step: the ledger's value with the type, the memory and the gradient that it has in training. */
interface Held {
  readonly type: TensorType | null;
  readonly store: Store;
  readonly needs: boolean;
}

/** One tensor that an operator takes: as it is, or a copy in another type. */
interface Taken extends Held {
  readonly value: Value;
}

/**
 * What PyTorch's autograd does with a model: walks the ledger forward, notes which tensors need a gradient, and what each
 * operator keeps for its own, by the catalogue. Memory is told apart by storage: views keep their source's, operators in place
 * the storage that they write, a reshape that strides do not allow makes a copy.
 */
export function autograd(ledger: Ledger, options: TrainingOptions): AutogradStep {
  return new Walk(ledger, options).run();
}

class Walk {
  readonly #ledger: Ledger;
  readonly #precision: Precision | null;
  readonly #fused: boolean;
  readonly #crossEntropy: boolean;
  readonly #lora: Lora | null;
  readonly #freeze: readonly string[];
  readonly #held = new Map<number, Held>();
  readonly #weights = new Map<Weight, { held: Held; dtype: DType }>();
  readonly #casts = new Map<Store, Held>();
  readonly #shared = new Map<string, Store>();
  readonly #unknown = new Map<string, { op: string; nodes: number; why: string }>();
  readonly #adapters: Trained[] = [];
  readonly #strides: ReturnType<typeof stridesOf>;
  #at = 0;

  constructor(ledger: Ledger, options: TrainingOptions) {
    this.#ledger = ledger;
    this.#precision = options.precision ?? null;
    const half = this.#precision === null ? mainlyHalf(ledger) : this.#precision !== 'fp32';
    this.#fused = options.attention === undefined ? half : options.attention === 'fused';
    this.#crossEntropy =
      (options.loss ?? (ledger.description?.kept == null ? 'none' : 'cross-entropy')) === 'cross-entropy';
    this.#lora = options.lora ?? null;
    this.#freeze = options.freeze ?? [];
    this.#strides = stridesOf(ledger);
  }

  run(): AutogradStep {
    const inputs = this.#ledger.inputs.map(({ name, value }) => {
      const type = this.#typed(value.type);
      const store: Store = {
        bytes: type === null ? 0 : bytesOf(type),
        kind: 'input',
        name,
        what: null,
        type,
        from: -1,
      };
      this.#held.set(value.id, { type, store, needs: false });
      return store;
    });
    for (const weight of this.#ledger.weights) this.#weight(weight);
    const ops = this.#ledger.entries.map((entry, i) => {
      this.#at = i;
      return this.#step(entry);
    });
    const own = [...this.#weights].flatMap(([weight, { held, dtype }]): Trained[] =>
      held.needs ? [{ name: weight.name, shape: weight.shape, dtype, weight }] : [],
    );
    const trained = [...own, ...this.#adapters];
    return {
      ops,
      unknown: [...this.#unknown.values()].sort((a, b) => b.nodes - a.nodes),
      trained,
      weights: [
        ...[...this.#weights]
          .filter(([weight]) => weight.kind !== 'constant')
          .map(([weight, { dtype, held }]) => ({ weight, dtype, bytes: held.store.bytes })),
        ...this.#adapters.map(({ dtype, shape }) => ({ weight: null, dtype, bytes: bytesOf({ dtype, shape }) })),
      ],
      inputs,
      loss: this.#loss(),
      attention: this.#fused ? 'fused' : 'unfused',
    };
  }

  /** Log-probabilities, their gradient and that of the logits, each in single precision: what is there at once. */
  #loss(): Store[] {
    const value = this.#ledger.outputs[0]?.value;
    const type = value?.type;
    if (!this.#crossEntropy || value === undefined || type == null) return [];
    const wide: TensorType = { dtype: 'float32', shape: type.shape };
    const bytes = bytesOf(wide);
    return ['log probabilities', 'gradient of the log probabilities', 'gradient of the logits'].map((what) => ({
      bytes,
      kind: 'activation',
      name: 'cross-entropy',
      what,
      type: wide,
      from: this.#ledger.entries.length - 1,
    }));
  }

  #typed(type: TensorType | null): TensorType | null {
    return type === null ? null : { dtype: heldAs(type.dtype, this.#precision), shape: type.shape };
  }

  #weight(weight: Weight): Held {
    const known = this.#weights.get(weight);
    if (known !== undefined) return known.held;
    const dtype = heldAs(weight.dtype, this.#precision);
    const type: TensorType = { dtype, shape: weight.shape };
    const held: Held = {
      type,
      needs:
        weight.kind === 'parameter' &&
        weight.trainable !== false &&
        isFloating(weight.dtype) &&
        weight.bytes === undefined &&
        this.#lora === null &&
        !isFrozen(weight, this.#freeze),
      store: {
        // What is packed in blocks stays as it is stored, whatever the step computes in.
        bytes: weight.bytes ?? bytesOf(type),
        kind: weight.kind === 'parameter' ? 'parameter' : 'buffer',
        name: weight.name,
        what: null,
        type,
        from: -1,
      },
    };
    this.#weights.set(weight, { held, dtype });
    return held;
  }

  #hold(value: Value): Held {
    const known = this.#held.get(value.id);
    if (known !== undefined) return known;
    const type = this.#typed(value.type);
    let held: Held;
    if (value.weight !== null) held = { ...this.#weight(value.weight), type };
    else {
      // A number of the program, or what a loop hands to its body: another name of a storage that may be known.
      const constant = value.storage.role === 'weight';
      const store = this.#storeOf(
        value,
        type,
        constant ? 'buffer' : value.storage.role === 'input' ? 'input' : 'activation',
      );
      held = { type, store, needs: !constant && this.#needed.has(value.storage) };
    }
    this.#held.set(value.id, held);
    return held;
  }

  /** Storages of the ledger that hold something with a gradient, and the memory that stands for them here. */
  readonly #needed = new Set<object>();
  readonly #stores = new Map<object, Store>();

  #storeOf(value: Value, type: TensorType | null, kind: Store['kind']): Store {
    const known = this.#stores.get(value.storage);
    if (known !== undefined) return known;
    const bytes = type === null || value.storage.bytes === 0 ? 0 : bytesOf(type);
    const store: Store = { bytes, kind, name: value.name ?? 'a constant', what: null, type, from: -1 };
    this.#stores.set(value.storage, store);
    return store;
  }

  #step(entry: OpEntry): StepOp {
    const given = entry.inputs.map((value) => (value === null ? null : { ...this.#hold(value), value }));
    const work = entry.result.kind === 'known' ? entry.result.work : [];
    const [first] = work;
    const times: Dim = first?.kind === 'loop' ? first.times : 1;
    const once = first?.kind === 'loop' ? first.body : work;
    const wanted = given.some((held) => held?.needs === true);
    const said = entry.result.kind === 'gap' || entry.attrs['given'] === true ? null : gradientOfOp(entry.op);
    const gradient = said !== null && 'backward' in said ? said : null;
    const taken = given.map((held) => (held === null ? null : this.#cast(held, gradient?.autocast)));
    const view: GradientView = {
      attrs: entry.attrs,
      inputs: taken.map((held) => held?.type ?? null),
      outputs: entry.outputs.flatMap((value) => {
        const type = value.type;
        if (type === null) return [];
        const types = taken.flatMap((held, i) =>
          held?.type == null || (i > 0 && held.type.shape.length === 0) ? [] : [held.type.dtype],
        );
        return [{ dtype: resultAs(type.dtype, gradient?.autocast, types, this.#precision), shape: type.shape }];
      }),
      needs: taken.map((held) => held?.needs === true),
      work: once,
      attention: this.#fused ? 'fused' : 'unfused',
    };
    if (wanted && gradient === null) this.#missing(entry, said);
    const flows = wanted && (said === null || !('none' in said));
    const results = this.#results(entry, taken, view, gradient, flows, times);
    const adapter = this.#lora === null ? null : adapterOf(entry, view, taken[0]?.needs === true, this.#lora);
    const differentiable = gradient !== null && wanted;
    const keeps = differentiable ? this.#kept(entry, taken, results, view, gradient, times) : [];
    const backward = differentiable ? gradient.backward(view) : [];
    const extra = adapter === null ? null : this.#adapt(entry, adapter, taken[0] ?? null, results, times);
    return {
      entry,
      times,
      keeps: [...keeps, ...(extra?.keeps ?? [])],
      reads: taken.flatMap((held) => (held === null ? [] : [held.store])),
      writes: results.map(({ store }) => store),
      gradientOf: flows || extra !== null ? results.filter(({ needs }) => needs).map(({ store }) => store) : [],
      gradientTo:
        differentiable || extra !== null
          ? given.flatMap((held) => (held?.needs === true && held.store.kind === 'activation' ? [held.store] : []))
          : [],
      forward: [...work, ...repeated(times, extra?.forward ?? [])],
      backward: repeated(times, [...backward, ...(extra?.backward ?? [])]),
    };
  }

  #missing(entry: OpEntry, said: ReturnType<typeof gradientOfOp>): void {
    if (said !== null && !('unknown' in said)) return;
    const why =
      entry.result.kind === 'gap'
        ? entry.result.why
        : entry.attrs['given'] === true
          ? 'its formula is the user’s, and says nothing of its gradient'
          : said !== null && 'unknown' in said
            ? said.unknown
            : 'it is not in the catalogue';
    const key = `${entry.type} ${why}`;
    const known = this.#unknown.get(key);
    if (known === undefined) this.#unknown.set(key, { op: entry.type, nodes: 1, why });
    else known.nodes++;
  }

  /** The tensor in the type that the operator takes: weights are cast once a step, all else at each use. */
  #cast(held: Taken, rule: Gradient['autocast']): Taken {
    const dtype = held.type === null ? null : castTo(held.type.dtype, rule, this.#precision);
    if (dtype === null || held.type === null) return held;
    const known = this.#casts.get(held.store);
    if (known !== undefined && held.value.weight !== null && sameSize(known.type, held.type))
      return { ...known, type: { dtype, shape: held.type.shape }, value: held.value };
    const type: TensorType = { dtype, shape: held.type.shape };
    const store = this.#new(
      held.store.name,
      `${held.store.kind === 'parameter' ? 'weight' : 'copy'} in ${dtype}`,
      type,
      1,
    );
    const cast: Held = { type, store, needs: held.needs };
    if (held.value.weight !== null) this.#casts.set(held.store, cast);
    return { ...cast, value: held.value };
  }

  #new(name: string, what: string | null, type: TensorType, times: Dim): Store {
    return { bytes: mul(times, bytesOf(type)), kind: 'activation', name, what, type, from: this.#at };
  }

  #results(
    entry: OpEntry,
    taken: readonly (Taken | null)[],
    view: GradientView,
    gradient: Gradient | null,
    flows: boolean,
    times: Dim,
  ): Held[] {
    let at = 0;
    return entry.outputs.map((value) => {
      const type = value.type === null ? null : (view.outputs[at++] ?? null);
      const needs = flows && type !== null && isFloating(type.dtype);
      const source = taken.find((held) => held?.value.storage === value.storage);
      const own =
        source == null ||
        (gradient?.ownResult?.(view) ?? false) ||
        copiesInput(entry, this.#strides) ||
        (isCast(entry) && source.type?.dtype !== type?.dtype);
      const made = type === null ? null : this.#new(nameOf(this.#ledger, entry, value), null, type, times);
      const store = own ? (made ?? this.#storeOf(value, type, 'activation')) : source.store;
      // A storage that is written over holds what is new: what needs a gradient then, needs one by all its names.
      if (needs) this.#needed.add(value.storage);
      this.#stores.set(value.storage, store);
      const held: Held = { type, store, needs };
      this.#held.set(value.id, held);
      return held;
    });
  }

  #kept(
    entry: OpEntry,
    taken: readonly (Taken | null)[],
    results: readonly Held[],
    view: GradientView,
    gradient: Gradient,
    times: Dim,
  ): StepOp['keeps'] {
    const overwritten = writesOver(entry);
    const inplace = overwritten === null || gradient.ownResult?.(view) === true ? null : overwritten;
    const list = inplace !== null && gradient.savesInplace ? gradient.savesInplace(view) : gradient.saves(view);
    return list.flatMap((kept): StepOp['keeps'] => {
      if (kept.kind === 'new') return [{ store: this.#made(entry, kept, times), role: 'new' }];
      if (kept.kind === 'output') {
        const result = results[kept.at];
        return result === undefined ? [] : [{ store: result.store, role: 'output' }];
      }

      const held = taken[kept.at];
      if (held == null || held.type === null) return [];
      if (kept.at === inplace)
        return [{ store: this.#new(held.store.name, 'copy of what is written over', held.type, times), role: 'new' }];
      const dense = kept.folded;
      if (dense !== undefined && !isViewAs(held.type.shape, this.#strides(held.value), { ...kept, folded: dense })) {
        const type = { dtype: held.type.dtype, shape: dense };
        return [{ store: this.#new(held.store.name, 'copy as a matrix', type, times), role: 'new' }];
      }
      return [{ store: held.store, role: 'input' }];
    });
  }

  #made(entry: OpEntry, kept: Kept & { kind: 'new' }, times: Dim): Store {
    const [output] = entry.outputs;
    const name = output === undefined ? entry.op : nameOf(this.#ledger, entry, output);
    if (kept.shared === undefined) return this.#new(name, kept.what, kept.type, times);
    const key = `${kept.shared} ${kept.type.dtype} ${kept.type.shape.map(String).join('×')}`;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const store = this.#new(name, kept.what, kept.type, 1);
    this.#shared.set(key, store);
    return store;
  }

  /** The two small products beside a frozen layer. */
  #adapt(
    entry: OpEntry,
    adapter: NonNullable<ReturnType<typeof adapterOf>>,
    input: Taken | null,
    results: readonly Held[],
    times: Dim,
  ): { keeps: StepOp['keeps']; forward: readonly Work[]; backward: readonly Work[] } {
    this.#adapters.push(...adapter.parameters);
    const [result] = results;
    const [output] = entry.outputs;
    // The layer's result has a gradient now, whatever lies upstream.
    if (output !== undefined && result !== undefined) {
      (result as { needs: boolean }).needs = true;
      this.#needed.add(output.storage);
    }
    const low = this.#new(nameOf(this.#ledger, entry, output as Value), 'adapter', adapter.low, times);
    return {
      keeps: [...(input === null ? [] : [{ store: input.store, role: 'input' as const }]), { store: low, role: 'new' }],
      forward: adapter.forward,
      backward: adapter.backward,
    };
  }
}

function sameSize(a: TensorType | null, b: TensorType): boolean {
  return a !== null && equal(numel(a.shape), numel(b.shape));
}

function repeated(times: Dim, work: readonly Work[]): readonly Work[] {
  return work.length === 0 || times === 1 ? work : [{ kind: 'loop', times, body: work }];
}

/** Which input an operator computes over, in its own memory; null for views, which compute nothing. */
export function writesOver(entry: OpEntry): number | null {
  const computes = entry.result.kind === 'known' && entry.result.work.some((w) => w.kind !== 'move');
  if (!computes) return null;
  const at = entry.inputs.findIndex((value) => entry.outputs.some((out) => out.storage === value?.storage));
  return at < 0 ? null : at;
}

function isCast(entry: OpEntry): boolean {
  return entry.op === 'cast';
}

function mainlyHalf(ledger: Ledger): boolean {
  const half = ledger.weights.filter((w) => w.dtype === 'bfloat16' || w.dtype === 'float16').length;
  return half * 2 > ledger.weights.filter((w) => isFloating(w.dtype)).length;
}

/** The module's path with the operator, or the node's own name. */
export function nameOf(ledger: Ledger, entry: OpEntry, value: Value): string {
  if (ledger.modules === 'none') return entry.name ?? value.name ?? `${entry.op}_${entry.index}`;
  return entry.call.path === '' ? `${entry.op}_${entry.index}` : `${entry.call.path} (${entry.op})`;
}
