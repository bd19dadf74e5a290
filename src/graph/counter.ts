import { add, type Dim, equal, isStatic, mul, sub } from '../dim/index.js';
import type { GraphNode } from './node.js';
import type { Loop } from './round.js';
import { contentsOf, type GraphValue, isTensor } from './values.js';

/** A loop's state by the number of the round: integers in it that every round moves by the same step are formulas. */
export interface Counter {
  at(round: Dim): readonly GraphValue[];
}

/** Rounds of which each is asked whether another follows; of longer loops some are. */
const ALL_ASKED = 256;
/** The longest loop that is looked for. */
const MAX_COUNT = 2 ** 31;

/** The counters among a state that is otherwise `steady`; null where no integer moves so. */
export function counterOf<N extends GraphNode, F>(
  { call: { runner }, first, states, run }: Loop<N, F>,
  steady: readonly GraphValue[],
): Counter | null {
  const rounds = runner.dryRun(() => {
    const one = run(0, states, first);
    return [states, one.states, run(1, one.states, one.go).states];
  });
  const steps = states.map((_, i): { readonly start: readonly Dim[]; readonly by: readonly Dim[] } | null => {
    const [a, b, c] = rounds.map((r) => contentsOf(r[i]));
    if (a === undefined || b?.length !== a.length || c?.length !== a.length) return null;
    const by = a.map((d, k) => sub(b[k] as Dim, d));
    const even = by.every(
      (d, k) => isStatic(d) && Number.isInteger(Number(d)) && equal(d, sub(c[k] as Dim, b[k] as Dim)),
    );
    return even && by.some((d) => !equal(d, 0)) ? { start: a, by } : null;
  });
  if (steps.every((s) => s === null)) return null;
  return {
    at: (round) =>
      steady.map((value, i) => {
        const step = steps[i];
        if (!step || !isTensor(value) || value.type === null) return value;
        const contents = step.start.map((d, k) => add(d, mul(round, step.by[k] as Dim)));
        return runner.trace.alias(value.name, { ...value.type, value: contents }, value);
      }),
  };
}

/** How often a loop runs whose condition depends on its counters; null where that does not tell. */
export function roundsOf<N extends GraphNode, F>(
  { call: { runner }, first, run }: Loop<N, F>,
  counter: Counter,
  limit: Dim | null,
): number | null {
  if (first === undefined || !isStatic(first)) return null;
  const most = limit === null ? MAX_COUNT : isStatic(limit) ? Number(limit) : null;
  if (most === null) return null;
  /** Whether a round follows round k. */
  const follows = (k: number): boolean | null => {
    const { go } = runner.dryRun(() => run(k, counter.at(k), 1));
    return go === undefined || !isStatic(go) ? null : !equal(go, 0);
  };
  let low = -1; // a round follows it, or it is the one before the first
  let high = 0;
  for (let next = follows(high); next !== false; next = follows(high)) {
    if (next === null) return null;
    low = high;
    high = 2 * high + 1;
    if (high >= most - 1) {
      if (limit === null) return null;
      high = most - 1;
      break;
    }
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const next = follows(middle);
    if (next === null) return null;
    if (next) low = middle;
    else high = middle;
  }
  const count = high + 1;
  for (let k = 0; k < Math.min(count - 1, ALL_ASKED); k++) if (follows(k) !== true) return null;
  return count;
}
