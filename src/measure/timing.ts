/** Times of equal runs, in seconds. */
export interface Timing {
  readonly runs: number;
  readonly median: number;
  readonly p90: number;
  readonly p99: number;
  readonly least: number;
  readonly mean: number;
  /** Half the width of the median's 95 % confidence interval, as a share of the median. */
  readonly spread: number;
}

/** Throws RangeError for no runs. */
export function timingOf(times: readonly number[]): Timing {
  if (times.length === 0) throw new RangeError('no run, no time');
  const sorted = [...times].sort((a, b) => a - b);
  const n = sorted.length;
  const at = (rank: number): number => sorted[Math.max(0, Math.min(n - 1, rank))] as number;
  const median = (at((n - 1) >> 1) + at(n >> 1)) / 2;
  // Ranks between which the median is with 95 %: the number of times below it is binomial, with deviation √n / 2.
  const ranks = 0.98 * Math.sqrt(n);
  const spread = (at(Math.ceil(n / 2 + ranks) - 1) - at(Math.floor(n / 2 - ranks))) / 2;
  return {
    runs: n,
    median,
    p90: at(Math.ceil(0.9 * n) - 1),
    p99: at(Math.ceil(0.99 * n) - 1),
    least: at(0),
    mean: sorted.reduce((sum, t) => sum + t, 0) / n,
    spread: median === 0 ? 0 : spread / median,
  };
}

/** A median is steady when it is known to within so much. */
export const STEADY = 0.015;
/** Fewer runs say nothing of a spread. */
const LEAST_RUNS = 10;

export function isSteady(times: readonly number[]): boolean {
  return times.length >= LEAST_RUNS && timingOf(times).spread <= STEADY;
}
