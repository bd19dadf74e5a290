import { computed } from '@preact/signals';
import type { NodeSheet, PageModel } from '../sheet.js';
import { className } from '../ui/numbers.js';
import { measure } from './measure.js';
import { bindings, model, values } from './model.js';
import { opValue } from './table.js';
import type { Measure } from './tool-counts.js';
import { printed } from './tools.js';

/** A model's numbers at a glance. Shares are of the measure that is chosen. */
export interface Verdict {
  /** The module that has most, above those that have nearly all. */
  readonly largest: {
    readonly id: number;
    /** `layer3`, or all of a kind where one of them is little: `model.layers 3–60`. */
    readonly name: string;
    readonly plural: boolean;
    readonly share: number;
  } | null;
  readonly hottest: readonly { readonly id: number; readonly name: string; readonly share: number }[];
  readonly types: readonly { readonly type: string; readonly share: number }[];
  readonly repeats: readonly { readonly type: string; readonly copies: number; readonly share: number }[];
}

/** A module with more than this is most of its model; what it consists of says more. */
const NEARLY_ALL = 0.8;
/** A module with less than this says little by itself, where there are more of its kind. */
const FEW = 0.2;
/** Equal blocks that are told together, and how much of what they lie in they are. */
const MANY = 4;
const ALL = 0.95;

export const verdict = computed((): Verdict => {
  const sheet = model.value?.sheet;
  const by = measure.value;
  if (sheet === undefined || by === null || by.total === 0)
    return { largest: null, hottest: [], types: [], repeats: [] };
  return {
    largest: largestOf(sheet, by),
    hottest: hottestOf(sheet, by),
    types: typesOf(sheet, by),
    repeats: repeatsOf(sheet, by),
  };
});

export function nodeTitle(node: NodeSheet): string {
  return node.kind === 'op' ? (node.path === '' ? node.name : `${node.path}.${node.name}`) : node.path;
}

function largestOf(sheet: PageModel, by: Measure): Verdict['largest'] {
  let at = 0;
  for (;;) {
    const best = mostOf(sheet.nodes[at]?.children ?? [], by);
    if (best < 0) break;
    at = best;
    if ((by.nodes[best] ?? 0) < NEARLY_ALL * by.total) break;
  }
  const node = sheet.nodes[at];
  if (at === 0 || node === undefined) return null;
  const kind = kindOf(sheet, by, node);
  const all = sumOf(kind, by);
  // One of many equal layers is little of a model; all of them together are most of it.
  if (kind.length > 1 && (by.nodes[at] ?? 0) < FEW * by.total && all > 2 * (by.nodes[at] ?? 0))
    return { id: at, name: spanOf(kind), plural: true, share: all / by.total };
  // A module made of equal blocks alone is described by these.
  const inner = sheet.nodes[mostOf(node.children, by)];
  const blocks = inner === undefined ? [] : kindOf(sheet, by, inner);
  const together = sumOf(blocks, by);
  if (blocks.length >= MANY && together > ALL * (by.nodes[at] ?? 0))
    return { id: at, name: spanOf(blocks), plural: true, share: together / by.total };
  return { id: at, name: nodeTitle(node), plural: false, share: (by.nodes[at] ?? 0) / by.total };
}

/** The child that has most; -1 where none has any. */
function mostOf(children: readonly number[], by: Measure): number {
  let best = -1;
  for (const child of children) if ((by.nodes[child] ?? 0) > (best < 0 ? 0 : (by.nodes[best] ?? 0))) best = child;
  return best;
}

function sumOf(nodes: readonly NodeSheet[], by: Measure): number {
  return nodes.reduce((sum, { id }) => sum + (by.nodes[id] ?? 0), 0);
}

/** The siblings of one class and cost, for which one of them can stand. */
function kindOf(sheet: PageModel, by: Measure, one: NodeSheet): NodeSheet[] {
  return (sheet.nodes[one.parent]?.children ?? []).flatMap((id) => {
    const node = sheet.nodes[id];
    const same = node?.kind === one.kind && node.type === one.type && by.nodes[id] === by.nodes[one.id];
    return same ? [node] : [];
  });
}

/** `model.layers 3–60`, `block0–block7`; with a gap among them, how many there are of what class: `58 × DecoderLayer`. */
function spanOf(kind: readonly NodeSheet[]): string {
  const [first, last] = [kind[0] as NodeSheet, kind.at(-1) as NodeSheet];
  const names = kind.map(({ name }) => /^(.*?)(\d+)$/.exec(name));
  const [, stem = '', from = ''] = names[0] ?? [];
  const row = names.every((match, i) => match?.[1] === stem && Number(match[2]) === Number(from) + i);
  const path = nodeTitle(first);
  if (!row || !path.endsWith(first.name)) return `${kind.length} × ${className(first.type) || first.name}`;
  if (stem !== '') return `${path}–${last.name}`;
  return `${path.slice(0, -first.name.length).replace(/\.$/, '')} ${first.name}–${last.name}`.trim();
}

function hottestOf(sheet: PageModel, by: Measure): Verdict['hottest'] {
  return sheet.nodes
    .filter((node) => node.children.length === 0 && (by.nodes[node.id] ?? 0) > 0)
    .sort((a, b) => (by.nodes[b.id] ?? 0) - (by.nodes[a.id] ?? 0))
    .slice(0, 3)
    .map((node) => ({
      id: node.id,
      name: nodeTitle(node) || sheet.model.name,
      share: (by.nodes[node.id] ?? 0) / by.total,
    }));
}

/** By the class of each layer; what is only a scope of operators has none, and these speak for themselves. */
function typesOf(sheet: PageModel, by: Measure): Verdict['types'] {
  const sums = new Map<string, number>();
  const add = (type: string, value: number): void => void sums.set(type, (sums.get(type) ?? 0) + value);
  for (const node of sheet.nodes) {
    const value = by.nodes[node.id] ?? 0;
    if (node.children.length > 0 || value === 0) continue;
    const own = node.ops.flatMap((index) => sheet.ops[index] ?? []);
    const values = own.map((op) => Number(opValue(op, 'measure')));
    const all = values.reduce((sum, n) => sum + n, 0);
    const type = className(node.type);
    if (type !== '' || all === 0) add(type || node.name, value);
    else for (const [i, op] of own.entries()) add(op.type, (value * (values[i] ?? 0)) / all);
  }
  return [...sums]
    .filter(([, value]) => value > 0)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 4)
    .map(([type, value]) => ({ type, share: value / by.total }));
}

/** Modules of one class and cost, where there are several that are themselves made of parts. */
function repeatsOf(sheet: PageModel, by: Measure): Verdict['repeats'] {
  const found = new Map<string, { type: string; copies: number; value: number; level: number }>();
  for (const node of sheet.nodes) {
    if (node.kind !== 'module' || node.children.length < 2) continue;
    const value = by.nodes[node.id] ?? 0;
    if (value === 0) continue;
    const key = `${node.type} ${node.params} ${node.flops} ${node.children.length}`;
    const known = found.get(key);
    if (known === undefined)
      found.set(key, { type: className(node.type) || wordOf(node), copies: 1, value, level: node.level });
    else {
      known.copies++;
      known.value += value;
    }
  }
  return [...found.values()]
    .filter(({ copies }) => copies > 1)
    .sort((a, b) => b.value - a.value || a.level - b.level)
    .slice(0, 2)
    .map(({ type, copies, value }) => ({ type, copies, share: value / by.total }));
}

/** The name of a scope without a class. Where that is a number, the path before it says more. */
function wordOf({ name, path }: NodeSheet): string {
  return /^\d+$/.test(name) ? path.replace(/\.?\d+$/, '') || name : name;
}

/** Free dimensions that can be told in a sentence. */
const FEW_SIZES = 3;

/** The extents of the input: `1×3×224×224`. Several inputs of different extents say less than the dimensions they share. */
export const atSizes = computed((): string => {
  const sheet = model.value?.sheet;
  const at = values.value;
  const free = sheet?.program.symbols ?? [];
  const some = (sheet?.inputs ?? []).filter(({ shape }) => shape !== null && shape.length > 0).slice(0, 3);
  const texts = some.map(({ shape }) => (shape ?? []).map((ref) => at[ref]).join('×'));
  const different = [...new Set(texts)];
  if (different.length > 1 && free.length > 0 && free.length <= FEW_SIZES)
    return free.map(({ name }) => `${sheet?.labels[name] ?? name} ${bindings.value[name]}`).join(', ');
  return different.join(', ');
});

export interface OtherTool {
  readonly id: string;
  readonly value: number;
  readonly same: boolean;
}

/** A tool that counts MACs otherwise than opcount does, the best known first; one that agrees where all do. */
export const otherTool = computed((): OtherTool | null => {
  const sheet = model.value?.sheet;
  const exact = sheet === undefined ? 0 : (values.value[sheet.totals.macs] ?? 0);
  const all = ['thop', 'ptflops', 'fvcore', 'torchinfo'].flatMap((id) => {
    const tool = printed.value.find((t) => t.id === id);
    const own = tool?.printed.find(({ unit }) => unit === 'mac');
    return own === undefined ? [] : [{ id, value: own.value, same: own.value === exact }];
  });
  return all.find(({ same }) => !same) ?? all[0] ?? null;
});
