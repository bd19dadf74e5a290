import { keepsAt, runDims } from 'opcount/ledger';
import type { PageModel } from '../../sheet.js';
import { timelineOf } from '../../state/memory.js';

/** A cost at one size of the dimension. */
export interface CurvePoint {
  readonly size: number;
  /** Null at sizes that the model refuses. */
  readonly value: number | null;
}

export const COSTS = [
  ['macs', 'MACs'],
  ['flops', 'FLOPs'],
  ['moved', 'Bytes moved'],
  ['peak', 'Peak memory'],
] as const;
export type Cost = (typeof COSTS)[number][0];

type Sizes = Readonly<Record<string, number>>;

/** How many sizes a long axis is sampled at. */
const POINTS = 64;

/** Where the axis ends: well beyond the size that is set, at a power of two, and within the dimension's own limit. */
export function axisEnd(sheet: PageModel | undefined, name: string, size: number): number {
  const max = sheet?.program.symbols.find((s) => s.name === name)?.max ?? null;
  return Math.max(2, Math.min(max ?? Number.MAX_SAFE_INTEGER, 2 ** Math.ceil(Math.log2(Math.max(64, 2 * size)))));
}

/** A cost at sizes of one free dimension up to `end`, by increasing size; the others are as `sizes` has them. */
export function curvePoints(sheet: PageModel, name: string, end: number, cost: Cost, sizes: Sizes): CurvePoint[] {
  const { program } = sheet;
  const results = new Float64Array(program.formulas.length);
  return sampledSizes(sheet, name, end, sizes[name] ?? 1).map((size) => {
    const at = runDims(
      program,
      program.symbols.map((s) => (s.name === name ? size : (sizes[s.name] ?? 1))),
      results,
    );
    return { size, value: acceptsSizes(sheet, at) ? costAt(sheet, at, cost) : null };
  });
}

/** Networks mostly take multiples of 32, so these are what is sampled; the size that is set always is. */
function sampledSizes({ program }: PageModel, name: string, end: number, set: number): number[] {
  const min = program.symbols.find((s) => s.name === name)?.min ?? 1;
  const step = end >= 2048 ? Math.max(32, Math.round(end / POINTS / 32) * 32) : end >= 256 ? 32 : 1;
  const sizes = new Set([set]);
  for (let n = Math.max(min, step); n <= end; n += step) sizes.add(n);
  return [...sizes].sort((a, b) => a - b);
}

function acceptsSizes({ constraints }: PageModel, at: Float64Array): boolean {
  return constraints.every(({ kind, refs }) =>
    keepsAt(
      kind,
      refs.map((ref) => at[ref] ?? 0),
    ),
  );
}

function costAt(sheet: PageModel, at: Float64Array, cost: Cost): number {
  const { totals } = sheet;
  switch (cost) {
    case 'macs':
    case 'flops':
      return at[totals[cost]] ?? 0;
    case 'peak':
      return timelineOf(sheet, at).peak;
    case 'moved':
      return (at[totals.readBytes] ?? 0) + (at[totals.writeBytes] ?? 0);
  }
}

/** The point nearest to a size, of those at which the model runs. */
export function nearestPoint(points: readonly CurvePoint[], size: number): CurvePoint | null {
  let best: CurvePoint | null = null;
  for (const point of points)
    if (point.value !== null && (best === null || Math.abs(point.size - size) < Math.abs(best.size - size)))
      best = point;
  return best;
}

/** A line through the points, broken where a size is refused. */
export function curvePath(points: readonly CurvePoint[], x: (n: number) => number, y: (v: number) => number): string {
  let d = '';
  let gap = true;
  for (const { size, value } of points) {
    if (value !== null) d += `${gap ? 'M' : 'L'}${x(size).toFixed(1)},${y(value).toFixed(1)}`;
    gap = value === null;
  }
  return d;
}
