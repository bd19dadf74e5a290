import type { Dim } from '../../dim/index.js';

/** An output extent for all axes, or one per axis; null keeps the input's. */
export type OutputSize = Dim | null | readonly (Dim | null)[];

export function outputSizes(size: OutputSize, axes: number): readonly (Dim | null)[] {
  return Array.isArray(size) ? (size as readonly (Dim | null)[]) : new Array<Dim | null>(axes).fill(size as Dim | null);
}
