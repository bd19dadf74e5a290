import type { DType } from '../../tensor/index.js';
import type { LayerNode } from '../layer-graph/layer.js';

/** A value of an attribute. */
export type Plain = number | boolean | string | readonly Plain[] | null;

/** Attributes of an operator, and which of its inputs are which: by their names, or `#0`, `#1` where they have none. */
export class Attributes {
  readonly #values: ReadonlyMap<string, Plain>;
  readonly slots: ReadonlyMap<string, readonly number[]>;

  constructor(values: ReadonlyMap<string, Plain>, slots: ReadonlyMap<string, readonly number[]>) {
    this.#values = values;
    this.slots = slots;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  number(name: string, otherwise = 0): number {
    const value = this.#values.get(name);
    if (typeof value === 'boolean') return Number(value);
    if (typeof value === 'string' && value !== '' && Number.isFinite(Number(value))) return Number(value);
    return typeof value === 'number' ? value : otherwise;
  }

  numbers(name: string): number[] {
    const value = this.#values.get(name);
    if (typeof value === 'number') return [value];
    return Array.isArray(value) ? value.filter((v): v is number => typeof v === 'number') : [];
  }

  text(name: string, otherwise = ''): string {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : otherwise;
  }

  flag(name: string, otherwise = false): boolean {
    const value = this.#values.get(name);
    return typeof value === 'boolean' ? value : typeof value === 'number' ? value !== 0 : otherwise;
  }
}

export interface PaddleNode extends LayerNode<Attributes> {
  /** The blocks that it runs, by their numbers. */
  readonly bodies?: readonly number[];
  /** Variables that blocks of a ProgramDesc read, by the names of its inputs; some may not have been written yet. */
  readonly reads?: ReadonlyMap<string, readonly string[]>;
}

/** Operators that run in order, within the program or within one of its operators. */
export interface PaddleBlock {
  readonly nodes: readonly PaddleNode[];
  /** Its arguments and results; none if it reads and writes the variables around it by their names. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** A value of the program as it states it; −1 for an extent that is free. */
export interface Variable {
  /** Its name among operators. */
  readonly name: string;
  /** Its name for people: of a weight that of the parameter. */
  readonly label: string;
  readonly dtype: DType | null;
  readonly shape: readonly number[];
  /** Whether it is stored in the file of weights. */
  readonly stored: boolean;
  /** A list of tensors. */
  readonly list?: true;
}

/** A program, whichever file it came from. */
export interface Program {
  readonly nodes: readonly PaddleNode[];
  /** All blocks, by the numbers that `bodies` has. */
  readonly blocks: readonly PaddleBlock[];
  readonly variables: ReadonlyMap<string, Variable>;
  /** The operator that makes a value, if that is only one. */
  readonly makers: ReadonlyMap<string, PaddleNode>;
  readonly inputs: readonly { readonly value: string; readonly name: string }[];
  readonly outputs: readonly string[];
  readonly producer: string | null;
  /** The modules that an operator was called in, from the outermost; none if the file does not say. */
  scope(node: PaddleNode): readonly string[];
}

/** Inputs in the order in which operators take them; what is not here comes behind, as the file has it. */
const FIRST = [
  'Input',
  'X',
  'Q',
  'Ids',
  'Filter',
  'Y',
  'W',
  'K',
  'V',
  'Weight',
  'WeightList',
  'Scale',
  'Bias',
  'Mean',
  'Variance',
];
/** Outputs that are the result itself. */
const RESULTS = ['Out', 'Output', 'Y'];

/** Named values in their order, with the places that each name has. */
export function ordered(
  named: readonly (readonly [slot: string, values: readonly string[]])[],
  results = false,
): { readonly all: string[]; readonly slots: Map<string, readonly number[]> } {
  const order = results ? RESULTS : FIRST;
  const rank = (slot: string): number => (order.includes(slot) ? order.indexOf(slot) : order.length);
  const all: string[] = [];
  const slots = new Map<string, readonly number[]>();
  for (const [slot, values] of [...named].sort(([a], [b]) => rank(a) - rank(b))) {
    slots.set(
      slot,
      values.map((_, i) => all.length + i),
    );
    for (const value of values) all.push(value);
  }
  return { all, slots };
}

/** Operators by what they make; what several of them write to is none's. */
export function makersIn(blocks: readonly PaddleBlock[]): ReadonlyMap<string, PaddleNode> {
  const makers = new Map<string, PaddleNode>();
  const often = new Set<string>();
  for (const { nodes } of blocks)
    for (const node of nodes)
      for (const name of node.output) {
        if (makers.has(name)) often.add(name);
        makers.set(name, node);
      }
  for (const name of often) makers.delete(name);
  return makers;
}
