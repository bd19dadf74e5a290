import { type Dim, isStatic, mul, product } from '../dim/index.js';
import type { DType, TensorType } from '../tensor/index.js';
import { part, together } from './each.js';
import { axisOf } from './shapes.js';
import type { CostPerElement, Effect, OutputType } from './work.js';

/**
 * One Fourier transform of n points. Radix-2 for powers of two: n/2·log₂ n butterflies of one complex product and two
 * complex sums, 2·n·log₂ n real products and 3·n·log₂ n real sums; the definition (n² complex products) for others.
 */
function transformOf(n: number): CostPerElement {
  const stages = Math.log2(n);
  return Number.isInteger(stages)
    ? { mul: 2 * n * stages, add: 3 * n * stages }
    : { mul: 4 * n * n, add: 4 * n * n - 2 * n };
}

/** Transforms of one axis after the other: how many of which length. `dtype` is that of the real arithmetic. */
export function fft(dtype: DType, out: OutputType, passes: readonly { rows: Dim; length: Dim }[]): Effect {
  const free = passes.some(({ length }) => !isStatic(length));
  return together(
    'fft',
    [out],
    free ? [] : passes.map(({ rows, length }) => part('fft', dtype, rows, transformOf(Number(length)))),
    free ? { leavesOut: 'the operations of the transform, while its length is symbolic' } : {},
  );
}

/** The real part of a discrete Fourier transform over some axes. */
export function fourier(x: TensorType, axes: readonly number[]): Effect {
  const passes = axes.map((given) => {
    const axis = axisOf(given, x.shape.length, 'fft');
    return { rows: product(x.shape.filter((_, k) => k !== axis)), length: x.shape[axis] as Dim };
  });
  return fft(x.dtype, { dtype: x.dtype, shape: x.shape }, passes);
}

/** `rows` frames of a signal, each of `frame` points, multiplied with a window, if there is one, and transformed. */
export function stft(x: TensorType, out: OutputType, rows: Dim, frame: number, windowed: boolean): Effect {
  return together(
    'stft',
    [out],
    [
      ...(windowed ? [part('mul', x.dtype, mul(rows, frame), { mul: 1 })] : []),
      part('fft', x.dtype, rows, transformOf(frame)),
    ],
  );
}

/**
 * A signal from `rows` of its frames: each is transformed back and weighted by the window, if there is one, the frames
 * are added where they overlap, and the sum is divided by that of the squared windows. `dtype` is that of the arithmetic.
 */
export function istft(out: OutputType, dtype: DType, rows: Dim, frame: number, windowed: boolean): Effect {
  return together(
    'istft',
    [out],
    [
      part('fft', dtype, rows, transformOf(frame)),
      part('mul', dtype, mul(rows, frame), windowed ? { mul: 1, add: 1 } : { add: 1 }),
      part('div', dtype, product(out.shape), { div: 1 }),
    ],
  );
}

/** A sum of this many cosines of the place. */
const cosines = (terms: number): CostPerElement => ({ sin: terms, mul: 2 * terms, add: terms, div: 1 });

/** The cost of each place of a window function. */
const WINDOWS = {
  hann: cosines(1),
  hamming: cosines(1),
  blackman: cosines(2),
  bartlett: { mul: 1, div: 1, add: 2, abs: 1 }, // 1 − |2n / N − 1|
  kaiser: { mul: 3, div: 2, add: 2, sqrt: 1, exp: 1 }, // I₀(β·√(1 − (2n / N − 1)²)) / I₀(β), a Bessel function as one
} as const satisfies Record<string, CostPerElement>;
export type WindowFunction = keyof typeof WINDOWS;

/** A window function at this many places. */
export function windowFunction(kind: WindowFunction, dtype: DType, size: Dim): Effect {
  return together('window', [{ dtype, shape: [size] }], [part('window', dtype, size, WINDOWS[kind])]);
}
