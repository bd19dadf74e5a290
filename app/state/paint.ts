import { computed, signal } from '@preact/signals';
import type { NodeSheet, PageModel } from '../sheet.js';
import { STEPS, stepOf } from '../ui/heat.js';
import { className } from '../ui/numbers.js';
import { model } from './model.js';
import { drawn, settled } from './settled.js';
import type { Measure } from './tool-counts.js';

/** Tiles are coloured by how much is computed for each byte moved, or by the part of the model that they belong to. */
export type PaintBy = 'intensity' | 'part';

/** The choice that was made; null leaves it to the model and the drawing. */
export const chosenPaint = signal<PaintBy | null>(null);

/** Colours of what is drawn: nodes by their place, unless it is something else. */
export interface Paint<T = number> {
  readonly by: PaintBy;
  /** The class of a tile, which has its colour. */
  readonly of: (tile: T) => string;
  /** Colours by part, with what they stand for. */
  readonly parts: readonly { readonly style: string; readonly text: string }[];
}

/** Colours for parts; what is left has the last one. */
const PARTS = 8;
/** Where more than this of a model has one colour, colours of intensity say nothing. */
const ONE_COLOUR = 0.85;
/** Colours by part name at least this share of a model, or they say no more than those of intensity. */
const HALF = 0.5;

/** Colours of the drawings, and those of the card. */
export const paint = computed(() => paintOf(model.value?.sheet, drawn.value.measure, drawn.value.heat));
export const cardPaint = computed(() => paintOf(model.value?.sheet, settled.value.measure, settled.value.heat));

export function paintOf(sheet: PageModel | undefined, by: Measure | null, heat: Float64Array): Paint {
  const intensity = intensityPaint(heat);
  if (sheet === undefined || by === null || by.nodes.length !== sheet.nodes.length) return intensity;
  const chosen = chosenPaint.value;
  // A layer that computes nothing has no intensity.
  if (sheet.graph && (chosen === 'intensity' || (chosen === null && !isOneColour(sheet, by, heat)))) return intensity;
  const keys = keysOf(sheet);
  const sums = new Map<string, number>();
  addLeaves(sums, sheet, by.nodes, keys);
  const parts = partPaint(sums, (id: number) => keys[id] ?? '');
  return chosen === null && (parts.parts.length < 2 || parts.named < HALF * by.total) ? intensity : parts;
}

export function intensityPaint(heat: Float64Array): Paint {
  return { by: 'intensity', of: (id) => `heat${stepOf(heat[id] ?? 0)}`, parts: [] };
}

function isOneColour({ nodes }: PageModel, by: Measure, heat: Float64Array): boolean {
  const steps = new Float64Array(STEPS);
  let all = 0;
  for (const { id, children } of nodes) {
    if (children.length > 0) continue;
    const step = stepOf(heat[id] ?? 0);
    steps[step] = (steps[step] ?? 0) + (by.nodes[id] ?? 0);
    all += by.nodes[id] ?? 0;
  }
  return all > 0 && Math.max(...steps) > ONE_COLOUR * all;
}

/** Colours by key, one for each of those that have most; `named` is what they have together. */
export function partPaint<T>(
  sums: ReadonlyMap<string, number>,
  keyOf: (tile: T) => string,
): Paint<T> & { readonly named: number } {
  const first = [...sums]
    .filter(([key, sum]) => sum > 0 && key !== '')
    .sort((a, b) => b[1] - a[1])
    .map(([key]) => key);
  const named = first.slice(0, first.length > PARTS ? PARTS - 1 : PARTS);
  const places = new Map(named.map((key, i) => [key, i]));
  const rest = first.length > named.length ? [{ style: `part${PARTS - 1}`, text: 'others' }] : [];
  return {
    by: 'part',
    of: (tile) => `part${places.get(keyOf(tile)) ?? PARTS - 1}`,
    named: named.reduce((sum, key) => sum + (sums.get(key) ?? 0), 0),
    parts: [...named.map((text, i) => ({ style: `part${i}`, text })), ...rest],
  };
}

/** Adds what leaves have to what their keys have. */
function addLeaves(
  sums: Map<string, number>,
  { nodes }: PageModel,
  value: Float64Array,
  keys: readonly string[],
): void {
  for (const { id, children } of nodes) {
    const key = keys[id] ?? '';
    if (children.length === 0) sums.set(key, (sums.get(key) ?? 0) + (value[id] ?? 0));
  }
}

/** One of several models that are drawn side by side. */
export interface Side {
  readonly sheet: PageModel;
  readonly value: Float64Array;
}

export interface SidesPaint {
  readonly paints: readonly Paint[];
  /** The parts that have a colour of their own. */
  readonly by: 'part' | 'class';
}

/** Colours of models side by side: what is called the same has the same in all; classes, where names say nothing of each other. */
export function sidesPaint(sides: readonly Side[]): SidesPaint {
  const byKeys = (all: readonly (readonly string[])[]) => {
    const each = sides.map(({ sheet, value }, i) => {
      const own = new Map<string, number>();
      addLeaves(own, sheet, value, all[i] ?? []);
      return own;
    });
    const sums = new Map<string, number>();
    let [shared, whole] = [0, 0];
    for (const own of each)
      for (const [key, sum] of own) {
        sums.set(key, (sums.get(key) ?? 0) + sum);
        whole += sum;
        if (each.every((other) => other.has(key))) shared += sum;
      }
    return {
      shared: shared > HALF * whole,
      paints: all.map((keys) => partPaint(sums, (id: number) => keys[id] ?? '')),
    };
  };
  const byName = byKeys(sides.map(({ sheet }) => keysOf(sheet)));
  if (byName.shared) return { paints: byName.paints, by: 'part' };
  const byClass = byKeys(sides.map(({ sheet }) => sheet.nodes.map(({ type }) => className(type))));
  // A file may say nothing of classes.
  return byClass.paints.every(({ parts }) => parts.length > 0)
    ? { paints: byClass.paints, by: 'class' }
    : { paints: byName.paints, by: 'part' };
}

const known = new WeakMap<PageModel, readonly string[]>();

function keysOf(sheet: PageModel): readonly string[] {
  const keys = known.get(sheet) ?? sheet.nodes.map(partOf);
  known.set(sheet, keys);
  return keys;
}

/**
 * A layer's place within a block that repeats: `transformer.h.3.mlp.c_fc` is `mlp.c_fc`, as in every other block. Names of
 * blocks end in their number.
 */
function partOf({ kind, path, name }: NodeSheet): string {
  const names = (kind === 'op' ? `${path}.${name}` : path).split('.').filter((part) => part !== '');
  return names
    .filter((part, i) => i === names.length - 1 || !/\d$/.test(part))
    .slice(-2)
    .join('.');
}
