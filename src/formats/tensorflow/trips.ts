import { add, ceildiv, type Dim, equal, isStatic, max, min, sub } from '../../dim/index.js';
import { type Call, type GraphValue, scalarOf } from '../../graph/index.js';
import type { TfGraph, TfInfo, TfNode } from './nodes.js';

/** A condition `counter < bound`, by the names of the two in the condition's graph. */
interface Bound {
  readonly counter: string;
  readonly bound: string;
  /** 1 where the bound itself still runs. */
  readonly over: number;
}

const SAME = new Set(['Identity', 'LoopCond', 'StopGradient']);

/** The comparisons of which all have to hold for another round; null if the condition is anything else. */
function boundsOf(condition: TfGraph): readonly Bound[] | null {
  const { outputs } = condition;
  const makers = new Map<string, TfNode>();
  for (const node of condition.nodes) for (const name of node.output) makers.set(name, node);
  const found: Bound[] = [];
  const waiting = typeof outputs === 'function' ? [] : [...outputs];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const node = makers.get(name);
    const [a, b] = node?.input ?? [];
    if (node === undefined || a === undefined) return null;
    if (SAME.has(node.opType)) waiting.push(a);
    else if (b === undefined) return null;
    else if (node.opType === 'LogicalAnd') waiting.push(a, b);
    else if (node.opType === 'Less') found.push({ counter: a, bound: b, over: 0 });
    else if (node.opType === 'LessEqual') found.push({ counter: a, bound: b, over: 1 });
    else if (node.opType === 'Greater') found.push({ counter: b, bound: a, over: 0 });
    else if (node.opType === 'GreaterEqual') found.push({ counter: b, bound: a, over: 1 });
    else return null;
  }
  return found.length === 0 ? null : found;
}

/**
 * How often a loop runs whose condition compares counters with bounds that stay as they are, also where these are free:
 * ⌈(bound − start) / step⌉, the least of all. Null if it cannot be read off so.
 */
export function tripsOf(
  { runner, frame }: Call<TfNode, TfInfo>,
  condition: TfGraph,
  states: readonly GraphValue[],
  body: (states: readonly GraphValue[]) => readonly GraphValue[],
): Dim | null {
  const bounds = boundsOf(condition);
  if (bounds === null) return null;
  const asked: TfGraph = { ...condition, outputs: bounds.flatMap((b) => [b.counter, b.bound]) };
  return runner.dryRun(() => {
    const look = (now: readonly GraphValue[]): (Dim | undefined)[] =>
      runner.run(asked, now, frame).map((value) => scalarOf(value));
    const once = body(states);
    const rounds = [look(states), look(once), look(body(once))];
    let trips: Dim | null = null;
    for (const [i, { over }] of bounds.entries()) {
      const [a, b, c] = rounds.map((values) => values[2 * i]);
      const [limit, next] = rounds.map((values) => values[2 * i + 1]);
      if (a === undefined || b === undefined || c === undefined || limit === undefined || next === undefined)
        return null;
      const step = sub(b, a);
      const even = isStatic(step) && Number(step) > 0 && equal(step, sub(c, b)) && equal(limit, next);
      if (!even || [a, limit].some((d) => typeof d === 'number' && !Number.isInteger(d))) return null;
      const own = max(0, ceildiv(add(sub(limit, a), over), step));
      trips = trips === null ? own : equal(trips, own) ? trips : min(trips, own);
    }
    return trips;
  });
}
