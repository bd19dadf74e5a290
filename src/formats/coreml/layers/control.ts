import {
  branch,
  type GraphValue,
  iterate,
  type Rule,
  recordOutputs,
  scalarOf,
  Unsupported,
  valueIn,
} from '../../../graph/index.js';
import type { ProtoMessage } from '../../../wire/proto-message.js';
import { networkOf } from '../network.js';
import type { CoreNode, NetworkGraph, NetworkInfo } from '../node.js';

type CoreRule = Rule<CoreNode, NetworkInfo>;

/** The rule of a layer that runs networks of its own; these see, and change, the values of the one around them. */
export function control(opType: string): CoreRule | undefined {
  return Object.hasOwn(RULES, opType) ? RULES[opType] : undefined;
}

function body(network: ProtoMessage, inputs: readonly string[], outputs: readonly string[]): NetworkGraph {
  return networkOf(network, inputs, outputs);
}

const either: CoreRule = (call) => {
  const { node, runner, frame } = call;
  const names = node.output;
  const arms = [node.params.message(1), node.params.message(2)] as const;
  const run = (first: boolean): GraphValue[] => {
    const arm = arms[first ? 0 : 1];
    if (arm !== null) return runner.run(body(arm, [], names), [], frame);
    return names.map((name) => valueIn(frame, name) ?? runner.trace.opaque(name));
  };
  return recordOutputs(call, branch(call, call.inputs[0] ?? null, run));
};

const MAX_ROUNDS = 2 ** 31;

/** As often as is stated at most, and while the condition holds that a network of its own works out. */
const repeat: CoreRule = (call) => {
  const { node, runner, frame } = call;
  const { params } = node;
  const inner = params.message(4);
  if (inner === null) throw new Unsupported('it has no body');
  const names = node.output.filter((name) => valueIn(frame, name) !== undefined);
  const condition = params.message(3);
  const test = params.text(2);
  const holds = (states: readonly GraphValue[]): ReturnType<typeof scalarOf> => {
    if (condition === null) return 1;
    const [value] = runner.run(body(condition, names, [test]), states, frame);
    return scalarOf(value);
  };
  const states = names.map((name) => valueIn(frame, name) as GraphValue);
  const most = params.int(1) || (call.inputs[0] == null ? 0 : Number(scalarOf(call.inputs[0]) ?? 0));
  const made = iterate({
    call,
    states,
    limit: most > 0 && most < MAX_ROUNDS ? most : condition === null ? 'unknown' : null,
    first: holds(states),
    run: (_, now) => {
      const next = runner.run(body(inner, names, names), now, frame);
      return { go: holds(next), states: next, stacked: [] };
    },
  });
  const recorded = recordOutputs(call, made.states);
  return node.output.map((name) => recorded[names.indexOf(name)] ?? runner.trace.opaque(name));
};

const RULES: Readonly<Record<string, CoreRule>> = {
  branch: either,
  loop: repeat,
  loopBreak: () => [],
  loopContinue: () => [],
};
