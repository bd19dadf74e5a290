import { add, type Dim, isStatic, mul, sub, sum } from '../dim/index.js';
import { bytesOf, type DType, isFloating, type TensorType } from '../tensor/index.js';

import type { AnyAttrs } from './catalog/attributes.js';
import type { ForeignOp, OpName } from './catalog/index.js';
import type { CostPerElement, Primitive, Work } from './primitives.js';

export type { Attr, CostPerElement, Primitive, Work } from './primitives.js';

export interface OutputType extends TensorType {
  /** Index of the input whose storage this output shares without any data moving (reshape, transpose as a view). */
  readonly view?: number;
  /** Index of the input that is overwritten with this output (`relu_`). */
  readonly inplace?: number;
}

/** What an operator does to the types of its inputs: shapes and work from the same extents, so they cannot disagree. */
export interface Effect {
  /** What it is, in one vocabulary for all formats: `conv`, `matmul`, `batch_norm`, `relu`, … Conventions key on it. */
  readonly op: OpName | ForeignOp;
  readonly outputs: readonly OutputType[];
  readonly work: readonly Work[];
  /** Normalised arguments that conventions ask for (groups, kernel, dim, affine, …), in PyTorch's words. */
  readonly attrs?: AnyAttrs;
  /** Bytes read, if it is not simply the sum of the inputs (a gather reads only what it gathers). */
  readonly readBytes?: Dim;
  /** Set where the shapes are known but the work is not: why. The entry is then a gap, never a silent zero. */
  readonly gap?: string;
  /** Set where the work is complete except for operations that are not MACs and whose number is not known: which, and why. */
  readonly leavesOut?: string;
}

/** An output, with `inplace` written over the first input. */
export function written(dtype: DType, shape: readonly Dim[], inplace: boolean | undefined): OutputType {
  return inplace === true ? { dtype, shape, inplace: 0 } : { dtype, shape };
}

export function contraction(products: Dim, outputs: Dim, bias = false, unpadded: Dim | null = products): Work {
  return { kind: 'contraction', products, outputs, bias, unpadded };
}

/** Work per element; integer and boolean tensors carry index arithmetic, which is not floating point: no work. */
export function map(dtype: DType, elements: Dim, each: CostPerElement): Work[] {
  return isFloating(dtype) ? [{ kind: 'map', elements, each: isComplex(dtype) ? inReal(each) : each }] : [];
}

/** Real primitives that one complex primitive takes (docs/counting.md); those that are not here are counted as one. */
const COMPLEX: Readonly<Partial<Record<Primitive, CostPerElement>>> = {
  add: { add: 2 },
  mul: { mul: 4, add: 2 },
  div: { mul: 6, add: 3, div: 2 },
};

function inReal(each: CostPerElement): CostPerElement {
  const real: Partial<Record<Primitive, number>> = {};
  for (const key of Object.keys(each) as Primitive[])
    for (const [to, n] of Object.entries(COMPLEX[key] ?? { [key]: 1 }))
      real[to as Primitive] = (real[to as Primitive] ?? 0) + n * (each[key] ?? 0);
  return real;
}

export function isComplex(dtype: DType): boolean {
  return dtype.startsWith('complex');
}

/** Real multiply-accumulates of as many products of a dtype: a complex one takes four. */
export function realProducts(dtype: DType, products: Dim): Dim {
  return isComplex(dtype) ? mul(4, products) : products;
}

/** `elements` values combined into `outputs` values: elements − outputs primitives. */
export function reduction(dtype: DType, elements: Dim, outputs: Dim, by: Primitive): Work[] {
  if (!isFloating(dtype)) return [];
  const each: readonly Work[] = [{ kind: 'reduction', elements, outputs, by }];
  return isComplex(dtype) && by === 'add' ? [...each, ...each] : [...each];
}

export function move(type: TensorType, how: 'view' | 'copy' | 'gather'): Work {
  return { kind: 'move', bytes: bytesOf(type), how };
}

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
  const only = work[0];
  if (only === undefined) return NOTHING;
  const known = tallies.get(work);
  if (known !== undefined) return known;
  const found = work.length === 1 ? tallyOne(only) : work.reduce((all, w) => plus(all, tallyOne(w)), NOTHING);
  // Numbers are worked out again sooner than they are remembered.
  if (work.length > 2 || only.kind === 'loop' || hasFormula(found)) tallies.set(work, found);
  return found;
}

/** Operators of equal layers share their work. */
const tallies = new WeakMap<readonly Work[], Tally>();

export function plus(a: Tally, b: Tally): Tally {
  if (a === NOTHING) return b;
  if (b === NOTHING) return a;
  const primitives: Partial<Record<Primitive, Dim>> = { ...a.primitives };
  for (const key of Object.keys(b.primitives) as Primitive[])
    primitives[key] = add(primitives[key] ?? 0, b.primitives[key] ?? 0);
  return {
    macs: add(a.macs, b.macs),
    macsUnpadded: a.macsUnpadded === null || b.macsUnpadded === null ? null : add(a.macsUnpadded, b.macsUnpadded),
    flops: add(a.flops, b.flops),
    primitives,
  };
}

/** A running total of tallies: one object for as many as there are. */
export class TallySum {
  #macs: Dim = 0;
  #unpadded: Dim | null = 0;
  #flops: Dim = 0;
  /** In the order in which they come up. */
  readonly #primitives: Partial<Record<Primitive, Dim>> = {};
  /** How often each tally with a formula in it is there: formulas are added up all at once. */
  #symbolic: Map<Tally, number> | null = null;

  /** `n`: how often the same work is done. */
  add(one: Tally, n = 1): void {
    if (one === NOTHING) return;
    const formula = hasFormula(one);
    for (const key in one.primitives) {
      const more = formula ? 0 : (one.primitives[key as Primitive] ?? 0);
      this.#primitives[key as Primitive] = add(this.#primitives[key as Primitive] ?? 0, n === 1 ? more : mul(n, more));
    }
    if (formula) {
      this.#symbolic ??= new Map();
      this.#symbolic.set(one, (this.#symbolic.get(one) ?? 0) + n);
      return;
    }
    this.#macs = add(this.#macs, n === 1 ? one.macs : mul(n, one.macs));
    this.#flops = add(this.#flops, n === 1 ? one.flops : mul(n, one.flops));
    if (one.macsUnpadded === null || this.#unpadded === null) this.#unpadded = null;
    else this.#unpadded = add(this.#unpadded, n === 1 ? one.macsUnpadded : mul(n, one.macsUnpadded));
  }

  total(): Tally {
    const primitives = { ...this.#primitives };
    if (this.#symbolic === null)
      return { macs: this.#macs, macsUnpadded: this.#unpadded, flops: this.#flops, primitives };
    const all = [...this.#symbolic].map(([one, n]) => (n === 1 ? one : times(n, one)));
    for (const key of Object.keys(primitives) as Primitive[])
      primitives[key] = sum([primitives[key] ?? 0, ...all.map((t) => t.primitives[key] ?? 0)]);
    const unpadded = [this.#unpadded, ...all.map((t) => t.macsUnpadded)];
    return {
      macs: sum([this.#macs, ...all.map((t) => t.macs)]),
      macsUnpadded: unpadded.every((n) => n !== null) ? sum(unpadded) : null,
      flops: sum([this.#flops, ...all.map((t) => t.flops)]),
      primitives,
    };
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

function tallyOne(w: Work): Tally {
  switch (w.kind) {
    case 'contraction': {
      const biasAdds = w.bias ? w.outputs : 0;
      return {
        macs: w.products,
        macsUnpadded: w.unpadded,
        flops: add(mul(2, w.products), biasAdds),
        primitives: w.bias ? { add: biasAdds } : {},
      };
    }
    case 'map': {
      const primitives: Partial<Record<Primitive, Dim>> = {};
      let flops: Dim = 0;
      for (const key in w.each) {
        const n = mul(w.elements, w.each[key as Primitive] ?? 0);
        primitives[key as Primitive] = n;
        flops = add(flops, n);
      }
      return { macs: 0, macsUnpadded: 0, flops, primitives };
    }
    case 'reduction': {
      // Over nothing there is nothing to combine: the outputs hold the neutral element.
      const none = isStatic(w.elements) && isStatic(w.outputs) && w.elements < w.outputs;
      const n = none ? 0 : sub(w.elements, w.outputs);
      return { macs: 0, macsUnpadded: 0, flops: n, primitives: { [w.by]: n } };
    }
    case 'move':
      return NOTHING;
    case 'loop':
      return times(w.times, tally(w.body));
  }
}
