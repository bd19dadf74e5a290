import { type Dim, floordiv, isStatic, mul } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { entry, type Rule, type Table } from './table.js';

const one = (values: readonly number[]): number | readonly number[] =>
  values.length === 1 ? (values[0] as number) : values;

const pooled =
  (kind: ops.PoolKind, axes: number, indices = false): Rule =>
  (c) => {
    const stride = c.has('stride') ? c.ints('stride') : [];
    const effect = ops.pool(kind, c.type('self'), axes, {
      kernel: one(c.ints('kernel_size')),
      ...(stride.length === 0 ? {} : { stride: one(stride) }),
      padding: one(c.ints('padding')),
      ...(c.has('dilation') ? { dilation: one(c.ints('dilation')) } : {}),
      ceil: c.bool('ceil_mode'),
      ...(kind === 'avg' ? { countIncludePad: c.bool('count_include_pad') } : {}),
      indices,
    });
    return c.make(effect, [c.value('self')]);
  };

const adaptive =
  (kind: 'max' | 'avg', axes: number): Rule =>
  (c) => {
    const arg = c.arg('output_size');
    const size: (Dim | null)[] = Array.isArray(arg)
      ? arg.map((item, i) => (item === null ? null : (c.dims('output_size')[i] as Dim)))
      : new Array<Dim>(axes).fill(c.dim('output_size'));
    const full = size.length === 1 && axes > 1 ? new Array<Dim | null>(axes).fill(size[0] as Dim) : size;
    return c.make(ops.adaptivePool(kind, c.type('self'), full, { indices: kind === 'max' }), [c.value('self')]);
  };

/** The size asked for, or the input's by factors that are rounded down. */
function targetOf(c: Call, axes: number): Dim[] {
  if (c.has('output_size')) return c.dims('output_size');
  const x = c.type('input');
  const factors = scalesOf(c);
  if (factors.length === 0) throw new Unsupported('neither a size nor a factor is given');
  return x.shape.slice(-axes).map((extent, i) => scaledExtent(extent, factors[i] ?? (factors[0] as number)));
}

function scalesOf(c: Call): number[] {
  const factors = c.arg('scale_factors');
  if (Array.isArray(factors)) return c.dims('scale_factors').map(Number);
  return ['scales', 'scales_d', 'scales_h', 'scales_w'].flatMap((name) => c.number(name) ?? []);
}

function scaledExtent(extent: Dim, factor: number): Dim {
  if (Number.isInteger(factor)) return mul(extent, factor);
  if (isStatic(extent)) return Math.floor(Number(extent) * factor);
  let denominator = 1;
  while (!Number.isInteger(factor * denominator) && denominator < 2 ** 20) denominator *= 2;
  return floordiv(mul(extent, Math.round(factor * denominator)), denominator);
}

const upsample =
  (kind: ops.ResizeMode, mode: string, axes: number): Rule =>
  (c) => {
    const align = c.has('align_corners') ? c.bool('align_corners') : null;
    const given = c.has('output_size')
      ? { size: c.dims('output_size'), scale: null }
      : { size: null, scale: scalesOf(c) };
    const effect = ops.resize(c.type('input'), targetOf(c, axes), kind, { mode, align_corners: align, ...given });
    return c.make(effect, [c.value('input')]);
  };

/** PyTorch's order: the last axis first, two values an axis. */
function padsOf(c: Call, x: TensorType): (readonly [Dim, Dim])[] {
  const pads = c.dims(c.has('pad') ? 'pad' : 'padding');
  return x.shape.map((_, i) => {
    const at = 2 * (x.shape.length - 1 - i);
    return [pads[at] ?? 0, pads[at + 1] ?? 0] as const;
  });
}
const padded =
  (mode?: string): Rule =>
  (c) => {
    const x = c.type('self');
    return c.make(ops.pad(x, padsOf(c, x), mode ?? (c.text('mode') || 'constant')), [c.value('self')]);
  };

/** Values back to the places that a max pool took them from. */
const unpool: Rule = (c) => {
  const x = c.type('self');
  const size = c.dims('output_size');
  return c.make(ops.copy(x, 'max_unpool', [...x.shape.slice(0, x.shape.length - size.length), ...size]), [
    c.value('self'),
    c.value('indices'),
  ]);
};

/** PyTorch's numbers of its ways of interpolation. */
const MODES = ['bilinear', 'nearest', 'bicubic'] as const;

const gridSample: Rule = (c) => {
  const mode = MODES[c.int('interpolation_mode')] ?? 'bilinear';
  return c.make(ops.gridSample(c.type('input'), c.type('grid'), mode), [c.value('input'), c.value('grid')]);
};

const affineGrid: Rule = (c) => c.make(ops.affineGrid(c.type('theta'), c.dims('size')), [c.value('theta')]);

const pooledSize = (c: Call): readonly Dim[] => [c.dim('pooled_height'), c.dim('pooled_width')];

const roiAlign: Rule = (c) =>
  c.make(ops.roiAlign(c.type('input'), c.type('rois'), pooledSize(c), c.int('sampling_ratio')), [
    c.value('input'),
    c.value('rois'),
  ]);

const roiPool: Rule = (c) =>
  c.make(ops.roiPool(c.type('input'), c.type('rois'), pooledSize(c), true), [c.value('input'), c.value('rois')]);

const nms: Rule = (c) => c.make(ops.nonMaxSuppression([c.fresh(0, 0)]), [c.value('dets'), c.value('scores')]);

const MAX = 'self kernel_size stride=None padding=0 dilation=1 ceil_mode=False';
const AVG = 'self kernel_size stride=None padding=0 ceil_mode=False count_include_pad=True divisor_override=None';
const VEC = 'input output_size scale_factors:is=None';
const VEC_ALIGN = 'input output_size align_corners scale_factors:is=None';
const scales = (axes: number): string =>
  axes === 1 ? 'scales=None' : axes === 2 ? 'scales_h=None scales_w=None' : 'scales_d=None scales_h=None scales_w=None';
const nearest = (axes: number): string[] => [VEC.replace(':is=None', ''), `input output_size ${scales(axes)}`];
const aligned = (axes: number): string[] => [
  VEC_ALIGN.replace(':is=None', ''),
  `input output_size align_corners ${scales(axes)}`,
];
const PAD = 'self padding';

export const pools: Table = byName({
  max_pool1d: entry(MAX, pooled('max', 1)),
  max_pool2d: entry(MAX, pooled('max', 2)),
  max_pool3d: entry(MAX, pooled('max', 3)),
  max_pool1d_with_indices: entry(MAX, pooled('max', 1, true)),
  max_pool2d_with_indices: entry(MAX, pooled('max', 2, true)),
  max_pool3d_with_indices: entry(MAX, pooled('max', 3, true)),
  avg_pool1d: entry(AVG, pooled('avg', 1)),
  avg_pool2d: entry(AVG, pooled('avg', 2)),
  avg_pool3d: entry(AVG, pooled('avg', 3)),
  adaptive_avg_pool1d: entry('self output_size', adaptive('avg', 1)),
  adaptive_avg_pool2d: entry('self output_size', adaptive('avg', 2)),
  adaptive_avg_pool3d: entry('self output_size', adaptive('avg', 3)),
  _adaptive_avg_pool2d: entry('self output_size', adaptive('avg', 2)),
  _adaptive_avg_pool3d: entry('self output_size', adaptive('avg', 3)),
  adaptive_max_pool1d: entry('self output_size', adaptive('max', 1)),
  adaptive_max_pool2d: entry('self output_size', adaptive('max', 2)),
  adaptive_max_pool3d: entry('self output_size', adaptive('max', 3)),
  max_unpool1d: entry('self indices output_size', unpool),
  max_unpool2d: entry('self indices output_size', unpool),
  max_unpool3d: entry('self indices output_size stride padding', unpool),
  upsample_nearest1d: entry(nearest(1), upsample('nearest', 'nearest', 1)),
  upsample_nearest2d: entry(nearest(2), upsample('nearest', 'nearest', 2)),
  upsample_nearest3d: entry(nearest(3), upsample('nearest', 'nearest', 3)),
  _upsample_nearest_exact1d: entry(nearest(1), upsample('nearest', 'nearest-exact', 1)),
  _upsample_nearest_exact2d: entry(nearest(2), upsample('nearest', 'nearest-exact', 2)),
  _upsample_nearest_exact3d: entry(nearest(3), upsample('nearest', 'nearest-exact', 3)),
  upsample_linear1d: entry(aligned(1), upsample('linear', 'linear', 1)),
  upsample_bilinear2d: entry(aligned(2), upsample('linear', 'bilinear', 2)),
  upsample_trilinear3d: entry(aligned(3), upsample('linear', 'trilinear', 3)),
  upsample_bicubic2d: entry(aligned(2), upsample('cubic', 'bicubic', 2)),
  _upsample_bilinear2d_aa: entry(aligned(2), upsample('linear', 'bilinear', 2)),
  _upsample_bicubic2d_aa: entry(aligned(2), upsample('cubic', 'bicubic', 2)),
  pad: entry('self pad mode=constant value=None', padded()),
  constant_pad_nd: entry('self pad value=0', padded('constant')),
  _pad_circular: entry('self pad', padded('circular')),
  _pad_enum: entry('self pad mode value=None', (c) => {
    const modes = ['constant', 'reflect', 'replicate', 'circular'];
    return padded(modes[c.int('mode')] ?? 'constant')(c);
  }),
  reflection_pad1d: entry(PAD, padded('reflect')),
  reflection_pad2d: entry(PAD, padded('reflect')),
  reflection_pad3d: entry(PAD, padded('reflect')),
  replication_pad1d: entry(PAD, padded('replicate')),
  replication_pad2d: entry(PAD, padded('replicate')),
  replication_pad3d: entry(PAD, padded('replicate')),
  grid_sampler: entry('input grid interpolation_mode padding_mode align_corners', gridSample),
  grid_sampler_2d: entry('input grid interpolation_mode padding_mode align_corners', gridSample),
  grid_sampler_3d: entry('input grid interpolation_mode padding_mode align_corners', gridSample),
  affine_grid_generator: entry('theta size align_corners', affineGrid),
  'torchvision.roi_align': entry(
    'input rois spatial_scale pooled_height pooled_width sampling_ratio aligned',
    roiAlign,
  ),
  'torchvision.roi_pool': entry('input rois spatial_scale pooled_height pooled_width', roiPool),
  'torchvision.nms': entry('dets scores iou_threshold', nms),
});
