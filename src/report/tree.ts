import type { Column, ColumnContext } from './columns.js';
import { foldedChildren } from './fold.js';
import { type Cell, type GridColumn, grid, type Style } from './grid.js';
import { magnitude } from './numbers.js';
import type { ReportNode } from './types.js';
import type { Fit } from './view.js';

/** Lines that a tree may take where no depth was requested: it stays on a screen. */
const COMFORTABLE_LINES = 24;

/** Bars are left out after what repeats other columns, before classes. */
const BAR_DROP = 3;

interface Line {
  readonly name: string;
  readonly node: ReportNode;
}

/** Where the compute goes: modules with their share, `depth` levels deep, or as deep as fits a screen. */
export function treeLines(
  root: ReportNode,
  columns: readonly Column[],
  context: ColumnContext,
  options: { readonly depth: number | null; readonly style: Style; readonly fit: Fit },
): string[] {
  const lines = options.depth === null ? comfortable(root) : listed(root, options.depth);
  const heads: GridColumn[] = [
    { title: 'module', align: 'left', cut: true },
    ...columns.map((c) => ({ title: c.title, align: c.align, ...options.fit(c.id) })),
    { title: '', align: 'left', drop: BAR_DROP },
  ];
  const cost = (node: ReportNode): number => magnitude(node.stored === undefined ? node.macs : node.params, context.at);
  const whole = cost(root);
  const rows = lines.map(({ name, node }, i): Cell[] => [
    { text: name, paint: i === 0 ? options.style.bold : undefined },
    ...columns.map(
      (c): Cell => ({ text: c.text(node, context), paint: c.id === 'type' ? options.style.dim : undefined }),
    ),
    { text: i === 0 ? '' : bar(cost(node), whole), paint: options.style.accent },
  ]);
  return grid(heads, rows, options.style);
}

function comfortable(root: ReportNode): Line[] {
  let best = listed(root, 1);
  for (let depth = 2; depth < 32; depth++) {
    const next = listed(root, depth);
    if (next.length > COMFORTABLE_LINES || next.length === best.length) break;
    best = next;
  }
  return best;
}

/** The tree down to a depth, in schedule order. */
export function listed(root: ReportNode, depth: number): Line[] {
  const lines: Line[] = [{ name: root.name || shortClass(root.type) || 'model', node: root }];
  below(root, '', depth, lines);
  return lines;
}

function below(node: ReportNode, indent: string, depth: number, lines: Line[]): void {
  if (depth === 0) return;
  const siblings = foldedChildren(node);
  for (const [i, { name, node: child, whole }] of siblings.entries()) {
    const last = i === siblings.length - 1;
    lines.push({ name: `${indent}${last ? '└─ ' : '├─ '}${name}`, node: child });
    // What stands for several is shown once, without what it consists of.
    if (whole) below(child, indent + (last ? '   ' : '│  '), depth - 1, lines);
  }
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const BAR_CELLS = 12;

/** A bar of at most twelve cells, in eighths of a cell. */
export function bar(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return '';
  const eighths = Math.round((part / whole) * BAR_CELLS * 8);
  return '█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? '');
}

function shortClass(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}
