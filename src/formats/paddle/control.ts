import { type Dim, isStatic, sub } from '../../dim/index.js';
import {
  branch,
  type Call,
  either,
  type Frame,
  type Graph,
  type GraphValue,
  inputAt,
  inputsFrom,
  insertItem,
  isSequence,
  itemAt,
  iterate,
  joinItems,
  type Rule,
  recordOutputs,
  type Sequence,
  scalarOf,
  sequenceIn,
  sequenceLength,
  sequenceOf,
  setItem,
  Unsupported,
  valueIn,
} from '../../graph/index.js';
import type { LayerNode } from '../layer-graph/layer.js';
import type { Attributes, PaddleBlock, PaddleNode, Program } from './program.js';

// Branches, loops and lists of tensors. Blocks of a ProgramDesc read and write the variables around them by their names;
// those of PIR are handed what they need, and change nothing around them but lists.

type PaddleCall = Call<LayerNode<Attributes>, null>;
type PaddleGraph = Graph<LayerNode<Attributes>, null>;
type PaddleFrame = Frame<null>;
type ControlRule = (call: PaddleCall, program: Program) => readonly GraphValue[];

/** The rule of an operator that runs blocks or handles lists of tensors; null for others. */
export function controlFor(
  { opType }: LayerNode<Attributes>,
  program: Program,
): Rule<LayerNode<Attributes>, null> | null {
  const rule = Object.hasOwn(RULES, opType) ? (RULES[opType] as ControlRule) : null;
  return rule === null ? null : (call) => rule(call, program);
}

function bodyOf({ node }: PaddleCall, program: Program, which = 0): PaddleBlock {
  const number = (node as PaddleNode).bodies?.[which];
  const body = number === undefined ? undefined : program.blocks[number];
  if (body === undefined) throw new Unsupported(`the program has no block ${number ?? ''} for it`);
  return body;
}

/** All names that a block writes to, and the blocks within it. */
function written(block: PaddleBlock, program: Program, seen = new Set<PaddleBlock>()): Set<string> {
  const names = new Set<string>();
  if (seen.has(block)) return names;
  seen.add(block);
  for (const node of block.nodes) {
    for (const name of node.output) names.add(name);
    if (node.opType === 'array_write_' && node.input[0] !== undefined) names.add(node.input[0]);
    for (const number of node.bodies ?? []) {
      const inner = program.blocks[number];
      if (inner !== undefined) for (const name of written(inner, program, seen)) names.add(name);
    }
  }
  return names;
}

/** Variables around a block that it changes. A list that nothing is in yet is an empty one. */
function changedBy(block: PaddleBlock, program: Program, frame: PaddleFrame): Map<string, GraphValue> {
  const changed = new Map<string, GraphValue>();
  const inputs = new Set(block.inputs);
  for (const name of written(block, program)) {
    const before = valueIn(frame, name) ?? (program.variables.get(name)?.list ? sequenceOf([]) : undefined);
    if (before !== undefined && !inputs.has(name)) changed.set(name, before);
  }
  return changed;
}

/** A block as a graph that is handed some of the variables around it, and gives them back. */
function graphOf(block: PaddleBlock, names: readonly string[], condition: readonly string[] = []): PaddleGraph {
  return {
    nodes: block.nodes,
    inputs: [...block.inputs, ...names],
    outputs: [...condition, ...block.outputs, ...names],
    info: null,
  };
}

/** Records what comes out under names that need not be those that the node states. */
function leave(call: PaddleCall, names: readonly string[], made: readonly GraphValue[]): GraphValue[] {
  return recordOutputs({ ...call, node: { ...call.node, output: names } }, made);
}

/** The condition is a variable that the body writes, or the first of what it gives. */
const repeat: ControlRule = (call, program) => {
  const { node, inputs, frame, runner } = call;
  const body = bodyOf(call, program);
  const isPir = (node as PaddleNode).reads === undefined;
  const condition = node.input[0] ?? '';
  const changed = changedBy(body, program, frame);
  changed.delete(isPir ? '' : condition);
  const handed = isPir ? inputsFrom(call, 1) : [];
  const graph = graphOf(body, [...changed.keys()], isPir ? [] : [condition]);
  const { states } = iterate({
    call,
    states: [...handed, ...changed.values()],
    limit: null,
    first: scalarOf(inputs[0]),
    run: (_, now) => {
      const [go, ...next] = runner.run(graph, now, frame);
      return { go: scalarOf(go), states: next, stacked: [] };
    },
  });
  const results = node.output.slice(0, handed.length);
  const made = leave(call, [...results, ...changed.keys()], states);
  for (const [i, name] of [...changed.keys()].entries()) frame.values.set(name, made[handed.length + i] as GraphValue);
  return isPir ? made.slice(0, handed.length) : [];
};

/** A block that runs or does not: what it writes is otherwise what it was before. */
const perhaps: ControlRule = (call, program) => {
  const { node, frame, runner } = call;
  const body = bodyOf(call, program);
  const changed = changedBy(body, program, frame);
  const writes = written(body, program);
  const names = [...new Set([...node.output.filter((name) => writes.has(name)), ...changed.keys()])];
  const graph: PaddleGraph = { nodes: body.nodes, inputs: [], outputs: names, info: null };
  let made: readonly GraphValue[] = [];
  const values = branch(call, conditionOf(call, program, node.input[0] ?? ''), (runs) => {
    if (runs) {
      made = runner.run(graph, [], frame);
      return [...made];
    }
    // A variable that was not there before is read only where the block has run.
    return names.map((name, i) => changed.get(name) ?? made[i] ?? runner.trace.opaque(name));
  });
  for (const [i, value] of leave(call, names, values).entries()) frame.values.set(names[i] as string, value);
  return [];
};

/** One of two blocks, each with results of its own. */
const oneOfTwo: ControlRule = (call, program) => {
  const { node, frame, runner } = call;
  const arms = [bodyOf(call, program, 0), bodyOf(call, program, 1)] as const;
  const changed = new Map(arms.flatMap((arm) => [...changedBy(arm, program, frame)]));
  const names = [...changed.keys()];
  const run = (first: boolean): GraphValue[] =>
    runner.run(graphOf(arms[first ? 0 : 1], names), [...changed.values()], frame);
  const made = leave(
    call,
    [...node.output, ...names],
    branch(call, conditionOf(call, program, node.input[0] ?? ''), run),
  );
  for (const [i, name] of names.entries()) frame.values.set(name, made[node.output.length + i] as GraphValue);
  return made.slice(0, node.output.length);
};

/** Of the results of two blocks the one whose block ran: the second where the mask is 1. */
const selected: ControlRule = (call, program) => {
  const { node, frame, runner } = call;
  const [no, yes] = ((node as PaddleNode).reads?.get('X') ?? node.input.slice(1)).map((name) => valueIn(frame, name));
  const taken = conditionOf(call, program, node.input[0] ?? '');
  if (no === undefined || yes === undefined) return [yes ?? no ?? runner.trace.opaque(null)];
  return [isStatic(taken) ? (Number(taken) === 0 ? no : yes) : either(yes, no, taken, runner.trace)];
};

/** Where a condition is computed from data, one symbol stands for it wherever it is used, also turned around. */
function conditionOf(call: PaddleCall, program: Program, name: string): Dim {
  const known = scalarOf(valueIn(call.frame, name) ?? null);
  if (known !== undefined) return known;
  let [root, turned] = [name, false];
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const maker = program.makers.get(root);
    if (maker === undefined || !HANDED_ON.has(maker.opType) || maker.input[0] === undefined) break;
    if (maker.opType === 'logical_not') turned = !turned;
    [root] = maker.input as [string];
  }
  // Values of PIR are numbers.
  const symbol = call.runner.symbol(`${/^-?\d+$/.test(root) ? `if_${root}` : root}.then`, { min: 0, max: 1 });
  return turned ? sub(1, symbol) : symbol;
}

const MAX_STEPS = 16;
const HANDED_ON: ReadonlySet<string> = new Set(['logical_not', 'cast', 'assign']);

/** A list with another item: in a place that it has, else after all. */
function withItem(call: PaddleCall, list: Sequence, item: GraphValue, at: Dim | undefined): Sequence {
  const isIn = at !== undefined && isStatic(at) && isStatic(list.length) && Number(at) < Number(list.length);
  return isIn ? setItem(call, list, item) : insertItem(call, list, item, 'last');
}

const joined: ControlRule = (call) => {
  const { attrs } = call.node;
  return joinItems(call, sequenceIn(call), attrs.number('axis'), attrs.flag('use_stack'));
};

const RULES: Readonly<Record<string, ControlRule>> = {
  while: repeat,
  if: oneOfTwo,
  conditional_block: perhaps,
  conditional_block_infer: perhaps,
  select_input: selected,
  write_to_array: (call) => {
    const { node, inputs, frame } = call;
    const before = valueIn(frame, node.output[0] ?? '');
    return [withItem(call, isSequence(before) ? before : sequenceOf([]), inputAt(call, 0), scalarOf(inputs[1]))];
  },
  read_from_array: (call) => itemAt(call, sequenceIn(call), scalarOf(call.inputs[1])),
  lod_array_length: (call) => sequenceLength(call, sequenceIn(call)),
  tensor_array_to_tensor: joined,
  create_array: () => [sequenceOf([])],
  // It is changed in place: who reads it by its old name finds it with the item.
  array_write_: (call) => {
    const { node, inputs, frame } = call;
    const list = withItem(call, sequenceIn(call), inputAt(call, 1), scalarOf(inputs[2]));
    frame.values.set(node.input[0] ?? '', list);
    return [list];
  },
  array_read: (call) => itemAt(call, sequenceIn(call), scalarOf(call.inputs[1])),
  array_length: (call) => sequenceLength(call, sequenceIn(call)),
  array_to_tensor: joined,
};
