import type { Dim } from '../dim/index.js';
import { numel, type TensorType } from '../tensor/index.js';
import { attrsAs } from './catalog/attributes.js';
import { nothing, part, together } from './each.js';
import { type Effect, map } from './work.js';

/**
 * A convolution (`plain`) whose taps each are at a place of their own: the products of every tap, and for the value that it finds there
 * four interpolating products and three sums, once more multiplied where there is a mask.
 */
export function deformConv(plain: Effect, x: TensorType, weight: TensorType, masked: boolean): Effect {
  const [n = 1, , ...spatial] = plain.outputs[0]?.shape ?? [];
  const taps = numel([n, ...spatial, x.shape[1] ?? 1, ...weight.shape.slice(2)]);
  const found = part('resize', x.dtype, taps, { mul: masked ? 5 : 4, add: 3 });
  return together('deform_conv', plain.outputs, [plain, found], {
    attrs: attrsAs('conv', { attrs: plain.attrs ?? {} }),
  });
}

/**
 * One value a bin and region of N×C×H×W by K regions: samples² interpolated from four neighbours and averaged. With 0 there
 * are as many samples as a region is large, which shapes do not tell: the division alone is counted.
 */
export function roiAlign(x: TensorType, rois: TensorType, size: readonly Dim[], samples: number): Effect {
  const out: TensorType = { dtype: x.dtype, shape: [rois.shape[0] as Dim, x.shape[1] as Dim, ...size] };
  const taps = 4 * samples ** 2;
  return {
    op: 'roi_align',
    outputs: [out],
    work: map(x.dtype, numel(out.shape), samples > 0 ? { mul: taps, add: taps - 1, div: 1 } : { div: 1 }),
    ...(samples > 0
      ? {}
      : { leavesOut: 'the samples of each bin, which with sampling_ratio 0 are as many as its region is large' }),
  };
}

/** The maximum of each bin of each region; PyTorch's also tells where (`indices`, int32). */
export function roiPool(x: TensorType, rois: TensorType, size: readonly Dim[], indices: boolean): Effect {
  const shape = [rois.shape[0] as Dim, x.shape[1] as Dim, ...size];
  const out: TensorType = { dtype: x.dtype, shape };
  return nothing('max_roi_pool', indices ? [out, { dtype: 'int32', shape }] : [out], {
    leavesOut: 'the compares within regions, whose size depends on the data',
  });
}

/** Boxes that overlap no better one: how many are kept (`count`) depends on the data. */
export function nonMaxSuppression(shape: readonly Dim[]): Effect {
  return nothing('nms', [{ dtype: 'int64', shape }], {
    leavesOut: 'the compares and overlaps of boxes, whose number depends on the data',
  });
}

/** Each output a weighted sum of the taps around a place that is given: 2 an axis for linear, 4 for cubic. */
export function gridSample(x: TensorType, grid: TensorType, mode: 'nearest' | 'bilinear' | 'bicubic'): Effect {
  const axes = x.shape.length - 2;
  const taps = mode === 'nearest' ? 1 : mode === 'bicubic' ? 4 ** axes : 2 ** axes;
  const shape = [x.shape[0] as Dim, x.shape[1] as Dim, ...grid.shape.slice(1, -1)];
  return {
    op: 'grid_sample',
    outputs: [{ dtype: x.dtype, shape }],
    work: taps === 1 ? [] : map(x.dtype, numel(shape), { mul: taps, add: taps - 1 }),
    attrs: { mode },
  };
}

/** Places of a transformed grid, N×spatial×axes: a row of θ times a place, and its shift. `size` is N×C×spatial. */
export function affineGrid(theta: TensorType, size: readonly Dim[]): Effect {
  const axes = size.length - 2;
  const shape = [size[0] as Dim, ...size.slice(2), axes];
  return {
    op: 'affine_grid',
    outputs: [{ dtype: theta.dtype, shape }],
    work: map(theta.dtype, numel(shape), { mul: axes, add: axes }),
  };
}

/** Regions of an image, each interpolated to one size. */
export function cropAndResize(x: TensorType, rois: TensorType, size: readonly Dim[], linear: boolean): Effect {
  const shape = [rois.shape[0] as Dim, x.shape[1] as Dim, ...size];
  return {
    op: 'crop_and_resize',
    outputs: [{ dtype: x.dtype, shape }],
    work: linear ? map(x.dtype, numel(shape), { mul: 4, add: 3 }) : [],
  };
}
