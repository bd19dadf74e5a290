import { add, type Dim, floordiv, mul } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  adaptivePool,
  affineGrid,
  batchNorm,
  conv,
  convTranspose,
  copy,
  deformConv,
  type Effect,
  gridSample,
  groupNorm,
  instanceNorm,
  layerNorm,
  localResponseNorm,
  type PoolKind,
  pool,
  type ResizeMode,
  resize,
  rmsNorm,
  roiAlign,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { channelsFirst, channelsLast, samePadding } from '../../channels.js';
import { activated, all, dims, input, numbers, optional, type PaddleCall, placesOf, type Table, X } from './table.js';

/** Layers with windows, normalisation, resizing. */

function isLast(n: PaddleCall): boolean {
  return /^N\w*C$/.test(n.attrs.text('data_format') || n.attrs.text('data_layout'));
}

/** Runs what has channels in front, whichever way the tensor lies. */
function inFront(n: PaddleCall, x: TensorType, run: (x: TensorType) => Effect): Effect {
  return isLast(n) ? channelsLast(run(channelsFirst(x))) : run(x);
}

/** One number a side of all axes, or of each axis, or front and behind of each. */
function paddingOf(
  n: PaddleCall,
  extents: readonly Dim[],
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): [number, number][] {
  const named = n.attrs.text('padding_algorithm', 'EXPLICIT');
  if (named === 'SAME') return samePadding(extents, kernel, stride, dilation);
  if (named === 'VALID') return kernel.map(() => [0, 0]);
  const given = n.attrs.numbers('paddings');
  const own = given.length > 0 ? given : n.attrs.numbers('padding');
  const values = own.length === 2 * kernel.length + 4 ? own.slice(4) : own;
  return kernel.map((_, i): [number, number] =>
    values.length === 2 * kernel.length
      ? [values[2 * i] ?? 0, values[2 * i + 1] ?? 0]
      : [values[i] ?? values[0] ?? 0, values[i] ?? values[0] ?? 0],
  );
}

function perAxis(n: PaddleCall, name: string, axes: number): number[] {
  const values = n.attrs.numbers(name);
  return Array.from({ length: axes }, (_, i) => values[i] ?? values[0] ?? 1);
}

const convRule =
  (deformable: boolean): Table[string] =>
  (n) => {
    const filter = input(n, 'Filter', deformable ? 2 : 1);
    const axes = filter.shape.length - 2;
    const kernel = filter.shape.slice(2).map((d) => n.extent(d));
    const [stride, dilation] = [perAxis(n, 'strides', axes), perAxis(n, 'dilations', axes)];
    const bias = deformable ? null : optional(n, 'Bias', 2);
    const effect = inFront(n, input(n, 'Input', 0), (x) => {
      const padding = paddingOf(n, x.shape.slice(2), kernel, stride, dilation);
      const plain = conv(x, filter, bias, { stride, dilation, padding, groups: groupsOf(n) });
      return deformable ? deformConv(plain, x, filter, placesOf(n, 'Mask', 3).length > 0) : plain;
    });
    return activated(n, effect, 'activation');
  };

function groupsOf(n: PaddleCall): number {
  return Math.max(1, n.attrs.number('groups', 1));
}

const convTransposeRule: Table[string] = (n) => {
  const filter = input(n, 'Filter', 1);
  const axes = filter.shape.length - 2;
  const kernel = filter.shape.slice(2).map((d) => n.extent(d));
  const [stride, dilation] = [perAxis(n, 'strides', axes), perAxis(n, 'dilations', axes)];
  const given = n.attrs.numbers('output_padding');
  return inFront(n, input(n, 'Input', 0), (x) => {
    const padding = paddingOf(n, x.shape.slice(2), kernel, stride, dilation);
    const extra = kernel.map((_, i) => given[i] ?? 0);
    const effect = convTranspose(x, filter, optional(n, 'Bias', 3), {
      stride,
      dilation,
      padding,
      outputPadding: extra,
      groups: groupsOf(n),
    });
    const size = n.attrs.numbers('output_size');
    if (size.length !== axes) return effect;
    const outputs = effect.outputs.map((out) => ({ ...out, shape: [...out.shape.slice(0, 2), ...size] }));
    return { ...effect, outputs };
  });
};

const poolRule =
  (kindOf: (n: PaddleCall) => PoolKind, indices = false): Table[string] =>
  (n) => {
    const kind = kindOf(n) as 'max' | 'avg';
    return inFront(n, X(n), (x) => {
      const axes = x.shape.length - 2;
      const kernel = numbers(n, ['KernelSize'], 1, n.attrs.has('ksize') ? 'ksize' : 'kernel_size');
      if (n.attrs.flag('global_pooling')) return adaptivePool(kind, x, new Array<Dim>(axes).fill(1), { indices });
      if (n.attrs.flag('adaptive')) return adaptivePool(kind, x, kernel, { indices });
      const stride = perAxis(n, 'strides', axes);
      const window = Array.from({ length: axes }, (_, i) => kernel[i] ?? kernel[0] ?? 1);
      const padding = paddingOf(
        n,
        x.shape.slice(2),
        window,
        stride,
        window.map(() => 1),
      );
      return pool(kind, x, axes, {
        kernel: window,
        stride,
        padding,
        ceil: n.attrs.flag('ceil_mode'),
        indices,
        countIncludePad: !n.attrs.flag('exclusive', true),
      });
    });
  };

/** To a size that a tensor or attributes give, or by factors. */
const resizeRule =
  (mode: ResizeMode): Table[string] =>
  (n) =>
    inFront(n, X(n), (x) => {
      const spatial = x.shape.slice(2);
      const names = ['out_d', 'out_h', 'out_w'].slice(3 - spatial.length);
      const tensor = dims(n, ['OutSize', 'SizeTensor'], 1, 'no_such');
      const listed = tensor.length > 0 ? tensor : dims(n, ['SizeTensor'], 2, 'no_such');
      if (listed.length === spatial.length) return resize(x, listed, mode);
      const scale = n.attrs.numbers('scale');
      const size = spatial.map((d, i): Dim => {
        const want = n.attrs.number(names[i] as string, -1);
        const factor = scale[i] ?? scale[0] ?? 0;
        if (factor > 0 && want <= 0) {
          if (typeof d === 'number') return Math.floor(d * factor);
          if (!Number.isInteger(factor)) throw new Unsupported('its factor is a fraction of a free extent');
          return mul(d, factor);
        }
        if (want > 0) return want;
        throw new Unsupported('its size is not known');
      });
      return resize(x, size, mode);
    });

const batchNormRule: Table[string] = (n) => {
  // Inputs of PIR: x, mean, variance, scale, bias.
  const inPir = n.attrs.slots.has('#0');
  const weight = inPir ? optional(n, '', 3) : optional(n, 'Scale', 1);
  const bias = inPir ? optional(n, '', 4) : optional(n, 'Bias', 2);
  return inFront(n, X(n), (x) => batchNorm(x, { weight, bias }, { batchStatistics: false }));
};

const layerNormRule: Table[string] = (n) => {
  const x = X(n);
  const axis = n.attrs.number('begin_norm_axis', 1);
  const flat = (type: TensorType | null): TensorType | null => type;
  const affine = { weight: flat(optional(n, 'Scale', 1)), bias: flat(optional(n, 'Bias', 2)) };
  return layerNorm(x, x.shape.slice(axis < 0 ? axis + x.shape.length : axis), affine);
};

const pixelShuffleRule: Table[string] = (n) => {
  const r = n.attrs.number('upscale_factor', 1);
  return inFront(n, X(n), (x) => {
    const [batch, c, h, w] = x.shape as readonly [Dim, Dim, Dim, Dim];
    return copy(x, 'pixel_shuffle', [batch, floordiv(c, r * r), mul(h, r), mul(w, r)]);
  });
};

const spaceToDepthRule: Table[string] = (n) => {
  const x = X(n);
  const [batch, c, h, w] = x.shape as readonly [Dim, Dim, Dim, Dim];
  const r = n.attrs.number('blocksize', n.attrs.number('downscale_factor', 1));
  return copy(x, 'pixel_unshuffle', [batch, mul(c, r * r), floordiv(h, r), floordiv(w, r)]);
};

const unfoldRule: Table[string] = (n) => {
  const x = X(n);
  const [batch, c, ...spatial] = x.shape as readonly [Dim, Dim, ...Dim[]];
  const kernel = n.attrs.numbers('kernel_sizes');
  const [stride, dilation] = [perAxis(n, 'strides', 2), perAxis(n, 'dilations', 2)];
  const padding = n.attrs.numbers('paddings');
  const places = spatial.map((d, i) => {
    const pads = (padding[i] ?? 0) + (padding[i + 2] ?? padding[i] ?? 0);
    const reach = (dilation[i] as number) * ((kernel[i] ?? 1) - 1) + 1;
    return add(floordiv(add(d, pads - reach), stride[i] as number), 1);
  });
  return copy(x, 'unfold', [batch, mul(c, ...kernel), mul(...places)]);
};

const roiAlignRule: Table[string] = (n) =>
  roiAlign(
    X(n),
    input(n, 'ROIs', 1),
    [n.attrs.number('pooled_height', 1), n.attrs.number('pooled_width', 1)],
    Math.max(1, n.attrs.number('sampling_ratio', 2)),
  );

const gridSampleRule: Table[string] = (n) => {
  const mode = n.attrs.text('mode', 'bilinear');
  return gridSample(X(n), input(n, 'Grid', 1), mode === 'nearest' ? 'nearest' : 'bilinear');
};

const kindOf = (n: PaddleCall): PoolKind => (n.attrs.text('pooling_type', 'max') === 'avg' ? 'avg' : 'max');

export const windows: Table = {
  conv2d: convRule(false),
  depthwise_conv2d: convRule(false),
  conv3d: convRule(false),
  conv2d_fusion: convRule(false),
  fused_conv2d_add_act: convRule(false),
  fused_conv2d: convRule(false),
  deformable_conv: (n) => (n.attrs.slots.has('#0') ? pirDeformable(n) : convRule(true)(n)),
  conv2d_transpose: convTransposeRule,
  depthwise_conv2d_transpose: convTransposeRule,
  conv3d_transpose: convTransposeRule,
  conv2d_transpose_bias: convTransposeRule,
  pool2d: poolRule(kindOf),
  pool3d: poolRule(kindOf),
  max_pool2d_with_index: poolRule(() => 'max', true),
  nearest_interp: resizeRule('nearest'),
  nearest_interp_v2: resizeRule('nearest'),
  bilinear_interp: resizeRule('linear'),
  bilinear_interp_v2: resizeRule('linear'),
  linear_interp_v2: resizeRule('linear'),
  trilinear_interp_v2: resizeRule('linear'),
  bicubic_interp: resizeRule('cubic'),
  bicubic_interp_v2: resizeRule('cubic'),
  batch_norm: batchNormRule,
  batch_norm_: batchNormRule,
  sync_batch_norm: batchNormRule,
  sync_batch_norm_: batchNormRule,
  layer_norm: layerNormRule,
  rms_norm: (n) => {
    const x = X(n);
    return rmsNorm(x, x.shape.slice(-1), optional(n, 'Scale', 3));
  },
  instance_norm: (n) => {
    const x = X(n);
    const affine = { weight: optional(n, 'Scale', 1), bias: optional(n, 'Bias', 2) };
    return instanceNorm(x, affine, { spatialAxes: x.shape.length - 2 });
  },
  group_norm: (n) =>
    inFront(n, X(n), (x) =>
      groupNorm(x, n.attrs.number('groups', 1), { weight: optional(n, 'Scale', 1), bias: optional(n, 'Bias', 2) }),
    ),
  lrn: (n) => localResponseNorm(X(n), n.attrs.number('n', 5)),
  pixel_shuffle: pixelShuffleRule,
  space_to_depth: spaceToDepthRule,
  pixel_unshuffle: spaceToDepthRule,
  channel_shuffle: (n) => copy(X(n)),
  shuffle_channel: (n) => copy(X(n)),
  unfold: unfoldRule,
  grid_sampler: gridSampleRule,
  grid_sample: gridSampleRule,
  affine_grid: (n) => {
    const size = dims(n, ['OutputShape'], 1, n.attrs.has('output_shape') ? 'output_shape' : 'out_shape');
    return affineGrid(input(n, 'Theta', 0), size);
  },
  roi_align: roiAlignRule,
};

/** Inputs of PIR: x, offsets, filter, mask. */
function pirDeformable(n: PaddleCall): Effect {
  const [x, filter] = [input(n, '', 0), input(n, '', 2)];
  const kernel = filter.shape.slice(2).map((d) => n.extent(d));
  const [stride, dilation] = [perAxis(n, 'strides', 2), perAxis(n, 'dilations', 2)];
  const padding = paddingOf(n, x.shape.slice(2), kernel, stride, dilation);
  const plain = conv(x, filter, null, { stride, dilation, padding, groups: groupsOf(n) });
  return deformConv(plain, x, filter, all(n, '', 0).length > 0 && placesOf(n, '', 3).length > 0);
}
