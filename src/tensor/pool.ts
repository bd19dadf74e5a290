import type { Dim } from '../dim/index.js';
import type { DType } from './dtype.js';
import type { Shape, TensorType } from './tensor.js';

/** Contents of more elements than this are not compared. */
const MAX_COMPARED = 16;

/**
 * Types by what they say: equal ones have one number, so that operators on equal inputs are found again, and one object
 * where the pool makes them, so that a large model keeps each of its few shapes once.
 */
export class TypePool {
  readonly #types = new Map<string, TensorType>();
  readonly #numbers = new Map<string, number>();
  readonly #known = new Map<TensorType, number | null>();
  /** The one that was asked for last, and likely is again. */
  #last: TensorType | null = null;

  /** The type of this dtype and shape, without contents. */
  type(dtype: DType, shape: Shape): TensorType {
    if (this.#last?.dtype === dtype && isSame(this.#last.shape, shape)) return this.#last;
    const key = keyOf(dtype, shape);
    let type = this.#types.get(key);
    if (type === undefined) {
      type = { dtype, shape };
      this.#types.set(key, type);
    }
    this.#last = type;
    return type;
  }

  /** One number for equal types; null for contents that are too many to compare. `unread`: the contents are not looked at. */
  number(type: TensorType, unread: boolean): number | null {
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    const number = this.#numberOf(type, unread);
    this.#known.set(type, number);
    return number;
  }

  #numberOf(type: TensorType, unread: boolean): number | null {
    let key = keyOf(type.dtype, type.shape);
    if (unread) key += ' unread';
    else if (type.value !== undefined) {
      if (type.value.length > MAX_COMPARED) return null;
      key += ` = ${text(type.value)}`;
    }
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(key, number);
    }
    return number;
  }
}

/** Whether two shapes are the same numbers, or the very same formulas. */
function isSame(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function keyOf(dtype: DType, shape: Shape): string {
  return `${dtype} ${text(shape)}`;
}

/** Formulas with their lengths in front: names in them may hold anything. */
function text(dims: readonly Dim[]): string {
  let all = '';
  for (let i = 0; i < dims.length; i++) {
    const d = dims[i] as Dim;
    all += typeof d === 'object' ? `${d.key.length}{${d.key}}` : `${d} `;
  }
  return all;
}
