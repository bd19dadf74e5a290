import type { MeasuredRow } from '../machine/measured.js';
import { type Cell, grid, type Style } from './grid.js';
import { grouped, quantity, seconds } from './numbers.js';
import type { Report } from './types.js';

/** Kernels that are listed; JSON has all. */
const MAX_ROWS = 20;

/** Times that were measured elsewhere, beside the work that the model asks for. */
export function measuredLines({ measured: m }: Report, style: Style): string[] {
  if (m === undefined) return [];
  const runs = `${grouped(m.runs)} run${m.runs === 1 ? '' : 's'}`;
  const titles = ['kernel', 'op', 'time', 'share', 'MACs', 'achieved'];
  const columns = titles.map((title, i) => ({ title, align: i < 2 ? ('left' as const) : ('right' as const) }));
  const flops = m.rows.reduce((sum, { flops: n }) => sum + Number(n ?? 0n), 0);
  const rest = m.rows.length - MAX_ROWS;
  return [
    style.bold(`Measured with ${m.source}, medians of ${runs}`),
    `${seconds(m.seconds)} in kernels${m.wholeSeconds === null ? '' : `, ${seconds(m.wholeSeconds)} a run`}; ${rate(flops / m.seconds)} achieved`,
    '',
    ...grid(columns, m.rows.slice(0, MAX_ROWS).map(cells), style),
    ...(rest > 0 ? [style.dim(`… and ${grouped(rest)} more kernels`)] : []),
    ...(m.withoutTime === 0
      ? []
      : [
          `${grouped(m.withoutTime)} operator${m.withoutTime === 1 ? ' has no kernel of its' : 's have no kernel of their'} own: folded when the model was loaded, or fused.`,
        ]),
    '',
  ];
}

function cells(row: MeasuredRow): Cell[] {
  return [
    row.path ?? row.name,
    row.path === null ? `${row.op} (the runtime’s own)` : row.op,
    seconds(row.seconds),
    `${(100 * row.share).toFixed(1)} %`,
    row.macs === null ? '' : row.macs === 0n ? '–' : quantity(row.macs),
    row.flopsPerSecond === null ? '' : row.flopsPerSecond === 0 ? '–' : rate(row.flopsPerSecond),
  ].map((text) => ({ text }));
}

function rate(perSecond: number): string {
  return Number.isFinite(perSecond)
    ? `${quantity(BigInt(Math.round(perSecond)))}FLOP/s`.replace(/(\d)FLOP/, '$1 FLOP')
    : '';
}
