import { add, type Dim, mul, sub } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { optionsIn, tensorsOnly, typeIn } from './argument.js';
import type { Size } from './conv.js';
import { type OutputSize, outputSizes } from './output-size.js';
import { pooled } from './pool.js';
import { inside } from './session.js';
import { run, run1, type Tensor } from './tensor.js';

// Pooling that gives the places of its maxima, puts values back there, or adds up powers.

export interface IndexedPoolOptions {
  readonly stride?: Size | null;
  readonly padding?: Size;
  readonly dilation?: Size;
  readonly ceil_mode?: boolean;
}
type IndexedPool = (x: Tensor, kernel_size: Size, options?: IndexedPoolOptions) => [maxima: Tensor, indices: Tensor];

function maxima(axes: number): IndexedPool {
  return (x, kernel_size, options = {}) => pooled('max', axes, x, kernel_size, options, true) as [Tensor, Tensor];
}
export const max_pool1d_with_indices: IndexedPool = maxima(1);
export const max_pool2d_with_indices: IndexedPool = maxima(2);
export const max_pool3d_with_indices: IndexedPool = maxima(3);

type IndexedAdaptive = (x: Tensor, output_size: OutputSize) => [maxima: Tensor, indices: Tensor];
function adaptive(axes: number): IndexedAdaptive {
  return (x, output_size) => {
    const effect = ops.adaptivePool('max', typeIn(x), outputSizes(output_size, axes), { indices: true });
    return run(effect, [x], `F.adaptive_max_pool${axes}d`) as [Tensor, Tensor];
  };
}
export const adaptive_max_pool1d_with_indices: IndexedAdaptive = adaptive(1);
export const adaptive_max_pool2d_with_indices: IndexedAdaptive = adaptive(2);
export const adaptive_max_pool3d_with_indices: IndexedAdaptive = adaptive(3);

export interface UnpoolOptions {
  readonly stride?: Size | null;
  readonly padding?: Size;
  /** Where several sizes pool to the same: the one that was, its last axes or all. */
  readonly output_size?: readonly Dim[] | null;
}
type Unpool = (x: Tensor, indices: Tensor, kernel_size: Size, options?: UnpoolOptions) => Tensor;

/** Values back at the places that a max pool took them from, zeros elsewhere. */
function unpool(axes: number): Unpool {
  const name = `max_unpool${axes}d`;
  return (x, indices, kernel_size, options = {}) => {
    const { stride = null, padding = 0, output_size = null } = optionsIn(options);
    tensorsOnly(x, indices);
    const kernel = ops.perAxis(kernel_size, axes, `${name}: kernel_size`);
    const steps = ops.perAxis(stride ?? kernel, axes, `${name}: stride`);
    const pads = ops.perAxis(padding, axes, `${name}: padding`);
    if (x.ndim < axes)
      throw new ModelError('shape', `${name} takes ${axes + 1} or ${axes + 2} axes, not ${x.ndim}`, { format: 'nn' });
    if (output_size !== null && ![axes, axes + 2].includes(output_size.length))
      throw new ModelError('argument', `${name}: output_size has ${output_size.length} extents`, {
        format: 'nn',
        hint: `give ${axes} extents, or ${axes + 2} with batch and channels`,
      });
    const size =
      output_size?.slice(-axes) ??
      x.shape
        .slice(-axes)
        .map((extent, i) => add(mul(sub(extent, 1), steps[i] ?? 1), sub(kernel[i] ?? 1, 2 * (pads[i] ?? 0))));
    return run1(ops.copy(typeIn(x), 'max_unpool', [...x.shape.slice(0, -axes), ...size]), [x, indices], `F.${name}`);
  };
}
export const max_unpool1d: Unpool = unpool(1);
export const max_unpool2d: Unpool = unpool(2);
export const max_unpool3d: Unpool = unpool(3);

type PowerPool = (x: Tensor, norm_type: number, kernel_size: Size, stride?: Size | null, ceil_mode?: boolean) => Tensor;

/** (Σ xᵖ)^(1/p) over windows, as PyTorch finds it: from the mean of the powers. Without a limit, p → ∞, the maximum. */
function powers(axes: number): PowerPool {
  return (x, norm_type, kernel_size, stride = null, ceil_mode = false) => {
    const kernel = ops.perAxis(kernel_size, axes, 'kernel_size');
    const pool = (kind: 'max' | 'avg', of: Tensor): Tensor =>
      pooled(kind, axes, of, kernel, { stride, ceil_mode })[0] as Tensor;
    tensorsOnly(x);
    return inside(`F.lp_pool${axes}d`, () => {
      if (norm_type === Number.POSITIVE_INFINITY) return pool('max', x.abs());
      if (norm_type === Number.NEGATIVE_INFINITY) return pool('max', x.abs().neg()).neg();
      const mean = pool('avg', x.pow(norm_type));
      const sum = mean
        .unary('sign')
        .mul(mean.abs().relu())
        .mul(kernel.reduce((a, b) => a * b, 1));
      return sum.pow(1 / norm_type);
    });
  };
}
export const lp_pool1d: PowerPool = powers(1);
export const lp_pool2d: PowerPool = powers(2);
export const lp_pool3d: PowerPool = powers(3);
