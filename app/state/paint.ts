import { computed, signal } from '@preact/signals';
import type { NodeSheet, PageModel } from '../sheet.js';
import { STEPS, stepOf } from '../ui/heat.js';
import type { Measure } from './measure.js';
import { model } from './model.js';
import { drawn, settled } from './settled.js';

/** What colours of tiles say: how much is computed for each byte moved, or which part of the model they are. */
export type PaintBy = 'intensity' | 'part';

/** What was chosen; null leaves it to the model. */
export const chosenPaint = signal<PaintBy | null>(null);

export interface Paint {
  readonly by: PaintBy;
  /** The class of a tile, which has its colour. */
  readonly of: (id: number) => string;
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
  const intensity: Paint = { by: 'intensity', of: (id) => `heat${stepOf(heat[id] ?? 0)}`, parts: [] };
  if (sheet === undefined || by === null || by.nodes.length !== sheet.nodes.length) return intensity;
  const chosen = chosenPaint.value;
  if (chosen === 'intensity' || (chosen === null && !(sheet.graph && isOneColour(sheet, by, heat)))) return intensity;
  const { named, ...parts } = byPart(sheet, by);
  return chosen === null && (parts.parts.length < 2 || named < HALF) ? intensity : parts;
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

function byPart(sheet: PageModel, by: Measure): Paint & { readonly named: number } {
  const { nodes } = sheet;
  const sums = new Map<string, number>();
  const keys = keysOf(sheet);
  for (const { id, children } of nodes) {
    const key = keys[id] as string;
    if (children.length === 0) sums.set(key, (sums.get(key) ?? 0) + (by.nodes[id] ?? 0));
  }
  const first = [...sums]
    .filter(([key, sum]) => sum > 0 && key !== '')
    .sort((a, b) => b[1] - a[1])
    .map(([key]) => key);
  const named = first.slice(0, first.length > PARTS ? PARTS - 1 : PARTS);
  const places = new Map(named.map((key, i) => [key, i]));
  const rest = first.length > named.length ? [{ style: `part${PARTS - 1}`, text: 'other parts' }] : [];
  return {
    by: 'part',
    of: (id) => `part${places.get(keys[id] ?? '') ?? PARTS - 1}`,
    named: named.reduce((sum, key) => sum + (sums.get(key) ?? 0), 0) / (by.total || 1),
    parts: [...named.map((text, i) => ({ style: `part${i}`, text })), ...rest],
  };
}

const known = new WeakMap<PageModel, readonly string[]>();

function keysOf(sheet: PageModel): readonly string[] {
  const keys = known.get(sheet) ?? sheet.nodes.map(partOf);
  known.set(sheet, keys);
  return keys;
}

/**
 * Where a layer stands in what repeats: `transformer.h.3.mlp.c_fc` is `mlp.c_fc`, as in every other block. What a block is
 * called ends in its number.
 */
function partOf({ kind, path, name }: NodeSheet): string {
  const names = (kind === 'op' ? `${path}.${name}` : path).split('.').filter((part) => part !== '');
  return names
    .filter((part, i) => i === names.length - 1 || !/\d$/.test(part))
    .slice(-2)
    .join('.');
}
