import type { GraphValue, Values } from '../../graph/index.js';
import type { NodeProto } from './schema.js';

/**
 * Names of values as numbers from 1, the same for the same name wherever it stands; the empty name is 0. Facts about every name
 * of a large graph are kept in arrays by number: a map of names takes twenty times as long.
 */
export class NameNumbers {
  readonly #numbers = new Map<string, number>([['', 0]]);

  /** The number of a name, a new one for a name that has none yet. */
  numbered(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(name, number);
    }
    return number;
  }

  /** The number of a name; 0 for one that no node has. */
  of(name: string): number {
    return this.#numbers.get(name) ?? 0;
  }

  /** One more than the largest number. */
  get size(): number {
    return this.#numbers.size;
  }
}

/** The values of names, by their numbers. */
export class NamedValues implements Values {
  readonly all: (GraphValue | undefined)[];
  readonly #names: NameNumbers;

  constructor(names: NameNumbers) {
    this.#names = names;
    this.all = new Array<GraphValue | undefined>(names.size);
  }

  get(name: string): GraphValue | undefined {
    return this.all[this.#names.of(name)];
  }

  set(name: string, value: GraphValue): void {
    this.all[this.#names.numbered(name)] = value;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }
}

/** Which values nodes read and make, by number: those of node i are `reads[readsFrom[i]]` up to `reads[readsFrom[i + 1]]`. */
export interface Wiring {
  readonly nodes: readonly NodeProto[];
  readonly names: NameNumbers;
  readonly reads: Int32Array;
  readonly readsFrom: Int32Array;
  readonly makes: Int32Array;
  readonly makesFrom: Int32Array;
}

export function wiringOf(nodes: readonly NodeProto[], names: NameNumbers = new NameNumbers()): Wiring {
  const readsFrom = new Int32Array(nodes.length + 1);
  const makesFrom = new Int32Array(nodes.length + 1);
  for (let i = 0; i < nodes.length; i++) {
    const { input, output } = nodes[i] as NodeProto;
    readsFrom[i + 1] = (readsFrom[i] as number) + input.length;
    makesFrom[i + 1] = (makesFrom[i] as number) + output.length;
  }
  const reads = new Int32Array(readsFrom[nodes.length] as number);
  const makes = new Int32Array(makesFrom[nodes.length] as number);
  // Most nodes read what the node before has made: that name need not be looked up.
  let last = '';
  let lastNumber = 0;
  for (let i = 0; i < nodes.length; i++) {
    const { input, output } = nodes[i] as NodeProto;
    for (let k = 0; k < input.length; k++) {
      const name = input[k] as string;
      reads[(readsFrom[i] as number) + k] = name === last ? lastNumber : names.numbered(name);
    }
    for (let k = 0; k < output.length; k++) {
      last = output[k] as string;
      lastNumber = names.numbered(last);
      makes[(makesFrom[i] as number) + k] = lastNumber;
    }
  }
  return { nodes, names, reads, readsFrom, makes, makesFrom };
}

/** Whether each node stands behind those that it reads from, as the format demands and most files keep. */
export function isOrdered({ nodes, names, reads, readsFrom, makes, makesFrom }: Wiring): boolean {
  // From the back: a name that is made further on has been seen when it is read.
  const made = new Uint8Array(names.size);
  for (let i = nodes.length - 1; i >= 0; i--) {
    for (let k = makesFrom[i] as number; k < (makesFrom[i + 1] as number); k++) made[makes[k] as number] = 1;
    made[0] = 0;
    for (let k = readsFrom[i] as number; k < (readsFrom[i + 1] as number); k++)
      if (made[reads[k] as number] === 1) return false;
  }
  return true;
}
