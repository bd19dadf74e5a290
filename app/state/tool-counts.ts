import { computed, signal } from '@preact/signals';
import { runDims } from 'opcount/ledger';
import type { NodeSheet, PageModel } from '../sheet.js';
import type { ConventionSheet, Slot } from '../worker/protocol.js';
import { ask, messageOf } from './client.js';
import { bindings, type Loaded, model, other } from './model.js';
import { convention } from './view.js';

/** A count that drawings, shares and sorting go by. */
export interface Measure {
  readonly id: string;
  readonly label: string;
  readonly unit: 'count' | 'bytes';
  /** Its formula, where it has free dimensions. */
  readonly text: string | null;
  readonly words: string;
  readonly total: number;
  /** Some operators have no formula: the total is what is known of it, and at least that. */
  readonly partial: boolean;
  /** By node id. */
  readonly nodes: Float64Array;
}

interface Told {
  readonly of: Loaded;
  readonly sheet: ConventionSheet;
}

/** The last answer about each model, and why there is none. */
const told = { a: signal<Told | null>(null), b: signal<Told | null>(null) };
const failed = { a: signal<string | null>(null), b: signal<string | null>(null) };
const asked = { a: 0, b: 0 };

/** The chosen convention's numbers for the model on show; null for `exact`, and while it is worked out. */
export const shownConvention = computed(() => sheetOf(told.a.value, model.value));
const otherConvention = computed(() => sheetOf(told.b.value, other.value));
export const conventionFailure = computed(() => failed.a.value);

function sheetOf(known: Told | null, loaded: Loaded | null): ConventionSheet | null {
  return known !== null && known.of === loaded ? known.sheet : null;
}

/** Asks for the chosen convention; called when it or the model changes. */
export async function refreshConvention(slot: Slot): Promise<void> {
  const mine = ++asked[slot];
  const loaded = slot === 'a' ? model.value : other.value;
  const id = convention.value;
  failed[slot].value = null;
  if (id === 'exact' || loaded === null || !loaded.sheet.graph) {
    told[slot].value = null;
    return;
  }
  try {
    for (;;) {
      const bind = bindings.peek();
      const sheet = await ask({ kind: 'convention', slot, id, bind });
      if (mine !== asked[slot]) return;
      // One that holds for the sizes alone is no answer where they have moved since.
      if (sheet.bound && bindings.peek() !== bind) continue;
      told[slot].value = { of: loaded, sheet };
      return;
    }
  } catch (error) {
    if (mine !== asked[slot]) return;
    told[slot].value = null;
    failed[slot].value = messageOf(error);
  }
}

/** Asks again for those that hold, or fail, for the sizes alone; called when a size has changed. */
export function refreshBound(): void {
  for (const slot of ['a', 'b'] as const)
    if (told[slot].peek()?.sheet.bound || failed[slot].peek() !== null) void refreshConvention(slot);
}

const UNITS: Readonly<Record<string, string>> = { mac: 'MACs', flop: 'FLOPs', byte: 'bytes', MB: 'MB' };

/**
 * A convention's own counts of a model. It speaks of layers; a module has what its layers have, or what the tool says if that
 * is more.
 */
function toolMeasures(print: ConventionSheet, sheet: PageModel, sizes: Readonly<Record<string, number>>): Measure[] {
  const at = runDims(
    print.program,
    print.program.symbols.map(({ name }) => sizes[name] ?? sheet.sizes[name]?.size ?? 1),
  );
  const layers = new Map(print.layers);
  return print.counts.map(({ name, unit, ref, text }, i): Measure => {
    const nodes = new Float64Array(sheet.nodes.length);
    for (let id = sheet.nodes.length - 1; id >= 0; id--) {
      const node = sheet.nodes[id] as NodeSheet;
      const key = node.kind === 'op' ? node.name : node.path;
      const refs = node.kind === 'op' && sheet.model.modules === 'exact' ? undefined : layers.get(key);
      const below = node.children.reduce((sum, child) => sum + (nodes[child] ?? 0), 0);
      nodes[id] = Math.max(below, at[refs?.[i] ?? -1] ?? 0);
    }
    return {
      id: `${print.id}.${name}`,
      label: `${print.id} ${name}`,
      unit: unit === 'byte' ? 'bytes' : 'count',
      text,
      words: `as ${print.title} prints it; the unit is ${UNITS[unit] ?? unit}`,
      total: at[ref] ?? 0,
      partial: false,
      nodes,
    };
  });
}

/** The chosen tool's counts of the model on show; empty for opcount's own numbers. */
export const toolCounts = computed((): readonly Measure[] => {
  const print = shownConvention.value;
  const loaded = model.value;
  if (convention.value === 'exact' || print === null || loaded === null || !loaded.sheet.graph) return [];
  return toolMeasures(print, loaded.sheet, bindings.value);
});

/** The same of the model that it is compared with. */
export const otherToolCounts = computed((): readonly Measure[] => {
  const print = otherConvention.value;
  const loaded = other.value;
  if (convention.value === 'exact' || print === null || print.id !== convention.value || loaded === null) return [];
  return toolMeasures(print, loaded.sheet, bindings.value);
});
