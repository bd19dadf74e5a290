import { type Dim, equal, mul } from '../../dim/index.js';
import { copiesInput, type Ledger, type OpEntry, type Strides, type Value, type Weight } from '../../ledger/index.js';
import type { Gradient, GradientView, Kept } from '../../ops/index.js';
import { bytesOf, type DType, isFloating, numel, type TensorType } from '../../tensor/index.js';
import { castTo, heldAs } from './precision.js';
import type { Precision, Store } from './types.js';

/** A tensor of the step: the ledger's value with the type, the memory and the gradient that it has in training. */
export interface Held {
  readonly type: TensorType | null;
  readonly store: Store;
  readonly needs: boolean;
}

/** One tensor that an operator takes: as it is, or a copy in another type. */
export interface Taken extends Held {
  readonly value: Value;
}

/** The tensors of a step and the memory that they share, as operators take and make them in the order of the schedule. */
export class Tensors {
  /** Index of the operator that is at work. */
  at = 0;
  readonly #ledger: Ledger;
  readonly #precision: Precision | null;
  readonly #trains: (weight: Weight) => boolean;
  readonly #held = new Map<number, Held>();
  readonly #weights = new Map<Weight, { held: Held; dtype: DType }>();
  readonly #casts = new Map<Store, Held>();
  readonly #shared = new Map<string, Store>();
  /** Storages of the ledger that hold something with a gradient, and the memory that stands for them here. */
  readonly #needed = new Set<object>();
  readonly #stores = new Map<object, Store>();

  constructor(ledger: Ledger, precision: Precision | null, trains: (weight: Weight) => boolean) {
    this.#ledger = ledger;
    this.#precision = precision;
    this.#trains = trains;
    for (const weight of ledger.weights) this.#weight(weight);
  }

  /** The weights that were met, in the types that the step holds them in. */
  get weights(): ReadonlyMap<Weight, { readonly held: Held; readonly dtype: DType }> {
    return this.#weights;
  }

  input(name: string, value: Value): Store {
    const type = this.#typed(value.type);
    const bytes = type === null ? 0 : bytesOf(type);
    const store: Store = { bytes, kind: 'input', name, what: null, type, from: -1 };
    this.#held.set(value.id, { type, store, needs: false });
    return store;
  }

  of(value: Value): Held {
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

  /** The tensor in the type that the operator takes: weights are cast once a step, all else at each use. */
  cast(held: Taken, rule: Gradient['autocast']): Taken {
    const dtype = held.type === null ? null : castTo(held.type.dtype, rule, this.#precision);
    if (dtype === null || held.type === null) return held;
    const known = this.#casts.get(held.store);
    if (known !== undefined && held.value.weight !== null && sameSize(known.type, held.type))
      return { ...known, type: { dtype, shape: held.type.shape }, value: held.value };
    const type: TensorType = { dtype, shape: held.type.shape };
    const store = this.made(
      held.store.name,
      `${held.store.kind === 'parameter' ? 'weight' : 'copy'} in ${dtype}`,
      type,
      1,
    );
    const cast: Held = { type, store, needs: held.needs };
    if (held.value.weight !== null) this.#casts.set(held.store, cast);
    return { ...cast, value: held.value };
  }

  made(name: string, what: string | null, type: TensorType, times: Dim): Store {
    return { bytes: mul(times, bytesOf(type)), kind: 'activation', name, what, type, from: this.at };
  }

  /** The results of an operator: in memory of their own, or in that of what it reads. */
  results(
    entry: OpEntry,
    taken: readonly (Taken | null)[],
    view: GradientView,
    gradient: Gradient | null,
    flows: boolean,
    times: Dim,
    strides: (value: Value) => Strides,
  ): Held[] {
    let at = 0;
    return entry.outputs.map((value) => {
      const type = value.type === null ? null : (view.outputs[at++] ?? null);
      const needs = flows && type !== null && isFloating(type.dtype);
      const source = taken.find((held) => held?.value.storage === value.storage);
      const own =
        source == null ||
        (gradient?.ownResult?.(view) ?? false) ||
        copiesInput(entry, strides) ||
        (entry.op === 'cast' && source.type?.dtype !== type?.dtype);
      const made = type === null ? null : this.made(nameOf(this.#ledger, entry, value), null, type, times);
      const store = own ? (made ?? this.#storeOf(value, type, 'activation')) : source.store;
      // A storage that is written over holds what is new: what needs a gradient then, needs one by all its names.
      if (needs) this.#needed.add(value.storage);
      this.#stores.set(value.storage, store);
      const held: Held = { type, store, needs };
      this.#held.set(value.id, held);
      return held;
    });
  }

  /** A tensor that exists only for the backward pass. */
  extra(entry: OpEntry, kept: Kept & { kind: 'new' }, times: Dim): Store {
    const [output] = entry.outputs;
    const name = output === undefined ? entry.op : nameOf(this.#ledger, entry, output);
    if (kept.shared === undefined) return this.made(name, kept.what, kept.type, times);
    const key = `${kept.shared} ${kept.type.dtype} ${kept.type.shape.map(String).join('×')}`;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const store = this.made(name, kept.what, kept.type, 1);
    this.#shared.set(key, store);
    return store;
  }

  /** The result of an operator has a gradient, though nothing that it reads has. */
  require(result: Held, value: Value): Held {
    const held = { ...result, needs: true };
    this.#needed.add(value.storage);
    this.#held.set(value.id, held);
    return held;
  }

  #typed(type: TensorType | null): TensorType | null {
    return type === null ? null : { dtype: heldAs(type.dtype, this.#precision), shape: type.shape };
  }

  #weight(weight: Weight): Held {
    const known = this.#weights.get(weight);
    if (known !== undefined) return known.held;
    const dtype = heldAs(weight.dtype, this.#precision);
    const type: TensorType = { dtype, shape: weight.shape };
    const packed = packedBytes(weight);
    const held: Held = {
      type,
      needs: weight.kind === 'parameter' && isFloating(weight.dtype) && packed === null && this.#trains(weight),
      store: {
        bytes: packed ?? bytesOf(type),
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

  #storeOf(value: Value, type: TensorType | null, kind: Store['kind']): Store {
    const known = this.#stores.get(value.storage);
    if (known !== undefined) return known;
    const bytes = type === null || value.storage.bytes === 0 ? 0 : bytesOf(type);
    const store: Store = { bytes, kind, name: value.name ?? 'a constant', what: null, type, from: -1 };
    this.#stores.set(value.storage, store);
    return store;
  }
}

/**
 * Bytes of a weight that is packed in blocks: it stays as it is stored, whatever the step computes in, and cannot be
 * trained. Null where its bytes are those of its type.
 */
function packedBytes(weight: Weight): number | null {
  const { bytes } = weight;
  return bytes === undefined || equal(bytes, bytesOf(weight)) ? null : bytes;
}

function sameSize(a: TensorType | null, b: TensorType): boolean {
  return a !== null && equal(numel(a.shape), numel(b.shape));
}

/** The module's path with the operator, or the node's own name. */
export function nameOf(ledger: Ledger, entry: OpEntry, value: Value): string {
  if (ledger.modules === 'none') return entry.name ?? value.name ?? `${entry.op}_${entry.index}`;
  return entry.call.path === '' ? `${entry.op}_${entry.index}` : `${entry.call.path} (${entry.op})`;
}
