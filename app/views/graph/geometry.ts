import type { Part } from '../../state/graph.js';
import { className } from '../../ui/numbers.js';
import type { GraphLayout } from '../../worker/protocol.js';
import type { Sight } from './graph-sight.js';

/** Heights of a part with its two lines of text, and of an input or output. */
export const HEIGHT = 42;
export const PORT_HEIGHT = 24;
const PORT_WIDTH = 60;

/** Room for both lines of a part; the second has the class and, as it is for most, four extents. */
export function widthOf(part: Part): number {
  if (part.node === null) return PORT_WIDTH;
  return Math.min(250, Math.max(labelOf(part).length * 7 + 60, className(part.type).length * 6.7 + 118));
}

export function labelOf({ label, call, calls }: Part): string {
  return calls > 1 ? `${label} (${call + 1} of ${calls})` : label;
}

/** The stretch of the graph that is in sight. */
export interface Span {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function spanOf({ x, y, scale }: Sight, width: number, height: number): Span {
  return { left: x, top: y, width: width / scale, height: height / scale };
}

/** Whether a part around that point may be in sight, at half its size. */
export function holds({ left, top, width, height }: Span, x: number, y: number): boolean {
  return x > left - 140 && x < left + width + 140 && y > top - 60 && y < top + height + 60;
}

type Line = GraphLayout['edges'][number];

/** Whether an edge may be in sight, by the box around it. */
export function crosses(line: Line, { left, top, width, height }: Span): boolean {
  const xs = line.map(([x]) => x);
  const ys = line.map(([, y]) => y);
  return (
    Math.max(...xs) >= left &&
    Math.min(...xs) <= left + width &&
    Math.max(...ys) >= top &&
    Math.min(...ys) <= top + height
  );
}

/** An edge as a smooth line: straight to its ends, and through the middle of each pair of bends between. */
export function smoothPath(line: Line): string {
  const [first, ...rest] = line;
  if (first === undefined) return '';
  let d = `M${text(first)}`;
  for (const [i, bend] of rest.entries()) {
    const next = rest[i + 1];
    d += next === undefined ? `L${text(bend)}` : `Q${text(bend)} ${text(middle(bend, next))}`;
  }
  return d;
}

type Place = Line[number];

function text([x, y]: Place): string {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}

function middle([x, y]: Place, [x2, y2]: Place): Place {
  return [(x + x2) / 2, (y + y2) / 2];
}
