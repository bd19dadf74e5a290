import { type Dim, product } from '../dim/index.js';
import type { Shape, TensorType } from '../tensor/index.js';
import type { Effect } from './work.js';

/**
 * Contents that follow from contents: how the shape arithmetic of exported graphs folds into shapes. Everything here gives
 * undefined if an answer is not certain; nothing is ever guessed. Booleans are 0 and 1.
 */

/** More elements than this are not computed with: shape arithmetic is short. */
export const MAX_FOLDED = 4096;

export type Known = readonly Dim[] | undefined;

/**
 * An effect whose first output has these contents, if they are known; rounded as single precision rounds them, since a
 * size that is cut off from 799.9999999 is another one than from 800.
 */
export function withValue(effect: Effect, value: Known): Effect {
  const [first, ...rest] = effect.outputs;
  if (first === undefined || value === undefined) return effect;
  const rounded = first.dtype === 'float32' ? value.map((v) => (typeof v === 'number' ? Math.fround(v) : v)) : value;
  return { ...effect, outputs: [{ ...first, value: rounded }, ...rest] };
}

/** Whether contents are there, without fetching them from a file. */
export function hasValue(type: TensorType): boolean {
  return 'value' in type;
}

/** Extents that can be gone through, one after the other: none is huge beside another that is 0. */
export function small(shape: Shape): readonly number[] | undefined {
  const n = product(shape);
  return typeof n === 'number' && n <= MAX_FOLDED && shape.every((d) => typeof d === 'number' && d <= MAX_FOLDED)
    ? (shape as readonly number[])
    : undefined;
}

/** A function of elements over broadcast tensors. */
export function foldBroadcast(
  inputs: readonly TensorType[],
  shape: Shape,
  f: (...values: Dim[]) => Dim | undefined,
): Known {
  const extents = small(shape);
  if (extents === undefined || inputs.length > MAX_FOLDED || !inputs.every(hasValue)) return undefined;
  const values = inputs.map((t) => t.value);
  if (values.some((v) => v === undefined)) return undefined;
  const strides = inputs.map((t) => broadcastStrides(t.shape, extents));
  if (strides.includes(null)) return undefined;
  const operands = values.map((v, k) => new Walk(v as readonly Dim[], extents, strides[k] as number[]));
  const [a, b] = operands as [Walk, Walk | undefined];
  const n = extents.reduce((x, y) => x * y, 1);
  const out = new Array<Dim>(n);
  for (let i = 0; i < n; i++) {
    // Nearly all have one operand or two: a list of arguments for each element would take most of the time.
    const result =
      operands.length === 1
        ? f(a.next())
        : operands.length === 2
          ? f(a.next(), (b as Walk).next())
          : f(...operands.map((operand) => operand.next()));
    if (result === undefined) return undefined;
    out[i] = result;
  }
  return out;
}

/** The elements of a tensor in the order in which those of a larger shape read them. */
class Walk {
  readonly #values: readonly Dim[];
  readonly #extents: readonly number[];
  readonly #strides: readonly number[];
  readonly #position: number[];
  #at = 0;

  constructor(values: readonly Dim[], extents: readonly number[], strides: readonly number[]) {
    this.#values = values;
    this.#extents = extents;
    this.#strides = strides;
    this.#position = new Array<number>(extents.length).fill(0);
  }

  next(): Dim {
    const value = this.#values[this.#at] as Dim;
    for (let axis = this.#extents.length - 1; axis >= 0; axis--) {
      const stride = this.#strides[axis] as number;
      const position = (this.#position[axis] as number) + 1;
      this.#at += stride;
      if (position < (this.#extents[axis] as number)) {
        this.#position[axis] = position;
        break;
      }
      this.#position[axis] = 0;
      this.#at -= position * stride;
    }
    return value;
  }
}

function broadcastStrides(shape: Shape, out: readonly number[]): number[] | null {
  const strides = new Array<number>(out.length).fill(0);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const extent = shape[i];
    if (typeof extent !== 'number') return null;
    strides[out.length - shape.length + i] = extent === 1 ? 0 : step;
    step *= extent;
  }
  return strides;
}
