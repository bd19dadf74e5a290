import { layout as dagre, Graph } from '@dagrejs/dagre';
import type { GraphBox, GraphLayout } from './protocol.js';

/** Beyond this many boxes a layout with few crossings takes too long; layers in the order of the model do. */
const MOST_CAREFUL = 260;
const [GAP_X, GAP_Y] = [18, 30];
const MARGIN = 8;

/** Layers of a graph from top to bottom. Edges go down: `nodes` are in the order in which they run. */
export function layout(nodes: readonly GraphBox[], edges: readonly (readonly [number, number])[]): GraphLayout {
  return nodes.length > MOST_CAREFUL ? quick(nodes, edges) : careful(nodes, edges);
}

function careful(nodes: readonly GraphBox[], edges: readonly (readonly [number, number])[]): GraphLayout {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: GAP_X, ranksep: 26, marginx: MARGIN, marginy: MARGIN });
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
  const sources = nodes.map((): number[] => []);
  for (const [from, to] of edges) {
    const [a, b] = [order.get(from), order.get(to)];
    if (a !== undefined && b !== undefined && a < b) sources[b]?.push(a);
  }
  const { x, y, left, right, bottom } = placed(nodes, sources, layersOf(sources));
  const shift = MARGIN - left;
  const end = (i: number | undefined, side: 1 | -1): readonly [number, number] =>
    i === undefined ? [0, 0] : [(x[i] ?? 0) + shift, (y[i] ?? 0) + (side * (nodes[i]?.height ?? 0)) / 2];
  return {
    width: right - left + 2 * MARGIN,
    height: bottom,
    boxes: nodes.map(({ id }, i) => ({ id, x: (x[i] ?? 0) + shift, y: y[i] ?? 0 })),
    edges: edges.map(([from, to]) => [end(order.get(from), 1), end(order.get(to), -1)]),
  };
}

/** The boxes of each layer, from top to bottom. */
function layersOf(sources: readonly (readonly number[])[]): number[][] {
  const layer: number[] = [];
  const layers: number[][] = [];
  for (const [i, from] of sources.entries()) {
    const own = from.reduce((most, j) => Math.max(most, (layer[j] ?? 0) + 1), 0);
    layer[i] = own;
    const row = layers[own];
    if (row === undefined) layers[own] = [i];
    else row.push(i);
  }
  return layers;
}

/** Middles of all boxes, layer by layer: each box as near as can be to the middle of those that it takes from. */
function placed(nodes: readonly GraphBox[], sources: readonly (readonly number[])[], layers: readonly number[][]) {
  const x = new Float64Array(nodes.length);
  const y = new Float64Array(nodes.length);
  let [left, right, top] = [0, 0, MARGIN];
  for (const row of layers) {
    const wish = new Map(row.map((i) => [i, meanOf(sources[i] ?? [], x)]));
    const boxes = [...row].sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || a - b);
    const width = boxes.reduce((sum, i) => sum + (nodes[i]?.width ?? 0) + GAP_X, -GAP_X);
    const middle = boxes.reduce((sum, i) => sum + (wish.get(i) ?? 0), 0) / boxes.length;
    const high = boxes.reduce((most, i) => Math.max(most, nodes[i]?.height ?? 0), 0);
    let at = middle - width / 2;
    left = Math.min(left, at);
    for (const i of boxes) {
      const own = nodes[i]?.width ?? 0;
      x[i] = at + own / 2;
      y[i] = top + high / 2;
      at += own + GAP_X;
    }
    top += high + GAP_Y;
    right = Math.max(right, at - GAP_X);
  }
  return { x, y, left, right, bottom: top };
}

function meanOf(places: readonly number[], x: Float64Array): number {
  return places.reduce((sum, i) => sum + (x[i] ?? 0), 0) / Math.max(1, places.length);
}
