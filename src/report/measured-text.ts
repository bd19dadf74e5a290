import type { Measured, MeasuredRow } from '../machine/measured.js';
import { type Cell, type GridColumn, grid, type Style } from './grid.js';
import { countOf, grouped, quantity, seconds } from './numbers.js';
import type { Report } from './types.js';

/** Kernels that are listed; JSON has all. */
const MAX_ROWS = 20;

/** Times that were measured elsewhere, beside the work that the model asks for. */
export function measuredLines({ measured: m }: Report, style: Style): string[] {
  if (m === undefined) return [];
  const runs = countOf(m.runs, 'run');
  const flops = m.rows.reduce((sum, { flops: n }) => sum + Number(n ?? 0n), 0);
  return [
    style.bold(`Measured with ${m.source}, medians of ${runs}`),
    `${seconds(m.seconds)} in kernels${m.wholeSeconds === null ? '' : `, ${seconds(m.wholeSeconds)} a run`}; ${rate(flops / m.seconds)} achieved`,
    '',
    ...kernelLines(m, style),
  ];
}

export interface KernelView {
  /** Rows that are listed. */
  readonly top?: number;
  /** FLOP/s of which each achieves a share. */
  readonly peak?: number | null;
}

/** Kernels, the slowest first, beside the work of their operators. */
export function kernelLines(m: Measured, style: Style, { top = MAX_ROWS, peak = null }: KernelView = {}): string[] {
  const { columns, cells } = kernelTable(peak);
  const rest = m.rows.length - top;
  return [
    ...grid(columns, m.rows.slice(0, top).map(cells), style),
    ...(rest > 0 ? [style.dim(`… and ${grouped(rest)} more kernels`)] : []),
    ...(m.withoutTime === 0
      ? []
      : [
          `${grouped(m.withoutTime)} operator${m.withoutTime === 1 ? ' has no kernel of its' : 's have no kernel of their'} own: folded when the model was loaded, or fused.`,
        ]),
    '',
  ];
}

/** The table of kernels: columns, and the cells of a row. */
export function kernelTable(peak: number | null): {
  readonly columns: readonly GridColumn[];
  readonly cells: (row: MeasuredRow) => Cell[];
} {
  const columns: GridColumn[] = [
    { title: 'kernel', align: 'left', cut: true },
    { title: 'op', align: 'left', cut: true },
    { title: 'time', align: 'right' },
    { title: 'share', align: 'right' },
    { title: 'MACs', align: 'right' },
    { title: 'achieved', align: 'right', drop: 2 },
    ...(peak === null ? [] : [{ title: 'of peak', align: 'right' as const, drop: 1 }]),
  ];
  const cells = (row: MeasuredRow): Cell[] =>
    [
      row.path ?? row.name,
      row.path === null ? `${row.op} (the runtime’s own)` : row.op,
      seconds(row.seconds),
      `${(100 * row.share).toFixed(1)} %`,
      row.macs === null ? '' : row.macs === 0n ? '–' : quantity(row.macs),
      row.flopsPerSecond === null ? '' : row.flopsPerSecond === 0 ? '–' : rate(row.flopsPerSecond),
      ...(peak === null ? [] : [row.flopsPerSecond ? `${((100 * row.flopsPerSecond) / peak).toFixed(0)} %` : '']),
    ].map((text) => ({ text }));
  return { columns, cells };
}

/** `123.456 GFLOP/s`. */
export function rate(perSecond: number, unit = 'FLOP/s'): string {
  return Number.isFinite(perSecond)
    ? `${quantity(BigInt(Math.round(perSecond)))}${unit}`.replace(new RegExp(`(\\d)${unit}$`), `$1 ${unit}`)
    : '';
}
