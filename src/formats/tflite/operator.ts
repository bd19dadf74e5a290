import { type Dim, isStatic, toNumber } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import { type Effect, hasValue, shapeError, type Unary, unary } from '../../ops/index.js';
import type { ModelError } from '../../source/errors.js';
import type { DType, TensorType } from '../../tensor/index.js';
import type { TfliteNode, TfliteTensor } from './schema.js';

/** A node as a rule sees it: its options, and the types of what goes in. */
export class Operator {
  readonly node: TfliteNode;
  readonly #types: readonly (TensorType | null | undefined)[];
  readonly #stored: (i: number) => boolean;
  readonly #symbol: (what: string) => Dim;

  constructor(
    node: TfliteNode,
    types: readonly (TensorType | null | undefined)[],
    stored: (i: number) => boolean,
    symbol: (what: string) => Dim,
  ) {
    this.node = node;
    this.#types = types;
    this.#stored = stored;
    this.#symbol = symbol;
  }

  /** Whether input i is a tensor that the file stores. */
  isStored(i: number): boolean {
    return this.#stored(i);
  }

  get count(): number {
    return this.#types.length;
  }

  has(i: number): boolean {
    return this.#types[i] !== undefined;
  }

  /** The type of input i. Throws `Unsupported` where it is not known, ModelError where the input is not given. */
  in(i: number): TensorType {
    const type = this.#types[i];
    if (type === undefined) throw this.error(`needs an input ${i + 1}, and has ${this.count}`);
    if (type === null) throw new Unsupported(`the shape of its input ${this.node.input[i]} is not known`, i);
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
    if (!this.has(i)) return undefined;
    const type = this.in(i);
    return hasValue(type) ? type.value : undefined;
  }

  /** Contents of an input that the operator cannot be worked out without. */
  dims(i: number, what: string): readonly Dim[] {
    const value = this.value(i);
    if (value === undefined) throw new Unsupported(`its ${what} (${this.node.input[i]}) is not known`, i);
    return value;
  }

  numbers(i: number, what: string): number[] {
    return this.dims(i, what).map((d) => {
      if (!isStatic(d)) throw new Unsupported(`its ${what} (${this.node.input[i]}) is not known`, i);
      return toNumber(d, what);
    });
  }

  u8(field: number, otherwise = 0): number {
    return this.node.options?.u8(field, otherwise) ?? otherwise;
  }

  i32(field: number, otherwise = 0): number {
    return this.node.options?.i32(field, otherwise) ?? otherwise;
  }

  bool(field: number, otherwise = false): boolean {
    return this.node.options?.bool(field, otherwise) ?? otherwise;
  }

  /** A list of 64-bit numbers, as options of StableHLO have. */
  longs(field: number): number[] {
    return this.node.options?.longs(field) ?? [];
  }

  long(field: number, otherwise = 0): number {
    const value = this.node.options?.u64(field);
    return value === undefined || value === 0n ? otherwise : Number(value);
  }

  /** The operators of the graph that an option names. */
  body(field: number): string[] {
    return (this.node.graph.all[this.i32(field)]?.nodes ?? []).map(({ opType }) => opType);
  }

  ints(field: number): number[] {
    return this.node.options?.ints(field) ?? [];
  }

  /** What the file states of output i. */
  stated(i = 0): TfliteTensor | undefined {
    return this.node.graph.byName.get(this.node.output[i] ?? '');
  }

  /** The dtype that the file states of output i: integers that stand for real numbers keep theirs. */
  dtype(otherwise: DType, i = 0): DType {
    return this.stated(i)?.dtype ?? otherwise;
  }

  /** Output i as the file states it. Throws `Unsupported` where it does not. */
  out(i = 0): TensorType {
    const stated = this.stated(i);
    if (stated === undefined || stated.dtype === null) throw new Unsupported('what it makes is no tensor of numbers');
    return { dtype: stated.dtype, shape: stated.shape };
  }

  /** A new free number that the operator's result depends on. */
  fresh(what = 'dim'): Dim {
    return this.#symbol(what);
  }

  error(message: string, hint?: string): ModelError {
    return shapeError(`${this.node.opType}: ${message}`, hint);
  }
}

/** One operator: what it does, and which of its inputs are weights by its definition. */
export interface Entry {
  readonly run: (n: Operator) => Effect;
  readonly weights?: readonly number[];
  /** The result is the first input in another form: what it is used as, the input is. */
  readonly passes?: true;
}
export type Table = Readonly<Record<string, Entry>>;

/** Activations that are fused into an operator, by their numbers. */
const ACTIVATIONS: readonly (Unary | null)[] = [null, 'relu', 'hardtanh', 'relu6', 'tanh', 'sign'];

/** The effect with the work of the activation that is fused into it. */
export function activated(n: Operator, effect: Effect, field: number): Effect {
  const number = n.u8(field);
  const op = ACTIVATIONS[number];
  if (op === undefined) return { ...effect, gap: `its fused activation ${number} has no formula` };
  const [out] = effect.outputs;
  if (op === null || out === undefined) return effect;
  return { ...effect, work: [...effect.work, ...unary(op, out).work] };
}
