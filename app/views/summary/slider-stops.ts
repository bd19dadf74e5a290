/** Sliders for sizes end here, unless a larger size is set. */
const CEILING = 65_536;
const USUAL_END = 4096;
const LARGEST_BATCH = 1024;

/** Where the slider of a dimension ends, with that size set. */
export function sliderEnd(value: number, high: number, batch: boolean): number {
  if (batch) return Math.min(high, LARGEST_BATCH);
  return Math.min(high, Math.max(USUAL_END, Math.min(CEILING, 2 ** Math.ceil(Math.log2(value + 1)))));
}

/** The sizes that a slider stops at: every small number, then multiples that grow with it, as sizes in use do. */
export function stops(low: number, high: number): number[] {
  const all: number[] = [];
  for (let n = low; n <= high; ) {
    all.push(n);
    const step = n >= 4096 ? 512 : n >= 2048 ? 128 : n >= 512 ? 32 : n >= 32 ? 8 : 1;
    n = Math.floor(n / step) * step + step;
  }
  return all;
}

/** The place of the stop that is nearest to a number. */
export function nearest(all: readonly number[], n: number): number {
  let best = 0;
  for (const [i, stop] of all.entries()) if (Math.abs(stop - n) < Math.abs((all[best] ?? 0) - n)) best = i;
  return best;
}

/** A whole number within its limits; null for anything else. */
export function numberIn(text: string, low: number, high: number): number | null {
  const plain = text.trim().replace(/[ ,_](?=\d{3}\b)/g, '');
  if (!/^\d+$/.test(plain)) return null;
  const n = Number(plain);
  return n >= low && n <= high ? n : null;
}
