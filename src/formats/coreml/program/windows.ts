import { type Dim, exactdiv, floordiv, isStatic, mul, sub, toNumber } from '../../../dim/index.js';
import {
  adaptivePool,
  conv,
  convTranspose,
  copy,
  cropAndResize,
  type Effect,
  gridSample,
  localResponseNorm,
  type PoolKind,
  pad,
  pool,
  type ResizeMode,
  resize,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { batchSpace } from '../../batch-space.js';
import { samePadding } from '../../channels.js';
import { type Windows, windowsOf } from '../../windows.js';
import type { Operator, Rule, Table } from './operator.js';

function padsOf(n: Operator, extents: readonly Dim[], w: Windows): [number, number][] {
  const kind = n.text('pad_type', 'valid');
  if (kind === 'same') return samePadding(extents, w.kernel, w.stride, w.dilation);
  if (kind === 'same_lower')
    return samePadding(extents, w.kernel, w.stride, w.dilation).map(([front, behind]) => [behind, front]);
  const amounts = kind === 'custom' ? (n.ints('pad') ?? []) : [];
  return w.kernel.map((_, i) => [amounts[2 * i] ?? 0, amounts[2 * i + 1] ?? 0]);
}

const taps = (weight: TensorType): number[] => weight.shape.slice(2).map((k) => toNumber(k, 'a kernel'));

const convRule: Rule = (n) => {
  const [x, weight] = [n.arg('x'), n.arg('weight')];
  const w = windowsOf(n, taps(weight));
  return conv(x, weight, n.optional('bias'), {
    ...w,
    padding: padsOf(n, x.shape.slice(2), w),
    groups: n.int('groups', 1),
  });
};

const convTransposeRule: Rule = (n) => {
  const [x, weight] = [n.arg('x'), n.arg('weight')];
  const w = windowsOf(n, taps(weight));
  const wanted = n.ints('output_shape')?.slice(2) ?? n.statedOrNull()?.shape.slice(2).map(Number) ?? null;
  const explicit = n.text('pad_type', 'valid') === 'same' ? null : padsOf(n, [], w);
  const outputPadding = w.kernel.map(() => 0);
  const padding = w.kernel.map((k, i): [number, number] => {
    const span = (w.dilation[i] as number) * (k - 1) + 1;
    const s = w.stride[i] as number;
    const extent = x.shape[i + 2] as Dim;
    const [front, behind] = explicit?.[i] ?? [0, 0];
    if (explicit !== null && (wanted === null || !isStatic(extent))) return [front, behind];
    const total =
      wanted === null || !isStatic(extent) ? span - s : s * (Number(extent) - 1) + span - (wanted[i] as number);
    if (explicit !== null) {
      outputPadding[i] = Math.max(0, front + behind - total);
      return [front, behind];
    }
    if (total < 0) outputPadding[i] = -total;
    const less = Math.floor(Math.max(0, total) / 2);
    return [less, Math.max(0, total) - less];
  });
  return convTranspose(x, weight, n.optional('bias'), { ...w, padding, outputPadding, groups: n.int('groups', 1) });
};

const poolRule =
  (kind: PoolKind): Rule =>
  (n) => {
    const x = n.arg('x');
    const w = windowsOf(n, n.ints('kernel_sizes') ?? []);
    return pool(kind, x, w.kernel.length, {
      kernel: w.kernel,
      stride: w.stride,
      padding: padsOf(n, x.shape.slice(2), w),
      ceil: n.flag('ceil_mode'),
      countIncludePad: !n.flag('exclude_padding_from_average'),
    });
  };

/** The last two axes made others. */
const resizeRule =
  (mode: ResizeMode, sizes: 'scales' | 'targets'): Rule =>
  (n) => {
    const x = n.arg('x');
    const axes = ['height', 'width'];
    const to = x.shape.slice(-2).map((d, i): Dim => {
      if (sizes === 'targets')
        return (
          n.ints(`target_size_${axes[i]}`)?.[0] ?? n.ints('shape')?.at(i - 2) ?? (n.stated().shape.at(i - 2) as Dim)
        );
      const factor = n.ints(`scale_factor_${axes[i]}`)?.[0] ?? 1;
      if (isStatic(d)) return Math.floor(Number(d) * factor);
      return Number.isInteger(factor) ? mul(d, factor) : n.fresh(`dim${i}`);
    });
    return resize(x, to, mode, { spatial: true, axes: 2 });
  };

const cropRule: Rule = (n) => {
  const x = n.arg('x');
  const amounts = [n.ints('crop_height') ?? [0, 0], n.ints('crop_width') ?? [0, 0]];
  return copy(
    x,
    'slice',
    x.shape.map((d, i) => {
      const [front = 0, behind = 0] = amounts[i - (x.shape.length - 2)] ?? [];
      return sub(d, front + behind);
    }),
  );
};

const padRule: Rule = (n) => {
  const x = n.arg('x');
  const amounts = n.contents('pad');
  if (amounts === undefined) return copy(x, 'pad', n.stated().shape);
  const axes = amounts.length / 2;
  return pad(
    x,
    x.shape.map((_, i) => {
      const at = 2 * (i - (x.shape.length - axes));
      return at < 0 ? ([0, 0] as const) : ([amounts[at] ?? 0, amounts[at + 1] ?? 0] as const);
    }),
    n.text('mode', 'constant'),
  );
};

/** Blocks of height and width into channels, or back. */
const depthSpaceRule =
  (toDepth: boolean, name: string): Rule =>
  (n) => {
    const x = n.arg('x');
    const size = n.int(name, 1);
    return copy(
      x,
      'copy',
      x.shape.map((d, i) => {
        if (i < x.shape.length - 3) return d;
        if (i > x.shape.length - 3) return toDepth ? floordiv(d, size) : mul(d, size);
        return toDepth ? mul(d, size, size) : (exactdiv(d, size * size) ?? floordiv(d, size * size));
      }),
    );
  };

/** Between the batch and positions, of channels in front. */
const batchSpaceRule =
  (toBatch: boolean): Rule =>
  (n): Effect => {
    const x = n.arg('x');
    const [batch = 1, channels = 1, ...extents] = x.shape;
    const effect = batchSpace(
      { dtype: x.dtype, shape: [batch, ...extents, channels] },
      n.ints('block_shape') ?? [],
      n.ints(toBatch ? 'paddings' : 'crops') ?? [],
      toBatch,
    );
    return {
      ...effect,
      outputs: effect.outputs.map(({ dtype, shape }) => ({
        dtype,
        shape: [shape[0] as Dim, shape.at(-1) as Dim, ...shape.slice(1, -1)],
      })),
    };
  };

export const windows: Table = {
  conv: convRule,
  conv_quantized: convRule,
  conv_transpose: convTransposeRule,
  avg_pool: poolRule('avg'),
  max_pool: poolRule('max'),
  l2_pool: poolRule('lp'),
  adaptive_avg_pool: (n) => adaptivePool('avg', n.arg('x'), n.stated().shape.slice(2)),
  local_response_norm: (n) => localResponseNorm(n.arg('x'), n.int('size', 5)),
  upsample_bilinear: resizeRule('linear', 'scales'),
  upsample_nearest_neighbor: resizeRule('nearest', 'scales'),
  resize_bilinear: resizeRule('linear', 'targets'),
  resize_nearest_neighbor: resizeRule('nearest', 'targets'),
  resize: (n) => {
    const x = n.arg('x');
    return resize(
      x,
      n.ints('shape')?.slice(-2) ?? n.stated().shape.slice(-2),
      n.text('interpolation_mode', 'LINEAR') === 'LINEAR' ? 'linear' : 'nearest',
      { spatial: true, axes: 2 },
    );
  },
  crop: cropRule,
  crop_resize: (n) => {
    const [x, boxes] = [n.arg('x'), n.optional('roi') ?? n.arg('boxes')];
    const effect = cropAndResize(
      x,
      { dtype: boxes.dtype, shape: [boxes.shape[0] ?? 1] },
      [n.int('target_height', 1), n.int('target_width', 1)],
      true,
    );
    const stated = n.statedOrNull();
    return stated === null ? effect : { ...effect, outputs: [stated] };
  },
  resample: (n) =>
    gridSample(
      n.arg('x'),
      n.arg('coordinates'),
      n.text('sampling_mode', 'bilinear') === 'nearest' ? 'nearest' : 'bilinear',
    ),
  pad: padRule,
  pixel_shuffle: depthSpaceRule(false, 'upscale_factor'),
  pixel_unshuffle: depthSpaceRule(true, 'downscale_factor'),
  space_to_depth: depthSpaceRule(true, 'block_size'),
  depth_to_space: depthSpaceRule(false, 'block_size'),
  space_to_batch: batchSpaceRule(true),
  batch_to_space: batchSpaceRule(false),
};
