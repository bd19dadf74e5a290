import type { Dim } from '../../dim/index.js';
import { mul as times } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import type { Shape } from '../../tensor/index.js';
import { optionsIn, shapeIn, tensorsOnly, typeIn } from './argument.js';
import { aten, aten1 } from './aten.js';
import type { Size } from './conv.js';
import {
  avg_pool2d,
  avg_pool3d,
  celu,
  dropout,
  elu,
  hardtanh,
  type InterpolateMode,
  interpolate,
  leaky_relu,
  pad,
  relu,
  selu,
  softmax,
} from './functional.js';
import { inside } from './session.js';
import { run1, type Tensor } from './tensor.js';

// The less common functions of torch.nn.functional, by the operators of PyTorch.

export interface BatchNormOptions {
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  readonly training?: boolean;
}
export function batch_norm(
  x: Tensor,
  running_mean: Tensor | null,
  running_var: Tensor | null,
  o: BatchNormOptions = {},
): Tensor {
  const { weight = null, bias = null, training = false } = optionsIn(o);
  const momentum = { float: 0.1 };
  const args = [x, weight, bias, running_mean, running_var, training, momentum, { float: 1e-5 }, true];
  return aten1('batch_norm', args, 'F.batch_norm');
}
export function instance_norm(x: Tensor, o: Omit<BatchNormOptions, 'training'> = {}): Tensor {
  const { weight = null, bias = null } = optionsIn(o);
  const args = [x, weight, bias, null, null, true, { float: 0.1 }, { float: 1e-5 }, true];
  return aten1('instance_norm', args, 'F.instance_norm');
}
/** (k + α · the mean of squares over `size` neighbouring channels)^β divides the input. */
export function local_response_norm(x: Tensor, size: number): Tensor {
  tensorsOnly(x);
  return inside('F.local_response_norm', () => {
    const around: [number, number] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
    const squares = x.mul(x);
    const mean =
      x.ndim === 3
        ? avg_pool2d(pad(squares.unsqueeze(1), [0, 0, ...around]), [size, 1], { stride: 1 }).squeeze(1)
        : avg_pool3d(pad(squares.view(x.size(0), 1, x.size(1), x.size(2), -1), [0, 0, 0, 0, ...around]), [size, 1, 1], {
            stride: 1,
          })
            .squeeze(1)
            .view(x.shape);
    return x.div(mean.mul(1e-4).add(1).pow(0.75));
  });
}

export function pixel_shuffle(x: Tensor, upscale_factor: number): Tensor {
  return aten1('pixel_shuffle', [x, upscale_factor], 'F.pixel_shuffle');
}
export function pixel_unshuffle(x: Tensor, downscale_factor: number): Tensor {
  return aten1('pixel_unshuffle', [x, downscale_factor], 'F.pixel_unshuffle');
}
export function channel_shuffle(x: Tensor, groups: number): Tensor {
  return aten1('channel_shuffle', [x, groups], 'F.channel_shuffle');
}

export interface PatchOptions {
  readonly dilation?: Size;
  readonly padding?: Size;
  readonly stride?: Size;
}
const two = (size: Size): number[] => [...ops.perAxis(size, 2, 'kernel_size')];
/** Patches of an image as columns: N×C×H×W → N×(C·∏kernel)×patches. */
export function unfold(x: Tensor, kernel_size: Size, o: PatchOptions = {}): Tensor {
  const { dilation = 1, padding = 0, stride = 1 } = optionsIn(o);
  return aten1('im2col', [x, two(kernel_size), two(dilation), two(padding), two(stride)], 'F.unfold');
}
/** Columns summed back into an image of `output_size`. */
export function fold(x: Tensor, output_size: Shape, kernel_size: Size, o: PatchOptions = {}): Tensor {
  const { dilation = 1, padding = 0, stride = 1 } = optionsIn(o);
  shapeIn('F.fold', output_size);
  const args = [x, [...output_size], two(kernel_size), two(dilation), two(padding), two(stride)];
  return aten1('col2im', args, 'F.fold');
}

const GRID_MODES = ['bilinear', 'nearest', 'bicubic'] as const;
export interface GridSampleOptions {
  readonly mode?: (typeof GRID_MODES)[number];
  readonly padding_mode?: 'zeros' | 'border' | 'reflection';
  readonly align_corners?: boolean;
}
/** Values of an image, N×C×H×W, at places between its pixels, N×h×w×2 → N×C×h×w. */
export function grid_sample(x: Tensor, grid: Tensor, o: GridSampleOptions = {}): Tensor {
  const mode = GRID_MODES.indexOf(optionsIn(o).mode ?? 'bilinear');
  const border = ['zeros', 'border', 'reflection'].indexOf(o.padding_mode ?? 'zeros');
  if (mode < 0 || border < 0)
    throw new ModelError('argument', 'grid_sample: unknown mode or padding_mode', {
      hint: `${GRID_MODES.join(', ')}; zeros, border, reflection`,
    });
  return aten1('grid_sampler', [x, grid, mode, border, o.align_corners ?? false], 'F.grid_sample');
}
export function affine_grid(theta: Tensor, size: Shape, o: { readonly align_corners?: boolean } = {}): Tensor {
  shapeIn('F.affine_grid', size);
  return aten1('affine_grid_generator', [theta, [...size], optionsIn(o).align_corners ?? false], 'F.affine_grid');
}

export function one_hot(x: Tensor, num_classes: number): Tensor {
  return aten1('one_hot', [x, num_classes], 'F.one_hot');
}
export interface EmbeddingBagOptions {
  readonly offsets?: Tensor | null;
  readonly mode?: 'sum' | 'mean' | 'max';
  readonly per_sample_weights?: Tensor | null;
}
/** Sums, means or maxima of bags of rows: of the rows of `x` where it has two axes, between `offsets` where it has one. */
export function embedding_bag(x: Tensor, weight: Tensor, o: EmbeddingBagOptions = {}): Tensor {
  tensorsOnly(x, weight);
  const { offsets = null, mode = 'mean', per_sample_weights = null } = optionsIn(o);
  const flat = x.ndim === 2;
  if (flat === (offsets !== null))
    throw new ModelError('argument', 'embedding_bag: offsets go with indices of one axis', { format: 'nn' });
  return inside('F.embedding_bag', () => {
    const bags = flat ? aten1('arange', [0, times(x.size(0), x.size(1)), x.size(1)], 'torch.arange') : offsets;
    const indices = flat ? x.reshape(-1) : x;
    const weights = per_sample_weights === null ? null : flat ? per_sample_weights.reshape(-1) : per_sample_weights;
    const number = ['sum', 'mean', 'max'].indexOf(mode);
    return aten('embedding_bag', [weight, indices, bags, false, number, false, weights], {
      type: 'F.embedding_bag',
    })[0] as Tensor;
  });
}

export function cosine_similarity(a: Tensor, b: Tensor, dim = 1): Tensor {
  return aten1('cosine_similarity', [a, b, dim], 'F.cosine_similarity');
}
/** Euclidean distances of all pairs of rows, each pair once: N×M → N·(N−1)/2. */
export function pdist(x: Tensor): Tensor {
  return aten1('pdist', [x], 'F.pdist');
}
/** The old name of `interpolate`. */
export function upsample(
  x: Tensor,
  size: Dim | Shape | null = null,
  scale_factor: number | readonly number[] | null = null,
  mode: InterpolateMode = 'nearest',
): Tensor {
  return interpolate(x, { size, scale_factor, mode });
}
type Upsample = (x: Tensor, size?: Dim | Shape | null, scale_factor?: number | readonly number[] | null) => Tensor;
export const upsample_nearest: Upsample = (x, size, factor) => upsample(x, size, factor, 'nearest');
export const upsample_bilinear: Upsample = (x, size = null, scale_factor = null) =>
  interpolate(x, { size, scale_factor, mode: 'bilinear', align_corners: true });

export function threshold(x: Tensor, _at: number, _value: number, inplace = false): Tensor {
  return run1(ops.unary('threshold', typeIn(x), { inplace }), [x], 'F.threshold');
}
/** With slopes that are drawn in training, and their mean otherwise: the work is the same. */
export function rrelu(x: Tensor, _lower = 1 / 8, _upper = 1 / 3, _training = false, inplace = false): Tensor {
  return run1(ops.unary('rrelu', typeIn(x), { inplace }), [x], 'F.rrelu');
}
export function softmin(x: Tensor, dim: number): Tensor {
  tensorsOnly(x);
  return inside('F.softmin', () => softmax(x.neg(), dim));
}
/** Softmax of logits with noise on them; no counter counts how the noise is made. */
export function gumbel_softmax(logits: Tensor, tau = 1, dim = -1): Tensor {
  tensorsOnly(logits);
  return inside('F.gumbel_softmax', () => {
    const noise = run1(ops.fill(logits.shape, logits.dtype), [], 'torch.empty_like');
    return softmax(logits.add(noise).div(tau), dim);
  });
}
type Dropout = (x: Tensor, p?: number, training?: boolean) => Tensor;
export const dropout1d: Dropout = (x, p, training) => dropout(x, p, training);
export const dropout2d: Dropout = (x, p, training) => dropout(x, p, training);
export const dropout3d: Dropout = (x, p, training) => dropout(x, p, training);
export const alpha_dropout: Dropout = (x, p, training) => dropout(x, p, training);
export const feature_alpha_dropout: Dropout = (x, p, training) => dropout(x, p, training);

// Written into their input.
export const relu_: (x: Tensor) => Tensor = (x) => relu(x, true);
export const selu_: (x: Tensor) => Tensor = (x) => selu(x, true);
export const hardtanh_: (x: Tensor, min?: number, max?: number) => Tensor = (x, min, max) =>
  hardtanh(x, min, max, true);
export const leaky_relu_: (x: Tensor, slope?: number) => Tensor = (x, slope) => leaky_relu(x, slope, true);
export const elu_: (x: Tensor, alpha?: number) => Tensor = (x, alpha) => elu(x, alpha, true);
export const celu_: (x: Tensor, alpha?: number) => Tensor = (x, alpha) => celu(x, alpha, true);
export const threshold_: (x: Tensor, at: number, value: number) => Tensor = (x, at, value) =>
  threshold(x, at, value, true);
export const rrelu_: (x: Tensor, lower?: number, upper?: number, training?: boolean) => Tensor = (x, a, b, training) =>
  rrelu(x, a, b, training, true);
