import { type Dim, equal, exactdiv, isStatic, product } from '../../dim/index.js';
import { type Call, Unsupported } from '../../graph/index.js';
import type { Effect } from '../../ops/index.js';
import { type DType, numel } from '../../tensor/index.js';
import { NodeView, viewed } from '../node-view.js';
import { dtypeOf } from './dtype.js';
import type { IrGraph, IrNode } from './ir.js';

/** A layer as a rule sees it: its attributes, and the types of what goes in. */
export class Operator extends NodeView {
  readonly node: IrNode;
  /** Whether the file's own shapes hold: not where the caller has changed a size. */
  readonly #asStated: boolean;

  constructor(call: Call<IrNode, IrGraph>, asStated: boolean) {
    super(viewed(call));
    this.node = call.node;
    this.#asStated = asStated;
  }

  text(name: string, otherwise = ''): string {
    return this.node.layer.data[name] ?? otherwise;
  }

  int(name: string, otherwise = 0): number {
    const value = Number(this.node.layer.data[name] ?? Number.NaN);
    return Number.isFinite(value) ? Math.trunc(value) : otherwise;
  }

  float(name: string, otherwise = 0): number {
    const value = Number.parseFloat(this.node.layer.data[name] ?? '');
    return Number.isFinite(value) ? value : otherwise;
  }

  /** `true`, `True`, `1`. */
  flag(name: string, otherwise = false): boolean {
    const value = this.node.layer.data[name];
    return value === undefined ? otherwise : /^(true|1)$/i.test(value);
  }

  /** A list such as `1, 1`; null if it is left out. */
  ints(name: string): number[] | null {
    const value = this.node.layer.data[name];
    if (value === undefined) return null;
    const numbers = value.split(',').map((part) => Number(part.trim() === '' ? Number.NaN : part));
    return value.trim() === '' ? [] : numbers.some((n) => !Number.isFinite(n)) ? null : numbers;
  }

  /** The dtype that an attribute names. */
  dtype(name: string, otherwise: DType): DType {
    return dtypeOf(this.text(name)) ?? otherwise;
  }

  /** Extents that the file states of output i, −1 for those that are free; null if it states none that hold. */
  ports(i = 0): readonly number[] | null {
    return this.#asStated ? (this.node.layer.outputs[i]?.dims ?? null) : null;
  }

  /** The dtype that the file states of output i. */
  portType(i: number, otherwise: DType): DType {
    return this.node.layer.outputs[i]?.dtype ?? otherwise;
  }

  /**
   * The shape that the file states of output i, for what depends on constants that are not there. Extents that it leaves free
   * are those of the first input in their order, or what is left of its elements if there is one. Throws `Unsupported`.
   */
  stated(i = 0, keepsElements = false): Dim[] {
    const dims = this.ports(i);
    if (dims === null)
      throw new Unsupported('it depends on a constant that is in the .bin beside the .xml: put it there');
    const free = dims.filter((d) => d === -1).length;
    if (free === 0) return [...dims];
    const input = this.in(0).shape;
    const open = input.filter((d) => !isStatic(d));
    if (free === open.length) {
      let next = 0;
      const shape = dims.map((d) => (d === -1 ? (open[next++] as Dim) : d));
      if (!keepsElements || equal(numel(shape), numel(input))) return shape;
    }
    const rest =
      keepsElements && free === 1 ? exactdiv(numel(input), product(dims.filter((d) => d !== -1))) : undefined;
    if (rest !== undefined) return dims.map((d) => (d === -1 ? rest : d));
    throw new Unsupported('a free size of it depends on a constant that is in the .bin beside the .xml: put it there');
  }
}

/** One operator: what it does, and what its inputs are by its definition. */
export interface Entry {
  readonly run: (n: Operator) => Effect;
  readonly weights?: readonly number[];
  /** Inputs that steer it, and are not parameters although they may be floating point: ranges, thresholds. */
  readonly settings?: readonly number[];
  /** The result is the first input in another form: what it is used as, the input is. */
  readonly passes?: true;
}
export type Table = Readonly<Record<string, Entry>>;
