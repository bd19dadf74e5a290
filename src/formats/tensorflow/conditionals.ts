import { needed, nodeOf, type TfGraph, type TfInfo, type TfNode } from './nodes.js';

/**
 * Branches of TensorFlow 1, put together again: Switch sends a tensor to one of two sides, Merge takes what comes from the
 * side that ran. All Merge nodes of one condition become one node with two arms. Loops are put together before.
 */
export function withBranches(nodes: readonly TfNode[], info: TfInfo): readonly TfNode[] {
  let all = nodes;
  // The innermost first: its own sides hold no other Merge.
  for (let round = 0; round < nodes.length; round++) {
    const next = one(all, info);
    if (next === null) return all;
    all = next;
  }
  return all;
}

interface Side {
  readonly switches: ReadonlyMap<string, TfNode>;
  readonly side: 'on' | 'off' | null;
  readonly nested: boolean;
}

function one(all: readonly TfNode[], info: TfInfo): readonly TfNode[] | null {
  const maker = new Map<string, TfNode>();
  for (const node of all) for (const name of node.output) maker.set(name, node);
  const found: { merge: TfNode; condition: string; on: string; off: string }[] = [];
  for (const merge of all) {
    if (merge.opType !== 'Merge' && merge.opType !== 'RefMerge') continue;
    const [a, b] = merge.input;
    if (a === undefined || b === undefined) continue;
    const [first, second] = [sideOf(a, maker), sideOf(b, maker)];
    if (first.nested || second.nested) continue;
    const condition = [...first.switches.values(), ...second.switches.values()][0]?.input[1];
    if (condition === undefined) continue;
    const swapped = first.side === 'on' || second.side === 'off';
    found.push({ merge, condition, on: swapped ? a : b, off: swapped ? b : a });
  }
  const [lead] = found;
  if (lead === undefined) return null;
  const together = found.filter((f) => f.condition === lead.condition);
  const arm = (side: 'on' | 'off'): { outputs: string[]; switches: Map<string, TfNode> } => {
    const outputs = together.map((f) => f[side]);
    const switches = new Map<string, TfNode>();
    for (const name of outputs) for (const [tensor, node] of sideOf(name, maker).switches) switches.set(tensor, node);
    return { outputs, switches };
  };
  const arms = { on: arm('on'), off: arm('off') };
  // Whatever else a side reads comes from around it.
  const data = [...new Set([...arms.on.switches.values(), ...arms.off.switches.values()].map((s) => s.input[0] ?? ''))];
  const graph = ({ outputs, switches }: ReturnType<typeof arm>): TfGraph => ({
    nodes: [...gates(switches), ...needed(all, outputs, new Set(switches.keys()))],
    inputs: [],
    outputs,
    info,
  });
  const names = together.map((f) => f.merge.name);
  const node: TfNode = {
    name: lead.merge.name,
    opType: 'If',
    input: [lead.condition, ...data],
    output: names,
    attrs: new Map(),
    loop: null,
    arms: { on: graph(arms.on), off: graph(arms.off) },
  };
  const gone = new Set(together.map((f) => f.merge));
  return [...all.filter((n) => !gone.has(n)), node];
}

/** What a Switch lets through is the tensor itself. */
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
function sideOf(tensor: string, maker: ReadonlyMap<string, TfNode>): Side {
  const switches = new Map<string, TfNode>();
  const seen = new Set<string>();
  const waiting = [tensor];
  let nested = false;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const node = maker.get(name);
    if (node === undefined) continue;
    if (node.opType === 'Switch' || node.opType === 'RefSwitch') switches.set(name, node);
    else if (node.opType === 'Merge' || node.opType === 'RefMerge') nested = true;
    else waiting.push(...node.input);
  }
  const [first] = switches.keys();
  const side = first === undefined ? null : nodeOf(first) === first ? 'off' : 'on';
  return { switches, side, nested };
}
