import { type Dim, equal, floordiv, isStatic, mul } from '../../../dim/index.js';
import { axisOf, type ResizeMode } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import type { TensorType } from '../../../tensor/index.js';
import { resizeTo } from '../../resize-to.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';

/**
 * Resize and Upsample over all their versions: Upsample 1 has the scales of height and width as attributes, 7 a list of
 * them, 9 an input; Resize 10 takes scales, 11 also sizes and a region of interest, 18 the axes that both speak of.
 * Any axis may be resized: channels-last graphs do it at axes 1 and 2.
 */

const MODES: Readonly<Record<string, ResizeMode>> = byName({
  nearest: 'nearest',
  linear: 'linear',
  bilinear: 'linear',
  cubic: 'cubic',
});

const resized: Entry = (n) => {
  const x = n.in(0);
  const rank = x.shape.length;
  const axes = (n.ints('axes') ?? [...x.shape.keys()]).map((a) => axisOf(a, rank, n.proto.opType));
  const extents = extentsOf(n, x, axes);
  const shape = x.shape.map((d, i) => (axes.includes(i) ? (extents[axes.indexOf(i)] as Dim) : d));
  const mode = MODES[n.text('mode', 'nearest')] ?? 'nearest';
  return resizeTo(x, shape, mode);
};

/** The extent of each resized axis: sizes as they are given, else extents × scales rounded down. */
function extentsOf(n: OnnxNode, x: TensorType, axes: readonly number[]): readonly Dim[] {
  const extents = axes.map((a) => x.shape[a] as Dim);
  if (n.proto.opType === 'Upsample' && n.opset < 9) {
    const scales = n.floats('scales') ?? [1, 1, n.float('height_scale', 1), n.float('width_scale', 1)];
    return extents.map((d, k) => scaled(n, d, scales[k] ?? 1));
  }
  const late = n.proto.opType === 'Resize' && n.opset >= 11;
  if (late && n.has(3) && !equal(n.in(3).shape[0] ?? 0, 0)) {
    const sizes = n.value(3) ?? n.fresh(axes.length);
    const policy = n.text('keep_aspect_ratio_policy', 'stretch');
    return policy === 'stretch' ? sizes : keepAspect(n, extents, sizes, policy);
  }
  const at = late ? 2 : 1;
  const scales = n.has(at) ? n.value(at) : undefined;
  if (scales === undefined || scales.length < axes.length) return n.fresh(axes.length);
  return extents.map((d, k) => scaled(n, d, scales[k] as Dim));
}

/** Scales of 1 and whole numbers, and their reciprocals, stay exact for free extents. Scales are single-precision floats. */
function scaled(n: OnnxNode, extent: Dim, scale: Dim): Dim {
  if (typeof scale !== 'number') return isStatic(scale) ? mul(extent, scale) : (n.fresh(1)[0] as Dim);
  if (Number.isInteger(scale)) return mul(extent, Number.isSafeInteger(scale) ? scale : BigInt(scale));
  if (isStatic(extent)) return Math.floor(Math.fround(Math.fround(scale) * Math.fround(Number(extent))));
  const inverse = 1 / scale;
  return Math.abs(inverse - Math.round(inverse)) < 1e-6
    ? floordiv(extent, Math.round(inverse))
    : (n.fresh(1)[0] as Dim);
}

/** One ratio for all axes: the smallest that `sizes` ask for, or the largest. */
function keepAspect(n: OnnxNode, extents: readonly Dim[], sizes: readonly Dim[], policy: string): readonly Dim[] {
  if (![...extents, ...sizes].every(isStatic)) return n.fresh(extents.length);
  const ratios = extents.map((d, k) => Number(sizes[k]) / Number(d));
  const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return extents.map((d) => Math.floor(Number(d) * ratio + 0.5));
}

export const resizing: Dialect = byName({
  Resize: { settings: [1, 2], run: resized },
  Upsample: resized,
});
