import { add, type Dim, equal, isStatic, max, mul, sub, sym, symbols } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import type { TensorType } from '../../tensor/index.js';
import { type Held, isSequence, isTensor, type Sequence, sameShape } from './held.js';
import { type Context, recorded, stackedOutput } from './rule.js';

/** What one round makes. */
export interface Round {
  /** Whether another follows, where it is known. */
  readonly go: Dim | undefined;
  readonly states: readonly Held[];
  /** Values of which each round gives one, to be put together. */
  readonly stacked: readonly Held[];
}

export interface Iteration {
  readonly context: Context;
  readonly states: readonly Held[];
  /** Rounds at most; null without a limit. */
  readonly limit: Dim | 'unknown' | null;
  /** The condition before the first round, where it is known. */
  readonly first: Dim | undefined;
  /** `round` is null where it stands for any of them. */
  run(round: Dim | null, states: readonly Held[], condition: Dim | undefined): Round;
}

export interface Iterated {
  readonly states: readonly Held[];
  /** By the axis along which they are put together. */
  readonly stacked: readonly ((axis: number) => Held)[];
}

/** Rounds that are run one by one to find out what changes; longer loops of that kind keep symbols. */
const MAX_ROUNDS = 1024;
/** Attempts to find what a body leaves as it is. */
const MAX_ATTEMPTS = 5;

/**
 * A loop. Where rounds are alike (the types of the state stay the same) the body is recorded once, as often as it runs. Where
 * they differ and the number is known, each is recorded. Where it is not known it is a new symbol, extents that grow by
 * the same amount in every round are formulas in it, and others are new symbols.
 */
export function iterate(it: Iteration): Iterated {
  const { evaluator, node } = it.context;
  if (isStatic(it.first ?? sym('?')) && equal(it.first as Dim, 0)) return none(it);
  if (it.limit !== null && it.limit !== 'unknown' && isStatic(it.limit) && it.limit <= 0) return none(it);
  const steady = steadyState(it);
  // With a limit and a condition that always holds, the limit is the number.
  const always = it.first !== undefined && steady.go !== undefined && isStatic(steady.go) && !equal(steady.go, 0);
  const limited = it.limit !== null && it.limit !== 'unknown' ? it.limit : null;
  if (always && limited !== null && steady.alike) return record(it, steady, max(0, limited));
  const rounds = oneByOne(it, limited);
  if (rounds !== null) return rounds;
  if (always && limited !== null) return record(it, steady, max(0, limited));
  const trips = sym(`${evaluator.label(node)}.trips`, {
    min: 0,
    max: limited !== null && isStatic(limited) ? limited : null,
  });
  evaluator.note(
    'unknown-trip-count',
    `how often ${node.name || node.opType} runs is computed from data: ${String(trips)} times${limited === null ? '' : `, at most ${String(limited)}`}`,
    node.name || node.opType,
  );
  return record(it, steady, trips);
}

/** No round at all: the state as it was; what the rounds would have made is empty. */
function none(it: Iteration): Iterated {
  const { evaluator } = it.context;
  const made = evaluator.rehearse(() =>
    it.run(
      null,
      it.states.map((s) => general(it, s)),
      1,
    ),
  );
  const states = recorded(it.context, it.states);
  return {
    states,
    stacked: made.stacked.map((s, i) => (axis) => stackedOutput(it.context, s, 0, axis, states.length + i)),
  };
}

interface Steady {
  /** A state that a round turns into one like it. */
  readonly states: readonly Held[];
  /** What the symbols in it are before the first round, and by how much they grow in each. */
  readonly growth: ReadonlyMap<string, { readonly start: Dim; readonly by: Dim | null }>;
  readonly go: Dim | undefined;
  /** Whether nothing but contents changes. */
  readonly alike: boolean;
}

/** Finds a state that rounds keep, from the first one, by putting symbols where they change it. */
function steadyState(it: Iteration): Steady {
  const { evaluator, node } = it.context;
  const starts = new Map<string, Dim>();
  const name = node.name || node.output.find((o) => o !== '') || node.opType;
  let states = it.states.map((s) => s);
  let go: Dim | undefined;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const out = evaluator.rehearse(() => it.run(null, states, attempt === 0 ? it.first : go));
    go = out.go;
    const by = growthOf(states, out.states, starts);
    const next = states.map((s, i) => widened(it, s, out.states[i] as Held, starts, by, `${name}.state${i}`));
    if (next.every((s, i) => s === states[i]))
      return {
        states,
        growth: new Map([...starts].map(([k, start]) => [k, { start, by: by.get(k) ?? null }])),
        go,
        alike: starts.size === 0 && states.every((s, i) => shapeKept(it.states[i] as Held, s)),
      };
    states = next;
  }
  // It changes in a way that no symbol holds still: nothing is said of the state.
  const lost = states.map((s) => (isTensor(s) ? evaluator.trace.alias(s.name, null, s) : s));
  return { states: lost, growth: new Map(), go: undefined, alike: false };
}

function shapeKept(before: Held, after: Held): boolean {
  if (!isTensor(before) || !isTensor(after)) return before === after;
  return before.type === null || (after.type !== null && sameShape(before.type.shape, after.type.shape));
}

/** By how much each symbol of the state grows in a round; those that change otherwise are not among them. */
function growthOf(states: readonly Held[], after: readonly Held[], starts: ReadonlyMap<string, Dim>): Map<string, Dim> {
  const by = new Map<string, Dim>();
  const look = (d: Dim, e: Dim | undefined): void => {
    const [symbol, ...more] = symbols(d);
    if (
      e === undefined ||
      symbol === undefined ||
      more.length > 0 ||
      !starts.has(symbol) ||
      String(d) !== String(sym(symbol, { min: 0 }))
    )
      return;
    const step = sub(e, d);
    if (!symbols(step).some((s) => starts.has(s))) by.set(symbol, step);
  };
  for (const [i, s] of states.entries()) {
    const e = after[i];
    if (isTensor(s) && isTensor(e))
      s.type?.shape.forEach((d, k) => {
        look(d, e.type?.shape[k]);
      });
    if (isSequence(s) && isSequence(e)) look(s.length, e.length);
  }
  return by;
}

/** The state before and after a round as one: itself where the round keeps it. */
function widened(
  it: Iteration,
  before: Held,
  after: Held,
  starts: Map<string, Dim>,
  by: ReadonlyMap<string, Dim>,
  name: string,
): Held {
  const { trace } = it.context.evaluator;
  const symbol = (d: Dim, at: string): Dim => {
    const key = `${name}.${at}`;
    if (!starts.has(key)) starts.set(key, d);
    return sym(key, { min: 0 });
  };
  if (isTensor(before) && isTensor(after)) {
    if (before.type === null) return before;
    if (
      after.type === null ||
      after.type.shape.length !== before.type.shape.length ||
      after.type.dtype !== before.type.dtype
    )
      return trace.alias(before.name, null, before);
    const shape = before.type.shape.map((d, k) => {
      const e = after.type?.shape[k] as Dim;
      if (equal(d, e) || (typeof d === 'object' && by.has(String(d))) || starts.has(String(d))) return d;
      return symbol(d, `dim${k}`);
    });
    const known = contents(before.type);
    const same = known === undefined || sameContents(known, contents(after.type));
    if (same && sameShape(shape, before.type.shape)) return before;
    return trace.alias(
      before.name,
      { dtype: before.type.dtype, shape, ...(same && known ? { value: known } : {}) },
      before,
    );
  }
  if (isSequence(before) && isSequence(after)) {
    const item =
      before.length === 0 ||
      (before.item !== null && after.item !== null && sameShape(before.item.shape, after.item.shape))
        ? after.item
        : null;
    const growing = starts.has(String(before.length)) || equal(before.length, after.length);
    const length = growing ? before.length : symbol(before.length, 'length');
    if (before.items === null && growing && sameItem(item, before.item)) return before;
    return { kind: 'sequence', items: null, length, item } satisfies Sequence;
  }
  return before;
}

function sameItem(a: TensorType | null, b: TensorType | null): boolean {
  return a === b || (a !== null && b !== null && a.dtype === b.dtype && sameShape(a.shape, b.shape));
}

function contents(type: TensorType): readonly Dim[] | undefined {
  return 'value' in type ? type.value : undefined;
}

function sameContents(a: readonly Dim[], b: readonly Dim[] | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((d, i) => equal(d, b[i] as Dim));
}

function general(it: Iteration, held: Held): Held {
  if (!isTensor(held) || held.type === null) return held;
  return it.context.evaluator.trace.alias(held.name, { dtype: held.type.dtype, shape: held.type.shape }, held);
}

/** Records the body once, as run `rounds` times, and gives what is there afterwards. */
function record(it: Iteration, steady: Steady, rounds: Dim): Iterated {
  const { evaluator } = it.context;
  const { trace } = evaluator;
  const out = trace.repeated(rounds, () => it.run(null, steady.states, steady.go ?? it.first));
  const after = (d: Dim): Dim => {
    const [symbol] = symbols(d);
    const grown = symbol === undefined ? undefined : steady.growth.get(symbol);
    return grown === undefined || grown.by === null || String(d) !== symbol
      ? d
      : add(grown.start, mul(rounds, grown.by));
  };
  const finals = steady.states.map((s, i): Held => {
    const made = out.states[i] as Held;
    if (isTensor(s) && isTensor(made)) {
      if (s.type === null || made.type === null) return made;
      return trace.alias(made.name, { ...made.type, shape: s.type.shape.map(after) }, made);
    }
    return isSequence(s) ? { ...s, length: after(s.length) } : made;
  });
  const states = recorded(it.context, finals);
  return {
    states,
    stacked: out.stacked.map((s, i) => (axis) => stackedOutput(it.context, s, rounds, axis, states.length + i)),
  };
}

/** Runs each round with what is known in it; null where that does not tell when it ends. */
function oneByOne(it: Iteration, limit: Dim | null): Iterated | null {
  const { evaluator } = it.context;
  if (limit !== null && (!isStatic(limit) || limit > MAX_ROUNDS)) return null;
  if (it.limit === 'unknown') return null;
  const attempt = (): { states: readonly Held[]; stacked: readonly Held[][] } | null => {
    let { states } = it;
    let go = it.first;
    const stacked: Held[][] = [];
    for (let round = 0; limit === null || round < Number(limit); round++) {
      if (go === undefined || !isStatic(go) || round > MAX_ROUNDS || !evaluator.patient) return null;
      if (equal(go, 0)) break;
      const out = it.run(round, states, go);
      states = out.states;
      go = out.go;
      stacked.push([...out.stacked]);
    }
    return { states, stacked };
  };
  // A dry run first: what is recorded cannot be taken back.
  if (evaluator.rehearse(attempt) === null) return null;
  const made = attempt();
  if (made === null) throw new Unsupported('it takes more rounds than are run one by one');
  const states = recorded(it.context, made.states);
  const count = made.stacked[0]?.length ?? 0;
  if (made.stacked.length === 0 && it.context.node.output.length > states.length)
    return { states, stacked: none(it).stacked };
  return {
    states,
    stacked: Array.from({ length: count }, (_, i) => (axis: number) => {
      const elements = made.stacked.map((round) => round[i] as Held);
      const first = elements[0] as Held;
      const alike = elements.every((e) => isTensor(e) && isTensor(first) && shapeKept(first, e));
      return stackedOutput(
        it.context,
        alike ? first : evaluator.trace.opaque(null),
        elements.length,
        axis,
        states.length + i,
      );
    }),
  };
}
