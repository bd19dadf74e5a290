import { ModelError } from '../../source/errors.js';
import { type Made, madeBy, needed, nodeOf, type TfGraph, type TfInfo, type TfNode } from './nodes.js';
import { FORMAT } from './schema.js';

/**
 * Branches of TensorFlow 1, put together again: Switch sends a tensor to one of two sides, Merge takes what comes from the
 * side that ran. All Merge nodes of one condition become one node with two arms. Loops are put together before.
 */
export function withBranches(nodes: readonly TfNode[], info: TfInfo): readonly TfNode[] {
  const walk: Walk = { left: MAX_STEPS };
  let all = nodes;
  // The innermost first: what is around them has no other Merge in its sides afterwards.
  for (;;) {
    const next = innermost(all, info, walk);
    if (next === null) return all;
    all = next;
  }
}

/** Nodes looked at: each Merge looks at its sides up to the Switch nodes, once for each level that lies in them. */
const MAX_STEPS = 1 << 23;

interface Walk {
  left: number;
}

function step(walk: Walk, steps: number): void {
  walk.left -= steps;
  if (walk.left < 0)
    throw new ModelError('limit', 'the graph has conditions within conditions, or long branches, without end', {
      format: FORMAT,
      hint: 'Freeze the graph again, or export the model by tf.saved_model.save, whose branches are functions.',
    });
}

interface Side {
  readonly switches: ReadonlyMap<string, TfNode>;
  readonly side: 'on' | 'off' | null;
  readonly nested: boolean;
}

/** A Merge, its condition, and the tensor that comes from each side. */
interface Joined {
  readonly merge: TfNode;
  readonly on: Arm;
  readonly off: Arm;
}

interface Arm {
  readonly output: string;
  readonly switches: ReadonlyMap<string, TfNode>;
}

/** The nodes with one branch for each condition whose sides hold no other Merge; null if there is none. */
function innermost(all: readonly TfNode[], info: TfInfo, walk: Walk): readonly TfNode[] | null {
  step(walk, all.length);
  const made = madeBy(all);
  const byCondition = new Map<string, Joined[]>();
  for (const merge of all) {
    if (merge.opType !== 'Merge' && merge.opType !== 'RefMerge') continue;
    const [a, b] = merge.input;
    if (a === undefined || b === undefined) continue;
    const [first, second] = [sideOf(a, made, walk), sideOf(b, made, walk)];
    if (first.nested || second.nested) continue;
    const condition = [...first.switches.values(), ...second.switches.values()][0]?.input[1];
    if (condition === undefined) continue;
    const arms = [
      { output: a, switches: first.switches },
      { output: b, switches: second.switches },
    ] as const;
    const [on, off] = first.side === 'on' || second.side === 'off' ? arms : [arms[1], arms[0]];
    const together = byCondition.get(condition);
    if (together === undefined) byCondition.set(condition, [{ merge, on, off }]);
    else together.push({ merge, on, off });
  }
  if (byCondition.size === 0) return null;
  const gone = new Set([...byCondition.values()].flatMap((together) => together.map(({ merge }) => merge)));
  const branches = [...byCondition].map(([condition, together]) => branchOf(condition, together, made, info));
  return [...all.filter((node) => !gone.has(node)), ...branches];
}

/** The one node that all Merge nodes of a condition become. */
function branchOf(condition: string, together: readonly Joined[], made: Made, info: TfInfo): TfNode {
  const switchesOf = (side: 'on' | 'off'): Map<string, TfNode> =>
    new Map(together.flatMap((joined) => [...joined[side].switches]));
  const switches = { on: switchesOf('on'), off: switchesOf('off') };
  // Whatever else a side reads comes from around it.
  const data = [...new Set([...switches.on.values(), ...switches.off.values()].map((s) => s.input[0] ?? ''))];
  const graph = (side: 'on' | 'off'): TfGraph => {
    const outputs = together.map((joined) => joined[side].output);
    return {
      nodes: [...gates(switches[side]), ...needed(made, outputs, new Set(switches[side].keys()))],
      inputs: [],
      outputs,
      info,
    };
  };
  return {
    name: (together[0] as Joined).merge.name,
    opType: 'If',
    input: [condition, ...data],
    output: together.map(({ merge }) => merge.name),
    attrs: new Map(),
    loop: null,
    arms: { on: graph('on'), off: graph('off') },
  };
}

/** A Switch changes nothing in the tensor that it lets through. */
function gates(switches: ReadonlyMap<string, TfNode>): TfNode[] {
  return [...switches].map(([tensor, node]) => ({
    ...node,
    name: tensor,
    opType: 'Identity',
    input: [node.input[0] ?? ''],
    output: [tensor],
  }));
}

/** The Switch nodes that a tensor comes from, and on which side of them it is. */
function sideOf(tensor: string, { maker }: Made, walk: Walk): Side {
  const switches = new Map<string, TfNode>();
  const seen = new Set<string>();
  const waiting = [tensor];
  let nested = false;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const node = maker.get(name);
    if (node === undefined) continue;
    step(walk, 1 + node.input.length);
    if (node.opType === 'Switch' || node.opType === 'RefSwitch') switches.set(name, node);
    else if (node.opType === 'Merge' || node.opType === 'RefMerge') nested = true;
    else for (const input of node.input) waiting.push(input);
  }
  const [first] = switches.keys();
  const side = first === undefined ? null : nodeOf(first) === first ? 'off' : 'on';
  return { switches, side, nested };
}
