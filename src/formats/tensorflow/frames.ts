import { ModelError } from '../../source/errors.js';
import { madeBy, needed, type TfGraph, type TfInfo, type TfNode } from './nodes.js';
import { FORMAT } from './schema.js';

/**
 * Loops of TensorFlow 1, put together again. In the graph a loop is a circle: Enter → Merge → Switch → body →
 * NextIteration → Merge, with a LoopCond, and Exit nodes behind; the nodes between belong to the frame that their Enter names.
 * Each becomes one node with a condition and a body, as later versions write it. Throws ModelError `malformed`.
 */
export function withLoops(nodes: readonly TfNode[], info: TfInfo): readonly TfNode[] {
  if (!nodes.some((node) => node.opType === 'Enter' || node.opType === 'RefEnter')) return nodes;
  const byDepth = new Map<number, Frame[]>();
  for (const frame of framesOf(nodes)) {
    const list = byDepth.get(frame.depth);
    if (list === undefined) byDepth.set(frame.depth, [frame]);
    else list.push(frame);
  }
  const { maker } = madeBy(nodes);
  // The innermost first: what is around them reads what they give.
  const depths = [...byDepth].sort(([a], [b]) => b - a);
  return depths.reduce((all, [, frames]) => replaced(all, frames, maker, info), nodes);
}

interface Frame {
  readonly name: string;
  /** The one around it; null for a loop of the graph itself. */
  readonly around: Frame | null;
  readonly depth: number;
  readonly inside: Map<string, Frame>;
  readonly nodes: Set<string>;
}

const plain = (op: string): string => op.replace(/^Ref(?=(Enter|Exit|Merge|Switch|NextIteration)$)/, '');

/** Frames within each other. */
const MAX_DEPTH = 16;

/** The frames, each with its nodes, from the Enter nodes on. */
function framesOf(nodes: readonly TfNode[]): ReadonlySet<Frame> {
  const { maker } = madeBy(nodes);
  const readers = new Map<string, TfNode[]>();
  for (const node of nodes)
    for (const name of node.input) {
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [node]);
      else list.push(node);
    }
  const outermost = new Map<string, Frame>();
  const entered = (around: Frame | null, name: string): Frame => {
    const known = around?.inside ?? outermost;
    const frame = known.get(name) ?? {
      name,
      around,
      depth: depthOf(around) + 1,
      inside: new Map<string, Frame>(),
      nodes: new Set<string>(),
    };
    known.set(name, frame);
    return frame;
  };
  const frameOf = new Map<TfNode, Frame | null>();
  const waiting: { node: TfNode; within: Frame | null }[] = nodes
    .filter((node) => !node.input.some((name) => maker.has(name)))
    .map((node) => ({ node, within: null }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node } = next;
    const op = plain(node.opType);
    const within = op === 'Enter' ? entered(next.within, frameName(node)) : next.within;
    const known = frameOf.get(node);
    // A value from outside a frame is read in it too: the deepest counts.
    if (known !== undefined && depthOf(known) >= depthOf(within)) continue;
    if (depthOf(within) > MAX_DEPTH) throw wrong(`loops are nested more than ${MAX_DEPTH} deep`);
    frameOf.set(node, within);
    const passed = op === 'Exit' ? (within?.around ?? null) : within;
    for (const name of node.output)
      for (const reader of readers.get(name) ?? []) waiting.push({ node: reader, within: passed });
  }
  for (const [node, frame] of frameOf) frame?.nodes.add(node.name);
  return new Set([...frameOf.values()].filter((frame) => frame !== null));
}

const depthOf = (frame: Frame | null): number => frame?.depth ?? 0;

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

/** The first of some nodes that reads each value. */
function firstBy(nodes: readonly TfNode[]): ReadonlyMap<string, TfNode> {
  return new Map([...nodes].reverse().map((node) => [node.input[0] ?? '', node]));
}

/** The nodes with one for the loop of each frame in place of those of the frames, which are all as deep. */
function replaced(
  all: readonly TfNode[],
  frames: readonly Frame[],
  maker: ReadonlyMap<string, TfNode>,
  info: TfInfo,
): readonly TfNode[] {
  const frameOf = new Map<string, Frame>();
  for (const frame of frames) for (const name of frame.nodes) frameOf.set(name, frame);
  const own = new Map<Frame, TfNode[]>(frames.map((frame) => [frame, []]));
  const rest: TfNode[] = [];
  for (const node of all) {
    const frame = frameOf.get(node.name);
    (frame === undefined ? rest : (own.get(frame) as TfNode[])).push(node);
  }
  return [...rest, ...frames.map((frame) => loopOf(frame, own.get(frame) as TfNode[], maker, info))];
}

/** A variable of a loop: the nodes through which it comes in, goes round and leaves. */
interface Variable {
  readonly merge: TfNode;
  readonly enter: TfNode;
  readonly next: TfNode;
  readonly gate: TfNode | undefined;
  readonly exit: TfNode | undefined;
}

/** The two nodes that a variable's Merge chooses between: its first value, and that of the round before. */
function endsOf(merge: TfNode, maker: ReadonlyMap<string, TfNode>): Pick<Variable, 'enter' | 'next'> | null {
  const [enter, next] = ['Enter', 'NextIteration'].map((op) =>
    merge.input.map((name) => maker.get(name)).find((node) => plain(node?.opType ?? '') === op),
  );
  return enter === undefined || next === undefined ? null : { enter, next };
}

/** The loop that a frame is, of the nodes in it. */
function loopOf(frame: Frame, own: readonly TfNode[], maker: ReadonlyMap<string, TfNode>, info: TfInfo): TfNode {
  const of = (op: string): TfNode[] => own.filter((node) => plain(node.opType) === op);
  const [condition] = of('LoopCond');
  if (condition === undefined) throw wrong(`the loop ${frame.name} has no condition`);
  const enters = of('Enter');
  const exits = of('Exit');
  const merges = of('Merge').filter((m) =>
    m.input.some((name) => plain(maker.get(name)?.opType ?? '') === 'NextIteration'),
  );
  const switches = of('Switch').filter((s) => maker.get(s.input[1] ?? '') === condition);
  const gates = firstBy(switches);
  const leaving = firstBy(exits);
  const variables = merges.map((merge): Variable => {
    const ends = endsOf(merge, maker);
    if (ends === null) throw wrong(`the loop ${frame.name} has a variable that nothing enters`);
    const gate = gates.get(merge.name);
    return { merge, ...ends, gate, exit: gate === undefined ? undefined : leaving.get(gate.name) };
  });
  const fed = new Set(variables.map((v) => v.enter));
  const constants = enters.filter((enter) => !fed.has(enter));
  const shared = constants.map((enter) => enter.name);
  const made = madeBy(own);
  const graph = (inputs: readonly string[], outputs: readonly string[]): TfGraph => ({
    nodes: needed(made, outputs, new Set(inputs)),
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
  frame.around?.nodes.add(frame.name);
  return {
    name: frame.name,
    opType: 'While',
    input: [...variables.map((v) => v.enter), ...constants].map((enter) => enter.input[0] ?? ''),
    output: [...variables.map((v) => v.exit?.name ?? ''), ...shared.map(() => '')],
    attrs: new Map(),
    loop: { condition: graph([...merged, ...shared], [condition.input[0] ?? '']), body },
    arms: null,
  };
}
