import { computed, signal } from '@preact/signals';
import { runDims } from 'opcount/ledger';
import type { NodeSheet, PageModel, Ref } from '../sheet.js';
import type { ConventionSheet } from '../worker/protocol.js';
import { ask } from './client.js';
import { bindings, model, other, values } from './model.js';
import { convention, measureId } from './view.js';

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

/** What the chosen convention prints for the model on show; null for `exact`, and while it is worked out. */
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
    conventionFailure.value = error instanceof Error ? error.message : String(error);
  }
}

export const measures = computed((): readonly Measure[] => {
  const loaded = model.value;
  if (loaded === null) return [];
  const { sheet } = loaded;
  const at = values.value;
  const own = (
    id: string,
    label: string,
    unit: Measure['unit'],
    words: string,
    total: Ref | readonly Ref[],
    pick: (node: NodeSheet) => number,
  ): Measure => ({
    id,
    label,
    unit,
    words,
    text: typeof total === 'number' ? (sheet.texts[total] ?? null) : null,
    total: typeof total === 'number' ? (at[total] ?? 0) : total.reduce((n, ref) => n + (at[ref] ?? 0), 0),
    partial: leavesOut(sheet, id),
    nodes: Float64Array.from(sheet.nodes, pick),
  });
  const { totals } = sheet;
  const params = own(
    'params',
    'Params',
    'count',
    'learned values, each counted once',
    totals.params,
    (n) => at[n.params] ?? 0,
  );
  const bytes = own(
    'weights',
    'Weights',
    'bytes',
    'bytes stored',
    totals.weightBytes,
    (n) => at[n.stored?.bytes ?? -1] ?? 0,
  );
  if (!sheet.graph) return [params, bytes];
  if (toolCounts.value.length > 0) return [...toolCounts.value, params];
  return [
    own('macs', 'MACs', 'count', 'multiply-accumulates', totals.macs, (n) => at[n.macs] ?? 0),
    own(
      'flops',
      'FLOPs',
      'count',
      '2 × MACs + all other floating-point operations',
      totals.flops,
      (n) => at[n.flops] ?? 0,
    ),
    params,
    own(
      'moved',
      'Moved',
      'bytes',
      'bytes read and written by all operators',
      [totals.readBytes, totals.writeBytes],
      (n) => (at[n.readBytes] ?? 0) + (at[n.writeBytes] ?? 0),
    ),
  ];
});

/** How many operators have no formula, so that counts leave them out. */
export function uncountedIn({ coverage }: PageModel): number {
  return coverage.unknown.reduce((sum, gap) => sum + gap.nodes, 0);
}

/** Whether operators without a formula are left out of one of opcount's own counts. */
export function leavesOut({ coverage }: PageModel, id: string): boolean {
  return (id === 'macs' || id === 'flops') && coverage.unknown.length > 0;
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

/** What the convention that is chosen prints of the model on show; empty for opcount's own numbers. */
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

export const measure = computed((): Measure | null => {
  const all = measures.value;
  return all.find((m) => m.id === measureId.value) ?? all[0] ?? null;
});
