import type { OpInfo, ReportTerm } from './types.js';

/** Operators that have nothing of their own but the term that they are reported under. */
export function under<const N extends string>(term: ReportTerm, ...names: readonly N[]): Record<N, OpInfo> {
  return Object.fromEntries(names.map((name) => [name, { term }])) as Record<N, OpInfo>;
}
