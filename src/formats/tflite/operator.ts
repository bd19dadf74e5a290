import { Unsupported } from '../../graph/errors.js';
import { type Effect, type Unary, unary } from '../../ops/index.js';
import type { DType, TensorType } from '../../tensor/index.js';
import { NodeView, type Viewed } from '../node-view.js';
import type { TfliteNode, TfliteTensor } from './schema.js';

/** A node as a rule sees it: its options, and the types of what goes in. */
export class Operator extends NodeView {
  readonly node: TfliteNode;

  constructor(viewed: Viewed<TfliteNode>) {
    super(viewed);
    this.node = viewed.node;
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

  /** Output i as the file states it. */
  stated(i = 0): TfliteTensor | undefined {
    return this.node.graph.byName.get(this.node.output[i] ?? '');
  }

  /** The dtype that the file states of output i: integers that stand for real numbers keep theirs. */
  dtype(otherwise: DType, i = 0): DType {
    return this.stated(i)?.dtype ?? otherwise;
  }

  /** Output i as the file states it. Throws `Unsupported` if it does not. */
  out(i = 0): TensorType {
    const stated = this.stated(i);
    if (stated === undefined || stated.dtype === null)
      throw new Unsupported('what it makes is not a tensor of numbers');
    return { dtype: stated.dtype, shape: stated.shape };
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

/** The effect with what the file states of its outputs' types: integers that stand for real numbers keep theirs. */
export function typed(n: Operator, effect: Effect): Effect {
  return { ...effect, outputs: effect.outputs.map((out, i) => ({ ...out, dtype: n.dtype(out.dtype, i) })) };
}

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
