import { amount, digits } from '../../ui/numbers.js';

/** A difference as it is shown, in words for those who ask for all digits, and the style of its row. */
export interface Delta {
  readonly text: string;
  readonly words: string;
  readonly state: 'same' | 'more' | 'less';
}

/** Null is a difference that is not known. */
export function deltaOf(difference: number | null, unit: 'count' | 'bytes'): Delta {
  if (difference === null)
    return { text: '?', words: 'not known: operators without a formula are left out', state: 'same' };
  if (difference === 0) return { text: '=', words: 'the same', state: 'same' };
  return {
    text: `${difference > 0 ? '+' : '−'}${amount(Math.abs(difference), unit)}`,
    words: digits(difference),
    state: difference > 0 ? 'more' : 'less',
  };
}
