import { isStatic, product } from '../dim/index.js';
import type { TensorType } from '../tensor/index.js';
import { axisOf } from './shapes.js';
import { type Each, type Effect, map, type Work } from './work.js';

/** Radix-2 for powers of two: 2·n·log₂ n real products and 3·n·log₂ n sums; the definition (n² complex) for others. */
export function transformOf(n: number): Each {
  const stages = Math.log2(n);
  return Number.isInteger(stages)
    ? { mul: 2 * n * stages, add: 3 * n * stages }
    : { mul: 4 * n * n, add: 4 * n * n - 2 * n };
}

/** The real part of a discrete Fourier transform over some axes; a gap where one of their lengths is free. */
export function fourier(x: TensorType, axes: readonly number[]): Effect {
  const work: Work[] = [];
  let gap: string | null = null;
  for (const given of axes) {
    const axis = axisOf(given, x.shape.length, 'fft');
    const length = x.shape[axis];
    if (length === undefined || !isStatic(length)) gap = 'its length is free';
    else work.push(...map(x.dtype, product(x.shape.filter((_, k) => k !== axis)), transformOf(Number(length))));
  }
  return {
    op: 'fft',
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    work: gap === null ? work : [],
    ...(gap === null ? {} : { gap }),
  };
}
