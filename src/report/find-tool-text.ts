import type { Near, WhoPrints } from './find-tool.js';
import { type GridColumn, grid, type Style, withoutColours, wrapped } from './grid.js';
import { grouped, quantity } from './numbers.js';
import type { Printed } from './printed-number.js';
import type { ReconcileReport } from './reconcile.js';
import { shown } from './shown.js';
import { shownData } from './shown-data.js';

const UNITS = { mac: 'MACs', flop: 'FLOPs', parameter: 'parameters' } as const;

/** Who prints a number, for a screen. */
export function whoPrintsText(report: ReconcileReport, found: WhoPrints, style: Style): string {
  const name = shown(report.model.name);
  const who = shownData(found);
  const blocks: (readonly [head: string, found: readonly Printed[]])[] = [
    [`${who.written} is, to the last digit, what these have for ${name}:`, who.exact],
    [`${who.written} is what these round to for ${name}:`, who.rounded],
    [`${who.written} is what these are cut off to:`, who.cut],
    [`${who.written} is twice what these print (each multiply-accumulate taken as two operations):`, who.doubled],
    [`${who.written} is half of what these print (two operations taken as one multiply-accumulate):`, who.halved],
    [`${who.written} is, for each token of the pass, what these give for a training step:`, who.perToken],
    [`No tool has ${who.written} for ${name}. The nearest:`, who.nearest],
  ];
  const lines = blocks
    .filter(([, found]) => found.length > 0)
    .flatMap(([head, found]) => [...wrapped(style.bold(head), style, 2), ...table(found, style), '']);
  if (who.trainedOn.length > 0) lines.push(...trained(who, name, style));
  if (lines.length === 0) lines.push(`No tool has ${who.written} for ${name}, nor any number to compare it with.`);
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Tokens of a training, a row a formula. */
function trained({ written, trainedOn }: WhoPrints, name: string, style: Style): string[] {
  const columns = [
    { title: 'tokens', align: 'right' },
    { title: 'by', align: 'left' },
  ] as const satisfies readonly GridColumn[];
  const rows = trainedOn.map(({ title, tokens }) =>
    [`${grouped(tokens)} (${quantity(tokens)})`, title].map((text) => ({ text })),
  );
  return [
    style.bold(`${written} FLOPs would be the training of ${name} on this many tokens:`),
    ...grid(columns, rows, style).map((line) => `  ${line}`),
    '',
  ];
}

/** A row a value: many tools agree on the parameters. Their names go on below where the screen ends. */
function table(found: readonly (Printed | Near)[], style: Style): string[] {
  const rows = new Map<string, { printed: Printed | Near; tools: string[] }>();
  for (const printed of found) {
    const key = `${printed.unit} ${printed.value} ${printed.name}`;
    const row = rows.get(key) ?? { printed, tools: [] };
    rows.set(key, row);
    row.tools.push(`${printed.title} ${printed.version}`);
  }
  const near = found.some((p) => 'ratio' in p);
  const columns = [
    { title: 'prints', align: 'right' },
    { title: 'which are', align: 'left' },
    { title: 'calls it', align: 'left' },
    ...(near ? [{ title: 'off by', align: 'right' } as const] : []),
    { title: 'tool', align: 'left' },
  ] as const satisfies readonly GridColumn[];
  const { columns: _, ...wide } = style;
  const lines = grid(
    columns,
    [...rows.values()].map(({ printed, tools }) =>
      [
        grouped(printed.value),
        UNITS[printed.unit],
        printed.name,
        ...('ratio' in printed ? [percentOff(printed.ratio)] : []),
        tools.join(', '),
      ].map((text) => ({ text })),
    ),
    wide,
  ).map((line) => `  ${line}`);
  const last = withoutColours(lines[0] ?? '').lastIndexOf('tool');
  return lines.flatMap((line) => wrapped(line, style, last));
}

/** By how much a number is larger (+) or smaller than the one that is written. */
function percentOff(ratio: number): string {
  const percent = 100 * (ratio - 1);
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(Math.abs(percent) < 1 ? 2 : 1)} %`;
}
