import type { Dim } from '../../dim/index.js';
import { extentIn } from './argument.js';

/** An output extent for all axes, or one per axis; null keeps the input's. */
export type OutputSize = Dim | null | readonly (Dim | null)[];

export function outputSizes(size: OutputSize, axes: number): readonly (Dim | null)[] {
  const sizes = Array.isArray(size)
    ? (size as readonly (Dim | null)[])
    : new Array<Dim | null>(axes).fill(size as Dim | null);
  for (const extent of sizes) if (extent !== null) extentIn('output_size', extent);
  return sizes;
}
