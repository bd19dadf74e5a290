import { layout as dagre, Graph } from '@dagrejs/dagre';
import type { GraphBox, GraphLayout } from './protocol.js';

/** Beyond this many boxes a layout with few crossings takes too long; layers in the order of the model do. */
const MOST_CAREFUL = 260;
const [GAP_X, GAP_Y] = [18, 30];

/** Layers of a graph from top to bottom. Edges go down: `nodes` are in the order in which they run. */
export function layout(nodes: readonly GraphBox[], edges: readonly (readonly [number, number])[]): GraphLayout {
  return nodes.length > MOST_CAREFUL ? quick(nodes, edges) : careful(nodes, edges);
}

function careful(nodes: readonly GraphBox[], edges: readonly (readonly [number, number])[]): GraphLayout {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: GAP_X, ranksep: 26, marginx: 8, marginy: 8 });
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

/** Each box one layer below the lowest of those that it takes from; within a layer near the middle of those. */
function quick(nodes: readonly GraphBox[], edges: readonly (readonly [number, number])[]): GraphLayout {
  const order = new Map(nodes.map(({ id }, i) => [id, i]));
  const into = nodes.map((): number[] => []);
  for (const [from, to] of edges) {
    const [a, b] = [order.get(from), order.get(to)];
    if (a !== undefined && b !== undefined && a < b) into[b]?.push(a);
  }
  const layer: number[] = [];
  const layers: number[][] = [];
  for (const [i, from] of into.entries()) {
    const own = from.reduce((most, j) => Math.max(most, (layer[j] ?? 0) + 1), 0);
    layer[i] = own;
    const row = layers[own];
    if (row === undefined) layers[own] = [i];
    else row.push(i);
  }
  const x = new Float64Array(nodes.length);
  const y = new Float64Array(nodes.length);
  let top = 8;
  let [left, right] = [0, 0];
  for (const row of layers) {
    const wish = new Map(
      row.map((i) => {
        const from = into[i] ?? [];
        return [i, from.reduce((sum, j) => sum + (x[j] ?? 0), 0) / Math.max(1, from.length)];
      }),
    );
    row.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || a - b);
    const width = row.reduce((sum, i) => sum + (nodes[i]?.width ?? 0) + GAP_X, -GAP_X);
    const middle = row.reduce((sum, i) => sum + (wish.get(i) ?? 0), 0) / row.length;
    let at = middle - width / 2;
    let high = 0;
    for (const i of row) {
      const box = nodes[i] as GraphBox;
      x[i] = at + box.width / 2;
      at += box.width + GAP_X;
      high = Math.max(high, box.height);
    }
    for (const i of row) y[i] = top + high / 2;
    top += high + GAP_Y;
    left = Math.min(left, middle - width / 2);
    right = Math.max(right, at - GAP_X);
  }
  const shift = 8 - left;
  const end = (i: number | undefined, side: 1 | -1): readonly [number, number] =>
    i === undefined ? [0, 0] : [(x[i] ?? 0) + shift, (y[i] ?? 0) + (side * (nodes[i]?.height ?? 0)) / 2];
  return {
    width: right - left + 16,
    height: top,
    boxes: nodes.map(({ id }, i) => ({ id, x: (x[i] ?? 0) + shift, y: y[i] ?? 0 })),
    edges: edges.map(([from, to]) => [end(order.get(from), 1), end(order.get(to), -1)]),
  };
}
