import { sum } from '../../dim/index.js';
import type { Note, OpEntry } from '../../ledger/index.js';
import { tally } from '../../ops/index.js';
import type { GraphProto, NodeProto } from './schema.js';

/**
 * Nodes of a graph that no output of it needs: runtimes drop them, and they are counted, since the file has them. The note
 * names them and says what the counts are without them.
 */
export function deadNotes(
  nodes: readonly NodeProto[],
  outputs: readonly string[],
  entries: readonly OpEntry[],
): Note[] {
  const dead = deadNodes(nodes, outputs).filter((node) => node.opType !== 'Constant');
  if (dead.length === 0) return [];
  const names = new Set(dead.flatMap(madeBy));
  const isDead = (entry: OpEntry): boolean => entry.outputs.some((o) => o.name !== null && names.has(o.name));
  const total = (among: readonly OpEntry[], count: 'macs' | 'flops'): string =>
    String(sum(among.map((e) => (e.result.kind === 'known' ? tally(e.result.work)[count] : 0))));
  const live = entries.filter((e) => !isDead(e));
  const shown = dead.slice(0, 3).map((n) => n.name || n.output.find((o) => o !== '') || n.opType);
  const listed = `${shown.join(', ')}${dead.length > 3 ? ', …' : ''}`;
  return [
    {
      code: 'dead-nodes',
      message: `nobody reads what ${dead.length} operator${dead.length === 1 ? ' makes' : 's make'} (${listed}): runtimes drop ${dead.length === 1 ? 'it' : 'them'}; without ${dead.length === 1 ? 'it' : 'them'} MACs are ${total(live, 'macs')} and FLOPs ${total(live, 'flops')}`,
    },
  ];
}

/** In the order of the file. */
function deadNodes(nodes: readonly NodeProto[], outputs: readonly string[]): NodeProto[] {
  const needed = new Set(outputs);
  const dead: NodeProto[] = [];
  // Each node stands behind those that it reads from.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as NodeProto;
    if (node.output.some((name) => needed.has(name))) need(node, needed);
    else dead.push(node);
  }
  return dead.reverse();
}

function bodiesOf(node: NodeProto): readonly GraphProto[] {
  if (!node.attribute.some((a) => a.g !== undefined || a.graphs !== undefined)) return [];
  return node.attribute.flatMap((a) => [...(a.g === undefined ? [] : [a.g]), ...(a.graphs ?? [])]);
}

/** Names that a node reads, those that its bodies take from around them included. */
function need(node: NodeProto, needed: Set<string>): void {
  for (const name of node.input) needed.add(name);
  for (const body of bodiesOf(node)) {
    for (const inner of body.node) need(inner, needed);
    for (const { name } of body.output) needed.add(name);
  }
}

/** Names that it makes, in its bodies too. */
function madeBy(node: NodeProto): string[] {
  return [...node.output.filter((o) => o !== ''), ...bodiesOf(node).flatMap((b) => b.node.flatMap(madeBy))];
}
