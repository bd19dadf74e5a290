import type { NodeSheet } from '../../sheet.js';

/** The operators of the schedule, from the first to the last, that belong to one of the model's upper modules. */
export interface Band {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

type BandNode = Pick<NodeSheet, 'level' | 'name' | 'kind' | 'ops'>;

/** The bands of the upper modules, in the order in which they run. */
export function bandsOf(nodes: readonly BandNode[]): Band[] {
  const bands: { name: string; from: number; to: number }[] = [];
  let now: (typeof bands)[number] | null = null;
  for (const node of nodes) {
    if (node.level === 1) {
      now = { name: node.name, from: Number.POSITIVE_INFINITY, to: -1 };
      if (node.kind === 'module') bands.push(now);
    }
    if (now === null) continue;
    for (const op of node.ops) {
      now.from = Math.min(now.from, op);
      now.to = Math.max(now.to, op);
    }
  }
  return bands.filter((band) => band.to >= band.from).sort((a, b) => a.from - b.from);
}

/**
 * The outline of bytes over the schedule, on a floor of `base`: a step for each operator; where there are more of them than
 * pixels, the highest of each pixel.
 */
export function areaPath(
  values: Float64Array,
  base: number,
  x: (operator: number) => number,
  y: (bytes: number) => number,
  width: number,
): string {
  const n = values.length;
  const each = Math.max(1, Math.floor(n / Math.max(1, width * 1.5)));
  const parts = [`M${x(0).toFixed(1)},${y(base).toFixed(1)}`];
  for (let i = 0; i < n; i += each) {
    let most = 0;
    for (let j = i; j < Math.min(n, i + each); j++) most = Math.max(most, values[j] as number);
    parts.push(`V${y(most + base).toFixed(1)}H${x(Math.min(n, i + each)).toFixed(1)}`);
  }
  parts.push(`V${y(base).toFixed(1)}Z`);
  return parts.join('');
}
