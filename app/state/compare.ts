import { computed, signal } from '@preact/signals';
import type { NodeSheet, PageModel } from '../sheet.js';
import { className } from '../ui/numbers.js';
import { leavesOut, type Measure, otherToolCounts, toolCounts } from './measure.js';
import { timelineOf } from './memory.js';
import { model, other, otherValues, values } from './model.js';

/** A count of both models, by their nodes. */
export interface BothCounts {
  readonly id: string;
  readonly label: string;
  readonly unit: 'count' | 'bytes';
  readonly left: OneCount;
  readonly right: OneCount;
}

/** A count of one of them. */
export interface OneCount {
  readonly total: number;
  readonly nodes: Float64Array | null;
  /** Whether operators without a formula are left out of it. */
  readonly partial: boolean;
}

/** Which count rows go by. */
export const comparedBy = signal('macs');

/** What is compared: the chosen tool's counts where it has them of both models, else opcount's own; then what every model has. */
export const bothCounts = computed((): readonly BothCounts[] => {
  const [a, b] = [model.value?.sheet, other.value?.sheet];
  if (a === undefined || b === undefined) return [];
  const [x, y] = [values.value, otherValues.value];
  const one = (sheet: PageModel, at: Float64Array, key: 'macs' | 'flops' | 'params'): OneCount => ({
    total: at[sheet.totals[key]] ?? 0,
    nodes: Float64Array.from(sheet.nodes, (node) => at[node[key]] ?? 0),
    partial: leavesOut(sheet, key),
  });
  const own = (key: 'macs' | 'flops' | 'params', label: string): BothCounts => ({
    id: key,
    label,
    unit: 'count',
    left: one(a, x, key),
    right: one(b, y, key),
  });
  const bytes = (id: string, label: string, left: number, right: number): BothCounts => ({
    id,
    label,
    unit: 'bytes',
    left: { total: left, nodes: null, partial: false },
    right: { total: right, nodes: null, partial: false },
  });
  const graphs = a.graph && b.graph;
  const tools = graphs ? ofTool(toolCounts.value, otherToolCounts.value) : [];
  return [
    ...(tools.length > 0 ? tools : graphs ? [own('macs', 'MACs'), own('flops', 'FLOPs')] : []),
    own('params', 'Params'),
    bytes('weights', 'Weights', x[a.totals.weightBytes] ?? 0, y[b.totals.weightBytes] ?? 0),
    ...(graphs ? [bytes('peak', 'Peak memory', timelineOf(a, x).peak, timelineOf(b, y).peak)] : []),
    ...(graphs
      ? [bytes('activations', 'Activations', x[a.totals.activationBytes] ?? 0, y[b.totals.activationBytes] ?? 0)]
      : []),
  ];
});

function ofTool(left: readonly Measure[], right: readonly Measure[]): BothCounts[] {
  return left.flatMap((a): BothCounts[] => {
    const b = right.find(({ id }) => id === a.id);
    return b === undefined ? [] : [{ id: a.id, label: a.label, unit: a.unit, left: a, right: b }];
  });
}

/** A node with its children themselves, and the name by which it finds its like. */
export interface Tree {
  readonly name: string;
  readonly node: NodeSheet;
  readonly children: readonly Tree[];
}

export function treeOf(sheet: PageModel, id = 0): Tree {
  const node = sheet.nodes[id] as NodeSheet;
  return { name: node.name, node, children: node.children.map((child) => treeOf(sheet, child)) };
}

/**
 * The second tree with names of the first where names alone would pair nothing: children of the same class in the same order
 * are taken for each other, and where there is no such, those at the same place.
 */
export function likened(a: Tree, b: Tree): Tree {
  const names = new Set(a.children.map(({ name }) => name));
  const alike = b.children.filter(({ name }) => names.has(name)).length;
  const twins = alike > 0 || a.children.length === 0 ? byName(a, b) : byClass(a.children, b.children);
  return {
    ...b,
    name: a.name,
    children: b.children.map((child, i) => {
      const twin = twins[i];
      return twin === undefined ? child : likened(twin, child);
    }),
  };
}

function byName(a: Tree, b: Tree): (Tree | undefined)[] {
  const known = new Map(a.children.map((child) => [child.name, child]));
  return b.children.map(({ name }) => known.get(name));
}

/** The longest common run of classes, by the usual table. */
function byClass(a: readonly Tree[], b: readonly Tree[]): (Tree | undefined)[] {
  const [n, m] = [a.length, b.length];
  if (n * m > 1_000_000) return b.map((_, i) => a[i]);
  const same = (i: number, j: number): boolean =>
    className((a[i] as Tree).node.type) === className((b[j] as Tree).node.type);
  const width = m + 1;
  const best = new Uint32Array((n + 1) * width);
  for (let i = n - 1; i >= 0; i--)
    for (let j = m - 1; j >= 0; j--)
      best[i * width + j] = same(i, j)
        ? (best[(i + 1) * width + j + 1] ?? 0) + 1
        : Math.max(best[(i + 1) * width + j] ?? 0, best[i * width + j + 1] ?? 0);
  if ((best[0] ?? 0) === 0) return b.map((_, i) => a[i]);
  const found: (Tree | undefined)[] = b.map(() => undefined);
  for (let i = 0, j = 0; i < n && j < m; ) {
    if (same(i, j)) {
      found[j] = a[i];
      i++;
      j++;
    } else if ((best[(i + 1) * width + j] ?? 0) >= (best[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return found;
}
