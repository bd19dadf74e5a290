import type { TreeNode } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { ModelError } from '../source/errors.js';
import { FORMATS, type Format, type Sort, type UnitMode } from './choices.js';
import { columnsOf, type Item, largest, weightOf } from './columns.js';
import { csv } from './csv.js';
import { deviceLines } from './devices.js';
import { type Cell, grid, PLAIN, type Style, wrapped } from './grid.js';
import { html } from './html.js';
import { toJson } from './json.js';
import { everyNode } from './late-node.js';
import { latex } from './latex.js';
import { markdown } from './markdown.js';
import { measuredLines } from './measured-text.js';
import { moduleRows } from './module-rows.js';
import { servingCsv } from './serving-csv.js';
import { servingLines } from './serving-text.js';
import { MAX_FIELD, shown } from './shown.js';
import { shownData } from './shown-data.js';
import {
  conventionLines,
  footLines,
  headLines,
  noteLines,
  placesOf,
  printedLines,
  summaryText,
  uncountedLines,
} from './summary.js';
import { trainingLines } from './training-text.js';
import { treeLines } from './tree.js';
import type { Report, ReportNode } from './types.js';
import type { View } from './view.js';

export interface RenderOptions {
  readonly units?: UnitMode;
  /** Levels of the tree, as many as fit a screen where it is left out; in a table or CSV the depth at which rows are cut. */
  readonly depth?: number;
  /** Only this many rows, the largest by `sort` (MACs by default), in that order. */
  readonly top?: number;
  readonly sort?: Sort;
  /** Ids of columns; the format's own choice where left out. */
  readonly columns?: readonly string[];
  /** Formulas with all their terms. */
  readonly formula?: boolean;
  readonly style?: Style;
  /** Of a tree: the training step alone; of CSV: the serving figures, a row each. */
  readonly only?: 'training' | 'serving';
  /** Whether a tree or a table ends with the reader's notes; true if left out. */
  readonly notes?: boolean;
}

const TREE_COLUMNS = ['type', 'params', 'macs', 'share'];
/** Where a screen has the room. */
const WIDE_TREE = ['type', 'output', 'params', 'macs', 'flops', 'share'];
/** Of files without a graph. */
const STORED_TREE = ['type', 'shape', 'params', 'share', 'bytes', 'dtype'];
const STORED_TABLE = ['path', 'type', 'op', 'shape', 'params', 'buffers', 'bytes', 'dtype', 'share'];
const STORED_RAW = ['path', 'type', 'op', 'shape', 'dtype', 'params', 'buffers', 'bytes'];
/**
 * In which order columns are left out where a screen is too narrow, in trees and in tables; bars of trees come between the
 * second and the fourth. Columns that were requested stay, and names are cut in the middle instead.
 */
const DROPS: Readonly<Record<'tree' | 'table', Readonly<Record<string, number>>>> = {
  tree: byName({ output: 1, flops: 2, type: 4, dtype: 1, bytes: 2, shape: 5 }),
  table: byName({ share: 1, op: 2, output: 3, flops: 4, type: 5, dtype: 1, buffers: 2, shape: 5 }),
};
const CUT: readonly string[] = ['path', 'type', 'op', 'shape', 'output', 'input'];

const TABLE_COLUMNS = ['path', 'type', 'op', 'output', 'params', 'macs', 'flops', 'share'];
const RAW_COLUMNS = ['path', 'type', 'op', 'calls', 'input', 'output', 'params', 'macs', 'flops', 'read', 'write'];

/** A report as text. Throws ModelError `argument` for an unknown format or column. */
export function render(given: Report, format: Format, options: RenderOptions = {}): string {
  // By its name alone: the tree is made when it is looked at.
  if (typeof given !== 'object' || given === null || !('modules' in given))
    throw new ModelError('argument', 'this is not the report of a model', {
      hint: 'give what profile() returns: report(await profile(model), format)',
    });
  if (format === 'json') return toJson(given);
  const report = shownData(given, format === 'csv' ? MAX_FIELD : undefined);
  switch (format) {
    case 'tree':
      if (options.only === 'training') return trainingScreen(report, options);
      return screen(
        report,
        viewOf(report, options, treeColumns(report, options.style?.columns !== undefined)),
        'tree',
        options.notes,
      );
    case 'table':
      return screen(report, viewOf(report, options, tableColumns(report), 'table'), 'table', options.notes);
    case 'csv':
      if (options.only === 'serving') return servingCsv(report);
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

function viewOf(
  report: Report,
  options: RenderOptions,
  columns: readonly string[],
  kind: 'tree' | 'table' = 'tree',
): View {
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
    fit: (id) => {
      const drop = options.columns === undefined ? DROPS[kind][id] : undefined;
      return { ...(drop === undefined ? {} : { drop }), ...(CUT.includes(id) ? { cut: true } : {}) };
    },
  };
}

function sorted<T extends Item>(rows: readonly T[], options: RenderOptions, at: ReadonlyMap<string, number>): T[] {
  const { sort, top } = options;
  if (sort === undefined && top === undefined) return [...rows];
  return largest(rows, (row) => weightOf(row, sort ?? 'macs', at), top);
}

/** The column that rows are sorted by is shown. */
function withSorted(columns: readonly string[], sort: Sort | undefined): readonly string[] {
  const needed = sort === undefined ? [] : sort === 'memory' ? ['read', 'write'] : [sort];
  return [...columns, ...needed.filter((id) => !columns.includes(id))];
}

function isStored(report: Report): boolean {
  return report.modules.stored !== undefined;
}

/** Where no module has a class there is no column of classes. */
function treeColumns(report: Report, onScreen = false): readonly string[] {
  if (!isStored(report)) return onScreen ? WIDE_TREE : TREE_COLUMNS;
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
  const { style } = view;
  const lines = [
    ...fitting(headLines(report, style), style),
    '',
    ...summaryText(report, view.units, view.formula, style),
    '',
    ...servingLines(report, style, view.units),
    ...(body === 'tree'
      ? report.coverage.nodes > 0 || report.modules.children.length > 0
        ? treeLines(report.modules, view.columns, view, view)
        : []
      : tableLines(view)),
    '',
    ...footLines(report, style).flatMap((line) => wrapped(line, style, line.search(/\S|$/))),
    ...fitting(conventionLines(report, view.units, style), style),
    ...fitting(deviceLines(report, style, view.units), style),
    ...fitting(spaced(trainingLines(report, style, view.units)), style),
    ...fitting(spaced(measuredLines(report, style)), style),
    ...printedLines(report, style),
    ...(withNotes ? notes(report, style) : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Lines as wide as the screen at most. */
const fitting = (lines: readonly string[], style: Style): string[] => lines.flatMap((line) => wrapped(line, style));

function trainingScreen(report: Report, { style = PLAIN, notes: withNotes = true, units }: RenderOptions): string {
  const lines = [
    ...fitting([...headLines(report, style), ...spaced(trainingLines(report, style, units))], style),
    ...fitting(uncountedLines(report, style), style),
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

/** Notes that a screen shows where not all are requested. */
export const SHOWN_NOTES = 2;

/** The reader's notes on the model: a line each, identical ones once, those that change numbers first; `most` of them. */
export function notesText(report: Pick<Report, 'notes'>, style: Style, most = Number.POSITIVE_INFINITY): string[] {
  const all = noteLines({ notes: shownData(report.notes) });
  // One more line that says "one more" would save nothing.
  const kept = all.length <= most + 1 ? all : all.slice(0, most);
  const more = all.length - kept.length;
  return [
    ...kept.flatMap((line) => wrapped(`${style.warn('note')} ${line}`, style, 5)),
    ...(more === 0 ? [] : [style.dim(`     and ${more} more notes: --notes shows them`)]),
  ];
}

function tableLines(view: View): string[] {
  const rows = view.rows.map((row) => view.columns.map((c): Cell => ({ text: c.text(row, view) })));
  const columns = view.columns.map((c) => ({ title: c.title, align: c.align, ...view.fit(c.id) }));
  const lines = grid(columns, rows, view.style);
  return view.omitted === 0 ? lines : [...lines, view.style.dim(`… and ${view.omitted} more rows`)];
}
