// Drawings of a whole model by area or height. In: nodes and a value for each. Out: rectangles, and their markup in tiles.tsx.
// Add: another drawing of all nodes as a layout without markup and a component.
import { treemapSquarify } from 'd3-hierarchy';
import type { NodeSheet } from '../../sheet.js';
import { LINE } from '../../ui/fitting.js';
import { type Members, partsOf, soleChild, totalOf } from './repeats.js';

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

/** Below this no part of a module can be told from another. */
const SMALLEST = 14;
/** Pixels from which on a part is seen at all. */
const THINNEST = 0.6;

interface Box {
  value: number;
  members: Members;
  x0: number;
  y0: number;
  x1: number;
  y1: number;
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
  const fill = (start: Members, { x, y, w, h }: Frame, level: number, top: number): void => {
    const members = level === 0 ? start : collapsed(nodes, value, start);
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
      value: totalOf(value, members),
      level,
      textTop: top,
    });
    if (!inside) return;
    const below = named ? top + LINE : top;
    for (const { members: part, frame } of squares(parts, value, { x, y, w, h })) {
      // A part at the upper edge leaves its first line to the name of the module around it.
      const under = frame.y - y < below ? below - (frame.y - y) : 0;
      fill(part, frame, level + 1, under);
    }
  };
  const own = nodes[root];
  if (width > 0 && height > 0 && own !== undefined)
    fill({ ids: [root], name: own.name }, { x: 0, y: 0, w: width, h: height }, 0, 0);
  return tiles;
}

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A module with a single part that matters is shown as one with it: `features.0`. */
function collapsed(nodes: readonly NodeSheet[], value: Float64Array, start: Members): Members {
  let members = start;
  for (;;) {
    const only = soleChild(nodes, value, members);
    if (only === null) return members;
    members = only;
  }
}

/** Frames of the parts within a frame, the largest first; parts too thin to be seen have none. */
function squares(parts: readonly Members[], value: Float64Array, { x, y, w, h }: Frame) {
  const box = (members: Members, sum: number): Box => ({ members, value: sum, x0: 0, y0: 0, x1: 0, y1: 0 });
  const children = parts.map((part) => box(part, totalOf(value, part))).sort((a, b) => b.value - a.value);
  const whole = { value: children.reduce((sum, c) => sum + c.value, 0), children, x0: 0, y0: 0, x1: 0, y1: 0 };
  treemapSquarify(whole as unknown as Parameters<typeof treemapSquarify>[0], x, y, x + w, y + h);
  return children
    .filter(({ x0, y0, x1, y1 }) => x1 - x0 > THINNEST && y1 - y0 > THINNEST)
    .map(({ members, x0, y0, x1, y1 }) => ({ members, frame: { x: x0, y: y0, w: x1 - x0, h: y1 - y0 } }));
}
