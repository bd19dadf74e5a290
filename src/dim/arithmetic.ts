import type { Dim } from './expr.js';
import { Accumulator, addTwo, canonical, multiplyTwo, power, productOfTerms, scale } from './polynomial.js';

/** The sum of the arguments; 0 of none. */
export function add(...ds: readonly Dim[]): Dim;
export function add(a: Dim = 0, b: Dim = 0): Dim {
  // biome-ignore lint/complexity/noArguments: a rest parameter would make a list of every call; nearly all have two arguments
  if (arguments.length > 2) return sum(Array.from(arguments as ArrayLike<Dim>));
  // A model without symbols comes this way only: two numbers whose sum is exact.
  if (typeof a === 'number' && typeof b === 'number') {
    const total = a + b;
    if (Number.isSafeInteger(total)) return total;
  }
  return addTwo(a, b);
}

export function sub(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  if (typeof a === 'object' && a === b) return 0;
  return addTwo(a, scale(b, -1n));
}

/** The product of the arguments; 1 of none. */
export function mul(...ds: readonly Dim[]): Dim;
export function mul(a: Dim = 1, b: Dim = 1): Dim {
  // biome-ignore lint/complexity/noArguments: as above
  if (arguments.length > 2) return product(Array.from(arguments as ArrayLike<Dim>));
  if (typeof a === 'number' && typeof b === 'number') {
    const result = a * b;
    // A product beyond 2^53 rounds to something beyond 2^53, so a safe result is exact. `+ 0` turns -0 into 0.
    if (Number.isSafeInteger(result)) return result + 0;
  }
  return multiplyTwo(a, b);
}

export function neg(a: Dim): Dim {
  return typeof a === 'number' && Number.isSafeInteger(a) ? 0 - a : scale(a, -1n);
}

/** a to the power n. Errors: ModelError `argument` for n negative or not whole, `limit` for a result too large to hold. */
export function pow(a: Dim, n: number): Dim {
  return power(a, n);
}

/** The sum of many; linear in their terms altogether, where adding one by one would be quadratic. */
export function sum(ds: readonly Dim[]): Dim {
  let total = 0;
  let i = 0;
  for (; i < ds.length; i++) {
    const d = ds[i]!;
    if (typeof d !== 'number' || !Number.isSafeInteger(total + d)) break;
    total += d;
  }
  if (i === ds.length) return total;
  if (total === 0 && i === ds.length - 1) return canonical(ds[i]!);
  const terms = new Accumulator();
  terms.addDim(total);
  if (ds.length - i <= FEW) for (; i < ds.length; i++) terms.addDim(ds[i]!);
  else {
    // Layers of one kind add the same formula again and again.
    const times = new Map<Dim, number>();
    for (; i < ds.length; i++) times.set(ds[i]!, (times.get(ds[i]!) ?? 0) + 1);
    for (const [d, n] of times) terms.addDim(d, BigInt(n));
  }
  return terms.result();
}

const FEW = 4;

/** A sum in the making: numbers are added as they come, formulas all at once. */
export class DimSum {
  #numbers: Dim = 0;
  #formulas: Dim[] | null = null;

  add(d: Dim): void {
    if (typeof d !== 'object') this.#numbers = add(this.#numbers, d);
    else if (this.#formulas === null) this.#formulas = [d];
    else this.#formulas.push(d);
  }

  total(): Dim {
    return this.#formulas === null ? this.#numbers : sum([this.#numbers, ...this.#formulas]);
  }
}

/** The product of many; linear in their factors, where multiplying one by one would be quadratic. */
export function product(ds: readonly Dim[]): Dim {
  let whole = 1;
  let i = 0;
  for (; i < ds.length; i++) {
    const d = ds[i]!;
    if (typeof d !== 'number' || !Number.isSafeInteger(whole * d)) break;
    whole *= d;
  }
  if (ds.length - i > FEW) return productOfTerms([whole + 0, ...ds.slice(i)]);
  let result: Dim = whole + 0;
  for (; i < ds.length; i++) result = mul(result, ds[i]!);
  return result;
}
