import { add, type Dim, floordiv, isStatic, mul, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  adaptivePool,
  conv,
  convTranspose,
  copy,
  type Effect,
  linear,
  localResponseNorm,
  type PoolKind,
  pool,
  type ResizeMode,
  resize,
} from '../../../ops/index.js';
import { isFloating, numel, type TensorType } from '../../../tensor/index.js';
import type { FlatTable } from '../../../wire/flatbuffers.js';
import { samePadding } from '../../channels.js';
import { activated, dims, flag, floats, i32, ints, type MnnCall, type Table, u8, weightType } from './table.js';

/** Layers with windows and matrices. Whatever their layout in memory, channels are the second axis. */

const VALID = 1;
const SAME = 2;

interface Common {
  readonly table: FlatTable;
  readonly kernel: number[];
  readonly stride: number[];
  readonly dilation: number[];
  readonly channels: number;
  readonly outputs: number;
  readonly groups: number;
}

/** Settings of a convolution over rows and columns; a depthwise one has a group a channel, whatever they say. */
function commonOf(n: MnnCall, depthwise: boolean): Common {
  const table = n.attrs.main?.table(0) ?? null;
  if (table === null) throw n.error('has no settings');
  const channels = n.extent(n.in(0).shape[1]);
  return {
    table,
    kernel: [table.i32(3, 1), table.i32(2, 1)],
    stride: [table.i32(5, 1) || 1, table.i32(4, 1) || 1],
    dilation: [table.i32(7, 1) || 1, table.i32(6, 1) || 1],
    channels,
    outputs: table.i32(10) || channels,
    groups: depthwise ? channels : Math.max(1, table.i32(9, 1)),
  };
}

/** Fronts of all axes and then ends of all axes; or one number an axis. */
function explicit(table: FlatTable, list: number, x: number, y: number): [number, number][] {
  const pads = table.ints(list);
  if (pads.length >= 4)
    return [
      [pads[0] as number, pads[2] as number],
      [pads[1] as number, pads[3] as number],
    ];
  if (pads.length === 2)
    return [
      [pads[0] as number, pads[0] as number],
      [pads[1] as number, pads[1] as number],
    ];
  const [px, py] = [table.i32(x), table.i32(y)];
  return [
    [py, py],
    [px, px],
  ];
}

function paddingOf({ table, kernel, stride, dilation }: Common, extents: readonly Dim[]): [number, number][] {
  const mode = table.u8(8);
  if (mode === VALID) return kernel.map(() => [0, 0]);
  if (mode === SAME) return samePadding(extents, kernel, stride, dilation);
  return explicit(table, 14, 0, 1);
}

const convRule =
  (depthwise: boolean): Table[string] =>
  (n) => {
    const x = n.in(0);
    const of = commonOf(n, depthwise);
    const { channels, outputs, groups } = of;
    const perGroup = channels / groups;
    if (!Number.isInteger(perGroup)) throw n.error(`${channels} channels do not divide into ${groups} groups`);
    // Weights that are worked out come as inputs.
    const given = n.count > 1;
    const weight = given
      ? n.in(1)
      : n.weight('weight', [outputs, perGroup, ...of.kernel], { dtype: weightType(n.attrs.main) });
    const bias = given ? (n.count > 2 ? n.in(2) : null) : n.weight('bias', [outputs]);
    const padding = paddingOf(of, x.shape.slice(2));
    const { stride, dilation } = of;
    const effect = conv(x, weight, bias, { stride, dilation, padding, groups });
    return activated(effect, of.table.bool(12), of.table.bool(13));
  };

const convTransposeRule =
  (depthwise: boolean): Table[string] =>
  (n) => {
    const x = n.in(0);
    const of = commonOf(n, depthwise);
    const { channels, outputs, groups } = of;
    const weight = n.weight('weight', [channels, outputs / groups, ...of.kernel], { dtype: weightType(n.attrs.main) });
    const bias = n.weight('bias', [outputs]);
    const extra = of.table.ints(15);
    const natural = of.kernel.map((k, i) => {
      const reach = (k - 1) * (of.dilation[i] as number) + 1;
      return add(mul(sub(x.shape[i + 2] as Dim, 1), of.stride[i] as number), reach);
    });
    const same = of.table.u8(8) === SAME;
    const padding = same
      ? natural.map((d, i): [number, number] => {
          const over = sub(d, mul(x.shape[i + 2] as Dim, of.stride[i] as number));
          if (!isStatic(over)) throw new Unsupported('how much it crops depends on a free extent');
          const cut = Math.max(0, Number(over));
          return [Math.floor(cut / 2), cut - Math.floor(cut / 2)];
        })
      : explicit(of.table, 14, 0, 1);
    const effect = convTranspose(x, weight, bias, {
      stride: of.stride,
      dilation: of.dilation,
      padding,
      outputPadding: same
        ? of.kernel.map((k, i) => Math.max(0, (of.stride[i] as number) - k))
        : [extra[0] ?? 0, extra[1] ?? extra[0] ?? 0],
      groups,
    });
    return activated(effect, of.table.bool(12), of.table.bool(13));
  };

const conv3dRule: Table[string] = (n) => {
  const x = n.in(0);
  const table = n.attrs.main?.table(0) ?? null;
  if (table === null) throw n.error('has no settings');
  const [dilation, stride, kernel, pads] = [0, 1, 2, 3].map((i) => table.ints(i)) as [
    number[],
    number[],
    number[],
    number[],
  ];
  const groups = Math.max(1, table.i32(9, 1));
  const channels = n.extent(x.shape[1]);
  const outputs = table.i32(6);
  const weight = n.weight('weight', [outputs, channels / groups, ...kernel]);
  const bias = n.weight('bias', [outputs]);
  const mode = table.u8(4);
  const padding =
    mode === SAME
      ? samePadding(x.shape.slice(2), kernel, stride, dilation)
      : kernel.map((_, i): [number, number] =>
          mode === VALID ? [0, 0] : [pads[i] ?? 0, pads[i + kernel.length] ?? pads[i] ?? 0],
        );
  const effect = conv(x, weight, bias, { stride, dilation, padding, groups });
  return activated(effect, table.bool(7), table.bool(8));
};

const poolRule: Table[string] = (n) => {
  const x = n.in(0);
  const { main } = n.attrs;
  if (main === null) throw n.error('has no settings');
  const kind: PoolKind = u8(n, 7) === 1 ? 'avg' : 'max';
  if (flag(n, 2)) return adaptivePool(kind as 'max' | 'avg', x, [1, 1]);
  const kernel = [i32(n, 4), i32(n, 3)];
  const stride = [i32(n, 6) || 1, i32(n, 5) || 1];
  const mode = u8(n, 8);
  const padding =
    mode === SAME
      ? samePadding(x.shape.slice(2), kernel, stride, [1, 1])
      : mode === VALID
        ? kernel.map((): [number, number] => [0, 0])
        : explicit(main, 11, 0, 1);
  const ceil = mode !== SAME && mode !== VALID && flag(n, 10, true);
  return pool(kind, x, 2, { kernel, stride, padding, ceil, countIncludePad: u8(n, 12) === 1 });
};

const linearRule: Table[string] = (n) => {
  const x = n.in(0);
  const axis = i32(n, 5, 1) || 1;
  const rows = x.shape.slice(0, axis);
  const features = numel(x.shape.slice(axis));
  const outputs = i32(n, 0);
  const weight = n.weight('weight', [outputs, n.extent(features)]);
  const bias = i32(n, 1) === 0 && floats(n, 4) === 0 ? null : n.weight('bias', [outputs]);
  return linear({ dtype: x.dtype, shape: [...rows, features] }, weight, bias);
};

const MODES: readonly ResizeMode[] = ['nearest', 'nearest', 'linear', 'cubic', 'nearest'];

const resizeRule: Table[string] = (n) => {
  const x = n.in(0);
  const mode = MODES[i32(n, 4)] ?? 'linear';
  if (n.count > 1 && !isFloating(n.in(1).dtype)) return resize(x, dims(n, 1, 'size').slice(-spatial(x)), mode);
  const factors =
    n.count > 1
      ? dims(n, 1, 'factors').slice(-spatial(x)).map(Number)
      : [n.attrs.main?.f32(1) ?? 0, n.attrs.main?.f32(0) ?? 0];
  const wanted = n.count > 1 ? [] : [i32(n, 3), i32(n, 2)];
  const size = x.shape.slice(2).map((d, i): Dim => {
    const [own = 0, factor = 0] = [wanted[i], factors[i]];
    if (own > 0) return own;
    if (isStatic(d)) return Math.floor(Number(d) * factor);
    if (!Number.isInteger(factor)) throw new Unsupported('its factor is a fraction of a free extent');
    return mul(d, factor);
  });
  return resize(x, size, mode);
};

/** How many axes are rows, columns and so on. */
const spatial = (x: TensorType): number => Math.max(0, x.shape.length - 2);

const depthSpaceRule =
  (toDepth: boolean): Table[string] =>
  (n) => {
    const x = n.in(0);
    const [batch, c, h, w] = x.shape as readonly [Dim, Dim, Dim, Dim];
    const r = Math.max(1, i32(n, 0, 1));
    return toDepth
      ? copy(x, 'pixel_unshuffle', [batch, mul(c, r * r), floordiv(h, r), floordiv(w, r)])
      : copy(x, 'pixel_shuffle', [batch, floordiv(c, r * r), mul(h, r), mul(w, r)]);
  };

const pool3dRule: Table[string] = (n): Effect => {
  const x: TensorType = n.in(0);
  const kind = u8(n, 3) === 1 ? 'avg' : 'max';
  // Of images too: what converters make of a global pooling.
  if (flag(n, 5))
    return adaptivePool(
      kind,
      x,
      x.shape.slice(2).map(() => 1),
    );
  const [stride, kernel, pads] = [0, 1, 2].map((i) => ints(n, i)) as [number[], number[], number[]];
  return pool(kind, x, 3, {
    kernel,
    stride,
    padding: kernel.map((_, i): [number, number] => [pads[i] ?? 0, pads[i] ?? 0]),
  });
};

export const windows: Table = {
  Convolution: convRule(false),
  ConvolutionDepthwise: convRule(true),
  ConvInt8: convRule(false),
  DepthwiseConvInt8: convRule(true),
  Deconvolution: convTransposeRule(false),
  DeconvolutionDepthwise: convTransposeRule(true),
  Convolution3D: conv3dRule,
  Pooling: poolRule,
  Pooling3D: pool3dRule,
  InnerProduct: linearRule,
  Interp: resizeRule,
  DepthToSpace: depthSpaceRule(false),
  SpaceToDepth: depthSpaceRule(true),
  LRN: (n) => localResponseNorm(n.in(0), i32(n, 1, 5)),
};
