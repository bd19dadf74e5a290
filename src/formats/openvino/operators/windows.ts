import { add, ceildiv, type Dim, floordiv, isStatic, mul, sub, toNumber } from '../../../dim/index.js';
import {
  adaptivePool,
  conv,
  convTranspose,
  copy,
  deformConv,
  type Effect,
  gridSample,
  localResponseNorm,
  type Padding,
  type PoolKind,
  pad,
  pool,
  type ResizeMode,
  roiAlign,
  roiPool,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { batchSpace } from '../../batch-space.js';
import { samePadding } from '../../channels.js';
import { resizeTo } from '../../resize-to.js';
import { tapsOf, type Windows, windowsOf } from '../../windows.js';
import type { Entry, Operator, Table } from '../operator.js';

/** Padding before and after; `auto_pad` stands for it where it is not explicit. */
export function padsOf(n: Operator, extents: readonly Dim[], w: Windows): [number, number][] {
  const auto = n.text('auto_pad', 'explicit').toLowerCase();
  if (auto === 'valid') return w.kernel.map(() => [0, 0]);
  if (auto.startsWith('same')) {
    const pads = samePadding(extents, w.kernel, w.stride, w.dilation);
    return auto === 'same_lower' ? pads.map(([front, behind]) => [behind, front]) : pads;
  }
  const [begin, end] = [n.ints('pads_begin') ?? [], n.ints('pads_end') ?? []];
  return w.kernel.map((_, i) => [begin[i] ?? 0, end[i] ?? 0]);
}

function convolution(n: Operator, weight: TensorType, groups: number): Effect {
  const x = n.in(0);
  const w = windowsOf(n, tapsOf(weight.shape.slice(2)));
  return conv(x, weight, null, { ...w, padding: padsOf(n, x.shape.slice(2), w), groups });
}

/** `[G, O/G, I/G, …]` as `[O, I/G, …]`, or with inputs in front as `[I, O/G, …]`. */
function grouped(weight: TensorType): { readonly weight: TensorType; readonly groups: number } {
  const [groups = 1, front = 1, ...rest] = weight.shape;
  return {
    weight: { dtype: weight.dtype, shape: [mul(groups, front), ...rest] },
    groups: toNumber(groups, 'groups'),
  };
}

/** Where the extents come as an input, they decide, whatever the padding would make of them. */
function transposed(n: Operator, weight: TensorType, groups: number): Effect {
  const x = n.in(0);
  const w = windowsOf(n, tapsOf(weight.shape.slice(2)));
  const extra = n.ints('output_padding') ?? w.kernel.map(() => 0);
  const wanted = n.has(2) ? (n.known(2) ?? n.stated().slice(2).map(Number)) : null;
  const auto = n.text('auto_pad', 'explicit').toLowerCase();
  const explicit = padsOf(n, [], auto.startsWith('same') ? { ...w, kernel: [] } : w);
  const outputPadding = [...extra];
  const padding = w.kernel.map((k, i): [number, number] => {
    const span = (w.dilation[i] as number) * (k - 1) + 1;
    const s = w.stride[i] as number;
    const extent = x.shape[i + 2] as Dim;
    if (wanted === null && !auto.startsWith('same')) return explicit[i] ?? [0, 0];
    const total =
      wanted === null || !isStatic(extent)
        ? span - s
        : s * (Number(extent) - 1) + (outputPadding[i] ?? 0) + span - (wanted[i] ?? 0);
    if (total < 0) outputPadding[i] = (outputPadding[i] ?? 0) - total;
    const less = Math.floor(Math.max(0, total) / 2);
    return auto === 'same_lower' ? [Math.max(0, total) - less, less] : [less, Math.max(0, total) - less];
  });
  return convTranspose(x, weight, null, { stride: w.stride, dilation: w.dilation, padding, outputPadding, groups });
}

export const pooled =
  (kind: PoolKind): Entry['run'] =>
  (n) => {
    const x = n.in(0);
    const w = windowsOf(n, n.ints('kernel') ?? []);
    return pool(kind, x, w.kernel.length, {
      ...w,
      padding: padsOf(n, x.shape.slice(2), w) as Padding,
      ceil: n.text('rounding_type', 'floor').startsWith('ceil'),
      indices: n.node.output.length > 1,
      countIncludePad: !n.flag('exclude-pad'),
    });
  };

const adaptivePoolRule = (kind: 'max' | 'avg'): Entry => ({
  settings: [1],
  run: (n) => {
    const size = n.value(1) ?? n.stated().slice(2);
    return adaptivePool(kind, n.in(0), [...size], kind === 'max' ? { indices: n.node.output.length > 1 } : {});
  },
});

const MODES: Readonly<Record<string, ResizeMode>> = { nearest: 'nearest', cubic: 'cubic', bicubic_pillow: 'cubic' };

/** Sizes or scales come as an input, or the stated shape stands for them. */
const interpolate: Entry = {
  settings: [1, 2, 3],
  run: (n) => {
    const x = n.in(0);
    const mode = MODES[n.text('mode', 'nearest').toLowerCase()] ?? 'linear';
    return resizeTo(x, sizesOf(n, x), mode);
  },
};

function sizesOf(n: Operator, x: TensorType): readonly Dim[] {
  const byScales = n.text('shape_calculation_mode') === 'scales';
  // The first version has its axes as an attribute; from the eleventh set on scales and sizes are one input.
  const axes =
    n.ints('axes') ?? n.known(3) ?? (n.has(3) ? undefined : n.has(2) ? (n.known(2) ?? undefined) : undefined);
  const first = n.has(3) || n.ints('axes') !== null || n.count < 3;
  const given = first && byScales && n.has(3) ? n.value(2) : n.value(1);
  if (given === undefined) return n.stated();
  const over = axes ?? x.shape.map((_, i) => i).slice(-given.length);
  return x.shape.map((d, axis) => {
    const at = over.map((a) => (a < 0 ? a + x.shape.length : a)).indexOf(axis);
    if (at < 0) return d;
    const to = given[at] ?? 1;
    if (!byScales) return to;
    if (typeof to !== 'number') return n.fresh(`dim${axis}`);
    if (isStatic(d)) return Math.floor(Number(d) * to + 1e-6);
    return Number.isInteger(to) ? mul(d, to) : Number.isInteger(1 / to) ? floordiv(d, 1 / to) : n.fresh(`dim${axis}`);
  });
}

const padRule: Entry = {
  settings: [1, 2, 3],
  run: (n) => {
    const x = n.in(0);
    const [begin, end] = [n.value(1), n.value(2)];
    const mode = n.text('pad_mode', 'constant');
    if (begin !== undefined && end !== undefined)
      return pad(
        x,
        x.shape.map((_, i) => [begin[i] ?? 0, end[i] ?? 0] as const),
        mode,
      );
    return pad(
      x,
      n.stated().map((d, i) => [0, sub(d, x.shape[i] as Dim)] as const),
      mode,
    );
  },
};

/** Pieces of positions become channels, or the other way round. */
const depthSpaceRule = (toDepth: boolean): Entry => ({
  run: (n) => {
    const x = n.in(0);
    const size = n.int('block_size', 1);
    const [batch = 1, channels = 1, ...extents] = x.shape;
    const area = size ** extents.length;
    const depth = toDepth ? mul(channels, area) : floordiv(channels, area);
    return copy(x, 'copy', [batch, depth, ...extents.map((d) => (toDepth ? floordiv(d, size) : mul(d, size)))]);
  },
});

/** Blocks of positions become entries of the batch, or the other way round; the batch itself has a block of its own, which is 1. */
const batchSpaceRule = (toBatch: boolean): Entry => ({
  settings: [1, 2, 3],
  run: (n) => {
    const block = n.numbers(1, 'block shape');
    const [front, behind] = [n.numbers(2, 'padding'), n.numbers(3, 'padding')];
    const ends = block.flatMap((_, i) => [front[i] ?? 0, behind[i] ?? 0]);
    return batchSpace(n.in(0), block.slice(1), ends.slice(2), toBatch);
  },
});

const patchesRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const [sizes, strides, rates] = [n.ints('sizes') ?? [], n.ints('strides') ?? [], n.ints('rates') ?? []];
    const w: Windows = { kernel: sizes, stride: strides, dilation: rates };
    const pads = padsOf(n, x.shape.slice(2), w);
    const out = x.shape.slice(2).map((d, i) => {
      const span = ((sizes[i] ?? 1) - 1) * (rates[i] ?? 1) + 1;
      return add(floordiv(sub(add(d, ...(pads[i] ?? [0, 0])), span), strides[i] ?? 1), 1);
    });
    return copy(x, 'copy', [x.shape[0] as Dim, mul(x.shape[1] as Dim, ...sizes), ...out]);
  },
};

const deformConvRule: Entry = {
  weights: [2],
  run: (n) => {
    const groups = n.int('group', 1);
    return deformConv(convolution(n, n.in(2), groups), n.in(0), n.in(2), n.has(3));
  },
};

const binaryConvolution: Entry = { weights: [1], run: (n) => convolution(n, n.in(1), 1) };

const regions = (n: Operator): readonly number[] =>
  n.ints('output_size') ?? [n.int('pooled_h', 1), n.int('pooled_w', 1)];

export const windows: Table = {
  Convolution: { weights: [1], run: (n) => convolution(n, n.in(1), 1) },
  GroupConvolution: {
    weights: [1],
    run: (n) => {
      const { weight, groups } = grouped(n.in(1));
      return convolution(n, weight, groups);
    },
  },
  ConvolutionBackpropData: { weights: [1], settings: [2], run: (n) => transposed(n, n.in(1), 1) },
  GroupConvolutionBackpropData: {
    weights: [1],
    settings: [2],
    run: (n) => {
      const { weight, groups } = grouped(n.in(1));
      return transposed(n, weight, groups);
    },
  },
  DeformableConvolution: deformConvRule,
  BinaryConvolution: binaryConvolution,
  MaxPool: { run: pooled('max') },
  AvgPool: { run: pooled('avg') },
  AdaptiveAvgPool: adaptivePoolRule('avg'),
  AdaptiveMaxPool: adaptivePoolRule('max'),
  Interpolate: interpolate,
  Pad: padRule,
  LRN: { settings: [1], run: (n) => localResponseNorm(n.in(0), n.int('size', 5)) },
  ROIAlign: {
    run: (n) =>
      roiAlign(n.in(0), n.in(1), [n.int('pooled_h', 1), n.int('pooled_w', 1)], Math.max(0, n.int('sampling_ratio', 0))),
  },
  ROIPooling: { run: (n) => roiPool(n.in(0), n.in(1), regions(n), false) },
  GridSample: {
    run: (n) => {
      const mode = n.text('mode', 'bilinear').toLowerCase();
      return gridSample(n.in(0), n.in(1), mode === 'nearest' || mode === 'bicubic' ? mode : 'bilinear');
    },
  },
  ExtractImagePatches: patchesRule,
  SpaceToDepth: depthSpaceRule(true),
  DepthToSpace: depthSpaceRule(false),
  SpaceToBatch: batchSpaceRule(true),
  BatchToSpace: batchSpaceRule(false),
  ShuffleChannels: { run: (n) => copy(n.in(0)) },
  ReorgYolo: {
    run: (n) => {
      const x = n.in(0);
      const s = n.int('stride', 2);
      const [batch = 1, channels = 1, ...extents] = x.shape;
      return copy(x, 'copy', [batch, mul(channels, s, s), ...extents.map((d) => ceildiv(d, s))]);
    },
  },
};
