import { isStatic } from '../../dim/index.js';
import {
  branch,
  branchAmong,
  type Call,
  type GraphValue,
  inputsFrom,
  recordOutputs,
  repeatWhile,
  scalarOf,
  Unsupported,
} from '../../graph/index.js';
import { LISTS } from './lists.js';
import type { TfGraph, TfInfo, TfNode } from './nodes.js';
import { tripsOf } from './trips.js';

type TfCall = Call<TfNode, TfInfo>;
/** The functions of a file by name. */
export type Functions = (name: string) => TfGraph | undefined;
type ControlRule = (call: TfCall, functions: Functions) => readonly GraphValue[];

/** The rule of an operator that runs functions, or handles lists of tensors; undefined for others. */
export function control(opType: string): ControlRule | undefined {
  return Object.hasOwn(RULES, opType) ? RULES[opType] : undefined;
}

function functionAt({ node }: TfCall, functions: Functions, attr: string): TfGraph {
  const name = node.attrs.get(attr)?.func?.name;
  const found = name === undefined ? undefined : functions(name);
  if (found === undefined) throw new Unsupported(`the file has no function ${name ?? attr}`);
  return found;
}

const either: ControlRule = (call, functions) => {
  const { arms } = call.node;
  if (arms !== null) {
    const run = (first: boolean): GraphValue[] => call.runner.run(first ? arms.on : arms.off, [], call.frame);
    return recordOutputs(call, branch(call, call.inputs[0] ?? null, run));
  }
  const both = [functionAt(call, functions, 'then_branch'), functionAt(call, functions, 'else_branch')] as const;
  const args = inputsFrom(call, 1);
  const run = (first: boolean): GraphValue[] => call.runner.run(both[first ? 0 : 1], args, call.frame);
  return recordOutputs(call, branch(call, call.inputs[0] ?? null, run));
};

/** One of several functions, by a number; if that is not known, each as often as its symbol says. */
const oneOf: ControlRule = (call, functions) => {
  const graphs = (call.node.attrs.get('branches')?.list?.func ?? []).map(({ name }) => functions(name));
  const run = (i: number): GraphValue[] => {
    const graph = graphs[i];
    if (graph === undefined) throw new Unsupported(`the file has no function for its branch ${i}`);
    return call.runner.run(graph, inputsFrom(call, 1), call.frame);
  };
  const last = graphs.length - 1;
  const at = scalarOf(call.inputs[0]);
  // A number that is not a branch is the last one.
  const known = at !== undefined && isStatic(at) ? Number(at) : null;
  if (known !== null || last <= 0)
    return recordOutputs(call, run(known !== null && known >= 0 && known < last ? known : Math.max(0, last)));
  return recordOutputs(call, branchAmong(call, graphs.length, run));
};

const repeat: ControlRule = (call, functions) => {
  const condition = call.node.loop?.condition ?? functionAt(call, functions, 'cond');
  const body = call.node.loop?.body ?? functionAt(call, functions, 'body');
  const states = inputsFrom(call, 0);
  const trips = tripsOf(call, condition, states, (now) => call.runner.run(body, now, call.frame));
  return repeatWhile(call, condition, body, states, trips);
};

const called =
  (attr: string): ControlRule =>
  (call, functions) => {
    const name = call.node.attrs.get(attr)?.func?.name ?? '';
    const graph = functionAt(call, functions, attr);
    return call.runner.call(name, graph, call.inputs, call.frame.base, call.node);
  };

/** A call of a function by its own name in the place of an operator's. */
export const calledByName: ControlRule = (call, functions) => {
  const graph = functions(call.node.opType) as TfGraph;
  return call.runner.call(call.node.opType, graph, call.inputs, call.frame.base, call.node);
};

const RULES: Readonly<Record<string, ControlRule>> = {
  ...LISTS,
  If: either,
  StatelessIf: either,
  _If: either,
  Case: oneOf,
  StatelessCase: oneOf,
  While: repeat,
  StatelessWhile: repeat,
  _While: repeat,
  PartitionedCall: called('f'),
  StatefulPartitionedCall: called('f'),
  RemoteCall: called('f'),
  TPUPartitionedCall: called('f'),
  // Effects on variables and files happen in training and setting up.
  NoOp: () => [],
  Assert: () => [],
  AssignVariableOp: () => [],
};
