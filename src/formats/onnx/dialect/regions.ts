import { type Dim, isStatic } from '../../../dim/index.js';
import { type Effect, map } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { numel } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';
import { imageSize } from './images.js';

/** One value per region: each bin averages samples, each sample interpolates four neighbours. */
const roiAlign: Entry = (n) => {
  const [x, rois] = [n.in(0), n.in(1)];
  const [h, w] = [n.int('output_height', 1), n.int('output_width', 1)];
  const shape = [rois.shape[0] as Dim, x.shape[1] as Dim, h, w];
  const samples = n.int('sampling_ratio', 0);
  const out = { dtype: x.dtype, shape };
  if (samples === 0)
    return {
      op: 'roi_align',
      outputs: [out],
      work: map(x.dtype, numel(shape), { div: 1 }),
      leavesOut: 'the samples of each bin, which with sampling_ratio 0 are as many as its region is large',
    };
  return {
    op: 'roi_align',
    outputs: [out],
    work: map(x.dtype, numel(shape), { mul: 4 * samples ** 2, add: 4 * samples ** 2 - 1, div: 1 }),
  };
};

const roiPool: Entry = (n) => {
  const [x, rois] = [n.in(0), n.in(1)];
  const shape = [rois.shape[0] as Dim, x.shape[1] as Dim, ...(n.ints('pooled_shape') ?? [1, 1])];
  return {
    op: 'max_roi_pool',
    outputs: [{ dtype: x.dtype, shape }],
    work: [],
    leavesOut: 'the compares within regions, whose size is data',
  };
};

/** Regions of an image, each interpolated to one size. */
export const cropAndResize: Entry = (n) => {
  const [x, rois] = [n.in(0), n.in(1)];
  const size = n.value(3) ?? n.fresh(2);
  const shape = [rois.shape[0] as Dim, x.shape[1] as Dim, size[0] as Dim, size[1] as Dim];
  const linear = n.text('mode', 'bilinear') !== 'nearest';
  return {
    op: 'crop_and_resize',
    outputs: [{ dtype: x.dtype, shape }],
    work: linear ? map(x.dtype, numel(shape), { mul: 4, add: 3 }) : [],
  };
};

/** How many boxes are kept depends on the data, but for boxes and scores that the file itself holds. */
const suppression: Entry = (n): Effect => {
  const count = n.has(2) && n.value(2)?.[0] === 0 ? 0 : selectedOf(n);
  return {
    op: 'nms',
    outputs: [{ dtype: 'int64', shape: [count ?? (n.fresh(1)[0] as Dim), 3] }],
    work: [],
    leavesOut: 'the compares and overlaps of boxes, whose number depends on the data',
  };
};

type Box = readonly [number, number, number, number];

/** The number of boxes that the operator's definition keeps: by score, each that overlaps none kept before. */
function selectedOf(n: OnnxNode): number | undefined {
  const [boxes, scores] = [n.value(0), n.value(1)];
  if (!boxes?.every(isStatic) || !scores?.every(isStatic)) return undefined;
  const [batches, classes, spots] = n.in(1).shape as readonly number[];
  if (batches === undefined || classes === undefined || spots === undefined) return undefined;
  const limit = n.has(2) ? Number(n.value(2)?.[0] ?? Number.NaN) : 0;
  const overlap = n.has(3) ? Number(n.value(3)?.[0] ?? Number.NaN) : 0;
  const floor = n.has(4) ? Number(n.value(4)?.[0] ?? Number.NaN) : Number.NEGATIVE_INFINITY;
  if (Number.isNaN(limit) || Number.isNaN(overlap) || Number.isNaN(floor)) return undefined;
  const centred = n.int('center_point_box', 0) === 1;
  const boxAt = (batch: number, i: number): Box => {
    const [a, b, c, d] = boxes.slice((batch * spots + i) * 4, (batch * spots + i) * 4 + 4).map(Number) as [
      number,
      number,
      number,
      number,
    ];
    return centred
      ? [a - c / 2, b - d / 2, a + c / 2, b + d / 2]
      : [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
  };
  let total = 0;
  for (let batch = 0; batch < batches; batch++)
    for (let c = 0; c < classes; c++) {
      const score = (i: number): number => Number(scores[(batch * classes + c) * spots + i]);
      const order = Array.from({ length: spots }, (_, i) => i).filter((i) => score(i) > floor);
      order.sort((i, j) => score(j) - score(i));
      const kept: Box[] = [];
      for (const i of order) {
        if (kept.length >= limit) break;
        const box = boxAt(batch, i);
        if (kept.every((k) => shared(k, box) <= overlap)) kept.push(box);
      }
      total += kept.length;
    }
  return total;
}

/** Intersection over union. */
function shared(a: Box, b: Box): number {
  const area = (x: Box): number => (x[2] - x[0]) * (x[3] - x[1]);
  const both =
    Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const union = area(a) + area(b) - both;
  return union <= 0 ? 0 : both / union;
}

/** An image that the file holds states its own extents. */
const decoder: Entry = (n) => {
  const bytes = n.value(0);
  const size = bytes?.every(isStatic) ? imageSize(Uint8Array.from(bytes, Number)) : undefined;
  const extents = size === undefined ? n.fresh(2) : [size.height, size.width];
  const out = {
    dtype: 'uint8' as const,
    shape: [...extents, n.text('pixel_format', 'RGB') === 'Grayscale' ? 1 : 3],
  };
  return { op: 'image_decoder', outputs: [out], work: [], leavesOut: 'what decoding an image takes' };
};

/** Each output is a weighted sum of taps around a position that is given: bilinear 4, bicubic 16 in two dimensions. */
export const gridSample: Entry = (n) => {
  const [x, grid] = [n.in(0), n.in(1)];
  const axes = x.shape.length - 2;
  const mode = n.text('mode', 'linear');
  const taps = mode === 'nearest' ? 1 : /cubic/.test(mode) ? 4 ** axes : 2 ** axes;
  const shape = [x.shape[0] as Dim, x.shape[1] as Dim, ...grid.shape.slice(1, -1)];
  return {
    op: 'grid_sample',
    outputs: [{ dtype: x.dtype, shape }],
    work: taps === 1 ? [] : map(x.dtype, numel(shape), { mul: taps, add: taps - 1 }),
  };
};

const affineGrid: Entry = (n) => {
  const theta = n.in(0);
  const size = n.value(1) ?? n.fresh(4);
  const axes = size.length - 2;
  const shape = [size[0] as Dim, ...size.slice(2), axes];
  return {
    op: 'affine_grid',
    outputs: [{ dtype: theta.dtype, shape }],
    work: map(theta.dtype, numel(shape), { mul: axes, add: axes }),
  };
};

export const regions: Dialect = byName({
  MaxRoiPool: roiPool,
  RoiAlign: roiAlign,
  NonMaxSuppression: suppression,
  GridSample: gridSample,
  AffineGrid: affineGrid,
  ImageDecoder: decoder,
});
