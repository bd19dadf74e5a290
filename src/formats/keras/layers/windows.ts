import { type Dim, isStatic, mul } from '../../../dim/index.js';
import type { Value } from '../../../ledger/index.js';
import * as ops from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { channelsFirst, channelsLast, samePadding } from '../../channels.js';
import type { Layer, LayerRule, LayerTable } from '../layer.js';

/** Windows of a layer, one number an axis. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** Keras 1 and 2 spell paddings in any case; `causal` pads in front alone. */
export function paddingOf(layer: Layer): string {
  const padding = layer.config.text('padding', 'valid').toLowerCase();
  if (!/^(same|valid|causal|half|full)$/.test(padding)) throw layer.config.error('padding', 'valid, same or causal');
  return padding;
}

/** Padding before and after of each axis. */
export function pads(padding: string, extents: readonly Dim[], w: Windows): [number, number][] {
  if (padding === 'same' || padding === 'half') return samePadding(extents, w.kernel, w.stride, w.dilation);
  const reach = w.kernel.map((k, i) => (k - 1) * (w.dilation[i] as number));
  if (padding === 'causal') return reach.map((r) => [r, 0]);
  return reach.map((r) => (padding === 'full' ? [r, r] : [0, 0]));
}

/** Calls `run` on the input with channels in front, and puts them back where they were. */
export function inFront(layer: Layer, x: Value, run: (x: TensorType) => ops.Effect): ops.Effect {
  const type = layer.typeOf(x);
  return layer.channelsFirst ? run(type) : channelsLast(run(channelsFirst(type)));
}

/** The input's channels; axes: batch, channels and those of space. */
export function channelsOf(layer: Layer, x: Value, axes: number): number {
  if (layer.shape(x).length !== axes + 2)
    throw layer.error(`needs an input of ${axes + 2} axes, found ${layer.shape(x).map(String).join('×')}`);
  return layer.extent(x, layer.channelsFirst ? 1 : -1);
}

/** One convolution with a kernel of Keras' layout, `[…taps, inputs, outputs]` or as `order` puts it. */
export function convolve(
  layer: Layer,
  x: Value,
  options: {
    readonly kernel: Value;
    readonly bias: Value | null;
    readonly order: (kernel: readonly Dim[]) => readonly Dim[];
    readonly windows: Windows;
    readonly padding: string;
    readonly groups: number;
  },
): Value {
  const { kernel, bias, windows, padding, groups } = options;
  const weight = { dtype: layer.computeDtype, shape: options.order(layer.shape(kernel)) };
  const effect = inFront(layer, x, (type) =>
    ops.conv(type, weight, bias?.type ?? null, {
      stride: windows.stride,
      dilation: windows.dilation,
      padding: pads(padding, type.shape.slice(2), windows),
      groups,
    }),
  );
  return layer.apply(effect, [x, kernel, bias]);
}

/** `[…taps, inputs, outputs]` as `ops/` has it: outputs, inputs, taps. */
export const forward = (k: readonly Dim[]): Dim[] => [k.at(-1) as Dim, k.at(-2) as Dim, ...k.slice(0, -2)];
/** A depthwise kernel, `[…taps, inputs, multiplier]`: a filter for each output, over one channel. */
export const depthwise = (k: readonly Dim[]): Dim[] => [mul(k.at(-2) as Dim, k.at(-1) as Dim), 1, ...k.slice(0, -2)];

export function windowsOf(layer: Layer, axes: number): Windows {
  const { config } = layer;
  return {
    kernel: config.sizes('kernel_size', axes),
    stride: config.sizes('strides', axes, 1),
    dilation: config.sizes('dilation_rate', axes, 1),
  };
}

const biasOf = (layer: Layer, units: number): Value | null =>
  layer.config.flag('use_bias', true) ? layer.weight('bias', [units]) : null;

const conv =
  (axes: number): LayerRule =>
  (layer) => {
    const { x, config } = layer;
    const windows = windowsOf(layer, axes);
    const groups = Math.max(1, config.size('groups', 1));
    const filters = config.size('filters');
    const channels = channelsOf(layer, x, axes);
    if (channels % groups !== 0) throw layer.error(`has ${channels} channels, which are not ${groups} groups`);
    const kernel = layer.kernel('kernel', [...windows.kernel, channels / groups, filters], [filters]);
    const bias = biasOf(layer, filters);
    const out = convolve(layer, x, { kernel, bias, order: forward, windows, padding: paddingOf(layer), groups });
    return layer.activation('activation', out);
  };

const depthwiseConv =
  (axes: number): LayerRule =>
  (layer) => {
    const { x, config } = layer;
    const windows = windowsOf(layer, axes);
    const multiplier = config.size('depth_multiplier', 1);
    const channels = channelsOf(layer, x, axes);
    const kernel = layer.weight('kernel', [...windows.kernel, channels, multiplier]);
    const bias = biasOf(layer, channels * multiplier);
    const padding = paddingOf(layer);
    const out = convolve(layer, x, { kernel, bias, order: depthwise, windows, padding, groups: channels });
    return layer.activation('activation', out);
  };

/** A depthwise convolution, and one of single positions that mixes channels. */
const separableConv =
  (axes: number): LayerRule =>
  (layer) => {
    const { x, config } = layer;
    const windows = windowsOf(layer, axes);
    const multiplier = config.size('depth_multiplier', 1);
    const filters = config.size('filters');
    const channels = channelsOf(layer, x, axes);
    const first = layer.weight('depthwise_kernel', [...windows.kernel, channels, multiplier]);
    const ones = windows.kernel.map(() => 1);
    const second = layer.weight('pointwise_kernel', [...ones, channels * multiplier, filters]);
    const bias = biasOf(layer, filters);
    const padding = paddingOf(layer);
    const spread = convolve(layer, x, {
      kernel: first,
      bias: null,
      order: depthwise,
      windows,
      padding,
      groups: channels,
    });
    const single = { kernel: ones, stride: ones, dilation: ones };
    const out = convolve(layer, spread, {
      kernel: second,
      bias,
      order: forward,
      windows: single,
      padding: 'valid',
      groups: 1,
    });
    return layer.activation('activation', out);
  };

/** `same` gives in·stride, `valid` (in − 1)·stride + reach; an output padding is added to what `valid` and `same` crop. */
export function transposed(
  { kernel, stride, dilation }: Windows,
  same: boolean,
  extra: readonly number[] | null,
): ops.ConvTransposeOptions {
  const reach = kernel.map((k, i) => (k - 1) * (dilation[i] as number) + 1);
  const padding = reach.map((r, i): [number, number] => {
    // With an output padding the crop is that of an odd window's middle.
    const pad = !same ? 0 : extra === null ? Math.max(0, r - (stride[i] as number)) : 2 * Math.floor(r / 2);
    return [Math.floor(pad / 2), pad - Math.floor(pad / 2)];
  });
  const outputPadding = extra ?? reach.map((r, i) => Math.max(0, (stride[i] as number) - r));
  return { stride, dilation, padding, outputPadding };
}

const convTranspose =
  (axes: number): LayerRule =>
  (layer) => {
    const { x, config } = layer;
    const windows = windowsOf(layer, axes);
    const filters = config.size('filters');
    const channels = channelsOf(layer, x, axes);
    const kernel = layer.weight('kernel', [...windows.kernel, filters, channels]);
    const bias = biasOf(layer, filters);
    const extra = config.has('output_padding') ? config.sizes('output_padding', axes) : null;
    const weight: TensorType = { dtype: layer.computeDtype, shape: [channels, filters, ...windows.kernel] };
    const options = transposed(windows, paddingOf(layer) === 'same', extra);
    const effect = inFront(layer, x, (type) => ops.convTranspose(type, weight, bias?.type ?? null, options));
    return layer.activation('activation', layer.apply(effect, [x, kernel, bias]));
  };

/** A filter of its own at every position: the products of a convolution, with weights that are not shared. */
const locallyConnected =
  (axes: number): LayerRule =>
  (layer) => {
    const { x, config } = layer;
    const windows = windowsOf(layer, axes);
    const filters = config.size('filters');
    const channels = channelsOf(layer, x, axes);
    const shared: TensorType = { dtype: layer.computeDtype, shape: [filters, channels, ...windows.kernel] };
    const effect = inFront(layer, x, (type) =>
      ops.conv(type, shared, null, { ...windows, padding: pads(paddingOf(layer), type.shape.slice(2), windows) }),
    );
    const out = effect.outputs[0]?.shape ?? [];
    const positions = (layer.channelsFirst ? out.slice(2) : out.slice(1, -1)).map((d) => (isStatic(d) ? Number(d) : 0));
    const count = positions.reduce((a, b) => a * b, 1);
    const taps = windows.kernel.reduce((a, b) => a * b, 1);
    const kernel = layer.weight('kernel', [count, taps * channels, filters]);
    const value = layer.apply(effect, [x, kernel]);
    if (!config.flag('use_bias', true)) return layer.activation('activation', value);
    const bias = layer.weight('bias', [...positions, filters]);
    return layer.activation(
      'activation',
      layer.apply(ops.binary('add', layer.typeOf(value), { dtype: layer.computeDtype, shape: [1] }), [value, bias]),
    );
  };

const pool =
  (kind: ops.PoolKind, axes: number): LayerRule =>
  (layer) => {
    const { x, config } = layer;
    channelsRank(layer, x, axes);
    const kernel = config.sizes('pool_size', axes, 2);
    const stride = config.has('strides') ? config.sizes('strides', axes) : kernel;
    const windows: Windows = { kernel, stride, dilation: kernel.map(() => 1) };
    const padding = paddingOf(layer);
    const effect = inFront(layer, x, (type) =>
      ops.pool(kind, type, axes, {
        kernel,
        stride,
        padding: pads(padding, type.shape.slice(2), windows),
        countIncludePad: false,
      }),
    );
    return layer.apply(effect, [x]);
  };

function channelsRank(layer: Layer, x: Value, axes: number): void {
  if (layer.shape(x).length !== axes + 2)
    throw layer.error(`needs an input of ${axes + 2} axes, found ${layer.shape(x).map(String).join('×')}`);
}

const globalPool =
  (kind: 'mean' | 'max', axes: number): LayerRule =>
  (layer) => {
    const { x, config } = layer;
    channelsRank(layer, x, axes);
    const over = Array.from({ length: axes }, (_, i) => i + (layer.channelsFirst ? 2 : 1));
    return layer.apply(ops.reduce(kind, layer.typeOf(x), over, { keepdim: config.flag('keepdims', false) }), [x]);
  };

const adaptive =
  (kind: 'avg' | 'max', axes: number): LayerRule =>
  (layer) => {
    const { x, config } = layer;
    channelsRank(layer, x, axes);
    const size = config.sizes('output_size', axes);
    return layer.apply(
      inFront(layer, x, (type) => ops.adaptivePool(kind, type, size)),
      [x],
    );
  };

const byAxes = (name: (axes: number) => string, rule: (axes: number) => LayerRule): Record<string, LayerRule> =>
  Object.fromEntries([1, 2, 3].map((axes) => [name(axes), rule(axes)]));

export const windows: LayerTable = {
  ...byAxes((n) => `Conv${n}D`, conv),
  ...byAxes((n) => `DepthwiseConv${n}D`, depthwiseConv),
  ...byAxes((n) => `SeparableConv${n}D`, separableConv),
  ...byAxes((n) => `Conv${n}DTranspose`, convTranspose),
  ...byAxes((n) => `LocallyConnected${n}D`, locallyConnected),
  ...byAxes(
    (n) => `MaxPooling${n}D`,
    (n) => pool('max', n),
  ),
  ...byAxes(
    (n) => `AveragePooling${n}D`,
    (n) => pool('avg', n),
  ),
  ...byAxes(
    (n) => `GlobalMaxPooling${n}D`,
    (n) => globalPool('max', n),
  ),
  ...byAxes(
    (n) => `GlobalAveragePooling${n}D`,
    (n) => globalPool('mean', n),
  ),
  ...byAxes(
    (n) => `AdaptiveMaxPooling${n}D`,
    (n) => adaptive('max', n),
  ),
  ...byAxes(
    (n) => `AdaptiveAveragePooling${n}D`,
    (n) => adaptive('avg', n),
  ),
};
