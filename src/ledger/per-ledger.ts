import type { AnyLedger } from './types.js';

type Answers = Map<unknown, unknown>;

/**
 * Where a ledger has what was worked out of it: out of sight of whoever copies, lists or compares its data. A WeakMap would
 * do, except for one thing: the collector's quick rounds take what a WeakMap holds for alive, and then a program that profiles
 * one model after another carries each of them into the old generation before it is let go.
 */
const ANSWERS: unique symbol = Symbol('worked out');

/** For ledgers that were made as copies of others. */
const ofCopies = new WeakMap<AnyLedger, Answers>();

/** A ledger with room for what is worked out of it; copies that are made of it have none of that. */
export function withAnswers<L extends object>(ledger: L): L {
  return Object.defineProperty(ledger, ANSWERS, { value: new Map() });
}

function answersOf(ledger: AnyLedger & { readonly [ANSWERS]?: Answers }): Answers {
  let answers = ledger[ANSWERS] ?? ofCopies.get(ledger);
  if (answers === undefined) {
    answers = new Map();
    ofCopies.set(ledger, answers);
  }
  return answers;
}

/** A function of a ledger that is worked out once for each: several conventions and parts of a report ask for the same. */
export function perLedger<L extends AnyLedger, T>(compute: (ledger: L) => T): (ledger: L) => T {
  return (ledger) => {
    const answers = answersOf(ledger);
    if (answers.has(compute)) return answers.get(compute) as T;
    const made = compute(ledger);
    answers.set(compute, made);
    return made;
  };
}
