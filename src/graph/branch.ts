import { type Dim, equal, isStatic, lessEqual, sub } from '../dim/index.js';
import type { Trace } from '../ledger/index.js';
import { canMerge, either } from './either.js';
import { cannotRun } from './errors.js';
import type { Call, GraphNode } from './node.js';
import { type GraphValue, isTensor, scalarOf } from './values.js';

/** Two arms of which it is not known which one runs. */
export interface Arms<R> {
  readonly trace: Trace;
  /** 1 where the first runs, 0 where the second does. */
  readonly taken: Dim;
  /** Runs an arm: `alone` where it is the one that runs, else as one of two that may. */
  run(first: boolean, alone: boolean): R;
  /** Where the record stands; what it gives takes everything back that was recorded since. */
  checkpoint(): () => void;
  /** Is told why an arm was left out. */
  excluded(first: boolean, why: Error): void;
}

export type Decision<R> =
  | { readonly kind: 'one'; readonly result: R }
  | { readonly kind: 'both'; readonly first: R; readonly second: R };

/**
 * Both arms, each as often as it runs: `taken` times and 1 − `taken` times, so that the count is exact for either, and
 * free of the symbol where both cost the same. An arm that cannot run on these sizes is left out: the other one runs.
 */
export function decide<R>(arms: Arms<R>): Decision<R> {
  const { trace, taken } = arms;
  const takeBack = arms.checkpoint();
  const made: R[] = [];
  for (const first of [true, false]) {
    try {
      made.push(trace.repeated(first ? taken : sub(1, taken), () => arms.run(first, false)));
    } catch (error) {
      if (!cannotRun(error)) throw error;
      takeBack();
      arms.excluded(first, error);
      return { kind: 'one', result: arms.run(!first, true) };
    }
  }
  return { kind: 'both', first: made[0] as R, second: made[1] as R };
}

/**
 * One of two bodies. Where the condition is known, that one; else both under a 0-or-1 symbol, which is the condition
 * itself where the caller chooses it. Where their results cannot be one value, the one that the rest of the graph can use.
 */
export function branch<N extends GraphNode, F>(
  call: Call<N, F>,
  condition: GraphValue | null,
  run: (first: boolean) => readonly GraphValue[],
): GraphValue[] {
  const { node, runner } = call;
  const name = node.name || node.opType;
  const known = scalarOf(condition);
  if (known !== undefined && isStatic(known)) return [...run(!equal(known, 0))];
  // An input of the caller is a choice with a name of its own.
  const given = known !== undefined && lessEqual(0, known) === true && lessEqual(known, 1) === true;
  const label = runner.label(node);
  const taken = given ? known : runner.symbol(`${label}.then`, { min: 0, max: 1 });
  if (isStatic(taken)) return [...run(!equal(taken, 0))];
  const takeBack = runner.checkpoint();
  const decision = decide({
    trace: runner.trace,
    taken,
    run: (first) => run(first),
    checkpoint: () => takeBack,
    excluded: (first, why) =>
      runner.note(
        'branch-excluded',
        `the ${first ? 'first' : 'second'} branch of ${name} cannot run on these sizes (${why.message}); the other one is counted`,
        name,
      ),
  });
  if (decision.kind === 'one') return [...decision.result];
  const { first, second } = decision;
  const apart = first.findIndex((a, i) => !canMerge(a, second[i]));
  if (apart >= 0) {
    takeBack();
    const guess = guessed(call, apart, first[apart] as GraphValue, second[apart] as GraphValue);
    const chosen = runner.choose(label, guess);
    runner.note(
      'branch-chosen',
      `which branch ${name} takes depends on data or on a free size, and the axes of its result differ (${[first, second].map((arm) => shapeText(arm[apart])).join(' and ')}); the ${chosen ? 'first' : 'second'} is counted, which the rest of the graph can use`,
      name,
    );
    return [...run(chosen)];
  }
  runner.note(
    'unknown-branch',
    `which branch ${name} takes is computed from data: ${String(taken)} is 1 where it is the first, 0 where it is the second`,
    name,
  );
  return first.map((a, i) => either(a, second[i] as GraphValue, taken, runner.trace));
}

/** One of `count` bodies by a number that is not known: the first, or one of the rest. */
export function branchAmong<N extends GraphNode, F>(
  call: Call<N, F>,
  count: number,
  run: (i: number) => GraphValue[],
): GraphValue[] {
  const from = (i: number): GraphValue[] =>
    i >= count - 1 ? run(i) : branch(call, null, (first) => (first ? run(i) : from(i + 1)));
  return from(0);
}

/** The arm that has the axes which the file states, else the one with more: it takes nothing for granted of a size. */
function guessed<N extends GraphNode, F>(call: Call<N, F>, i: number, first: GraphValue, second: GraphValue): boolean {
  const stated = call.runner.stated(call.node.output[i] ?? '', call.frame)?.shape.length;
  const [a, b] = [rankOf(first), rankOf(second)];
  return a === b || (stated === a) === (stated === b) ? a >= b : stated === a;
}

function rankOf(value: GraphValue): number {
  return isTensor(value) ? (value.type?.shape.length ?? 0) : 0;
}

function shapeText(value: GraphValue | undefined): string {
  const type = isTensor(value) ? value.type : null;
  return type === null ? 'unknown' : type.shape.length === 0 ? 'a scalar' : type.shape.map(String).join('×');
}
