import { effect, signal, untracked } from '@preact/signals';
import { intensities } from '../ui/heat.js';
import { roof } from './devices.js';
import { type Measure, measure, shownConvention } from './measure.js';
import { bindings, type Loaded, model } from './model.js';
import { type Bound, bound, elementBytes } from './roofline.js';
import { type Verdict, verdict } from './verdict.js';
import { measureId } from './view.js';

/**
 * What the card says at a glance, at the sizes at which a slider has come to rest: while it moves only the figures, the view
 * that is open and the table follow, so that no move waits for all of the page.
 */
export interface Settled {
  readonly measure: Measure | null;
  readonly heat: Float64Array;
  readonly verdict: Verdict;
  readonly bound: Bound;
}

const REST = 110;

const now = (): Settled =>
  untracked(() => ({
    measure: measure.value,
    heat: intensities.value,
    verdict: verdict.value,
    bound: bound.value,
  }));

export const settled = signal<Settled>(now());

let timer: ReturnType<typeof setTimeout> | undefined;
let last: { readonly loaded: Loaded | null; readonly sizes: unknown } = { loaded: null, sizes: null };

effect(() => {
  void [shownConvention.value, roof.value, measureId.value, elementBytes.value];
  const [loaded, sizes] = [model.value, bindings.value];
  clearTimeout(timer);
  const moved = loaded === last.loaded && sizes !== last.sizes;
  last = { loaded, sizes };
  if (moved) timer = setTimeout(update, REST);
  else update();
});

function update(): void {
  settled.value = now();
}
