import { layout as dagre, Graph } from '@dagrejs/dagre';
import type { GraphBox, GraphLayout } from './protocol.js';

/** Layers of a graph from top to bottom. Slow beyond some hundreds of boxes: the page shows one level of modules at a time. */
export function layout(nodes: readonly GraphBox[], edges: readonly (readonly [number, number])[]): GraphLayout {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 18, ranksep: 26, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of nodes) graph.setNode(String(id), { width, height });
  for (const [from, to] of edges) graph.setEdge(String(from), String(to));
  dagre(graph);
  const size = graph.graph() as { width?: number; height?: number };
  return {
    width: size.width ?? 0,
    height: size.height ?? 0,
    boxes: nodes.map(({ id }) => {
      const { x, y } = graph.node(String(id)) as { x: number; y: number };
      return { id, x, y };
    }),
    edges: edges.map(([from, to]) =>
      ((graph.edge(String(from), String(to)) as { points: { x: number; y: number }[] }).points ?? []).map(
        ({ x, y }) => [x, y] as const,
      ),
    ),
  };
}
