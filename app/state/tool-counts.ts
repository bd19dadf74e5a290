import { computed, signal } from '@preact/signals';
import { runDims } from 'opcount/ledger';
import type { NodeSheet, PageModel } from '../sheet.js';
import type { ConventionSheet } from '../worker/protocol.js';
import { ask, messageOf } from './client.js';
import { bindings, model, other } from './model.js';
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

/** The chosen convention's numbers for the model on show; null for `exact`, and while it is worked out. */
export const shownConvention = signal<ConventionSheet | null>(null);
export const conventionFailure = signal<string | null>(null);

let asked = 0;
/** Asks for the chosen convention; called when it, the model, or (for a bound one) a binding changes. */
export async function refreshConvention(): Promise<void> {
  const mine = ++asked;
  conventionFailure.value = null;
  if (convention.value === 'exact' || model.value === null || !model.value.sheet.graph) {
    shownConvention.value = null;
    return;
  }
  try {
    const sheet = await ask({ kind: 'convention', slot: 'a', id: convention.value, bind: bindings.value });
    if (mine === asked) shownConvention.value = sheet;
  } catch (error) {
    if (mine !== asked) return;
    shownConvention.value = null;
    conventionFailure.value = messageOf(error);
  }
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
const otherConvention = signal<ConventionSheet | null>(null);
export const otherToolCounts = computed((): readonly Measure[] => {
  const print = otherConvention.value;
  const loaded = other.value;
  if (convention.value === 'exact' || print === null || print.id !== convention.value || loaded === null) return [];
  return toolMeasures(print, loaded.sheet, bindings.value);
});

let askedOther = 0;
export async function refreshOther(): Promise<void> {
  const mine = ++askedOther;
  otherConvention.value = null;
  if (convention.value === 'exact' || other.value === null || !other.value.sheet.graph) return;
  try {
    const sheet = await ask({ kind: 'convention', slot: 'b', id: convention.value, bind: bindings.value });
    if (mine === askedOther) otherConvention.value = sheet;
  } catch {
    // The comparison then is of opcount's own numbers, and says so.
  }
}
