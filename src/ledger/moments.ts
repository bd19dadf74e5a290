import { compileDims, type Dim, isStatic, lessEqual, runDims, symbols } from '../dim/index.js';

/** A peak that is the maximum of more formulas than this helps nobody. */
const MAX_FORMULAS = 6;
/** Proofs that one formula never exceeds another are dear: no more of them than this. */
const MAX_PROOFS = 96;
/**
 * Characters of long formulas that are compared: a thousand inputs of a free size each make a thousand terms at every
 * moment. Ordinary ones are not accounted for: a hundred thousand operators may have one each.
 */
const MAX_TEXT = 1 << 20;
const ORDINARY_TEXT = 64;

/** Memory of a schedule at one of its moments. */
export interface Moment {
  readonly bytes: Dim;
  readonly at: number;
}

/** The first moment of each different sum, within bounds. */
export class Moments {
  readonly #seen = new Map<number | string, Moment>();
  #text = 0;

  note(bytes: Dim, at: number): void {
    const key = typeof bytes === 'number' ? bytes : String(bytes);
    if (this.tooMany || this.#seen.has(key)) return;
    this.#seen.set(key, { bytes, at });
    if (typeof key === 'string') this.#text += Math.max(0, key.length - ORDINARY_TEXT);
  }

  /** Whether the formulas are too many and too long to compare. */
  get tooMany(): boolean {
    return this.#text > MAX_TEXT;
  }

  get list(): Moment[] {
    return [...this.#seen.values()];
  }
}

/**
 * The moments of which one is always the highest; null if that takes too many formulas or proofs to say. Those that
 * are highest at a few sizes are the likely ones; every other moment must be proved never to exceed one of them.
 */
export function highestOf(moments: readonly Moment[]): Moment[] | null {
  const fixed = moments.filter((m) => isStatic(m.bytes));
  const free = moments.filter((m) => !isStatic(m.bytes));
  const top = fixed.reduce<Moment | null>((best, m) => (best === null || m.bytes > best.bytes ? m : best), null);
  if (free.length === 0) return top === null ? [] : [top];
  const program = compileDims(free.map((m) => m.bytes));
  // Each symbol gets another size than its neighbours in the order of names.
  const names = new Map([...new Set(free.flatMap((m) => symbols(m.bytes)))].map((name, i) => [name, i]));
  const likely = new Set<Moment>();
  for (const size of [64, 1, 2, 16, 512, 4096]) {
    const values = program.symbols.map(({ name }) => size + ((names.get(name) as number) % 3));
    if (program.symbols.some(({ min, max }, i) => isOutside(values[i] as number, min, max))) continue;
    const all = runDims(program, values);
    const winner = all.reduce((best, bytes, i) => (bytes > (all[best] as number) ? i : best), 0);
    if (top === null || (all[winner] as number) > Number(top.bytes)) likely.add(free[winner] as Moment);
  }
  let proofs = 0;
  const kept = [...likely];
  for (const m of [...free, ...(top === null ? [] : [top])]) {
    if (likely.has(m)) continue;
    const proved = kept.some((k) => proofs++ < MAX_PROOFS && lessEqual(m.bytes, k.bytes) === true);
    if (!proved) kept.push(m);
    if (kept.length > MAX_FORMULAS || proofs > MAX_PROOFS) return null;
  }
  return kept;
}

function isOutside(value: number, min: number | null, max: number | null): boolean {
  return (min !== null && value < min) || (max !== null && value > max);
}
