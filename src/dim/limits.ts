import { ModelError } from '../source/errors.js';

/** Terms of one polynomial. A count of a real network has tens; this is where growth is a mistake or an attack. */
export const MAX_TERMS: number = 4096;
/** Pairs of terms multiplied in one product: bounds the time of a product whose terms cancel. */
export const MAX_PAIRS: number = 1 << 18;
/** Sum of the exponents in one term. */
export const MAX_DEGREE: number = 4096;
/** Bits of a constant power such as `10**40`, and of a coefficient in a text: far past any count, yet quick to divide. */
export const MAX_BITS: number = 1 << 14;
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

export function tooLarge(what: string, limit: number): ModelError {
  return new ModelError('limit', `A symbolic dimension grew beyond ${limit} ${what}.`, {
    hint: 'Bind some of the symbols to numbers (--bind NAME=…).',
  });
}
