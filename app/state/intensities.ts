import { computed } from '@preact/signals';
import type { PageModel } from '../sheet.js';
import { model, values } from './model.js';

/** FLOPs a byte read or written, of every node; 0 where nothing is known. */
export const intensities = computed(() => intensitiesOf(model.value?.sheet, values.value));

export function intensitiesOf(sheet: PageModel | undefined, at: Float64Array): Float64Array {
  return Float64Array.from(sheet?.nodes ?? [], ({ flops, readBytes, writeBytes }) => {
    const moved = (at[readBytes] ?? 0) + (at[writeBytes] ?? 0);
    return moved === 0 ? 0 : (at[flops] ?? 0) / moved;
  });
}
