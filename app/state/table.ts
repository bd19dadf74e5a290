import { computed, signal } from '@preact/signals';
import type { NodeSheet, OpSheet } from '../sheet.js';
import { measure } from './measure.js';
import { model, values } from './model.js';
import { type Measure, toolCounts } from './tool-counts.js';

export const GRAINS = ['modules', 'layers', 'operators'] as const;
export type Grain = (typeof GRAINS)[number];

/** A line of the table: a node of the tree, or an operator. */
export type Line =
  | {
      readonly kind: 'node';
      readonly id: number;
      readonly level: number;
      readonly parts: boolean;
      readonly open: boolean;
    }
  | { readonly kind: 'op'; readonly id: number; readonly index: number };

export const COLUMNS = ['name', 'type', 'output', 'params', 'macs', 'flops', 'moved', 'intensity', 'measure'] as const;
export type ColumnId = (typeof COLUMNS)[number];

export const grain = signal<Grain>('modules');
export const filter = signal('');
/** Which column sorts; null is the order in which the model runs. */
export const sort = signal<{ readonly column: ColumnId; readonly down: boolean } | null>(null);
/** Modules that are opened or closed by hand; by themselves the upper levels are open. */
export const toggled = signal<ReadonlySet<number>>(new Set());

/** Levels are opened by themselves as long as there are not more lines than this. */
const COMFORTABLE = 60;
/** With fewer lines than this a table says nothing: one level more is opened, unless that is more than anybody reads. */
const TOO_FEW = 8;
const READABLE = 400;

const openLevel = computed((): number => {
  const nodes = model.value?.sheet.nodes ?? [];
  const perLevel: number[] = [];
  for (const { level } of nodes.filter(isListed)) perLevel[level] = (perLevel[level] ?? 0) + 1;
  let lines = 0;
  for (const [level, n] of perLevel.entries()) {
    if (lines + n > COMFORTABLE && (lines >= TOO_FEW || lines + n > READABLE)) return Math.max(1, level - 1);
    lines += n;
  }
  return perLevel.length;
});

export function isOpen(node: NodeSheet): boolean {
  return node.level < openLevel.value !== toggled.value.has(node.id);
}

export function toggle(id: number): void {
  const next = new Set(toggled.value);
  if (!next.delete(id)) next.add(id);
  toggled.value = next;
}

/** Opens what a node stands in, so that its line is there to be scrolled to. */
export function reveal(id: number): void {
  const nodes = model.value?.sheet.nodes;
  if (nodes === undefined) return;
  const next = new Set(toggled.value);
  for (let at = nodes[id]?.parent ?? -1; at >= 0; at = nodes[at]?.parent ?? -1) {
    const node = nodes[at] as NodeSheet;
    if (!isOpen(node) && !next.delete(at)) next.add(at);
  }
  toggled.value = next;
}

export const lines = computed((): readonly Line[] => {
  const sheet = model.value?.sheet;
  if (sheet === undefined) return [];
  const words = filter.value
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter((w) => w !== '');
  const hit = (text: string): boolean => words.every((word) => text.includes(word));
  if (grain.value === 'operators') {
    const ops = words.length === 0 ? sheet.ops : sheet.ops.filter((op) => hit(opText(op, sheet.nodes)));
    return ordered(ops, (op) => op.index, opValue).map((op) => ({ kind: 'op', id: op.node, index: op.index }));
  }
  const flat = grain.value === 'layers' || words.length > 0;
  if (flat) {
    const some = sheet.nodes.filter(
      (node) =>
        (grain.value === 'modules' ? isListed(node) : node.children.length === 0) &&
        (words.length === 0 || hit(`${node.path} ${node.name} ${node.type}`.toLowerCase())),
    );
    return ordered(some, (node) => node.id, nodeValue).map((node) => lineOf(node, 0));
  }
  const out: Line[] = [];
  const add = (id: number): void => {
    const node = sheet.nodes[id] as NodeSheet;
    out.push(lineOf(node, node.level));
    if (!isOpen(node)) return;
    const children = node.children.map((child) => sheet.nodes[child] as NodeSheet);
    const some = children.filter(isListed);
    // A module without any computation shows all its children.
    for (const child of ordered(some.length > 0 ? some : children, (n) => n.id, nodeValue)) add(child.id);
  };
  if (sheet.nodes.length > 0) add(0);
  return out;
});

/** Among modules stand operators that a module calls itself, but for those that compute nothing: shapes, views, copies. */
function isListed({ kind, unknown, params, flops }: NodeSheet): boolean {
  if (kind !== 'op' || unknown > 0) return true;
  const formulas = model.value?.sheet.program.formulas ?? [];
  return formulas[params] !== 0 || formulas[flops] !== 0;
}

function lineOf(node: NodeSheet, level: number): Line {
  return { kind: 'node', id: node.id, level, parts: node.children.length > 0, open: isOpen(node) };
}

function opText(op: OpSheet, nodes: readonly NodeSheet[]): string {
  return `${nodes[op.node]?.path ?? ''} ${op.name ?? ''} ${op.type} ${op.op}`.toLowerCase();
}

/** Stable: what is equal stays in the order in which it runs. */
function ordered<T>(
  items: readonly T[],
  place: (item: T) => number,
  value: (item: T, column: ColumnId) => number | string,
): readonly T[] {
  const by = sort.value;
  if (by === null) return items;
  const keyed = items.map((item) => ({ item, key: value(item, by.column), place: place(item) }));
  const sign = by.down ? -1 : 1;
  keyed.sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : a.place - b.place));
  return keyed.map(({ item }) => item);
}

/** Which count of the chosen tool stands in a column in place of opcount's own. */
export function toolColumn(column: 'macs' | 'flops'): Measure | undefined {
  return toolCounts.value[column === 'macs' ? 0 : 1];
}

export function nodeValue(node: NodeSheet, column: ColumnId): number | string {
  const at = values.value;
  switch (column) {
    case 'name':
      return node.path || node.name;
    case 'type':
      return node.type;
    case 'output':
      return (node.output ?? []).reduce((n, ref) => n * (at[ref] ?? 0), 1);
    case 'measure':
      return measure.value?.nodes[node.id] ?? 0;
    case 'macs':
    case 'flops': {
      const tool = toolColumn(column);
      return tool === undefined ? countsValue(node, column) : (tool.nodes[node.id] ?? 0);
    }
    default:
      return countsValue(node, column);
  }
}

export function opValue(op: OpSheet, column: ColumnId): number | string {
  const at = values.value;
  switch (column) {
    case 'name':
      return op.name ?? '';
    case 'type':
      return op.type;
    case 'output':
      return (op.outputs[0]?.shape ?? []).reduce((n, ref) => n * (at[ref] ?? 0), 1);
    case 'macs':
    case 'flops':
      // A tool says what a layer has, not what each operator of it has.
      return toolColumn(column) === undefined ? countsValue(op, column) : 0;
    case 'measure': {
      const id = measure.value?.id ?? '';
      if (id.includes('.')) return 0;
      return id === 'flops' || id === 'params' || id === 'moved' ? countsValue(op, id) : countsValue(op, 'macs');
    }
    default:
      return countsValue(op, column);
  }
}

function countsValue(
  { params, macs, flops, readBytes, writeBytes }: NodeSheet | OpSheet,
  column: 'params' | 'macs' | 'flops' | 'moved' | 'intensity',
): number {
  const at = values.value;
  const moved = (at[readBytes] ?? 0) + (at[writeBytes] ?? 0);
  if (column === 'moved') return moved;
  if (column === 'intensity') return moved === 0 ? 0 : (at[flops] ?? 0) / moved;
  return at[{ params, macs, flops }[column]] ?? 0;
}
