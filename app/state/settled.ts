import { batch, computed, effect, signal, untracked } from '@preact/signals';
import { roof } from './devices.js';
import { intensities } from './intensities.js';
import { measure } from './measure.js';
import { bindings, type Loaded, model, valueAt } from './model.js';
import { type Bound, bound, elementBytes } from './roofline.js';
import { type Measure, shownConvention } from './tool-counts.js';
import { type PrintedTool, printed, toolPrints } from './tools.js';
import { type OtherTool, otherTool, type Verdict, verdict } from './verdict.js';
import { measureId, sharing } from './view.js';

/**
 * The content of the card at the sizes where a slider last came to rest. While a slider moves, only the figures, the open view
 * and the table follow it, so that no move waits for the whole page.
 */
export interface Settled {
  readonly measure: Measure | null;
  /** opcount's own. */
  readonly macs: number;
  readonly heat: Float64Array;
  readonly verdict: Verdict;
  readonly bound: Bound;
  /** The numbers that each tool prints. */
  readonly printed: readonly PrintedTool[];
  readonly tool: OtherTool | null;
}

const REST = 110;

const now = (): Settled =>
  untracked(() => ({
    measure: measure.value,
    macs: valueAt(model.value?.sheet.totals.macs ?? -1),
    heat: intensities.value,
    verdict: verdict.value,
    bound: bound.value,
    printed: printed.value,
    tool: otherTool.value,
  }));

export const settled = signal<Settled>(now());

/** The same for the drawing that is open: a moment after the card, so that no frame has both to draw. */
export const drawn = signal<Settled>(settled.peek());

/** Their measures; null while they are of another model than the one on show, until both have followed. */
export const settledMeasure = computed(() => ofModel(settled.value));
export const drawnMeasure = computed(() => ofModel(drawn.value));

function ofModel({ measure }: Settled): Measure | null {
  return measure !== null && measure.nodes.length === model.value?.sheet.nodes.length ? measure : null;
}

let timer: ReturnType<typeof setTimeout> | undefined;
let last: { readonly loaded: Loaded | null; readonly sizes: unknown } = { loaded: null, sizes: null };

effect(() => {
  // What is shared is what is set.
  void [shownConvention.value, toolPrints.value, roof.value, measureId.value, elementBytes.value, sharing.value];
  const [loaded, sizes] = [model.value, bindings.value];
  clearTimeout(timer);
  const moved = loaded === last.loaded && sizes !== last.sizes;
  last = { loaded, sizes };
  if (!moved) {
    batch(() => {
      settled.value = now();
      drawn.value = settled.peek();
    });
    return;
  }
  timer = setTimeout(() => {
    settled.value = now();
    timer = setTimeout(() => {
      drawn.value = settled.peek();
    }, 16);
  }, REST);
});
