import { add, type Dim, equal, isStatic, mapConstraint, max, mul, sub, sym, symbols } from '../dim/index.js';
import type { OpEntry, Trace } from '../ledger/index.js';
import { type Counter, counterOf, roundsOf } from './counter.js';
import { Unsupported } from './errors.js';
import { type Growing, sumRounds } from './growth.js';
import type { GraphNode } from './node.js';
import type { Loop, Round } from './round.js';
import { type Growth, growthOf, isUnchanged, symbolOf, widened, withoutContents } from './state.js';
import { type GraphValue, isDim, isSequence, isTensor } from './values.js';

export interface Iterated {
  readonly states: readonly GraphValue[];
  /** One round's part of each, or null where rounds differ; and how many parts there are. */
  readonly stacked: readonly { readonly element: GraphValue; readonly parts: Dim }[];
}

/** Rounds that are run one by one to find out what changes; longer loops of that kind keep symbols. */
const MAX_ROUNDS = 1024;
/** Attempts to find what a body leaves as it is. */
const MAX_ATTEMPTS = 5;

/**
 * A loop. Where rounds are identical (the types of the state stay the same) the body is recorded once, as often as it runs.
 * Where they differ and the number is known, each is recorded. Where it is not known it is a new symbol, extents that grow
 * by the same amount in every round are formulas in it, and others are new symbols.
 */
export function iterate<N extends GraphNode, F>(loop: Loop<N, F>): Iterated {
  const { runner, node } = loop.call;
  const { first, limit } = loop;
  runner.budget.loop(loop.states.length, node.name || node.opType);
  if (first !== undefined && isStatic(first) && equal(first, 0)) return none(loop);
  if (limit !== null && limit !== 'unknown' && isStatic(limit) && limit <= 0) return none(loop);
  const bound = limit === 'unknown' ? null : limit;
  const steady = steadyState(loop);
  // With a limit and a condition that always holds, the limit is the number.
  const always = first !== undefined && steady.go !== undefined && isStatic(steady.go) && !equal(steady.go, 0);
  if (always && bound !== null && steady.alike) {
    const made = recordNumbered(loop, steady, max(0, bound));
    if (made !== null) return made;
  }
  if (steady.alike && limit !== 'unknown') {
    const counter = counterOf(loop, steady.states);
    const count = counter === null ? null : roundsOf(loop, counter, bound);
    const made = counter === null || count === null ? null : recordNumbered(loop, steady, count, counter);
    if (made !== null) return made;
  }
  const rounds = unroll(loop, bound, always);
  if (rounds !== null) return rounds;
  if (always && bound !== null) return recordOnce(loop, steady, max(0, bound), undefined);
  const trips = runner.symbol(`${runner.label(node)}.trips`, {
    min: 0,
    max: bound !== null && isStatic(bound) ? bound : null,
  });
  if (!isStatic(trips))
    runner.note(
      'unknown-trip-count',
      `how often ${node.name || node.opType} runs is computed from data: ${String(trips)} times${bound === null ? '' : `, at most ${String(bound)}`}`,
      node.name || node.opType,
    );
  return recordOnce(loop, steady, trips, undefined);
}

/** No round at all: the state as it was; what the rounds would have made is empty. */
function none<N extends GraphNode, F>(loop: Loop<N, F>): Iterated {
  const { runner } = loop.call;
  const made = runner.dryRun(() =>
    loop.run(
      undefined,
      loop.states.map((s) => withoutContents(s, runner.trace)),
      1,
    ),
  );
  return { states: loop.states, stacked: made.stacked.map((element) => ({ element, parts: 0 })) };
}

interface Steady {
  /** A state that a round turns into one like it. */
  readonly states: readonly GraphValue[];
  readonly growth: Growth;
  readonly go: Dim | undefined;
  /** Whether nothing but contents changes. */
  readonly alike: boolean;
}

/** Finds a state that rounds keep, from the first one, by putting symbols where they change it. */
function steadyState<N extends GraphNode, F>(loop: Loop<N, F>): Steady {
  const { runner, node } = loop.call;
  const { trace } = runner;
  const starts = new Map<string, Dim>();
  const name = node.name || node.output.find((o) => o !== '') || node.opType;
  let states = loop.states.map((s) => s);
  let go: Dim | undefined;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const out = runner.dryRun(() => loop.run(undefined, states, attempt === 0 ? loop.first : go));
    go = out.go;
    const by = growthOf(states, out.states, starts);
    const next = states.map((s, i) => widened(s, out.states[i] ?? s, starts, by, `${name}.state${i}`, trace));
    if (next.every((s, i) => s === states[i]))
      return {
        states,
        growth: new Map([...starts].map(([k, start]) => [k, { start, by: by.get(k) ?? null }])),
        go,
        alike: starts.size === 0 && states.every((s, i) => isUnchanged(loop.states[i] as GraphValue, s)),
      };
    states = next;
  }
  // It changes in a way that no symbol holds still: nothing is said of the state.
  const lost = states.map((s) => (isTensor(s) ? trace.alias(s.name, null, s) : s));
  return { states: lost, growth: new Map(), go: undefined, alike: false };
}

/**
 * Records the body once, the number of the round being a symbol: a slice of that row has one row in every round. Null
 * where a size depends on the number, so that rounds are not alike after all.
 */
function recordNumbered<N extends GraphNode, F>(
  loop: Loop<N, F>,
  steady: Steady,
  rounds: Dim,
  counter: Counter | null = null,
): Iterated | null {
  const { runner, node } = loop.call;
  const takeBack = runner.checkpoint();
  const name = `${runner.label(node)}.round`;
  const last = sub(rounds, 1);
  const round = sym(name, { min: 0, max: isStatic(last) ? last : null });
  const from = runner.trace.entries.length;
  const states = counter === null ? steady.states : counter.at(round);
  const made = recordOnce(loop, { ...steady, states }, rounds, round);
  const varies = runner.trace.entries.slice(from).some((entry) => mentions(entry, name));
  if (!varies && !made.stacked.some(({ element }) => shapeMentions(element, name))) {
    const after = counter?.at(rounds);
    const settled = (s: GraphValue, i: number): GraphValue =>
      contentsMention(s, name) ? (after?.[i] ?? withoutContents(s, runner.trace)) : s;
    return { ...made, states: made.states.map(settled) };
  }
  takeBack();
  if (isStatic(rounds)) return rounds <= MAX_ROUNDS ? null : recordOnce(loop, steady, rounds, undefined);
  // How the number and a free length compare is not in the symbol; the first round and the last one tell it.
  const alike = sameLines(sizesOf(loop, states, 0), sizesOf(loop, states, last));
  return recordOnce(loop, steady, rounds, alike ? last : undefined);
}

/** What one round records: each operator with the sizes of its outputs. */
function sizesOf<N extends GraphNode, F>(loop: Loop<N, F>, states: readonly GraphValue[], round: Dim): string[] {
  const { runner } = loop.call;
  return runner.dryRun(() => {
    const from = runner.trace.entries.length;
    loop.run(round, states, loop.first);
    return runner.trace.entries.slice(from).map((e) => {
      const sizes = e.outputs.flatMap((o) => o.type?.shape.map(String) ?? ['?']);
      return [e.type, String(e.readBytes), ...sizes].join(' ');
    });
  });
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i] && !line.includes('?'));
}

function mentions(entry: OpEntry, name: string): boolean {
  if (names(entry.readBytes, name) || names(entry.writeBytes, name)) return true;
  return entry.outputs.some((value) => shapeMentions(value, name));
}

function shapeMentions(value: GraphValue, name: string): boolean {
  return isTensor(value) && (value.type?.shape.some((d) => names(d, name)) ?? false);
}

function contentsMention(value: GraphValue, name: string): boolean {
  if (isDim(value)) return names(value, name);
  return isTensor(value) && value.type !== null && 'value' in value.type
    ? (value.type.value?.some((d) => names(d, name)) ?? false)
    : false;
}

function names(d: Dim, name: string): boolean {
  return symbols(d).includes(name);
}

/** Records the body once, as run `rounds` times, and gives what is there afterwards. */
function recordOnce<N extends GraphNode, F>(
  loop: Loop<N, F>,
  steady: Steady,
  rounds: Dim,
  round: Dim | undefined,
): Iterated {
  const { trace } = loop.call.runner;
  const required = trace.constraints.length;
  const { out, finish } = recordRounds(loop, steady, rounds, round);
  const own = new Set([...steady.growth.keys(), ...symbols(round ?? 0)]);
  dropConstraints(trace, required, own);
  const after = (d: Dim): Dim => {
    const grown = steady.growth.get(symbolOf(d) ?? '');
    return grown === undefined || grown.by === null ? d : add(grown.start, mul(rounds, grown.by));
  };
  const states = steady.states.map((s, i): GraphValue => {
    const made = out.states[i] ?? s;
    if (isDim(s)) return after(s);
    if (isTensor(s) && isTensor(made)) {
      if (s.type === null || made.type === null) return made;
      return trace.alias(made.name, { ...made.type, shape: s.type.shape.map(after) }, made);
    }
    return isSequence(s) ? { ...s, length: after(s.length) } : made;
  });
  finish();
  return { states, stacked: out.stacked.map((element) => ({ element, parts: rounds })) };
}

/** Records the body: once for all rounds where they cost the same, their sum where the state grows by the same each time. */
function recordRounds<N extends GraphNode, F>(
  loop: Loop<N, F>,
  steady: Steady,
  rounds: Dim,
  round: Dim | undefined,
): { readonly out: Round; finish(): void } {
  const { runner } = loop.call;
  const { trace } = runner;
  const run = (): Round => loop.run(round, steady.states, steady.go ?? loop.first);
  const growing = new Map<string, Growing>();
  for (const [name, { start, by }] of steady.growth) if (by !== null) growing.set(name, { start, by });
  if (growing.size > 0) {
    const takeBack = runner.checkpoint();
    const from = trace.entries.length;
    const out = run();
    const finish = sumRounds(trace.entries.slice(from), growing, rounds);
    if (finish !== null) return { out, finish };
    takeBack();
  }
  return { out: trace.repeated(rounds, run), finish: () => {} };
}

/** What a round requires of symbols that stand for its number or its state is required of nothing outside the loop. */
function dropConstraints(trace: Trace, from: number, own: ReadonlySet<string>): void {
  if (own.size === 0 || trace.constraints.length === from) return;
  const kept = trace.constraints.splice(from).filter((c) => {
    let outside = true;
    mapConstraint(c, (d) => {
      if (symbols(d).some((s) => own.has(s))) outside = false;
      return d;
    });
    return outside;
  });
  for (const constraint of kept) trace.constraints.push(constraint);
}

/** What the rounds of a loop come to that are run one by one. */
interface Unrolled {
  readonly states: readonly GraphValue[];
  readonly stacked: readonly (readonly GraphValue[])[];
}

/**
 * Runs each round with what is known in it; null where that does not tell when it ends. `always`: the condition is known
 * to hold in every round.
 */
function unroll<N extends GraphNode, F>(loop: Loop<N, F>, limit: Dim | null, always: boolean): Iterated | null {
  const { runner } = loop.call;
  if (limit !== null && (!isStatic(limit) || limit > MAX_ROUNDS)) return null;
  if (loop.limit === 'unknown') return null;
  const made = always && limit !== null ? recordedAtOnce(loop, limit) : rehearsedFirst(loop, limit);
  if (made === null) return null;
  if (made.stacked.length === 0) return { ...none(loop), states: made.states };
  return {
    states: made.states,
    stacked: (made.stacked[0] ?? []).map((first, i) => {
      const elements = made.stacked.map((round) => round[i] as GraphValue);
      const same = elements.every((e) => isTensor(e) && isTensor(first) && isUnchanged(first, e));
      return { element: same ? first : runner.trace.opaque(null), parts: elements.length };
    }),
  };
}

/** A dry run first: how it ends is not known before. */
function rehearsedFirst<N extends GraphNode, F>(loop: Loop<N, F>, limit: Dim | null): Unrolled | null {
  if (loop.call.runner.dryRun(() => roundByRound(loop, limit)) === null) return null;
  const made = roundByRound(loop, limit);
  if (made === null) throw new Unsupported('it takes more rounds than are run one by one');
  return made;
}

/** How it ends is known, but for the budget: no dry run, though the rounds are counted as if there had been one. */
function recordedAtOnce<N extends GraphNode, F>(loop: Loop<N, F>, limit: Dim): Unrolled | null {
  const { runner } = loop.call;
  const takeBack = runner.checkpoint();
  let made: Unrolled | null = null;
  try {
    made = roundByRound(loop, limit, (round) => runner.budget.twice(round, loop.call.node.name));
  } finally {
    if (made === null) takeBack();
  }
  return made;
}

function roundByRound<N extends GraphNode, F>(
  loop: Loop<N, F>,
  limit: Dim | null,
  spent: (round: () => Round) => Round = (round) => round(),
): Unrolled | null {
  const { runner } = loop.call;
  let { states } = loop;
  let go = loop.first;
  const stacked: GraphValue[][] = [];
  for (let round = 0; limit === null || round < Number(limit); round++) {
    if (go === undefined || !isStatic(go) || round > MAX_ROUNDS || !runner.budget.mayUnroll) return null;
    if (equal(go, 0)) break;
    const [now, condition] = [states, go];
    const out = spent(() => loop.run(round, now, condition));
    states = out.states;
    go = out.go;
    stacked.push([...out.stacked]);
  }
  return { states, stacked };
}
