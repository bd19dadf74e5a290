import { type Dim, isStatic, toNumber } from '../dim/index.js';
import { type Call, type GraphNode, tensorOrNull, Unsupported } from '../graph/index.js';
import { hasValue, shapeError } from '../ops/index.js';
import type { ModelError } from '../source/errors.js';
import type { TensorType } from '../tensor/index.js';

/** A node as rules see it, whatever the format. */
export interface Viewed<N extends GraphNode = GraphNode> {
  readonly node: N;
  /** Types of the inputs: undefined for one that is left out, null for one of which nothing is known. */
  readonly types: readonly (TensorType | null | undefined)[];
  /** Whether input i is a tensor that the file stores. */
  readonly isStored: (i: number) => boolean;
  /** A new free number under this name. */
  readonly symbol: (what: string) => Dim;
}

export function viewed<N extends GraphNode, F>({ node, inputs, runner }: Call<N, F>): Viewed<N> {
  let label: string | null = null;
  const types = inputs.map((input, i) => (node.input[i] === '' ? undefined : (tensorOrNull(input)?.type ?? null)));
  while (types.length > 0 && types.at(-1) === undefined) types.pop();
  return {
    node,
    types,
    isStored: (i) => tensorOrNull(inputs[i])?.storage.role === 'weight',
    symbol: (what) => {
      label ??= runner.label(node);
      return runner.symbol(`${label}.${what}`, { min: 0 });
    },
  };
}

/** A node as a rule sees it: the types of what goes in, and the contents of those that are known. */
export class NodeView {
  readonly opType: string;
  readonly #names: readonly string[];
  readonly #types: Viewed['types'];
  readonly #isStored: Viewed['isStored'];
  readonly #symbol: Viewed['symbol'];

  constructor({ node, types, isStored, symbol }: Viewed) {
    this.opType = node.opType;
    this.#names = node.input;
    this.#types = types;
    this.#isStored = isStored;
    this.#symbol = symbol;
  }

  get count(): number {
    return this.#types.length;
  }

  has(i: number): boolean {
    return this.#types[i] !== undefined;
  }

  /** Whether input i is a tensor that the file stores. */
  isStored(i: number): boolean {
    return this.#isStored(i);
  }

  /** The type of input i. Throws `Unsupported` if it is not known, ModelError where the input is not given. */
  in(i: number): TensorType {
    const type = this.#types[i];
    if (type === undefined) throw this.error(`needs an input ${i + 1}, and has ${this.count}`);
    if (type === null) throw new Unsupported(`the shape of its input ${this.#names[i]} is not known`, i);
    return type;
  }

  opt(i: number): TensorType | null {
    return this.has(i) ? this.in(i) : null;
  }

  /** The types of all inputs that are given, or of those between two places. */
  all(from = 0, to = this.count): TensorType[] {
    return this.#types.flatMap((type, i) => (type === undefined || i < from || i >= to ? [] : [this.in(i)]));
  }

  /** Contents of input i, if they are known. */
  value(i: number): readonly Dim[] | undefined {
    const type = this.#types[i];
    return type && hasValue(type) ? type.value : undefined;
  }

  /** The same as plain numbers. */
  known(i: number): number[] | undefined {
    const value = this.value(i);
    return value?.every(isStatic) ? value.map((d) => toNumber(clamped(d), 'an input')) : undefined;
  }

  /** Contents of an input that the operator cannot be worked out without. Throws `Unsupported`. */
  dims(i: number, what: string): readonly Dim[] {
    const value = this.value(i);
    if (value === undefined) throw new Unsupported(`its ${what} (${this.#names[i] ?? ''}) is not known`, i);
    return value;
  }

  /** The same as plain numbers. */
  numbers(i: number, what: string): number[] {
    const known = this.known(i);
    if (known === undefined) throw new Unsupported(`its ${what} (${this.#names[i] ?? ''}) is not known`, i);
    return known;
  }

  /** A new free number that the operator's result depends on. */
  fresh(what = 'dim'): Dim {
    return this.#symbol(what);
  }

  error(message: string, hint?: string): ModelError {
    return shapeError(`${this.opType}: ${message}`, hint);
  }
}

/** "To the end" is written as the largest integer; any number beyond all extents means the same. */
export function clamped(d: Dim): Dim {
  if (typeof d !== 'bigint') return d;
  return d > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
}
