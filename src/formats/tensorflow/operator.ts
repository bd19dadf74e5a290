import type { Effect } from '../../ops/index.js';
import type { DType } from '../../tensor/index.js';
import { NodeView, type Viewed } from '../node-view.js';
import type { TfNode } from './nodes.js';
import type { AttrProto } from './schema.js';
import { dtypeOf } from './types.js';

/** A node as a rule sees it: its attributes, and the types of what goes in. */
export class Operator extends NodeView {
  readonly node: TfNode;

  constructor(viewed: Viewed<TfNode>) {
    super(viewed);
    this.node = viewed.node;
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

  /** A shape that an attribute states; null if it does not say it wholly. */
  shape(name: string): readonly number[] | null {
    const shape = this.#attr(name)?.shape;
    if (shape === undefined || shape.unknownRank) return null;
    const extents = shape.dim.map((d) => Number(d.size));
    return extents.every((d) => d >= 0) ? extents : null;
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
