import { type Dim, isStatic, type Range, toNumber } from '../dim/index.js';
import { type Call, type GraphNode, type GraphValue, tensorOrNull, Unsupported } from '../graph/index.js';
import { hasValue, shapeError } from '../ops/index.js';
import type { ModelError } from '../source/errors.js';
import type { TensorType } from '../tensor/index.js';

/** What a view needs of a call, whatever the format. */
interface ViewedCall {
  readonly node: GraphNode;
  readonly inputs: readonly (GraphValue | null)[];
  readonly label: () => string;
  readonly symbol: (name: string, range: Range) => Dim;
}

/** The view's part of a call. */
export function viewed<N extends GraphNode, F>({ node, inputs, runner }: Call<N, F>): ViewedCall {
  return { node, inputs, label: () => runner.label(node), symbol: (name, range) => runner.symbol(name, range) };
}

/** A node as a rule sees it: the types of what goes in, and the contents of those that are known. */
export class NodeView {
  readonly opType: string;
  readonly #names: readonly string[];
  readonly #inputs: readonly (GraphValue | null)[];
  readonly #symbol: (what: string) => Dim;
  readonly #types: readonly (TensorType | null | undefined)[];

  constructor(call: ViewedCall) {
    this.opType = call.node.opType;
    this.#names = call.node.input;
    this.#inputs = call.inputs;
    let label: string | null = null;
    this.#symbol = (what) => {
      label ??= call.label();
      return call.symbol(`${label}.${what}`, { min: 0 });
    };
    const types = call.inputs.map((input, i) =>
      call.node.input[i] === '' ? undefined : (tensorOrNull(input)?.type ?? null),
    );
    while (types.length > 0 && types.at(-1) === undefined) types.pop();
    this.#types = types;
  }

  get count(): number {
    return this.#types.length;
  }

  has(i: number): boolean {
    return this.#types[i] !== undefined;
  }

  /** Whether input i is a tensor that the file stores. */
  isStored(i: number): boolean {
    return tensorOrNull(this.#inputs[i])?.storage.role === 'weight';
  }

  /** The type of input i. Throws `Unsupported` where it is not known, ModelError where the input is not given. */
  in(i: number): TensorType {
    const type = this.#types[i];
    if (type === undefined) throw this.error(`needs an input ${i + 1}, and has ${this.count}`);
    if (type === null) throw new Unsupported(`the shape of its input ${this.#names[i]} is not known`, i);
    return type;
  }

  opt(i: number): TensorType | null {
    return this.has(i) ? this.in(i) : null;
  }

  all(): TensorType[] {
    return this.#types.flatMap((type, i) => (type === undefined ? [] : [this.in(i)]));
  }

  /** Contents of input i, where they are known. */
  value(i: number): readonly Dim[] | undefined {
    const type = this.#types[i];
    return type && hasValue(type) ? type.value : undefined;
  }

  /** The same as plain numbers. */
  known(i: number): number[] | undefined {
    const value = this.value(i);
    return value?.every(isStatic) ? value.map((d) => toNumber(clamped(d), 'an input')) : undefined;
  }

  /** Contents of an input that the operator cannot be worked out without. */
  numbers(i: number, what: string): number[] {
    const known = this.known(i);
    if (known === undefined) throw new Unsupported(`its ${what} (${this.#names[i]}) is not known`, i);
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
function clamped(d: Dim): Dim {
  if (typeof d !== 'bigint') return d;
  return d > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
}
