import { parse, sum } from '../dim/index.js';
import type { Column, ColumnContext } from './columns.js';
import { type Cell, type GridColumn, grid, type Style } from './grid.js';
import { magnitude } from './numbers.js';
import type { ReportCount, ReportNode } from './types.js';

/** Lines that a tree may take where no depth was asked for: it stays on a screen. */
const COMFORTABLE_LINES = 24;
/** Siblings in a row with the same class and cost are one line from this many on. */
const MIN_RUN = 3;

interface Line {
  readonly name: string;
  readonly node: ReportNode;
}

/** Where the compute goes: modules with their share, `depth` levels deep, or as deep as fits a screen. */
export function treeLines(
  root: ReportNode,
  columns: readonly Column[],
  context: ColumnContext,
  options: { readonly depth: number | null; readonly style: Style },
): string[] {
  const lines = options.depth === null ? comfortable(root) : listed(root, options.depth);
  const heads: GridColumn[] = [
    { title: 'module', align: 'left' },
    ...columns.map((c) => ({ title: c.title, align: c.align })),
    { title: '', align: 'left' },
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
  const runs = runsOf(node.children);
  for (const [i, run] of runs.entries()) {
    const last = i === runs.length - 1;
    const first = run[0] as ReportNode;
    const name = run.length === 1 ? first.name : `${first.name} … ${(run.at(-1) as ReportNode).name} (×${run.length})`;
    lines.push({ name: `${indent}${last ? '└─ ' : '├─ '}${name}`, node: run.length === 1 ? first : merged(run) });
    // A run is shown once, and so is what it consists of.
    if (run.length === 1) below(first, indent + (last ? '   ' : '│  '), depth - 1, lines);
  }
}

function runsOf(nodes: readonly ReportNode[]): ReportNode[][] {
  const runs: ReportNode[][] = [];
  for (const node of nodes) {
    const run = runs.at(-1);
    if (run !== undefined && alike(run[0] as ReportNode, node)) run.push(node);
    else runs.push([node]);
  }
  return runs.flatMap((run) => (run.length < MIN_RUN ? run.map((node) => [node]) : [run]));
}

function alike(a: ReportNode, b: ReportNode): boolean {
  if (a.stored !== undefined || b.stored !== undefined) return alikeStored(a, b);
  return (
    a.kind === b.kind &&
    a.type === b.type &&
    a.macs === b.macs &&
    a.flops === b.flops &&
    a.params === b.params &&
    a.macs !== 0n
  );
}

/** Without classes to go by: numbered modules that hold the same under the same names. */
function alikeStored(a: ReportNode, b: ReportNode): boolean {
  return (
    a.kind === 'module' && b.kind === 'module' && /^\d+$/.test(a.name) && /^\d+$/.test(b.name) && sameContents(a, b)
  );
}

function sameContents(a: ReportNode, b: ReportNode): boolean {
  return (
    a.params === b.params &&
    a.type === b.type &&
    a.stored?.bytes === b.stored?.bytes &&
    a.children.length === b.children.length &&
    a.children.every((child, i) => {
      const other = b.children[i] as ReportNode;
      return child.name === other.name && sameContents(child, other);
    })
  );
}

/** Several nodes as one: their sums. */
function merged(run: readonly ReportNode[]): ReportNode {
  const first = run[0] as ReportNode;
  const all = (pick: (node: ReportNode) => ReportCount): ReportCount => {
    const values = run.map(pick);
    const formula = values.some((v) => typeof v === 'string');
    return formula
      ? String(sum(values.map((v) => parse(String(v)))))
      : (values as bigint[]).reduce((a, b) => a + b, 0n);
  };
  return {
    ...first,
    calls: run.reduce((n, node) => n + node.calls, 0),
    unknown: run.reduce((n, node) => n + node.unknown, 0),
    params: all((node) => node.params),
    macs: all((node) => node.macs),
    flops: all((node) => node.flops),
    readBytes: all((node) => node.readBytes),
    writeBytes: all((node) => node.writeBytes),
    ...(first.stored === undefined
      ? {}
      : {
          stored: {
            ...first.stored,
            buffers: all((node) => node.stored?.buffers ?? 0n),
            bytes: all((node) => node.stored?.bytes ?? 0n),
          },
        }),
  };
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
