import { treemapSquarify } from 'd3-hierarchy';
import type { NodeSheet } from '../sheet.js';

/** A rectangle of the drawing. */
export interface Tile {
  /** The node, or the first of several that are drawn as one. */
  readonly id: number;
  /** How many equal nodes it stands for. */
  readonly copies: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** A module whose parts are drawn inside it. */
  readonly group: boolean;
  readonly name: string;
  readonly type: string;
  readonly value: number;
  readonly level: number;
  /** Where its first line of text stands, from its upper edge: names of what it lies in may stand above. */
  readonly textTop: number;
}

/** Height of a line of text. */
export const LINE = 15;
/** Below this no part of a module can be told from another. */
const SMALLEST = 14;

interface Box {
  value: number;
  children?: Box[];
  members: Members;
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** Nodes that are drawn as one, of the same class and cost, and how that is called. */
interface Members {
  readonly ids: readonly number[];
  readonly name: string;
}

export interface TreemapOptions {
  /** Siblings in a row of the same class and cost are one rectangle. */
  readonly fold: boolean;
}

/**
 * Nested rectangles whose areas are the nodes' values, exactly: names lie over them and take no room of their own. Only what
 * is large enough to be seen is laid out, so that a model of ten thousand layers costs no more than one of a hundred.
 */
export function treemap(
  nodes: readonly NodeSheet[],
  value: Float64Array,
  root: number,
  width: number,
  height: number,
  options: TreemapOptions,
): Tile[] {
  const tiles: Tile[] = [];
  const total = ({ ids }: Members): number => ids.reduce((sum, id) => sum + (value[id] ?? 0), 0);
  const fill = (start: Members, x: number, y: number, w: number, h: number, level: number, top: number): void => {
    // A module with a single part that matters is shown as one: `features.0`.
    let members = start;
    for (;;) {
      const only = level === 0 ? null : soleChild(nodes, value, members);
      if (only === null) break;
      members = only;
    }
    const id = members.ids[0] as number;
    const node = nodes[id];
    if (node === undefined) return;
    const parts = partsOf(nodes, value, members, options.fold);
    const inside = parts.length > 0 && w > SMALLEST * 2 && h > SMALLEST * 2;
    const named = level > 0 && inside && h - top > LINE * 2 + 6 && w > 40;
    tiles.push({
      id,
      copies: members.ids.length,
      x,
      y,
      width: w,
      height: h,
      group: inside,
      name: inside && !named ? '' : members.name,
      type: node.type,
      value: total(members),
      level,
      textTop: top,
    });
    if (!inside) return;
    const below = named ? top + LINE : top;
    const children = parts
      .map((part): Box => ({ members: part, value: total(part), x0: 0, y0: 0, x1: 0, y1: 0 }))
      .sort((a, b) => b.value - a.value);
    const box = { members, value: children.reduce((sum, c) => sum + c.value, 0), children, x0: 0, y0: 0, x1: 0, y1: 0 };
    treemapSquarify(box as unknown as Parameters<typeof treemapSquarify>[0], x, y, x + w, y + h);
    for (const { members: part, x0, y0, x1, y1 } of children)
      if (x1 - x0 > 0.6 && y1 - y0 > 0.6) {
        // What lies at the upper edge leaves the line there to the name of what it lies in.
        const under = y0 - y < below ? below - (y0 - y) : 0;
        fill(part, x0, y0, x1 - x0, y1 - y0, level + 1, under);
      }
  };
  const own = nodes[root];
  if (width > 0 && height > 0 && own !== undefined) fill({ ids: [root], name: own.name }, 0, 0, width, height, 0, 0);
  return tiles;
}

/** The parts of one module, or of several equal ones taken together, that have any of what is drawn. */
function partsOf(
  nodes: readonly NodeSheet[],
  value: Float64Array,
  { ids }: Members,
  fold: boolean,
): readonly Members[] {
  const [first] = ids;
  const children = nodes[first ?? -1]?.children ?? [];
  const all: Members[] = [];
  for (const [i, child] of children.entries()) {
    const some = ids.map((id) => nodes[id]?.children[i] ?? child);
    if (some.some((id) => (value[id] ?? 0) > 0)) all.push({ ids: some, name: nodes[child]?.name ?? '' });
  }
  return fold ? folded(nodes, value, all) : all;
}

/** Runs of equal modules as one: `1–5`. */
function folded(nodes: readonly NodeSheet[], value: Float64Array, parts: readonly Members[]): Members[] {
  const runs: Members[][] = [];
  for (const part of parts) {
    const run = runs.at(-1);
    if (run !== undefined && alike(nodes, value, run[0] as Members, part)) run.push(part);
    else runs.push([part]);
  }
  return runs.map((run) => {
    const [first] = run;
    if (run.length === 1) return first as Members;
    return {
      ids: run.flatMap(({ ids }) => ids),
      name: `${first?.name}–${run.at(-1)?.name}`,
    };
  });
}

function alike(nodes: readonly NodeSheet[], value: Float64Array, a: Members, b: Members): boolean {
  const [x, y] = [nodes[a.ids[0] ?? -1], nodes[b.ids[0] ?? -1]];
  return (
    x !== undefined &&
    y !== undefined &&
    x.kind === 'module' &&
    y.kind === 'module' &&
    x.type === y.type &&
    x.children.length === y.children.length &&
    x.params === y.params &&
    x.flops === y.flops &&
    value[x.id] === value[y.id]
  );
}

/** The one child that has all of its parent's value. */
function soleChild(nodes: readonly NodeSheet[], value: Float64Array, { ids, name }: Members): Members | null {
  const node = nodes[ids[0] ?? -1];
  if (node === undefined || node.children.length !== 1) return null;
  const child = node.children[0] as number;
  if (!((value[child] ?? 0) > 0)) return null;
  const below = nodes[child]?.name ?? '';
  return {
    ids: ids.map((id) => nodes[id]?.children[0] ?? child),
    name: name === '' ? below : `${name}.${below}`,
  };
}

/** Average width of a character at 12 px. */
const CHARACTER = 6.7;

/** As much of a label as fits, or nothing. */
export function fitting(label: string, width: number, height: number): string {
  if (height < 15) return '';
  const room = Math.floor((width - 8) / CHARACTER);
  if (label.length <= room) return label;
  return room < 3 ? '' : `${label.slice(0, room - 1)}…`;
}
