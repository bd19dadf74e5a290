import { isModelError } from '../source/errors.js';

/** Readings of one file: each tries another arm of one branch. */
const MAX_READINGS = 24;

/**
 * Arms that were taken where either could be and their results cannot be one value: a tensor with an axis or without it.
 * PyTorch exports `squeeze` of a free length so. Which one the model means shows only further on, by what reads it.
 */
export class Choices {
  readonly #decided: ReadonlyMap<string, boolean>;
  /** Arms to take of undecided branches where an earlier choice turned out wrong. */
  readonly #lean: boolean | null;
  readonly #made = new Map<string, boolean>();

  constructor(decided: ReadonlyMap<string, boolean> = new Map(), lean: boolean | null = null) {
    this.#decided = decided;
    this.#lean = lean;
  }

  /** Whether the first arm is taken; `first` is the guess where nothing is known. */
  take(label: string, first: boolean): boolean {
    const taken = this.#decided.get(label) ?? this.#lean ?? first;
    this.#made.set(label, taken);
    return taken;
  }

  /** All that were taken, in order. */
  get made(): ReadonlyMap<string, boolean> {
    return this.#made;
  }
}

interface Reading<T> {
  readonly result: T | null;
  readonly error: unknown;
  readonly trouble: number;
  readonly made: ReadonlyMap<string, boolean>;
}

/**
 * Reads, and reads again with the other arm where what follows cannot use the one that was guessed: where it ends in an
 * error of shapes, or `trouble` counts operators that cannot be worked out. The last guess is changed first.
 */
export function withChoices<T>(read: (choices: Choices) => T, trouble: (result: T) => number): T {
  let best = reading(new Choices(), read, trouble);
  const changed = new Set<string>();
  let lean: boolean | null = null;
  for (let i = 1; i < MAX_READINGS && best.trouble > 0; i++) {
    const last = [...best.made].findLast(([label]) => !changed.has(label));
    if (last === undefined) break;
    const [label, first] = last;
    changed.add(label);
    const next = reading(new Choices(new Map(best.made).set(label, !first), lean), read, trouble);
    if (!isBetter(next, best)) continue;
    best = next;
    lean = !first;
  }
  if (best.error !== null) throw best.error;
  return best.result as T;
}

function reading<T>(choices: Choices, read: (choices: Choices) => T, trouble: (result: T) => number): Reading<T> {
  try {
    const result = read(choices);
    // Where nothing was chosen there is nothing to choose otherwise.
    return { result, error: null, trouble: choices.made.size === 0 ? 0 : trouble(result), made: choices.made };
  } catch (error) {
    if (!isModelError(error) || error.code !== 'shape' || choices.made.size === 0) throw error;
    return { result: null, error, trouble: Infinity, made: choices.made };
  }
}

/** Of two that end in an error, the one that came further. */
function isBetter<T>(a: Reading<T>, b: Reading<T>): boolean {
  return a.trouble < b.trouble || (a.trouble === Infinity && b.trouble === Infinity && a.made.size > b.made.size);
}
