import { computed } from '@preact/signals';
import type { NodeSheet, PageModel, Ref } from '../sheet.js';
import { model, values } from './model.js';
import { type Measure, toolCounts } from './tool-counts.js';
import { measureId } from './view.js';

/** One of opcount's own counts, before it is worked out at the present sizes. */
interface OwnMeasure {
  readonly label: string;
  readonly unit: Measure['unit'];
  readonly words: string;
  /** Added up for the whole model, and for a node. */
  readonly totals: (sheet: PageModel) => readonly Ref[];
  readonly parts: (node: NodeSheet) => readonly Ref[];
}

const OWN = {
  macs: {
    label: 'MACs',
    unit: 'count',
    words: 'multiply-accumulates',
    totals: ({ totals }) => [totals.macs],
    parts: (node) => [node.macs],
  },
  flops: {
    label: 'FLOPs',
    unit: 'count',
    words: '2 × MACs + all other floating-point operations',
    totals: ({ totals }) => [totals.flops],
    parts: (node) => [node.flops],
  },
  params: {
    label: 'Params',
    unit: 'count',
    words: 'learned values, each counted once',
    totals: ({ totals }) => [totals.params],
    parts: (node) => [node.params],
  },
  weights: {
    label: 'Weights',
    unit: 'bytes',
    words: 'bytes stored',
    totals: ({ totals }) => [totals.weightBytes],
    parts: (node) => (node.stored === undefined ? [] : [node.stored.bytes]),
  },
  moved: {
    label: 'Moved',
    unit: 'bytes',
    words: 'bytes read and written by all operators',
    totals: ({ totals }) => [totals.readBytes, totals.writeBytes],
    parts: (node) => [node.readBytes, node.writeBytes],
  },
} as const satisfies Readonly<Record<string, OwnMeasure>>;

function ownMeasure(sheet: PageModel, at: Float64Array, id: keyof typeof OWN): Measure {
  const own: OwnMeasure = OWN[id];
  const refs = own.totals(sheet);
  const sum = (some: readonly Ref[]): number => some.reduce((n, ref) => n + (at[ref] ?? 0), 0);
  const [only, ...more] = refs;
  return {
    id,
    label: own.label,
    unit: own.unit,
    words: own.words,
    text: only === undefined || more.length > 0 ? null : (sheet.texts[only] ?? null),
    total: sum(refs),
    partial: leavesOut(sheet, id),
    nodes: Float64Array.from(sheet.nodes, (node) => sum(own.parts(node))),
  };
}

/** The counts that drawings can go by: the chosen tool's, or opcount's own. */
export const measures = computed((): readonly Measure[] => {
  const sheet = model.value?.sheet;
  if (sheet === undefined) return [];
  const at = values.value;
  const own = (...ids: (keyof typeof OWN)[]): Measure[] => ids.map((id) => ownMeasure(sheet, at, id));
  if (!sheet.graph) return own('params', 'weights');
  if (toolCounts.value.length > 0) return [...toolCounts.value, ...own('params')];
  return own('macs', 'flops', 'params', 'moved');
});

export const measure = computed((): Measure | null => {
  const all = measures.value;
  return all.find((m) => m.id === measureId.value) ?? all[0] ?? null;
});

/** How many operators have no formula, so that counts leave them out. */
export function uncountedIn({ coverage }: PageModel): number {
  return coverage.unknown.reduce((sum, gap) => sum + gap.nodes, 0);
}

/** Whether operators without a formula are left out of one of opcount's own counts. */
export function leavesOut({ coverage }: PageModel, id: string): boolean {
  return (id === 'macs' || id === 'flops') && coverage.unknown.length > 0;
}
