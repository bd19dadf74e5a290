import { computed } from '@preact/signals';
import type { PageModel } from '../sheet.js';
import { model, values } from './model.js';
import { shape } from './shape.js';

/** Bytes alive during each operator, and the moment when they are most. */
export interface Timeline {
  readonly bytes: Float64Array;
  readonly peak: number;
  readonly at: number;
}

/** Inputs and activations over the schedule, by the lifetimes that the library gives, at the present bindings. */
export const timeline = computed((): Timeline => timelineOf(model.value?.sheet, values.value));

export function timelineOf(sheet: PageModel | undefined, at: Float64Array): Timeline {
  const n = sheet?.ops.length ?? 0;
  if (sheet === undefined || n === 0) return { bytes: new Float64Array(0), peak: 0, at: 0 };
  const change = new Float64Array(n + 1);
  for (const { bytes, from, to } of sheet.lifetimes) {
    const size = at[bytes] ?? 0;
    const first = Math.max(0, from);
    change[first] = (change[first] as number) + size;
    if (to + 1 <= n) change[to + 1] = (change[to + 1] as number) - size;
  }
  const bytes = new Float64Array(n);
  let now = 0;
  let peak = 0;
  let moment = 0;
  for (let i = 0; i < n; i++) {
    now += change[i] as number;
    bytes[i] = now;
    if (now > peak) [peak, moment] = [now, i];
  }
  return { bytes, peak, at: moment };
}

/** The tensors in memory during an operator, the largest first. */
export function aliveAt(index: number): { name: string; dtype: string; shape: string; bytes: number; made: number }[] {
  const sheet = model.value?.sheet;
  const at = values.value;
  if (sheet === undefined) return [];
  return sheet.lifetimes
    .filter(({ from, to }) => from <= index && to >= index)
    .map(({ name, dtype, shape: refs, bytes, from }) => ({
      name,
      dtype,
      shape: shape(refs),
      bytes: at[bytes] ?? 0,
      made: from,
    }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}
