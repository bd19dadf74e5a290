import { type Dim, isStatic, toNumber } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import { type Effect, hasValue, shapeError } from '../../ops/index.js';
import type { ModelError } from '../../source/errors.js';
import type { DType, TensorType } from '../../tensor/index.js';
import type { TfNode } from './nodes.js';
import type { AttrProto } from './schema.js';
import { dtypeOf } from './types.js';

/** A node as a rule sees it: its attributes, and the types of what goes in. */
export class Operator {
  readonly node: TfNode;
  readonly #types: readonly (TensorType | null)[];
  readonly #symbol: (what: string) => Dim;

  constructor(node: TfNode, types: readonly (TensorType | null)[], symbol: (what: string) => Dim) {
    this.node = node;
    this.#types = types;
    this.#symbol = symbol;
  }

  get count(): number {
    return this.#types.length;
  }

  has(i: number): boolean {
    return i < this.#types.length;
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

  all(from = 0, to = this.count): TensorType[] {
    return Array.from({ length: Math.max(0, to - from) }, (_, i) => this.in(from + i));
  }

  /** Contents of input i, where they are known. */
  value(i: number): readonly Dim[] | undefined {
    const type = this.#types[i];
    return type === null || type === undefined || !hasValue(type) ? undefined : type.value;
  }

  /** Contents of an input that the operator cannot be worked out without. */
  dims(i: number, what: string): readonly Dim[] {
    const value = this.value(i);
    if (value === undefined) throw new Unsupported(`its ${what} (${this.node.input[i] ?? ''}) is not known`, i);
    return value;
  }

  numbers(i: number, what: string): number[] {
    return this.dims(i, what).map((d) => {
      if (!isStatic(d)) throw new Unsupported(`its ${what} (${this.node.input[i] ?? ''}) is not known`, i);
      return toNumber(d, what);
    });
  }

  #attr(name: string): AttrProto | undefined {
    return this.node.attrs.get(name);
  }

  int(name: string, otherwise = 0): number {
    const value = this.#attr(name)?.i;
    return value === undefined ? otherwise : Number(value);
  }

  flag(name: string, otherwise = false): boolean {
    return this.#attr(name)?.b ?? otherwise;
  }

  text(name: string, otherwise = ''): string {
    const value = this.#attr(name)?.s;
    return typeof value === 'string' ? value : otherwise;
  }

  texts(name: string): readonly string[] {
    return (this.#attr(name)?.list?.s ?? []).filter((s): s is string => typeof s === 'string');
  }

  ints(name: string): readonly number[] {
    return (this.#attr(name)?.list?.i ?? []).map(Number);
  }

  floats(name: string): readonly number[] {
    return this.#attr(name)?.list?.f ?? [];
  }

  /** A type that an attribute names. */
  dtype(name: string, otherwise: DType): DType {
    const number = this.#attr(name)?.type;
    return number === undefined ? otherwise : (dtypeOf(number) ?? otherwise);
  }

  /** A shape that an attribute states; null where it does not say it wholly. */
  shape(name: string): readonly number[] | null {
    const shape = this.#attr(name)?.shape;
    if (shape === undefined || shape.unknownRank) return null;
    const extents = shape.dim.map((d) => Number(d.size));
    return extents.every((d) => d >= 0) ? extents : null;
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
  /** Inputs that training does not learn. */
  readonly buffers?: readonly number[];
  /** The result is the first input in another form: what it is used as, the input is. */
  readonly passes?: true;
}
export type Table = Readonly<Record<string, Entry>>;
