import { computed, signal } from '@preact/signals';
import { roofOf } from 'opcount';
import { roof } from './devices.js';
import { model, values } from './model.js';

/** Bytes an element that tensors are taken to have; null: as in the file. */
export const elementBytes = signal<number | null>(null);

export interface Point {
  readonly id: number;
  readonly intensity: number;
  /** FLOPs a second that the device can reach with it at best. */
  readonly rate: number;
  /** Seconds that it takes at best. */
  readonly time: number;
  readonly memoryBound: boolean;
}

export interface Bound {
  readonly points: readonly Point[];
  readonly time: number;
  /** Of it, in layers that wait for memory. */
  readonly memoryTime: number;
  /** Bytes an element in the file, where all its tensors have the same. */
  readonly own: number | null;
}

const WIDTHS: Readonly<Record<string, number>> = { float64: 8, float32: 4, float16: 2, bfloat16: 2, int8: 1, uint8: 1 };

/** Every layer under the roof: no layer can be faster than its arithmetic, nor than its memory traffic. */
export const bound = computed((): Bound => {
  const sheet = model.value?.sheet;
  const at = values.value;
  const now = roof.value;
  if (sheet === undefined || now === null) return { points: [], time: 0, memoryTime: 0, own: null };
  const own =
    WIDTHS[sheet.inputs.find(({ dtype }) => dtype in WIDTHS && dtype.includes('float'))?.dtype ?? 'float32'] ?? 4;
  const scale = elementBytes.value === null ? 1 : elementBytes.value / own;
  const points: Point[] = [];
  let time = 0;
  let memoryTime = 0;
  for (const node of sheet.nodes) {
    if (node.children.length > 0) continue;
    const flops = at[node.flops] ?? 0;
    const moved = ((at[node.readBytes] ?? 0) + (at[node.writeBytes] ?? 0)) * scale;
    if (flops === 0 && moved === 0) continue;
    const { seconds, by } = roofOf(flops / now.peak.perSecond, moved / now.bandwidth);
    const own = seconds ?? 0;
    time += own;
    if (by === 'memory') memoryTime += own;
    if (flops > 0 && moved > 0)
      points.push({
        id: node.id,
        intensity: flops / moved,
        rate: flops / own,
        time: own,
        memoryBound: by === 'memory',
      });
  }
  return { points, time, memoryTime, own };
});
