import type { Column, ColumnContext } from './columns.js';
import { type Folded, foldedChildren } from './fold.js';
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
  const fold = once(foldedChildren);
  let best = listed(root, 1, fold);
  for (let depth = 2; depth < 32 && best.length <= COMFORTABLE_LINES; depth++) {
    const next = listed(root, depth, fold);
    if (next.length > COMFORTABLE_LINES || next.length === best.length) break;
    best = next;
  }
  return best;
}

type Fold = (node: ReportNode) => readonly Folded[];

/** The same answer for the same node: each depth that is tried begins at the root, which may have 100,000 children. */
function once(fold: Fold): Fold {
  const known = new Map<ReportNode, readonly Folded[]>();
  return (node) => {
    let lines = known.get(node);
    if (lines === undefined) {
      lines = fold(node);
      known.set(node, lines);
    }
    return lines;
  };
}

/** The tree down to a depth, in schedule order. */
export function listed(root: ReportNode, depth: number, fold: Fold = foldedChildren): Line[] {
  const lines: Line[] = [{ name: root.name || shortClass(root.type) || 'model', node: root }];
  below(root, '', depth, lines, fold);
  return lines;
}

function below(node: ReportNode, indent: string, depth: number, lines: Line[], fold: Fold): void {
  if (depth === 0) return;
  const siblings = fold(node);
  for (const [i, { name, node: child, whole }] of siblings.entries()) {
    const last = i === siblings.length - 1;
    lines.push({ name: `${indent}${last ? '└─ ' : '├─ '}${name}`, node: child });
    // A node that stands for several is shown once, without its children.
    if (whole) below(child, indent + (last ? '   ' : '│  '), depth - 1, lines, fold);
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
