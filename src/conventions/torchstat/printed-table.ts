import { type Dim, isStatic, sum } from '../../dim/index.js';
import { ModelError } from '../../source/errors.js';
import { python } from '../thop/clever-format.js';
import { torchstatMegabytes } from './index.js';
import type { TorchstatTable } from './rows.js';

/**
 * torchstat's screen: one row a leaf module, the total row, and the block of totals, character for character except for the
 * duration column, which needs a run. Its total row shows the last layer's MemRead and MemWrite, as torchstat's does.
 * Throws ModelError: `unsupported` where torchstat itself fails, `free-symbol` where an extent is symbolic.
 */
export function statTable(table: TorchstatTable): string {
  if (table.failure !== null)
    throw new ModelError('unsupported', table.failure, {
      hint: 'torchstat prints nothing for this model; `profile` counts it',
    });
  const rows = table.rows.map((r) => ({ ...r, memory: (4 * number(r.outputElements)) / 2 ** 20 }));
  const total = (pick: (row: (typeof rows)[number]) => Dim | number): number =>
    rows.reduce((n, r) => n + number(pick(r)), 0);
  const last = rows.at(-1);
  const memory = torchstatMegabytes(table.rows);
  const moved = total((r) => sum([r.memRead, r.memWrite]));
  const columns: string[][] = [
    ['module name', ...rows.map((r) => r.path), ''],
    ['input shape', ...rows.map((r) => extents(r.input)), ''],
    ['output shape', ...rows.map((r) => extents(r.output)), ''],
    floats('params', [...rows.map((r) => number(r.params)), total((r) => r.params)]),
    ['memory(MB)', ...[...rows.map((r) => r.memory), memory].map((mb) => python('%.2f', mb))],
    ['MAdd', ...[...rows.map((r) => number(r.madd)), total((r) => r.madd)].map(commas)],
    ['Flops', ...[...rows.map((r) => number(r.flops)), total((r) => r.flops)].map(commas)],
    floats('MemRead(B)', [...rows.map((r) => number(r.memRead)), number(last?.memRead ?? 0)]),
    floats('MemWrite(B)', [...rows.map((r) => number(r.memWrite)), number(last?.memWrite ?? 0)]),
    floats('MemR+W(B)', [...rows.map((r) => number(r.memRead) + number(r.memWrite)), moved]),
  ];
  const index = ['', ...rows.map((_, i) => String(i)), 'total'];
  // A frame's columns: one space between, and one before every value, though not before a header.
  const widths = columns.map(([title = '', ...values]) => Math.max(title.length, longest(values) + 1));
  const wide = longest(index);
  const lines = index.map((label, i) =>
    [label.padEnd(wide), ...columns.map((c, k) => (c[i] as string).padStart(widths[k] as number))].join(' '),
  );
  const ruler = lines[0]?.length ?? 0;
  return `${[
    ...lines,
    '='.repeat(ruler),
    `Total params: ${commas(total((r) => r.params)).replace(/\.0$/, '')}`,
    '-'.repeat(ruler),
    `Total memory: ${python('%.2f', memory)}MB`,
    `Total MAdd: ${scaled(
      total((r) => r.madd),
      1000,
    )}MAdd`,
    `Total Flops: ${scaled(
      total((r) => r.flops),
      1000,
    )}Flops`,
    `Total MemR+W: ${scaled(moved, 1024)}B`,
  ].join('\n')}\n`;
}

function number(d: Dim): number {
  if (isStatic(d)) return Number(d);
  throw new ModelError('free-symbol', `torchstat's table needs numbers; an extent is ${String(d)}`, {
    hint: 'give the input its full shape',
  });
}

function extents(shape: readonly Dim[]): string {
  return shape.map((d) => String(d).padStart(3)).join(' ');
}

function longest(texts: readonly string[]): number {
  return texts.reduce((most, { length }) => Math.max(most, length), 0);
}

function commas(n: number): string {
  return `${String(n).replace(/\B(?=(\d{3})+$)/g, ',')}.0`;
}

/** A float column: six digits cut to what the longest needs, at least one; exponents where numbers are too long. */
function floats(title: string, values: readonly number[]): string[] {
  let texts = values.map((v) => python('%.6f', v));
  while (texts.every((t) => t.endsWith('0') && !t.endsWith('.0'))) texts = texts.map((t) => t.slice(0, -1));
  const long = texts.some((t) => t.length > 12) && values.some((v) => Math.abs(v) > 1e6);
  // A column of numbers, unlike one of texts, has a space before its header as well.
  return [` ${title}`, ...(long ? values.map((v) => python('%.6e', v)) : texts)];
}

/** `3.64G`: the largest prefix that is reached, two digits at most, as Python prints a rounded float. */
function scaled(n: number, base: 1000 | 1024): string {
  const power = [4, 3, 2, 1].find((p) => Math.floor(n / base ** p) > 0) ?? 0;
  if (power === 0) return `${n}.0`;
  const rounded = Number(python('%.2f', n / base ** power));
  return `${Number.isInteger(rounded) ? `${rounded}.0` : rounded}${'KMGT'[power - 1]}`;
}
