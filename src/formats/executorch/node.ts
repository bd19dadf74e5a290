import type { GraphNode } from '../../graph/index.js';
import type { PteDelegate, PteMethod } from './schema.js';

/** An instruction, or two stretches of them of which one runs. */
export interface PteNode extends GraphNode {
  /** Values that go in, by their numbers. */
  readonly args: readonly number[];
  /** Values that come out. */
  readonly outs: readonly number[];
  readonly kind: 'call' | 'delegate' | 'move' | 'branch' | 'loop' | 'jump';
  readonly arms: readonly [readonly PteNode[], readonly PteNode[]] | null;
  readonly loop?: PteLoop;
  /** The part that a backend has compiled, and all arguments of its call in their order. */
  readonly compiled?: { readonly delegate: PteDelegate; readonly all: readonly number[] };
}

/** Instructions that a jump back repeats. */
export interface PteLoop {
  /** Nodes that run before each round to see whether there is one; none if a round is run first and asked afterwards. */
  readonly check: readonly PteNode[];
  readonly body: readonly PteNode[];
  /** The value that says so, and whether it says that there is another round or that there is none. */
  readonly condition: number;
  readonly goesWhere: boolean;
}

/** The name of a value: its own where the file has one. */
export function nameOf(method: PteMethod, i: number): string {
  const value = method.values[i];
  return value?.kind === 'tensor' && value.name ? value.name : `value_${i}`;
}

/** A node of which nothing is known yet but its kind of instruction. */
export function base(opType: string): PteNode {
  return { name: '', opType, input: [], output: [], args: [], outs: [], kind: 'call', arms: null };
}
