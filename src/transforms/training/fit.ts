import { type Dim, isStatic, substitute, symbols, toBigInt } from '../../dim/index.js';

/** No batch is larger: memory that does not depend on it fits any. */
const MOST = 2 ** 40;

/**
 * The largest batch at which none of some sums of bytes exceeds a device's memory: each is solved for it, which is a division
 * where the batch enters once as a factor, and the smallest solution counts. 0 if not even one fits; null if another
 * dimension is still free, or the batch is in none of them. Sums must not fall as the batch grows.
 */
export function largestBatch(sums: readonly Dim[], batch: string, memory: number): number | null {
  if (sums.some((d) => symbols(d).some((name) => name !== batch))) return null;
  let least: number | null = null;
  for (const bytes of sums) {
    const own = symbols(bytes).length === 0 ? (Number(bytes) <= memory ? null : 0) : solve(bytes, batch, memory);
    if (own !== null) least = least === null ? own : Math.min(least, own);
  }
  return least;
}

function solve(bytes: Dim, batch: string, memory: number): number {
  const at = (n: number): number => {
    const value = substitute(bytes, new Map([[batch, n]]));
    return isStatic(value) ? Number(toBigInt(value)) : Number.POSITIVE_INFINITY;
  };
  const [one, two] = [at(1), at(2)];
  if (one > memory) return 0;
  const guess = two > one ? Math.min(MOST, 1 + Math.floor((memory - one) / (two - one))) : MOST;
  if (at(guess) <= memory && (guess === MOST || at(guess + 1) > memory)) return guess;
  // Not a multiple of the batch and a constant: halve the range in which the answer lies.
  let [low, high] = [1, 2];
  while (high < MOST && at(high) <= memory) [low, high] = [high, 2 * high];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (at(middle) <= memory) low = middle;
    else high = middle;
  }
  return low;
}
