import { add, type Dim, isStatic, mul, sub, sum } from '../dim/index.js';
import type { Primitive, Work } from './primitives.js';

/** Totals that follow from work by definition (docs/counting.md): FLOPs = 2·MACs + bias adds + primitives. */
export interface Tally {
  readonly macs: Dim;
  /** MACs without products on zero padding; null if a free dimension keeps it from being counted. */
  readonly macsUnpadded: Dim | null;
  readonly flops: Dim;
  readonly primitives: PrimitiveCounts;
}
export type PrimitiveCounts = Readonly<Partial<Record<Primitive, Dim>>>;

export const NOTHING: Tally = { macs: 0, macsUnpadded: 0, flops: 0, primitives: {} };

export function tally(work: readonly Work[]): Tally {
  const first = work[0];
  if (first === undefined) return NOTHING;
  const known = tallies.get(work);
  if (known !== undefined) return known;
  let found: OpenTally | null = null;
  for (const piece of work)
    if (piece.kind !== 'move') {
      found ??= nothingYet();
      include(found, piece);
    }
  if (found === null) return NOTHING;
  // Numbers are worked out again sooner than they are remembered.
  if (work.length > 2 || first.kind === 'loop' || hasFormula(found)) tallies.set(work, found);
  return found;
}

/** Operators of equal layers share their work. */
const tallies = new WeakMap<readonly Work[], Tally>();

/** A tally in the making; its primitives are in the order in which they come up. */
interface OpenTally {
  macs: Dim;
  macsUnpadded: Dim | null;
  flops: Dim;
  readonly primitives: Partial<Record<Primitive, Dim>>;
}

function nothingYet(): OpenTally {
  return { macs: 0, macsUnpadded: 0, flops: 0, primitives: {} };
}

/** Adds a piece of work. */
function include(all: OpenTally, work: Work): void {
  switch (work.kind) {
    case 'contraction':
      addMacs(all, work.products, work.unpadded);
      all.flops = add(all.flops, mul(2, work.products));
      if (work.bias) addPrimitives(all, 'add', work.outputs);
      return;
    case 'map':
      for (const key in work.each) {
        const primitive = key as Primitive;
        addPrimitives(all, primitive, mul(work.elements, work.each[primitive] ?? 0));
      }
      return;
    case 'reduction': {
      // Over nothing there is nothing to combine: the outputs hold the neutral element.
      const none = isStatic(work.elements) && isStatic(work.outputs) && work.elements < work.outputs;
      addPrimitives(all, work.by, none ? 0 : sub(work.elements, work.outputs));
      return;
    }
    case 'move':
      return;
    case 'loop':
      includeTally(all, times(work.times, tally(work.body)));
  }
}

function addMacs(all: OpenTally, macs: Dim, unpadded: Dim | null): void {
  all.macs = add(all.macs, macs);
  all.macsUnpadded = all.macsUnpadded === null || unpadded === null ? null : add(all.macsUnpadded, unpadded);
}

function addPrimitives(all: OpenTally, primitive: Primitive, n: Dim): void {
  all.primitives[primitive] = add(all.primitives[primitive] ?? 0, n);
  all.flops = add(all.flops, n);
}

function includeTally(all: OpenTally, one: Tally): void {
  addMacs(all, one.macs, one.macsUnpadded);
  all.flops = add(all.flops, one.flops);
  for (const key in one.primitives) {
    const primitive = key as Primitive;
    all.primitives[primitive] = add(all.primitives[primitive] ?? 0, one.primitives[primitive] ?? 0);
  }
}

/** A running total of work: one object for as much as there is. */
export class TallySum {
  readonly #numbers = nothingYet();
  /** How often each tally with a formula in it is there: formulas are added up all at once. */
  #symbolic: Map<Tally, number> | null = null;

  /** `n`: how often the same work is done. */
  add(one: Tally, n = 1): void {
    if (one === NOTHING) return;
    if (!hasFormula(one)) {
      includeTally(this.#numbers, n === 1 ? one : times(n, one));
      return;
    }
    for (const key in one.primitives) this.#numbers.primitives[key as Primitive] ??= 0;
    this.#symbolic ??= new Map();
    this.#symbolic.set(one, (this.#symbolic.get(one) ?? 0) + n);
  }

  /** The same of work itself, and gives the MACs of doing it once. Numbers are added up without a tally of their own. */
  addWork(work: readonly Work[], n = 1): Dim {
    if (n !== 1 || !work.every(isOfNumbers)) {
      const one = tally(work);
      this.add(one, n);
      return one.macs;
    }
    let macs: Dim = 0;
    for (let i = 0; i < work.length; i++) {
      const piece = work[i] as Work;
      include(this.#numbers, piece);
      if (piece.kind === 'contraction') macs = add(macs, piece.products);
    }
    return macs;
  }

  total(): Tally {
    const all = this.#numbers;
    const primitives = { ...all.primitives };
    if (this.#symbolic === null) return { ...all, primitives };
    const symbolic = [...this.#symbolic].map(([one, n]) => (n === 1 ? one : times(n, one)));
    for (const key of Object.keys(primitives) as Primitive[])
      primitives[key] = sum([primitives[key] ?? 0, ...symbolic.map((t) => t.primitives[key] ?? 0)]);
    const unpadded = [all.macsUnpadded, ...symbolic.map((t) => t.macsUnpadded)];
    return {
      macs: sum([all.macs, ...symbolic.map((t) => t.macs)]),
      macsUnpadded: unpadded.every((n) => n !== null) ? sum(unpadded) : null,
      flops: sum([all.flops, ...symbolic.map((t) => t.flops)]),
      primitives,
    };
  }
}

/** Whether a piece of work has neither formulas nor pieces of its own. */
function isOfNumbers(work: Work): boolean {
  switch (work.kind) {
    case 'contraction':
      return isStatic(work.products) && isStatic(work.outputs) && (work.unpadded === null || isStatic(work.unpadded));
    case 'map':
      return isStatic(work.elements);
    case 'reduction':
      return isStatic(work.elements) && isStatic(work.outputs);
    case 'move':
      return true;
    case 'loop':
      return false;
  }
}

function hasFormula({ macs, macsUnpadded, flops, primitives }: Tally): boolean {
  if (typeof macs === 'object' || typeof flops === 'object') return true;
  if (macsUnpadded !== null && typeof macsUnpadded === 'object') return true;
  for (const key in primitives) if (typeof primitives[key as Primitive] === 'object') return true;
  return false;
}

/** The tally of the same work done `times` times. */
export function times(n: Dim, t: Tally): Tally {
  const primitives: Partial<Record<Primitive, Dim>> = {};
  for (const key of Object.keys(t.primitives) as Primitive[]) primitives[key] = mul(n, t.primitives[key] ?? 0);
  return {
    macs: mul(n, t.macs),
    macsUnpadded: t.macsUnpadded === null ? null : mul(n, t.macsUnpadded),
    flops: mul(n, t.flops),
    primitives,
  };
}
