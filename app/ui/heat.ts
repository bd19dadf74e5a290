import { computed } from '@preact/signals';
import type { PageModel } from '../sheet.js';
import { model, values } from '../state/model.js';

/** Steps of the scale of arithmetic intensity, from moving data to computing. */
export const STEPS = 8;
const LOWEST = -1;
const HIGHEST = 2.5;

/** Which step an intensity (FLOPs a byte) falls into: from 0.1 to 300, by powers of ten. */
export function stepOf(intensity: number): number {
  if (!(intensity > 0)) return 0;
  const t = (Math.log10(intensity) - LOWEST) / (HIGHEST - LOWEST);
  return Math.max(0, Math.min(STEPS - 1, Math.floor(t * STEPS)));
}

/** FLOPs a byte read or written, of every node; 0 where nothing is known. */
export const intensities = computed(() => intensitiesOf(model.value?.sheet, values.value));

export function intensitiesOf(sheet: PageModel | undefined, at: Float64Array): Float64Array {
  return Float64Array.from(sheet?.nodes ?? [], ({ flops, readBytes, writeBytes }) => {
    const moved = (at[readBytes] ?? 0) + (at[writeBytes] ?? 0);
    return moved === 0 ? 0 : (at[flops] ?? 0) / moved;
  });
}
