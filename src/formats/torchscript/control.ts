import { type Dim, equal, isStatic, max, sub, sym } from '../../dim/index.js';
import { decide, ModelRaised } from '../../graph/index.js';
import type { Expression, Statement } from './code/ast.js';
import { isKind, type List, runOf, type Scope } from './data.js';
import { dependsOnUnsupported, malformed, needsNumber } from './errors.js';
import type { Snapshot } from './heap.js';
import type { Interpreter, Outcome } from './interpreter.js';
import { unpack } from './items.js';
import { joined, settled } from './merge.js';
import { needInt } from './scalars.js';
import { truth } from './truth.js';

type Of<K extends Statement['kind']> = Extract<Statement, { readonly kind: K }>;

const END: Outcome = { kind: 'end' };

interface Trial {
  readonly outcome: Outcome;
  readonly before: Snapshot;
  readonly after: Snapshot;
}

/** Runs and takes back what it changed; what the code says where it raises. What it recorded stays. */
function trial(m: Interpreter, run: () => Outcome): Trial | ModelRaised {
  try {
    const { result: outcome, before, after } = m.heap.trial(run);
    return { outcome, before, after };
  } catch (error) {
    if (error instanceof ModelRaised) return error;
    throw error;
  }
}

/**
 * An `if` whose condition is computed from data, or depends on a free dimension: see `decide`. An arm that raises, or that
 * cannot run on these sizes, is not taken.
 */
export function branch(m: Interpreter, s: Of<'if'>, scope: Scope): Outcome {
  const { trace } = m;
  const taken = m.symbol('then', { min: 0, max: 1 });
  const block = (first: boolean): Outcome => m.block(first ? s.then : s.otherwise, scope);
  if (isStatic(taken)) return block(!equal(taken, 0));
  const start = trace.mark();
  const decision = decide<Trial>({
    trace,
    taken,
    run: (first, alone) => {
      if (alone) return { outcome: block(first), before: new Map(), after: new Map() };
      const { result: outcome, before, after } = m.heap.trial(() => block(first));
      return { outcome, before, after };
    },
    checkpoint: () => () => trace.rewind(start),
    excluded: (first, why) => {
      m.line = s.line;
      if (why instanceof ModelRaised)
        m.note('assumed', `counted as a run in which the model does not raise "${why.message}"`);
      else
        m.note(
          'branch-excluded',
          `the ${first ? 'first' : 'second'} branch cannot run on these sizes (${why.message}); the other one is counted`,
        );
    },
  });
  if (decision.kind === 'one') return decision.result.outcome;
  const { first, second } = decision;
  const uses = { taken: trace.mark().entries > start.entries };
  for (const [cell, a, b] of bothOf(first, second)) m.heap.set(cell, joined(m, a, b, taken, uses));
  m.line = s.line;
  if (uses.taken)
    m.note(
      'unknown-branch',
      `which branch is taken depends on data or on a free dimension: ${String(taken)} is 1 where it is the first, 0 where it is the second`,
    );
  const [a, b] = [first.outcome, second.outcome];
  if (a.kind === 'return' && b.kind === 'return') {
    return { kind: 'return', value: joined(m, [a.value], [b.value], taken, uses)[0] ?? null };
  }
  if (a.kind !== b.kind) throw needsNumber('whether a loop or a function ends here depends on data');
  return a;
}

/** Each cell that either arm changed, with what it holds after each. */
function* bothOf(
  a: Trial,
  b: Trial,
): Generator<readonly [Parameters<Interpreter['heap']['set']>[0], Content, Content]> {
  for (const cell of new Set([...a.before.keys(), ...b.before.keys()])) {
    const before = a.before.get(cell) ?? b.before.get(cell);
    yield [cell, (a.after.get(cell) ?? before) as Content, (b.after.get(cell) ?? before) as Content];
  }
}

type Content = Parameters<Interpreter['heap']['set']>[1];

export function forLoop(m: Interpreter, s: Of<'for'>, scope: Scope): Outcome {
  const range = rangeOf(m, s.over, scope);
  if (range === null) {
    const over = m.evaluate(s.over, scope);
    if (isKind(over, 'tensor') && over.value.type === null)
      throw dependsOnUnsupported('how long a list is, is not known');
    const items = unpack(over);
    if (items === null) throw malformed('a loop over something other than a list');
    m.budget.reads(items.length);
    for (const item of [...items]) {
      m.bind(s.name, item, scope);
      const outcome = m.block(s.body, scope);
      if (outcome.kind === 'return') return outcome;
      if (outcome.kind === 'break') break;
    }
    return END;
  }
  const { start, count } = range;
  if (isStatic(count)) {
    for (let i = 0n; i < BigInt(count); i++) {
      m.budget.step();
      m.bind(s.name, isStatic(start) ? Number(BigInt(start) + i) : start, scope);
      const outcome = m.block(s.body, scope);
      if (outcome.kind === 'return') return outcome;
      if (outcome.kind === 'break') break;
    }
    return END;
  }
  return openLoop(m, count, s.body, scope, () =>
    m.bind(s.name, sym(m.freshName('round'), { min: isStatic(start) ? start : null }), scope),
  );
}

/** The bounds of `range(n)` and `range(a, b)`; null for anything else that is looped over. */
function rangeOf(m: Interpreter, over: Expression, scope: Scope): { readonly start: Dim; readonly count: Dim } | null {
  if (over.kind !== 'call' || over.callee.kind !== 'name' || over.callee.name !== 'range') return null;
  const bounds = over.args.map((arg) => needInt(m.evaluate(arg, scope), 'a bound of a range'));
  const [first = 0, second] = bounds;
  const start = second === undefined ? 0 : first;
  return { start, count: max(0, sub(second ?? first, start)) };
}

export function whileLoop(m: Interpreter, s: Of<'while'>, scope: Scope): Outcome {
  for (;;) {
    m.budget.step();
    const test = truth(m.evaluate(s.test, scope));
    if (test === false) return END;
    if (test === undefined) {
      const rounds = m.symbol('rounds', { min: 0 });
      m.line = s.line;
      if (!isStatic(rounds))
        m.note('unknown-trip-count', `how often a loop runs is computed from data: ${String(rounds)} times`);
      return openLoop(m, rounds, s.body, scope, () => {});
    }
    const outcome = m.block(s.body, scope);
    if (outcome.kind === 'return') return outcome;
    if (outcome.kind === 'break') return END;
  }
}

const ROUNDS = 4;

/**
 * A loop of a number of rounds that is not known. The body is rehearsed until a round leaves everything as it found it, as far
 * as that matters (shapes, not contents); then one round stands for all. Throws ModelError `free-symbol` if rounds differ.
 */
function openLoop(m: Interpreter, times: Dim, body: readonly Statement[], scope: Scope, begin: () => void): Outcome {
  const { trace } = m;
  const lists = new Set<List>();
  for (let round = 0; round < ROUNDS; round++) {
    const mark = trace.mark();
    const tried = trial(m, () => {
      begin();
      return m.block(body, scope);
    });
    trace.rewind(mark);
    if (tried instanceof ModelRaised)
      throw needsNumber('a loop raises an exception, and how often it runs is not known');
    if (tried.outcome.kind === 'return' || tried.outcome.kind === 'break')
      throw needsNumber('a loop is left early, and how often it runs is not known');
    let changed = false;
    for (const [cell, before] of tried.before) {
      const next = settled(m, before, tried.after.get(cell) as typeof before, times);
      if (cell.kind === 'list' && next !== null && next !== before) lists.add(cell);
      if (next === null)
        throw needsNumber(`what a loop makes grows with every round, and it runs ${String(times)} times`);
      if (next === before) continue;
      m.heap.set(cell, next);
      changed = true;
    }
    if (changed) continue;
    trace.repeated(times, () => {
      begin();
      m.block(body, scope);
    });
    for (const made of lists) finish(m, made);
    return END;
  }
  throw needsNumber(`no two rounds of a loop are identical, and it runs ${String(times)} times`);
}

/** The loop is over: what its rounds made is there to be used. */
function finish(m: Interpreter, made: List): void {
  const run = runOf(made);
  if (run === undefined) return;
  const before = made.items.slice(0, -1);
  m.heap.set(made, run.pattern.length === 0 ? before : [...before, { ...run, growing: false }]);
}
