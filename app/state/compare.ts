import { computed, signal } from '@preact/signals';
import type { PageModel } from '../sheet.js';
import { leavesOut } from './measure.js';
import { timelineOf } from './memory.js';
import { model, other, otherValues, values } from './model.js';
import { type Measure, otherToolCounts, toolCounts } from './tool-counts.js';

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

/** The counts that are compared: the chosen tool's where it has them of both models, else opcount's own; then params and bytes. */
export const bothCounts = computed((): readonly BothCounts[] => {
  const [a, b] = [model.value?.sheet, other.value?.sheet];
  if (a === undefined || b === undefined) return [];
  const both: Both = { a, b, atA: values.value, atB: otherValues.value };
  const weights = bytesOfBoth('weights', 'Weights', both, (sheet, at) => at[sheet.totals.weightBytes] ?? 0);
  if (!a.graph || !b.graph) return [ownCount('params', 'Params', both), weights];
  const tools = toolsOfBoth(toolCounts.value, otherToolCounts.value);
  return [
    ...(tools.length > 0 ? tools : [ownCount('macs', 'MACs', both), ownCount('flops', 'FLOPs', both)]),
    ownCount('params', 'Params', both),
    weights,
    bytesOfBoth('peak', 'Peak memory', both, (sheet, at) => timelineOf(sheet, at).peak),
    bytesOfBoth('activations', 'Activations', both, (sheet, at) => at[sheet.totals.activationBytes] ?? 0),
  ];
});

/** Two models, each with its counts at the present sizes. */
interface Both {
  readonly a: PageModel;
  readonly b: PageModel;
  readonly atA: Float64Array;
  readonly atB: Float64Array;
}

type OwnCount = 'macs' | 'flops' | 'params';

function ownCount(id: OwnCount, label: string, { a, b, atA, atB }: Both): BothCounts {
  const one = (sheet: PageModel, at: Float64Array): OneCount => ({
    total: at[sheet.totals[id]] ?? 0,
    nodes: Float64Array.from(sheet.nodes, (node) => at[node[id]] ?? 0),
    partial: leavesOut(sheet, id),
  });
  return { id, label, unit: 'count', left: one(a, atA), right: one(b, atB) };
}

/** Bytes of the whole models: modules have none of their own. */
function bytesOfBoth(
  id: string,
  label: string,
  { a, b, atA, atB }: Both,
  total: (sheet: PageModel, at: Float64Array) => number,
): BothCounts {
  const one = (sheet: PageModel, at: Float64Array): OneCount => ({
    total: total(sheet, at),
    nodes: null,
    partial: false,
  });
  return { id, label, unit: 'bytes', left: one(a, atA), right: one(b, atB) };
}

function toolsOfBoth(left: readonly Measure[], right: readonly Measure[]): BothCounts[] {
  return left.flatMap((a): BothCounts[] => {
    const b = right.find(({ id }) => id === a.id);
    return b === undefined ? [] : [{ id: a.id, label: a.label, unit: a.unit, left: a, right: b }];
  });
}
