import type { Dim, Range } from '../dim/index.js';
import type { NoteCode, OpenCall, OpSource, Trace } from '../ledger/index.js';
import type { Effect } from '../ops/index.js';
import type { TensorType } from '../tensor/index.js';
import type { RunBudget } from './budget.js';
import type { GraphValue } from './values.js';
import type { Values } from './wires.js';

/** A node of a graph, as a format has it. */
export interface GraphNode {
  /** Its name in the file; empty where it has none. */
  readonly name: string;
  readonly opType: string;
  /** Names of the values that it reads; empty for an input that is left out. */
  readonly input: readonly string[];
  /** Names of the values that it makes; empty for one that nobody asks for. */
  readonly output: readonly string[];
}

/** How a node is spelled in its file, where its own name and type are all that there is to say. */
export function sourceOf(node: GraphNode): OpSource {
  return {
    type: node.opType,
    name: node.name === '' ? null : node.name,
    outputs: node.output,
    at: { node: node.name || node.opType },
  };
}

/** Nodes with the names that come in and go out: a whole model, a body, a function. */
export interface Graph<N extends GraphNode, F> {
  readonly nodes: readonly N[];
  readonly inputs: readonly string[];
  /** Names, or where they are not enough (lists, literals) what they stand for once all nodes have run. */
  readonly outputs: readonly string[] | ((frame: Frame<F>) => GraphValue[]);
  /** Sees nothing of what is around it: all that it reads is handed to it. */
  readonly isolated?: boolean;
  /** What the format knows of it: stored tensors, stated types, versions. */
  readonly info: F;
}

/** Names and what they stand for while a graph runs; a body also sees those of the graph around it. */
export interface Frame<F> {
  readonly values: Values;
  readonly parent: Frame<F> | null;
  readonly info: F;
  /** The module call that operators are recorded in, and below it. */
  readonly base: OpenCall;
}

/** What a name stands for here or in a graph around; undefined where nothing has been written to it yet. */
export function valueIn<F>(frame: Frame<F>, name: string): GraphValue | undefined {
  for (let f: Frame<F> | null = frame; f !== null; f = f.parent) {
    const value = f.values.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** A node about to run. Inputs are null where they are left out. */
export interface Call<N extends GraphNode, F> {
  readonly node: N;
  readonly inputs: readonly (GraphValue | null)[];
  readonly frame: Frame<F>;
  readonly runner: Interpreter<N, F>;
  readonly source: OpSource;
}

/**
 * What an operator does. An effect on tensors is recorded by the runner; a rule that runs bodies, or handles what is not a
 * tensor, records by itself and gives its outputs in the node's order. Throws `Unsupported` where it cannot be worked out.
 */
export type Rule<N extends GraphNode, F> = (call: Call<N, F>) => Effect | readonly GraphValue[];

/** What rules may ask of the runner. */
export interface Interpreter<N extends GraphNode, F> {
  readonly trace: Trace;
  /** What bodies, loops and lists may still take. */
  readonly budget: RunBudget;
  /** Runs a graph with `args` for its inputs; it sees the names of `around`, a function those of nothing. */
  run(graph: Graph<N, F>, args: readonly (GraphValue | null)[], around: Frame<F>): GraphValue[];
  /** Runs a function of the file, as if its nodes stood in place of the call. Throws ModelError for one that calls itself. */
  call(key: string, graph: Graph<N, F>, args: readonly (GraphValue | null)[], base: OpenCall, at: N): GraphValue[];
  /** Whether what runs now is not recorded. */
  readonly isDry: boolean;
  /** Runs without recording, to see what comes out. */
  dryRun<T>(run: () => T): T;
  /** Where the record stands; what it gives takes everything back that was recorded since. */
  checkpoint(): () => void;
  /** A name that no other node of the file goes by: for symbols, each of which must be one number. */
  label(node: N): string;
  /** A free number, or what the caller binds it to. */
  symbol(name: string, range: Range): Dim;
  /** The type that the file states of a value, with what the caller binds; null where it states none. */
  stated(name: string, frame: Frame<F>): TensorType | null;
  note(code: NoteCode, message: string, node: string): void;
  /** Which of two arms is read where their results cannot be one value: see `Choices`. */
  choose(label: string, first: boolean): boolean;
}

/** Where nodes are recorded: goes to the module call that a node belongs to. */
export interface Places<N> {
  at(node: N, base: OpenCall): void;
  /** How many calls there are; `rewind` forgets those made since. */
  size(): number;
  rewind(size: number): void;
}
