import { type Dim, isStatic, max, sub, sym } from '../../dim/index.js';
import { ModelRaised } from '../../graph/errors.js';
import type { Expression, Statement } from './code/ast.js';
import { isKind, type List, runOf, type Scope } from './data.js';
import { belowGap, broken, needsNumber } from './errors.js';
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

/** An arm that raises is not taken: the model says that it never is. The count holds as far as that is so. */
function assume(m: Interpreter, line: number, refusal: ModelRaised): void {
  m.line = line;
  m.note('assumed', `counted as a run in which the model does not raise "${refusal.message}"`);
}

/**
 * An `if` whose condition is computed from data, or hangs on a free dimension. An arm that raises is not taken. Of two that go on, each counts as often as it is taken: `then` times and 1 − `then` times, for a new
 * symbol that is 0 or 1, so that the count is exact for either, and free of the symbol where both cost the same.
 */
export function branch(m: Interpreter, s: Of<'if'>, scope: Scope): Outcome {
  const { trace } = m;
  const taken = sym(m.freshName('then'), { min: 0, max: 1 });
  const start = trace.mark();
  const first = trial(m, () => trace.repeated(taken, () => m.block(s.then, scope)));
  if (first instanceof ModelRaised) {
    trace.rewind(start);
    assume(m, s.line, first);
    return m.block(s.otherwise, scope);
  }
  const second = trial(m, () => trace.repeated(sub(1, taken), () => m.block(s.otherwise, scope)));
  if (second instanceof ModelRaised) {
    trace.rewind(start);
    assume(m, s.line, second);
    return m.block(s.then, scope);
  }
  const uses = { taken: trace.mark().entries > start.entries };
  for (const [cell, a, b] of bothOf(first, second)) m.heap.set(cell, joined(m, a, b, taken, uses));
  m.line = s.line;
  if (uses.taken)
    m.note(
      'unknown-branch',
      `which branch is taken hangs on data or on a free dimension: ${String(taken)} is 1 where it is the first, 0 where it is the second`,
    );
  const [a, b] = [first.outcome, second.outcome];
  if (a.kind === 'return' && b.kind === 'return') {
    return { kind: 'return', value: joined(m, [a.value], [b.value], taken, uses)[0] ?? null };
  }
  if (a.kind !== b.kind) throw needsNumber('whether a loop or a function ends here hangs on data');
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
    if (isKind(over, 'tensor') && over.value.type === null) throw belowGap('how long a list is, is not known');
    const items = unpack(over);
    if (items === null) throw broken('a loop over what is no list');
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
      const rounds = sym(m.freshName('rounds'), { min: 0 });
      m.line = s.line;
      m.note('unknown-loop', `how often a loop runs depends on data: ${String(rounds)} times`);
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
 * as that matters (shapes, not contents); then one round stands for all. Throws ModelError `free-symbol` where rounds differ.
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
  throw needsNumber(`no two rounds of a loop are alike, and it runs ${String(times)} times`);
}

/** The loop is over: what its rounds made is there to be used. */
function finish(m: Interpreter, made: List): void {
  const run = runOf(made);
  if (run === undefined) return;
  const before = made.items.slice(0, -1);
  m.heap.set(made, run.pattern.length === 0 ? before : [...before, { ...run, growing: false }]);
}
