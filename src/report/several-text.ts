import { exact } from '../conventions/exact.js';
import type { Format, Sort, UnitMode } from './choices.js';
import { csvField, htmlText, latexText, markdownText } from './escape.js';
import { grid, PLAIN, type Style, wrapped } from './grid.js';
import { page } from './html.js';
import { toJson } from './json.js';
import { booktabs } from './latex.js';
import { markdownTable } from './markdown-table.js';
import { hasNumbers, type Several, type SeveralModel } from './several.js';
import {
  contextOf,
  type SeveralColumn,
  type SeveralContext,
  severalColumns,
  severalSorted,
} from './several-columns.js';
import { shownData } from './shown-data.js';
import { freeNames, freeWords, uncountedLines } from './summary.js';

/** A table has no branches: several models have no tree. */
export type SeveralFormat = Exclude<Format, 'tree'>;

export interface SeveralOptions {
  readonly units?: UnitMode;
  readonly formula?: boolean;
  readonly columns?: readonly string[];
  readonly sort?: Sort;
  /** Only this many rows. */
  readonly top?: number;
  readonly style?: Style;
}

/** Settings of a rendering, worked out once. */
interface Table {
  readonly models: readonly SeveralModel[];
  readonly columns: readonly SeveralColumn[];
  readonly context: SeveralContext;
  readonly style: Style;
  /** Rows that `top` left out. */
  readonly omitted: number;
}

/** Several models as one table, a row each. Throws ModelError `argument` for an unknown column. */
export function renderSeveral(given: Several, format: SeveralFormat, options: SeveralOptions = {}): string {
  const chosen = severalSorted(given, options.sort, options.top);
  if (format === 'json') return toJson(chosen);
  const several = shownData(chosen);
  const table: Table = {
    models: several.models,
    columns: severalColumns(several, {
      ids: options.columns,
      machine: format === 'csv',
      ...(options.sort === undefined ? {} : { sort: options.sort }),
    }),
    context: contextOf(several, options.units ?? 'auto', options.formula ?? false),
    style: options.style ?? PLAIN,
    omitted: given.models.length - several.models.length,
  };
  return RENDERERS[format](table);
}

const RENDERERS: Readonly<Record<Exclude<SeveralFormat, 'json'>, (table: Table) => string>> = {
  table: screen,
  csv: ({ models, columns, context }) =>
    [columns.map((c) => csvField(c.id)), ...models.map((m) => columns.map((c) => csvField(c.raw(m, context))))]
      .map((line) => `${line.join(',')}\r\n`)
      .join(''),
  md: markdown,
  latex,
  html,
};

function screen(table: Table): string {
  const { style } = table;
  const rows = cellsOf(table).map((cells) => cells.map((text) => ({ text })));
  const lines = [
    ...grid(table.columns, rows, style),
    ...(table.omitted === 0 ? [] : [style.dim(`… and ${table.omitted} more models`)]),
    '',
    ...footLines(table).flatMap((line) => wrapped(line, style)),
  ];
  return `${lines.join('\n')}\n`;
}

const cellsOf = ({ models, columns, context }: Table): string[][] =>
  models.map((model) => columns.map((c) => c.text(model, context)));

/** The operators of each model that were not counted, and the definitions of the numbers. */
function footLines({ models, columns, context, style }: Table): string[] {
  const lines: string[] = [];
  for (const model of models) {
    const name = context.names.get(model) ?? model.given;
    if (!hasNumbers(model)) continue;
    if (model.totals.macs === null) lines.push(`${name} holds weights and no graph: its parameters alone are counted.`);
    const [head, ...rest] = uncountedLines(model, style);
    if (head !== undefined) lines.push(`${name}: ${head}`);
    for (const line of rest) lines.push(line);
  }
  for (const line of freeLines(models, context)) lines.push(line);
  const has = (id: string): boolean => models.some(hasNumbers) && columns.some((c) => c.id === id);
  if (has('macs') || has('flops')) lines.push(...exact.description.split('\n').map((line) => style.dim(line)));
  if (has('peak'))
    lines.push(style.dim('Peak is the most memory of activations that are alive at once, without weights.'));
  return lines;
}

/** Which dimensions are free in which models, and at what sizes ≈ and the order of rows are taken. */
function freeLines(models: readonly SeveralModel[], { names }: SeveralContext): string[] {
  const found = new Map<string, string[]>();
  for (const model of models.filter(hasNumbers)) {
    const free = freeNames(model);
    if (free.length === 0) continue;
    const sizes = free.flatMap((name) => (model.shown?.[name] ? [`${name} = ${model.shown[name].size}`] : []));
    const words = `${freeWords(free)}${sizes.length === 0 ? '' : `; ≈ and the order of rows at ${sizes.join(', ')}`}.`;
    found.set(words, [...(found.get(words) ?? []), names.get(model) ?? model.given]);
  }
  return [...found].map(([words, of]) => `Free in ${of.join(', ')}: ${words}`);
}

function markdown(table: Table): string {
  const lines = [
    ...markdownTable(
      table.columns,
      cellsOf(table).map((cells) => cells.map(markdownText)),
    ),
    '',
    ...footLines({ ...table, style: PLAIN }).map((line) => `${markdownText(line)}  `),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** A table for a paper, with the rules of the package booktabs. What is not a number is in comments. */
function latex(table: Table): string {
  const columns = table.columns.filter(({ id }) => id !== 'error');
  const failed = table.models.flatMap((m) => (hasNumbers(m) ? [] : [`${m.given}: ${m.error.message}`]));
  return `${[
    '% \\usepackage{booktabs}',
    ...booktabs(
      'What the models cost.',
      columns.map((c) => c.align),
      [[columns.map((c) => c.title)], cellsOf({ ...table, columns })].map((group) =>
        group.map((cells) => cells.map(latexText)),
      ),
    ),
    ...[...failed, ...footLines({ ...table, columns, style: PLAIN })].map((line) => `% ${latexText(line)}`),
  ].join('\n')}\n`;
}

/** One page that stands alone: no script, no request. */
function html(table: Table): string {
  const cell = (tag: 'th' | 'td', text: string, i: number): string =>
    `<${tag}${table.columns[i]?.align === 'right' ? ' class="r"' : ''}>${htmlText(text)}</${tag}>`;
  return page(
    `${table.models.length} models`,
    `<h1>${table.models.length} models</h1>
<div class="w" tabindex="0"><table><thead><tr>${table.columns.map((c, i) => cell('th', c.title, i)).join('')}</tr></thead>
<tbody>
${cellsOf(table)
  .map((cells) => `<tr>${cells.map((text, i) => cell('td', text, i)).join('')}</tr>`)
  .join('\n')}
</tbody></table></div>
${footLines({ ...table, style: PLAIN })
  .map((line) => `<p>${htmlText(line.trim())}</p>`)
  .join('\n')}
`,
  );
}
