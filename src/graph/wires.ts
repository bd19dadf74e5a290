import type { GraphValue } from './values.js';

/** What names stand for: a Map, or the table of a format that has numbered the names. */
export interface Values {
  get(name: string): GraphValue | undefined;
  set(name: string, value: GraphValue): unknown;
  has(name: string): boolean;
}

/**
 * The names that nodes read and make as numbers, for a large graph that runs once, in its order: looking each name up takes
 * longer than running the node. Node i reads `reads[readsFrom[i]]` up to `reads[readsFrom[i + 1]]`; an input that is left
 * out is 0.
 */
export interface Wires {
  readonly reads: Int32Array;
  readonly readsFrom: Int32Array;
  readonly makes: Int32Array;
  readonly makesFrom: Int32Array;
  /** By number: the values of the frame in which the nodes run. */
  readonly values: (GraphValue | undefined)[];
  /** By number: 1 where the file states a type. */
  readonly stated: Uint8Array;
}
