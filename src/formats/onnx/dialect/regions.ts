import { type Dim, isStatic } from '../../../dim/index.js';
import {
  affineGrid,
  cropAndResize,
  type Effect,
  gridSample,
  nonMaxSuppression,
  nothing,
  roiAlign as roiAligned,
  roiPool,
} from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';
import { imageSize } from './images.js';

const roiAlign: Entry = (n) =>
  roiAligned(n.in(0), n.in(1), [n.int('output_height', 1), n.int('output_width', 1)], n.int('sampling_ratio', 0));

const roiPooling: Entry = (n) => roiPool(n.in(0), n.in(1), n.ints('pooled_shape') ?? [1, 1], false);

export const cropResize: Entry = (n) => {
  const size = n.value(3) ?? n.fresh(2);
  return cropAndResize(n.in(0), n.in(1), size.slice(0, 2), n.text('mode', 'bilinear') !== 'nearest');
};

/** How many boxes are kept depends on the data, but for boxes and scores that the file itself holds. */
const nmsRule: Entry = (n): Effect => {
  const count = n.has(2) && n.value(2)?.[0] === 0 ? 0 : selectedOf(n);
  return nonMaxSuppression([count ?? (n.fresh(1)[0] as Dim), 3]);
};

type Box = readonly [number, number, number, number];

/** The number of boxes that the operator's definition keeps: by score, each that overlaps none kept before. */
function selectedOf(n: OnnxNode): number | undefined {
  const [boxes, scores] = [n.value(0), n.value(1)];
  if (!boxes?.every(isStatic) || !scores?.every(isStatic)) return undefined;
  if (scores.length === 0) return 0;
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
  return nothing('image_decoder', [out], { leavesOut: 'what decoding an image takes' });
};

export const sampled: Entry = (n) => {
  const mode = n.text('mode', 'linear');
  return gridSample(n.in(0), n.in(1), mode === 'nearest' ? 'nearest' : /cubic/.test(mode) ? 'bicubic' : 'bilinear');
};

export const regions: Dialect = byName({
  MaxRoiPool: roiPooling,
  RoiAlign: roiAlign,
  NonMaxSuppression: { settings: [0, 1, 3, 4], run: nmsRule },
  GridSample: sampled,
  AffineGrid: (n) => affineGrid(n.in(0), n.value(1) ?? n.fresh(4)),
  ImageDecoder: decoder,
});
