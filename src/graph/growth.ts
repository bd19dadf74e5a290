import { add, type Dim, equal, floordiv, max, mul, sub, substitute, symbols } from '../dim/index.js';
import type { OpEntry, Storage, Value } from '../ledger/index.js';
import type { Work } from '../ops/index.js';

/** How a symbol of a loop's state grows: from `start`, by the same amount in every round. */
export interface Growing {
  readonly start: Dim;
  readonly by: Dim;
}

/** An entry and what all rounds of it come to. */
interface Changed {
  readonly entry: OpEntry;
  readonly work: readonly Work[];
  readonly read: Dim;
  readonly write: Dim;
}

type Open<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Entries of one round made those of all rounds of a loop whose state grows (a cache that each round makes longer): counts
 * are summed exactly over the rounds, where they are polynomials in the number of the round; shapes are those of the last
 * one. Gives what changes them; null where a count is something else.
 */
export function sumRounds(
  entries: readonly OpEntry[],
  growing: ReadonlyMap<string, Growing>,
  rounds: Dim,
): (() => void) | null {
  const sums = new RoundSums(growing, rounds);
  const total = (d: Dim): Dim | null => sums.of(d);
  const changed: Changed[] = [];
  for (const entry of entries) {
    const work = entry.result.kind === 'known' ? entry.result.work.map((w) => summedWork(w, total)) : [];
    const [read, write] = [total(entry.readBytes), total(entry.writeBytes)];
    if (read === null || write === null || work.includes(null)) return null;
    changed.push({ entry, work: work as Work[], read, write });
  }
  return () => change(changed, growing, rounds);
}

function change(changed: readonly Changed[], growing: ReadonlyMap<string, Growing>, rounds: Dim): void {
  const last = stateOf(growing, max(0, sub(rounds, 1)));
  const atEnd = (d: Dim): Dim => substitute(d, last);
  const values = new Set<Value>();
  const storages = new Set<Storage>();
  for (const { entry, work, read, write } of changed) {
    const open = entry as Open<OpEntry>;
    if (entry.result.kind === 'known') open.result = { kind: 'known', work };
    open.readBytes = read;
    open.writeBytes = write;
    for (const value of [...entry.inputs, ...entry.outputs]) if (value !== null) values.add(value);
  }
  for (const value of values) {
    storages.add(value.storage);
    const { type } = value;
    if (type?.shape.some((d) => mentions(d, growing)))
      (value as Open<Value>).type = { dtype: type.dtype, shape: type.shape.map(atEnd) };
  }
  for (const storage of storages)
    if (mentions(storage.bytes, growing)) (storage as Open<Storage>).bytes = atEnd(storage.bytes);
}

function mentions(d: Dim, growing: ReadonlyMap<string, Growing>): boolean {
  return typeof d === 'object' && symbols(d).some((name) => growing.has(name));
}

/** Degrees of polynomials that are summed: two lengths that grow meet in the products of attention. */
const MAX_DEGREE = 4;

/**
 * Σ over rounds r of d(start + by·r) = Σₖ C(rounds, k + 1)·Δᵏd(0), Newton's forward differences. What all formulas of a loop
 * share is made once: the state in the first rounds, the coefficients, and the sums of formulas that come again.
 */
class RoundSums {
  readonly #growing: ReadonlyMap<string, Growing>;
  readonly #rounds: Dim;
  readonly #known = new Map<Dim, Dim | null>();
  readonly #coefficients: Dim[] = [];
  #first: readonly ReadonlyMap<string, Dim>[] | null = null;

  constructor(growing: ReadonlyMap<string, Growing>, rounds: Dim) {
    this.#growing = growing;
    this.#rounds = rounds;
  }

  /** The sum of d over all rounds; null where d is no polynomial in the number of the round. */
  of(d: Dim): Dim | null {
    if (!mentions(d, this.#growing)) return mul(this.#rounds, d);
    let sum = this.#known.get(d);
    if (sum === undefined) {
      sum = this.#summed(d);
      this.#known.set(d, sum);
    }
    return sum;
  }

  #summed(d: Dim): Dim | null {
    this.#first ??= Array.from({ length: MAX_DEGREE + 2 }, (_, r) => stateOf(this.#growing, r));
    let differences = this.#first.map((state) => substitute(d, state));
    let sum: Dim = 0;
    for (let k = 0; k <= MAX_DEGREE; k++) {
      sum = add(sum, mul(this.#coefficient(k), differences[0] as Dim));
      differences = differences.slice(1).map((next, i) => sub(next, differences[i] as Dim));
      if (differences.every((difference) => equal(difference, 0))) return sum;
    }
    return null;
  }

  /** C(rounds, k + 1) = rounds·(rounds − 1)·…·(rounds − k) / (k + 1)! */
  #coefficient(k: number): Dim {
    let chosen = this.#coefficients[k];
    if (chosen === undefined) {
      let falling: Dim = 1;
      let factorial = 1;
      for (let i = 0; i <= k; i++) {
        falling = mul(falling, sub(this.#rounds, i));
        factorial *= i + 1;
      }
      chosen = floordiv(falling, factorial);
      this.#coefficients[k] = chosen;
    }
    return chosen;
  }
}

/** The symbols of the state, as they stand in a round. */
function stateOf(growing: ReadonlyMap<string, Growing>, round: Dim): ReadonlyMap<string, Dim> {
  return new Map([...growing].map(([name, { start, by }]) => [name, add(start, mul(by, round))]));
}

function summedWork(work: Work, total: (d: Dim) => Dim | null, times: Dim = 1): Work | null {
  const count = (d: Dim): Dim | null => total(equal(times, 1) ? d : mul(times, d));
  switch (work.kind) {
    case 'contraction': {
      const [products, outputs] = [count(work.products), count(work.outputs)];
      const unpadded = work.unpadded === null ? null : count(work.unpadded);
      return products === null || outputs === null ? null : { ...work, products, outputs, unpadded };
    }
    case 'map': {
      const elements = count(work.elements);
      return elements === null ? null : { ...work, elements };
    }
    case 'reduction': {
      const [elements, outputs] = [count(work.elements), count(work.outputs)];
      return elements === null || outputs === null ? null : { ...work, elements, outputs };
    }
    case 'move': {
      const bytes = count(work.bytes);
      return bytes === null ? null : { ...work, bytes };
    }
    case 'loop': {
      const body = work.body.map((inner) => summedWork(inner, total, mul(times, work.times)));
      return body.includes(null) ? null : { kind: 'loop', times: 1, body: body as Work[] };
    }
  }
}
