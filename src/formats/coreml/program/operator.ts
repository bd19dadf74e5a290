import type { Dim } from '../../../dim/index.js';
import { type Call, Unsupported } from '../../../graph/index.js';
import { type Effect, hasValue } from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { NodeView, viewed } from '../../node-view.js';
import type { MilInfo, MilNode } from './block.js';
import { isWhole, type Literal } from './types.js';

/** An operator of a program as a rule sees it: its arguments by their names. */
export class Operator extends NodeView {
  readonly node: MilNode;
  readonly #texts: (name: string) => readonly string[];
  readonly #asStated: boolean;

  constructor(call: Call<MilNode, MilInfo>, texts: (name: string) => readonly string[], asStated: boolean) {
    super(viewed(call));
    this.node = call.node;
    this.#texts = texts;
    this.#asStated = asStated;
  }

  #first(name: string): number | Literal | undefined {
    return this.node.args.get(name)?.[0];
  }

  given(name: string): boolean {
    return this.#first(name) !== undefined;
  }

  /** The type of an argument. Throws `Unsupported` if it is not known, ModelError where it is not given. */
  arg(name: string): TensorType {
    const type = this.optional(name);
    if (type === null) throw this.error(`needs ${name}`);
    return type;
  }

  optional(name: string): TensorType | null {
    const at = this.#first(name);
    if (at === undefined) return null;
    return this.#typeAt(at);
  }

  #typeAt(at: number | Literal): TensorType {
    if (typeof at === 'number') return this.in(at);
    if (at.type === null) throw new Unsupported('the type of what stands in it is not known');
    return { ...at.type, ...(at.numbers && { value: at.numbers }) };
  }

  /** The types of an argument that is a list. */
  list(name: string): TensorType[] {
    return (this.node.args.get(name) ?? []).map((at) => this.#typeAt(at));
  }

  /** Contents of an argument, if they are known. */
  contents(name: string): readonly Dim[] | undefined {
    const at = this.#first(name);
    if (at === undefined) return undefined;
    const type = this.#typeAt(at);
    return hasValue(type) ? type.value : undefined;
  }

  /** Contents as plain numbers. */
  ints(name: string): number[] | undefined {
    const value = this.contents(name);
    return value?.every((d) => typeof d === 'number') ? (value as number[]) : undefined;
  }

  int(name: string, otherwise: number): number {
    return this.ints(name)?.[0] ?? otherwise;
  }

  flag(name: string, otherwise = false): boolean {
    const value = this.ints(name)?.[0];
    return value === undefined ? otherwise : value !== 0;
  }

  text(name: string, otherwise = ''): string {
    const at = this.#first(name);
    if (at === undefined) return otherwise;
    const texts = typeof at === 'number' ? this.#texts(this.node.input[at] as string) : at.texts;
    return texts[0] ?? otherwise;
  }

  /** Output i as the file states it; only where the caller changed nothing, and where all of it is stated. */
  stated(i = 0): TensorType {
    const type = this.node.stated[i] ?? null;
    if (!this.#asStated || !isWhole(type)) throw new Unsupported('its shape depends on data');
    return type;
  }

  statedOrNull(i = 0): TensorType | null {
    const type = this.node.stated[i] ?? null;
    return this.#asStated && isWhole(type) ? type : null;
  }
}

export type Rule = (n: Operator) => Effect;
export type Table = Readonly<Record<string, Rule>>;
