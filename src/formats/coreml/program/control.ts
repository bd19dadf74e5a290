import {
  branch,
  type Call,
  type GraphValue,
  type Rule,
  recordOutputs,
  repeatWhile,
  Unsupported,
} from '../../../graph/index.js';
import type { MilGraph, MilInfo, MilNode } from './block.js';
import { LISTS } from './lists.js';

type MilCall = Call<MilNode, MilInfo>;
type MilRule = Rule<MilNode, MilInfo>;

/** The rule of an operator that runs blocks; these see what is around them. */
export function control(opType: string): MilRule | undefined {
  return Object.hasOwn(RULES, opType) ? RULES[opType] : undefined;
}

function valuesOf({ node, inputs, runner }: MilCall, name: string): GraphValue[] {
  return (node.args.get(name) ?? []).map((at): GraphValue => {
    const value = typeof at === 'number' ? inputs[at] : undefined;
    return value ?? runner.trace.opaque(null);
  });
}

function blocksOf({ node }: MilCall): readonly [MilGraph, MilGraph] {
  const [first, second] = node.blocks;
  if (first === undefined || second === undefined) throw new Unsupported(`it has ${node.blocks.length} blocks`);
  return [first, second];
}

const RULES: Readonly<Record<string, MilRule>> = {
  ...LISTS,
  cond: (call) => {
    const [first, second] = blocksOf(call);
    const run = (taken: boolean): GraphValue[] => call.runner.run(taken ? first : second, [], call.frame);
    return recordOutputs(call, branch(call, valuesOf(call, 'pred')[0] ?? null, run));
  },
  while_loop: (call) => repeatWhile(call, ...blocksOf(call), valuesOf(call, 'loop_vars')),
};
