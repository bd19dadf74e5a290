import { treemapSquarify } from 'd3-hierarchy';
import type { NodeSheet } from '../sheet.js';

/** A rectangle of the drawing. `label` is what fits into it. */
export interface Tile {
  readonly id: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** A module whose parts are drawn inside it. */
  readonly group: boolean;
  readonly label: string;
  readonly level: number;
}

export const HEAD = 17;
const GAP = 1.5;
/** Below this no part of a module can be told from another. */
const SMALLEST = 14;

interface Box {
  value: number;
  children?: Box[];
  id: number;
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/**
 * Nested rectangles whose areas are the nodes' values. Only what is large enough to be seen is laid out, so that a model of
 * ten thousand layers costs no more than one of a hundred.
 */
export function treemap(
  nodes: readonly NodeSheet[],
  value: Float64Array,
  root: number,
  width: number,
  height: number,
): Tile[] {
  const tiles: Tile[] = [];
  const fill = (start: number, x: number, y: number, w: number, h: number, level: number): void => {
    // A module with a single part that matters is shown as one: `features.0`.
    let id = start;
    let label = nodes[id]?.name ?? '';
    for (;;) {
      const only = soleChild(nodes, value, id);
      if (only === null) break;
      id = only;
      label = label === '' ? (nodes[id]?.name ?? '') : `${label}.${nodes[id]?.name ?? ''}`;
    }
    const node = nodes[id];
    if (node === undefined) return;
    const parts = node.children.filter((child) => (value[child] ?? 0) > 0);
    const inside = parts.length > 0 && w > SMALLEST * 2 && h > SMALLEST * 2;
    const head = inside && level > 0 && h > 46 && w > 44 ? HEAD : 0;
    tiles.push({ id, x, y, width: w, height: h, group: inside, label: fitting(label, w, h), level });
    if (!inside) return;
    const pad = level === 0 ? 0 : 2;
    const children = parts
      .map((child): Box => ({ id: child, value: value[child] ?? 0, x0: 0, y0: 0, x1: 0, y1: 0 }))
      .sort((a, b) => b.value - a.value);
    const box = { id, value: children.reduce((sum, c) => sum + c.value, 0), children, x0: 0, y0: 0, x1: 0, y1: 0 };
    treemapSquarify(
      box as unknown as Parameters<typeof treemapSquarify>[0],
      x + pad,
      y + Math.max(pad, head),
      x + w - pad,
      y + h - pad,
    );
    for (const { id: child, x0, y0, x1, y1 } of children) {
      const [cw, ch] = [x1 - x0 - GAP, y1 - y0 - GAP];
      if (cw > 0.6 && ch > 0.6) fill(child, x0, y0, cw, ch, level + 1);
    }
  };
  if (width > 0 && height > 0) fill(root, 0, 0, width, height, 0);
  return tiles;
}

/** The one child that has all of its parent's value; the root keeps its own name. */
function soleChild(nodes: readonly NodeSheet[], value: Float64Array, id: number): number | null {
  const node = nodes[id];
  if (node === undefined || node.parent < 0) return null;
  const parts = node.children.filter((child) => (value[child] ?? 0) > 0);
  return parts.length === 1 && node.children.length === 1 ? (parts[0] as number) : null;
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
