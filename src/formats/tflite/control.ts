import {
  branch,
  branchAmong,
  type Call,
  type Graph,
  type GraphValue,
  inputsFrom,
  recordOutputs,
  repeatWhile,
  Unsupported,
} from '../../graph/index.js';
import { LISTS } from '../tensorflow/lists.js';
import { FLEX } from './flex.js';
import type { SubGraph, TfliteNode } from './schema.js';

type TfliteCall = Call<TfliteNode, SubGraph>;
type Graphs = readonly Graph<TfliteNode, SubGraph>[];
type ControlRule = (call: TfliteCall, graphs: Graphs) => readonly GraphValue[];

/** The rule of an operator that runs other subgraphs. */
export function control(opType: string): ControlRule | undefined {
  return Object.hasOwn(RULES, opType) ? RULES[opType] : undefined;
}

/** A subgraph that an option names by its number. */
function graphAt({ node }: TfliteCall, graphs: Graphs, field: number): Graph<TfliteNode, SubGraph> {
  const number = node.options?.i32(field) ?? 0;
  const found = graphs[number];
  if (found === undefined) throw new Unsupported(`the file has no subgraph ${number}`);
  return found;
}

const either: ControlRule = (call, graphs) => {
  const arms = [graphAt(call, graphs, 0), graphAt(call, graphs, 1)] as const;
  const args = inputsFrom(call, 1);
  const run = (first: boolean): GraphValue[] => call.runner.run(arms[first ? 0 : 1], args, call.frame);
  return recordOutputs(call, branch(call, call.inputs[0] ?? null, run));
};

const repeat: ControlRule = (call, graphs) =>
  repeatWhile(call, graphAt(call, graphs, 0), graphAt(call, graphs, 1), inputsFrom(call, 0));

const handle: ControlRule = (call) => [call.runner.trace.opaque(null, 'weight')];

const RULES: Readonly<Record<string, ControlRule>> = {
  // Converted loops over a free batch keep TensorFlow's lists of tensors.
  ...Object.fromEntries(Object.entries(LISTS).map(([name, rule]) => [`${FLEX}${name}`, rule])),
  IF: either,
  WHILE: repeat,
  CALL: (call, graphs) =>
    recordOutputs(call, call.runner.run(graphAt(call, graphs, 0), inputsFrom(call, 0), call.frame)),
  STABLEHLO_WHILE: repeat,
  STABLEHLO_CASE: (call, graphs) => {
    const arms = call.node.options?.ints(0) ?? [];
    const run = (i: number): GraphValue[] => {
      const graph = graphs[arms[i] ?? -1];
      if (graph === undefined) throw new Unsupported(`the file has no graph for its branch ${i}`);
      return call.runner.run(graph, inputsFrom(call, 1), call.frame);
    };
    return recordOutputs(call, branchAmong(call, arms.length, run));
  },
  // Handles of variables and tables; what they hold is read elsewhere.
  VAR_HANDLE: handle,
  FlexVarHandleOp: handle,
  HASHTABLE: (call) => [call.runner.trace.opaque(null, 'weight')],
  ASSIGN_VARIABLE: () => [],
  FlexAssignVariableOp: () => [],
  HASHTABLE_IMPORT: () => [],
  // It fills tables before the model runs for the first time.
  CALL_ONCE: () => [],
  STABLEHLO_COMPOSITE: (call, graphs) =>
    recordOutputs(call, call.runner.run(graphAt(call, graphs, 1), inputsFrom(call, 0), call.frame)),
};
