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
