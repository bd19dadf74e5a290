import { ModelError } from '../source/errors.js';

/** Terms of one polynomial. A count of a real network has tens; this is where growth is a mistake or an attack. */
export const MAX_TERMS: number = 4096;
/** Pairs of terms multiplied in one product: bounds the time of a product whose terms cancel. */
export const MAX_PAIRS: number = 1 << 18;
/** Sum of the exponents in one term. */
export const MAX_DEGREE: number = 4096;
/** Bits of an integer: far past any count, yet quick to multiply and to divide. */
export const MAX_BITS: number = 1 << 12;
/** Characters of a symbol's name: it stands in every formula. */
export const MAX_NAME: number = 1 << 10;
/** Characters of the key of one floor, min or max: nested ones can double in length at each level. */
export const MAX_ATOM_KEY: number = 1 << 16;
/** Floors, minima and maxima inside each other: everything here recurses over them. */
export const MAX_NESTING: number = 128;
/** Arguments of one min or max. */
export const MAX_ARGUMENTS: number = 32;
/** Characters of a text to parse: a printed formula of MAX_TERMS ordinary terms fits. */
export const MAX_TEXT: number = 1 << 18;
/** Digits of one number in a text: reading decimals is slower than linear. */
export const MAX_DIGITS: number = 4096;
/** Parentheses, calls and powers inside each other in a text; a printed quotient takes two. */
export const MAX_DEPTH: number = 2 * MAX_NESTING + 64;
/** Pairs of terms multiplied or compared while one text is read: what people and exporters write takes few. */
export const MAX_TEXT_WORK: number = 1 << 18;

/**
 * Work on formulas that a small model may ask for, in characters that are written, and how much more for each byte of its
 * file. What a term, a factor or a proof takes is stated in characters where it is made; models with free dimensions, read
 * and shown, come to a fifth of it at most.
 */
const FREE_WORK = 3 << 21;
const WORK_PER_BYTE = 6;

let left = Number.POSITIVE_INFINITY;

/**
 * Runs `body`, in which formulas may be made in proportion to a file of `bytes`: each is within the limits above, and a
 * hundred thousand operators may have one each. `times` is for work that honest models ask more for. Throws ModelError
 * `limit` beyond that.
 */
export function metered<T>(bytes: number, body: () => T, times = 1): T {
  const before = left;
  left = Math.min(before, times * (FREE_WORK + WORK_PER_BYTE * bytes));
  try {
    return body();
  } finally {
    left = before;
  }
}

/** Takes work on a formula, in characters, off what may be done. */
export function spend(characters: number): void {
  left -= characters;
  if (left < 0)
    throw new ModelError('limit', 'formulas of free dimensions grow out of proportion to the model', {
      hint: 'Bind some of the free dimensions to numbers (--bind NAME=…).',
    });
}

export function tooLarge(what: string, limit: number): ModelError {
  return new ModelError('limit', `A symbolic dimension grew beyond ${limit} ${what}.`, {
    hint: 'Bind some of the symbols to numbers (--bind NAME=…).',
  });
}
