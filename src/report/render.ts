import type { TreeNode } from '../ledger/index.js';
import { ModelError } from '../source/errors.js';
import { columnsOf, type Item, type Sort, weightOf } from './columns.js';
import { csv } from './csv.js';
import { deviceLines } from './devices.js';
import { type Cell, grid, PLAIN, type Style } from './grid.js';
import { html } from './html.js';
import { toJson } from './json.js';
import { everyNode } from './late-node.js';
import { latex } from './latex.js';
import { markdown } from './markdown.js';
import { moduleRows } from './module-rows.js';
import type { UnitMode } from './numbers.js';
import { servingLines } from './serving-text.js';
import { MAX_FIELD, shown, shownData } from './shown.js';
import { conventionLines, footLines, headLines, noteLines, placesOf, printedLines, summaryText } from './summary.js';
import { trainingLines } from './training-text.js';
import { treeLines } from './tree.js';
import type { Report, ReportNode } from './types.js';
import type { View } from './view.js';

export const FORMATS = ['table', 'tree', 'json', 'csv', 'md', 'html', 'latex'] as const;
export type Format = (typeof FORMATS)[number];

export interface RenderOptions {
  readonly units?: UnitMode;
  /** Levels of the tree, as many as fit a screen where it is left out; in a table or CSV the depth at which rows are cut. */
  readonly depth?: number;
  /** Only so many rows, the largest by `sort` (MACs by default), in that order. */
  readonly top?: number;
  readonly sort?: Sort;
  /** Ids of columns; the format's own choice where left out. */
  readonly columns?: readonly string[];
  /** Formulas with all their terms. */
  readonly formula?: boolean;
  readonly style?: Style;
  /** Of a tree: the training step alone. */
  readonly only?: 'training';
  /** Whether a tree or a table ends with the reader's notes; true where left out. */
  readonly notes?: boolean;
}

const TREE_COLUMNS = ['type', 'params', 'macs', 'share'];
/** Of files without a graph. */
const STORED_TREE = ['type', 'shape', 'params', 'share', 'bytes', 'dtype'];
const STORED_TABLE = ['path', 'type', 'op', 'shape', 'params', 'buffers', 'bytes', 'dtype', 'share'];
const STORED_RAW = ['path', 'type', 'op', 'shape', 'dtype', 'params', 'buffers', 'bytes'];
const TABLE_COLUMNS = ['path', 'type', 'op', 'output', 'params', 'macs', 'flops', 'share'];
const RAW_COLUMNS = ['path', 'type', 'op', 'calls', 'input', 'output', 'params', 'macs', 'flops', 'read', 'write'];

/** A report as text. Throws ModelError `argument` for an unknown format or column. */
export function render(given: Report, format: Format, options: RenderOptions = {}): string {
  if (format === 'json') return toJson(given);
  const report = shownData(given, format === 'csv' ? MAX_FIELD : undefined);
  switch (format) {
    case 'tree':
      if (options.only === 'training') return trainingScreen(report, options);
      return screen(report, viewOf(report, options, treeColumns(report)), 'tree', options.notes);
    case 'table':
      return screen(report, viewOf(report, options, tableColumns(report)), 'table', options.notes);
    case 'csv':
      return csv(
        viewOf(report, options, isStored(report) ? STORED_RAW : [...RAW_COLUMNS, ...conventionColumns(report)]),
      );
    case 'md':
      return markdown(report, viewOf(report, options, treeColumns(report)));
    case 'latex':
      return latex(report, viewOf(report, options, treeColumns(report)));
    case 'html':
      return html(report, viewOf(report, options, treeColumns(report)));
    default:
      throw new ModelError('argument', `there is no format "${shown(String(format))}"`, {
        hint: `known: ${FORMATS.join(', ')}`,
      });
  }
}

function viewOf(report: Report, options: RenderOptions, columns: readonly string[]): View {
  const at = placesOf(report);
  const context = { report, units: options.units ?? 'auto', at };
  const all = options.depth === undefined ? report.layers : moduleRows(report, options.depth);
  const rows = sorted(all, options, at);
  return {
    ...context,
    columns: columnsOf(options.columns ?? withSorted(columns, options.sort), report),
    rows,
    omitted: all.length - rows.length,
    depth: options.depth ?? null,
    formula: options.formula ?? false,
    style: options.style ?? PLAIN,
  };
}

function sorted<T extends Item>(rows: readonly T[], options: RenderOptions, at: ReadonlyMap<string, number>): T[] {
  const { sort, top } = options;
  if (sort === undefined && top === undefined) return [...rows];
  const key = new Map(rows.map((row) => [row, weightOf(row, sort ?? 'macs', at)]));
  const ranked = [...rows].sort((a, b) => (key.get(b) ?? 0) - (key.get(a) ?? 0));
  return top === undefined ? ranked : ranked.slice(0, top);
}

/** What rows are sorted by is shown. */
function withSorted(columns: readonly string[], sort: Sort | undefined): readonly string[] {
  const needed = sort === undefined ? [] : sort === 'memory' ? ['read', 'write'] : [sort];
  return [...columns, ...needed.filter((id) => !columns.includes(id))];
}

function isStored(report: Report): boolean {
  return report.modules.stored !== undefined;
}

/** Where no module has a class there is no column of classes. */
function treeColumns(report: Report): readonly string[] {
  if (!isStored(report)) return TREE_COLUMNS;
  const typed = (node: ReportNode | TreeNode): boolean => node.type !== '' || node.children.some(typed);
  return STORED_TREE.filter((id) => id !== 'type' || typed(everyNode(report.modules)));
}

/** By operator there are no paths, and by node no shared types: columns that would be empty are left out. */
function tableColumns(report: Report): string[] {
  const used = (isStored(report) ? STORED_TABLE : TABLE_COLUMNS).filter((id) => {
    if (id === 'path') return report.layers.some((row) => row.path !== '');
    if (id === 'type') return report.layers.some((row) => row.type !== '');
    if (id === 'shape') return report.layers.some((row) => row.stored?.shape != null);
    if (id === 'output') return report.layers.some((row) => row.outputs.length > 0);
    return true;
  });
  const grouped = !used.includes('path') && !isStored(report);
  return [...used.flatMap((id) => (grouped && id === 'op' ? ['op', 'calls'] : [id])), ...conventionColumns(report)];
}

/** The columns of conventions and devices that say something by layer. */
function conventionColumns(report: Report): string[] {
  const names = new Set<string>();
  for (const row of report.layers)
    for (const [convention, counts] of Object.entries(row.conventions))
      for (const name of Object.keys(counts)) if (name !== 'params') names.add(`${convention}.${name}`);
  return [...names, ...(report.bounds ?? []).map((b) => `${b.device}.seconds`)];
}

function screen(report: Report, view: View, body: 'tree' | 'table', withNotes = true): string {
  const lines = [
    ...headLines(report, view.style),
    '',
    ...summaryText(report, view.units, view.formula, view.style),
    '',
    ...servingLines(report, view.style),
    ...(body === 'tree'
      ? report.coverage.nodes > 0 || report.modules.children.length > 0
        ? treeLines(report.modules, view.columns, view, view)
        : []
      : tableLines(view)),
    '',
    ...footLines(report, view.style),
    ...conventionLines(report, view.units, view.style),
    ...deviceLines(report, view.style),
    ...spaced(trainingLines(report, view.style)),
    ...printedLines(report, view.style),
    ...(withNotes ? notes(report, view.style) : []),
  ];
  return `${lines.join('\n')}\n`;
}

function trainingScreen(report: Report, { style = PLAIN, notes: withNotes = true }: RenderOptions): string {
  const lines = [
    ...headLines(report, style),
    ...spaced(trainingLines(report, style)),
    ...(withNotes ? notes(report, style) : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Lines with an empty one in front, and none behind. */
function spaced(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines.slice(0, -1)];
}

function notes(report: Report, style: Style): string[] {
  const lines = notesText(report, style);
  return lines.length === 0 ? [] : ['', ...lines];
}

/** What the reader has to say of the model: a line each, identical ones once. */
export function notesText(report: Report, style: Style): string[] {
  return noteLines({ notes: shownData(report.notes) }).map((line) => `${style.warn('note')} ${line}`);
}

function tableLines(view: View): string[] {
  const rows = view.rows.map((row) => view.columns.map((c): Cell => ({ text: c.text(row, view) })));
  const lines = grid(view.columns, rows, view.style);
  return view.omitted === 0 ? lines : [...lines, view.style.dim(`… and ${view.omitted} more rows`)];
}
