import { ModelError } from '../../source/errors.js';
import { needed, type TfGraph, type TfInfo, type TfNode } from './nodes.js';
import { FORMAT } from './schema.js';

/**
 * Loops of TensorFlow 1, put together again. In the graph a loop is a circle: Enter → Merge → Switch → body →
 * NextIteration → Merge, with a LoopCond, and Exit nodes behind; the nodes between belong to the frame that their Enter names.
 * Each becomes one node with a condition and a body, as later versions write it. Throws ModelError `malformed`.
 */
export function withLoops(nodes: readonly TfNode[], info: TfInfo): readonly TfNode[] {
  if (!nodes.some((node) => node.opType === 'Enter' || node.opType === 'RefEnter')) return nodes;
  const frames = framesOf(nodes);
  const byDepth = [...frames.values()].sort((a, b) => b.depth - a.depth);
  let all: readonly TfNode[] = nodes;
  for (const frame of byDepth) all = replaced(all, frame, info);
  return all;
}

interface Frame {
  readonly name: string;
  readonly depth: number;
  readonly nodes: Set<string>;
}

const plain = (op: string): string => op.replace(/^Ref(?=(Enter|Exit|Merge|Switch|NextIteration)$)/, '');

/** Frames within each other. */
const MAX_DEPTH = 16;

/** Which frame each node belongs to, from the Enter nodes on. */
function framesOf(nodes: readonly TfNode[]): Map<string, Frame> {
  const maker = new Map<string, TfNode>();
  const readers = new Map<string, TfNode[]>();
  for (const node of nodes) for (const name of node.output) maker.set(name, node);
  for (const node of nodes)
    for (const name of node.input) {
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [node]);
      else list.push(node);
    }
  const frames = new Map<string, Frame>();
  const path = new Map<TfNode, readonly string[]>();
  const waiting: { node: TfNode; within: readonly string[] }[] = nodes
    .filter((node) => !node.input.some((name) => maker.has(name)))
    .map((node) => ({ node, within: [] }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node } = next;
    let { within } = next;
    const op = plain(node.opType);
    if (op === 'Enter') within = [...within, frameName(node)];
    const known = path.get(node);
    // What comes from outside a frame is read in it too: the deepest counts.
    if (known !== undefined && known.length >= within.length) continue;
    if (within.length > MAX_DEPTH) throw wrong(`loops are nested more than ${MAX_DEPTH} deep`);
    path.set(node, within);
    const passed = op === 'Exit' ? within.slice(0, -1) : within;
    for (const name of node.output)
      for (const reader of readers.get(name) ?? []) waiting.push({ node: reader, within: passed });
  }
  for (const [node, within] of path) {
    const name = within.at(-1);
    if (name === undefined) continue;
    const key = within.join('\u0000');
    let frame = frames.get(key);
    if (frame === undefined) {
      frame = { name, depth: within.length, nodes: new Set() };
      frames.set(key, frame);
    }
    frame.nodes.add(node.name);
  }
  return frames;
}

function frameName(node: TfNode): string {
  const name = node.attrs.get('frame_name')?.s;
  return typeof name === 'string' ? name : node.name;
}

function wrong(message: string): ModelError {
  return new ModelError('malformed', message, {
    format: FORMAT,
    hint: 'The graph is damaged, or was cut out of another one: freeze it again.',
  });
}

/** The nodes with one for the loop of a frame in place of those of the frame. */
function replaced(all: readonly TfNode[], frame: Frame, info: TfInfo): readonly TfNode[] {
  const own = all.filter((node) => frame.nodes.has(node.name));
  const of = (op: string): TfNode[] => own.filter((node) => plain(node.opType) === op);
  const maker = new Map<string, TfNode>();
  for (const node of all) for (const name of node.output) maker.set(name, node);
  const [condition] = of('LoopCond');
  if (condition === undefined) throw wrong(`the loop ${frame.name} has no condition`);
  const enters = of('Enter');
  const exits = of('Exit');
  const merges = of('Merge').filter((m) =>
    m.input.some((name) => plain(maker.get(name)?.opType ?? '') === 'NextIteration'),
  );
  const switches = of('Switch').filter((s) => maker.get(s.input[1] ?? '') === condition);
  const variables = merges.map((merge) => {
    const [enter, next] = ['Enter', 'NextIteration'].map((op) =>
      merge.input.map((name) => maker.get(name)).find((node) => plain(node?.opType ?? '') === op),
    );
    if (enter === undefined || next === undefined)
      throw wrong(`the loop ${frame.name} has a variable that nothing enters`);
    const gate = switches.find((s) => s.input[0] === merge.name);
    const exit = gate === undefined ? undefined : exits.find((e) => e.input[0] === gate.name);
    return { merge, enter, next, gate, exit };
  });
  const fed = new Set(variables.map((v) => v.enter));
  const constants = enters.filter((enter) => !fed.has(enter));
  const shared = constants.map((enter) => enter.name);
  const graph = (inputs: readonly string[], outputs: readonly string[]): TfGraph => ({
    nodes: needed(own, outputs, new Set(inputs)),
    inputs,
    outputs,
    isolated: true,
    info,
  });
  const merged = variables.map((v) => v.merge.name);
  // In the body a variable is what its gate lets through, or what the Merge gives.
  const through = variables.map((v) => (v.gate === undefined ? v.merge.name : `${v.gate.name}:1`));
  const next = variables.map((v) => v.next.input[0] ?? '');
  const body = graph([...through, ...shared], [...next, ...shared]);
  const loop: TfNode = {
    name: frame.name,
    opType: 'While',
    input: [...variables.map((v) => v.enter), ...constants].map((enter) => enter.input[0] ?? ''),
    output: [...variables.map((v) => v.exit?.name ?? ''), ...shared.map(() => '')],
    attrs: new Map(),
    loop: { condition: graph([...merged, ...shared], [condition.input[0] ?? '']), body },
    arms: null,
  };
  return [...all.filter((node) => !frame.nodes.has(node.name)), loop];
}
