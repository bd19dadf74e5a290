import { sum } from '../../dim/index.js';
import type { Note, OpEntry } from '../../ledger/index.js';
import { tally } from '../../ops/index.js';
import type { AttributeProto, GraphProto, NodeProto } from './schema.js';
import type { Wiring } from './wiring.js';

/**
 * Nodes of a graph that no output of it needs: runtimes drop them, and they are counted, since the file has them. The note
 * names them and says what the counts are without them.
 */
export function deadNotes(dead: readonly NodeProto[], entries: readonly OpEntry[]): Note[] {
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

/** Nodes but for constants that no output needs, in the order of the file. */
export function deadNodes(wiring: Wiring, outputs: readonly string[]): NodeProto[] {
  const { nodes, names, reads, readsFrom, makes, makesFrom } = wiring;
  for (const name of outputs) names.numbered(name);
  const needed = new Uint8Array(names.size);
  for (const name of outputs) needed[names.of(name)] = 1;
  const need = (name: string): void => {
    needed[names.of(name)] = 1;
  };
  const dead: NodeProto[] = [];
  // Each node stands behind those that it reads from.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as NodeProto;
    let live = false;
    for (let k = makesFrom[i] as number; k < (makesFrom[i + 1] as number); k++)
      live ||= needed[makes[k] as number] === 1;
    if (!live) {
      if (node.opType !== 'Constant') dead.push(node);
      continue;
    }
    for (let k = readsFrom[i] as number; k < (readsFrom[i + 1] as number); k++) needed[reads[k] as number] = 1;
    if (hasBody(node.attribute)) for (const body of bodiesOf(node)) needOfBody(body, need);
    needed[0] = 0; // an input that is left out is not a value
  }
  return dead.reverse();
}

/** The bodies of a node: what it runs, for branches and loops. */
export function bodiesOf({ attribute }: NodeProto): readonly GraphProto[] {
  if (!hasBody(attribute)) return NONE;
  return attribute.flatMap((a) => [...(a.g === undefined ? [] : [a.g]), ...(a.graphs ?? [])]);
}

function hasBody(attribute: readonly AttributeProto[]): boolean {
  for (let i = 0; i < attribute.length; i++) {
    const a = attribute[i] as AttributeProto;
    if (a.g !== undefined || a.graphs !== undefined) return true;
  }
  return false;
}
const NONE: readonly GraphProto[] = [];

/** Names that a body reads: those that it takes from around it among them. */
function needOfBody(body: GraphProto, need: (name: string) => void): void {
  for (const inner of body.node) {
    for (const name of inner.input) need(name);
    for (const deeper of bodiesOf(inner)) needOfBody(deeper, need);
  }
  for (const { name } of body.output) need(name);
}

/** Names that it makes, in its bodies too. */
function madeBy(node: NodeProto): string[] {
  return [...node.output.filter((o) => o !== ''), ...bodiesOf(node).flatMap((b) => b.node.flatMap(madeBy))];
}
