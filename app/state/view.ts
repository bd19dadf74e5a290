import { computed, signal } from '@preact/signals';
import { model } from './model.js';

/** The tab that is open, by its name in the list of views; one that a model does not have falls back to the first. */
export const view = signal('layers');
export const convention = signal('exact');
/** Which count the drawings show; one that the convention does not have falls back to its first. */
export const measureId = signal('macs');
/** Whether a drawing shows equal modules in a row as one: the treemap has room for each of them, the icicle for the name of none. */
export const folds = { treemap: signal(false), icicle: signal(true) } as const;
/** The module that drawings are zoomed to, and the one that is selected: by their place in the sheet. */
export const focus = signal(0);
export const selected = signal<number | null>(null);

export const selectedNode = computed(() => {
  const id = selected.value;
  return id === null ? null : (model.value?.sheet.nodes[id] ?? null);
});
export const focusNode = computed(() => model.value?.sheet.nodes[focus.value] ?? model.value?.sheet.nodes[0] ?? null);

/** Zooms to a module; leaves are too small to zoom to, so their module is taken. */
export function zoomTo(id: number): void {
  const nodes = model.value?.sheet.nodes;
  const node = nodes?.[id];
  if (node === undefined) return;
  focus.value = node.children.length > 0 ? id : Math.max(0, node.parent);
  // A table has nothing to zoom.
  if (view.value === 'layers') view.value = 'treemap';
}

/** A node by its path: what links and other models mean by it. */
export function nodeByPath(path: string): number | null {
  const nodes = model.value?.sheet.nodes ?? [];
  const found = nodes.findIndex((node) => node.kind !== 'op' && node.path === path);
  return found < 0 ? null : found;
}

/** An operator that is selected by itself, in the table of operators or in a drawing of the schedule. */
export const selectedOp = signal<number | null>(null);

/** Selects a node; an operator of it only where that was meant. */
export function select(id: number | null, op: number | null = null): void {
  selected.value = id;
  selectedOp.value = op;
}

/** Whether the dialog of what can be shared is open. */
export const sharing = signal(false);
