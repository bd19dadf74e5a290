import { existsSync, readFileSync, truncateSync } from 'node:fs';
import type { Outcome } from './drive.js';

/** What became of a case, as a line of the log. */
export interface Line {
  readonly number: number;
  readonly format: string;
  readonly outcome: Outcome;
}

export function line({ number, format, outcome }: Line): string {
  const { kind, where = '', detail = '' } = outcome;
  return `${[number, format, kind, where, detail.slice(0, 200)].map((part) => String(part).replace(/\s+/g, ' ')).join('\t')}\n`;
}

/** Cuts off a line that was being written when its process ended, so that the next one does not run on from it. */
export function mendLog(path: string): void {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  truncateSync(path, bytes.lastIndexOf(10) + 1);
}

/** The lines of a log; none where there is no log. A line that was being written when its process ended is left out. */
export function readLog(
  path: string,
): { number: number; format: string; kind: string; where: string; detail: string }[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((text) => {
      const [number = '', format = '', kind = '', where = '', detail = ''] = text.split('\t');
      return { number: Number(number), format, kind, where, detail };
    });
}

/** How many of each outcome, by format: a table for people. */
export function table(lines: ReturnType<typeof readLog>): string {
  const formats = [...new Set(lines.map((l) => l.format))].sort();
  const kinds = [...new Set(lines.map((l) => l.kind))].sort();
  const count = (kind: string, format?: string): number =>
    lines.filter((l) => l.kind === kind && (format === undefined || l.format === format)).length;
  const rows = [
    ['outcome', ...formats, 'all'],
    ...kinds.map((kind) => [kind, ...formats.map((f) => String(count(kind, f))), String(count(kind))]),
    ['cases', ...formats.map((f) => String(lines.filter((l) => l.format === f).length)), String(lines.length)],
  ];
  const widths = (rows[0] as string[]).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    .join('\n');
}
