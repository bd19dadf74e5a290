import { type Dim, symbols } from '../dim/index.js';
import { bytesOf, type TensorType } from '../tensor/index.js';
import { checkShape } from './checks.js';
import type { Storage, Value, Weight } from './types.js';

/** The values of a record: each has a number, and a weight has one however often it is used. */
export class TracedValues {
  /** Those that were used, in the order of their first use. */
  readonly weights: Weight[] = [];
  /** Of each weight, in the order of `weights`. */
  readonly #weightValues: Value[] = [];
  /** The same by weight, of the first so many: made up to the last when a weight is looked up. */
  readonly #values = new Map<Weight, Value>();
  /** Free dimensions of the inputs. */
  protected readonly free = new Set<string>();
  #nextId = 0;

  /** Whether a dimension is one of those that the inputs leave free; any other came up in the run. */
  isFree(name: string): boolean {
    return this.free.has(name);
  }

  /** A tensor that the caller gives. */
  input(name: string, type: TensorType | null): Value {
    for (const d of type?.shape ?? []) for (const symbol of symbols(d)) this.free.add(symbol);
    return this.made(name, type, type === null ? 0 : bytesOf(type), 'input');
  }

  /** The value of a weight; the same object for the same weight, so that its parameters are counted once. */
  weight(weight: Weight, type: TensorType = { dtype: weight.dtype, shape: weight.shape }): Value {
    return this.valueOf(weight) ?? this.newWeight(weight, type);
  }

  /** The same of a weight that was not used yet, which the caller knows. */
  newWeight(weight: Weight, type: TensorType = { dtype: weight.dtype, shape: weight.shape }): Value {
    const value = this.value(weight.name, type, { id: this.#nextId, bytes: bytesOf(type), role: 'weight' }, weight);
    this.use(weight, value);
    return value;
  }

  /** A literal of the program (an axis, a size): lives nowhere, costs nothing. */
  constant(name: string | null, type: TensorType): Value {
    return this.made(name, type, 0, 'weight');
  }

  /** A value of which nothing is known, or that is not a tensor. */
  opaque(name: string | null, role: Storage['role'] = 'activation'): Value {
    return this.made(name, null, 0, role);
  }

  /** The same memory under another name and type: what a body of a loop is handed, what a branch hands back. */
  alias(name: string | null, type: TensorType | null, value: Value): Value {
    return this.value(name, type, value.storage, value.weight);
  }

  /** The value of a weight that was used before. */
  protected valueOf(weight: Weight): Value | undefined {
    for (let i = this.#values.size; i < this.weights.length; i++)
      this.#values.set(this.weights[i] as Weight, this.#weightValues[i] as Value);
    return this.#values.get(weight);
  }

  /** Keeps the value of a weight that is used for the first time. */
  protected use(weight: Weight, value: Value): void {
    this.weights.push(weight);
    this.#weightValues.push(value);
  }

  /** A value in memory of its own. */
  protected made(name: string | null, type: TensorType | null, bytes: Dim, role: Storage['role']): Value {
    return this.value(name, type, { id: this.#nextId, bytes, role }, null);
  }

  protected value(name: string | null, type: TensorType | null, storage: Storage, weight: Weight | null): Value {
    if (type !== null) checkShape(type, name);
    return { id: this.#nextId++, name, type, storage, weight };
  }

  /** The number of the next value: memory of its own has the same. */
  protected get nextId(): number {
    return this.#nextId;
  }

  /** Leaves numbers to values that were made elsewhere. */
  protected skipIds(n: number): void {
    this.#nextId += n;
  }
}
