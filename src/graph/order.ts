import { ModelError } from '../source/errors.js';
import type { GraphNode } from './node.js';

/**
 * Nodes so that each comes after those it reads from; as they stand where that is so already, which formats demand but not
 * every exporter keeps. Names that nothing defines are left to the reader. Throws ModelError `cycle`.
 */
export function inOrder<N extends GraphNode>(nodes: readonly N[], format: string): readonly N[] {
  const maker = new Map<string, number>();
  let ordered = true;
  // From the back: a name that is made further on has been seen when it is read.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { input, output } = nodes[i] as N;
    for (const name of output) if (name !== '' && !maker.has(name)) maker.set(name, i);
    for (const name of input) ordered &&= !maker.has(name);
  }
  if (ordered) return nodes;

  const waiting = nodes.map(
    (node) => new Set(node.input.map((name) => maker.get(name)).filter((m) => m !== undefined)),
  );
  const readers = new Map<number, number[]>();
  for (const [i, makers] of waiting.entries())
    for (const m of makers) {
      const list = readers.get(m);
      if (list === undefined) readers.set(m, [i]);
      else list.push(i);
    }
  const ready = waiting.flatMap((makers, i) => (makers.size === 0 ? [i] : []));
  const out: N[] = [];
  for (let at = 0; at < ready.length; at++) {
    const i = ready[at] as number;
    out.push(nodes[i] as N);
    for (const reader of readers.get(i) ?? []) {
      const makers = waiting[reader] as Set<number>;
      makers.delete(i);
      if (makers.size === 0) ready.push(reader);
    }
  }
  if (out.length === nodes.length) return out;
  const stuck = waiting.flatMap((makers, i) => (makers.size > 0 ? [nodes[i] as N] : []));
  const names = stuck.slice(0, 5).map((n) => n.name || n.opType);
  throw new ModelError(
    'cycle',
    `the graph feeds itself: ${names.join(', ')}${stuck.length > 5 ? ', …' : ''} wait for each other`,
    {
      format,
      at: { node: names[0] ?? '' },
      hint: 'the nodes of a graph must not form cycles; loops are operators with a body: export the model again',
    },
  );
}
