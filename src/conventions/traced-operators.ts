import type { Dim } from '../dim/index.js';
import { type Ledger, type Note, type OpEntry, perLedger } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { type Item, itemsOf, type Parts } from './items.js';
import { computes, exactProducts, placeOf, repeated } from './operands.js';
import { failedResult, resultOf } from './results.js';
import type { Convention, ConventionResult } from './types.js';
import { allParameters, standInNote, tallyNames } from './units.js';

/**
 * A model as `torch.jit.trace` records it: operators by their ATen names, before they are taken apart, and without those
 * whose results nothing uses.
 */

const BY_AXES: Readonly<Record<string, readonly string[]>> = byName({
  nearest: ['upsample_nearest1d', 'upsample_nearest2d', 'upsample_nearest3d'],
  'nearest-exact': ['_upsample_nearest_exact1d', '_upsample_nearest_exact2d', '_upsample_nearest_exact3d'],
  linear: ['upsample_linear1d', 'upsample_bilinear2d', 'upsample_trilinear3d'],
  bilinear: ['upsample_linear1d', 'upsample_bilinear2d', 'upsample_trilinear3d'],
  trilinear: ['upsample_linear1d', 'upsample_bilinear2d', 'upsample_trilinear3d'],
  cubic: ['upsample_bicubic2d', 'upsample_bicubic2d', 'upsample_bicubic2d'],
  bicubic: ['upsample_bicubic2d', 'upsample_bicubic2d', 'upsample_bicubic2d'],
});

const NAMES: Readonly<Record<string, (entry: OpEntry) => string>> = byName({
  conv: (e) => (e.attrs.padding_name === undefined ? '_convolution' : '_convolution_mode'),
  conv_transpose: () => '_convolution',
  attention: () => 'scaled_dot_product_attention',
  matmul: (e) => /(?:^|[._:])(mm|bmm|mv|dot)(?:[._]|$)/.exec(e.type)?.[1] ?? 'matmul',
  grid_sample: () => 'grid_sampler',
  resize: (e) => BY_AXES[String(e.attrs.mode)]?.[Number(e.attrs.axes) - 1] ?? 'upsample',
  gelu_tanh: () => 'gelu',
  max_pool: withAxes,
  avg_pool: withAxes,
  adaptive_avg_pool: withAxes,
  adaptive_max_pool: withAxes,
  normalize: () => 'linalg_vector_norm',
});

function withAxes(e: OpEntry): string {
  return `${e.op}${e.attrs.axes}d`;
}

/** The ATen operator that an entry is in such a trace. */
export function tracedName(entry: OpEntry): string {
  return NAMES[entry.op]?.(entry) ?? entry.op;
}

/** Entries that the model's outputs depend on: a trace is rid of the others. Writing in place counts as use of the memory. */
export const liveEntries = perLedger((ledger: Ledger): readonly OpEntry[] => {
  const live = new Set(ledger.outputs.map((o) => o.value.storage.id));
  // Without outputs (a part of a model) nothing is known to be unused.
  if (live.size === 0) return [...ledger.entries];
  const kept: OpEntry[] = [];
  for (const entry of [...ledger.entries].reverse()) {
    if (!entry.outputs.some((v) => live.has(v.storage.id))) continue;
    kept.push(entry);
    for (const value of entry.inputs) if (value !== null) live.add(value.storage.id);
  }
  return kept.reverse();
});

/** A rule for an operator by its ATen name. */
export type TracedRule = (entry: OpEntry) => Parts;
export const one =
  (term: keyof Parts, amount: (entry: OpEntry) => Dim): TracedRule =>
  (e) => ({ [term]: amount(e) });

interface Traced {
  readonly items: readonly Item[];
  readonly unseen: readonly OpEntry[];
}

/** The items of a count, and the operators that compute and have no rule. Null stands for "known, and worth nothing". */
function countTraced(ledger: Ledger, count: string, rules: Readonly<Record<string, TracedRule | null>>): Traced {
  const items: Item[] = [];
  const unseen: OpEntry[] = [];
  for (const entry of liveEntries(ledger)) {
    if (entry.result.kind === 'gap') continue;
    const rule = rules[tracedName(entry)];
    if (rule) items.push(...itemsOf(count, repeated(entry, rule(entry)), [entry], placeOf(ledger, entry)));
    else if (rule === undefined && computes(entry)) unseen.push(entry);
  }
  return { items, unseen };
}

function unseenNote(tool: string, unseen: readonly OpEntry[]): Note[] {
  if (unseen.length === 0) return [];
  return [
    {
      code: 'silent-zero',
      message: `operators that compute but have no rule in ${tool}, counted as 0: ${tallyNames(unseen.map(tracedName))}`,
    },
  ];
}

/** Gates of recurrent cells, which a trace shows as the linear layers that they are. */
export const CELLS: Readonly<Record<string, TracedRule>> = byName(
  Object.fromEntries(
    ['rnn_tanh_cell', 'rnn_relu_cell', 'gru_cell', 'lstm_cell'].map((name) => [name, one('products', exactProducts)]),
  ),
);

/** The tool that a count of traced operators stands for. */
export interface TracedTool {
  readonly convention: Pick<Convention, 'id' | 'version' | 'title'>;
  /** What the tool calls its count; a multiply-accumulate counts one. */
  readonly count: 'macs' | 'flops';
  readonly rules: Readonly<Record<string, TracedRule | null>>;
  /** Operators on which the tool itself fails. */
  readonly failureOf: (ledger: Ledger) => Note | null;
  /** Items that stand for no operator of the ledger. */
  readonly besides?: (ledger: Ledger) => readonly Item[];
  readonly notesOf: (items: readonly Item[], unseen: readonly OpEntry[]) => readonly Note[];
}

/** What a tool that counts a trace by rules for its operators prints. */
export function tracedResult(ledger: Ledger, tool: TracedTool): ConventionResult {
  const { convention } = tool;
  const params = allParameters(ledger);
  const units = { [tool.count]: 'mac' } as const;
  const failure = tool.failureOf(ledger);
  if (failure !== null) return failedResult(convention, units, params, failure);
  const counted = countTraced(ledger, tool.count, tool.rules);
  const items = [...counted.items, ...(tool.besides?.(ledger) ?? [])];
  const { id } = convention;
  return resultOf(convention, units, items, {
    params,
    notes: [...standInNote(ledger, id), ...unseenNote(id, counted.unseen), ...tool.notesOf(items, counted.unseen)],
  });
}
