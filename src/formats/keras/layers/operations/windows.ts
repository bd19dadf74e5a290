import { type Dim, exactdiv, isStatic, mul } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/index.js';
import type { Value } from '../../../../ledger/index.js';
import * as ops from '../../../../ops/index.js';
import type { Layer, LayerRule } from '../../layer.js';
import { inFront, pads, transposed, type Windows } from '../windows.js';
import { numbersOf, parameter } from './arguments.js';
export const resize: LayerRule = (layer) => {
  const size = numbersOf(parameter(layer, ['size'], 1), 'size');
  const method = parameter(layer, ['interpolation', 'method'], 2) ?? 'bilinear';
  const mode: ops.ResizeMode =
    method === 'nearest' ? 'nearest' : method === 'bilinear' || method === 'area' ? 'linear' : 'cubic';
  return layer.apply(
    inFront(layer, layer.x, (type) => ops.resize(type, size, mode)),
    [layer.x],
  );
};

export const pool =
  (kind: ops.PoolKind): LayerRule =>
  (layer) => {
    const axes = layer.shape(layer.x).length - 2;
    const kernel = layer.config.sizes('pool_size', axes);
    const stride = layer.config.has('strides') ? layer.config.sizes('strides', axes) : kernel;
    const effect = inFront(layer, layer.x, (type) =>
      ops.pool(kind, type, axes, {
        kernel,
        stride,
        padding: pads(layer.config.text('padding', 'valid'), type.shape.slice(2), {
          kernel,
          stride,
          dilation: kernel.map(() => 1),
        }),
        countIncludePad: false,
      }),
    );
    return layer.apply(effect, [layer.x]);
  };

/** A convolution whose kernel is a tensor of the call, as `keras.layers` have it: positions, channels of a group, results. */
export const conv =
  (perChannel: boolean): LayerRule =>
  (layer) => {
    const [x, kernel] = layer.tensors;
    if (x === undefined || kernel === undefined) throw new Unsupported('it needs a kernel');
    return convolved(layer, x, kernel, perChannel, 'as called');
  };

/** A convolution of each channel, and one of single positions that mixes them. */
export const separableConv: LayerRule = (layer) => {
  const [x, depthwise, pointwise] = layer.tensors;
  if (x === undefined || depthwise === undefined || pointwise === undefined)
    throw new Unsupported('it needs two kernels');
  return convolved(layer, convolved(layer, x, depthwise, true, 'as called'), pointwise, false, 'single');
};

/** Strides, dilations and padding of the call, or those of a convolution of single positions. */
type Steps = 'as called' | 'single';

function convolved(layer: Layer, x: Value, kernel: Value, perChannel: boolean, steps: Steps): Value {
  const { dtype, shape } = layer.typeOf(kernel);
  const taps = shape.slice(0, -2);
  const [channels, results] = shape.slice(-2) as [Dim, Dim];
  const ones = taps.map(() => 1);
  const windows: Windows =
    steps === 'single' ? { kernel: taps.map(Number), stride: ones, dilation: ones } : windowsGiven(layer, taps);
  const effect = inFront(layer, x, (type) => {
    const weight = perChannel ? [mul(channels, results), 1, ...taps] : [results, channels, ...taps];
    const groups = perChannel ? channels : (exactdiv(type.shape[1] as Dim, channels) ?? 1);
    if (!isStatic(groups)) throw new Unsupported('how many groups it has is not known');
    const padding = pads(steps === 'single' ? 'valid' : paddingGiven(layer), type.shape.slice(2), windows);
    return ops.conv(type, { dtype, shape: weight }, null, { ...windows, padding, groups: Number(groups) });
  });
  return layer.apply(effect, [x, kernel]);
}

/** The kernel is positions, results, channels. */
export const convTranspose: LayerRule = (layer) => {
  const [x, kernel] = layer.tensors;
  if (x === undefined || kernel === undefined) throw new Unsupported('it needs a kernel');
  const { dtype, shape } = layer.typeOf(kernel);
  const taps = shape.slice(0, -2);
  const [results, channels] = shape.slice(-2) as [Dim, Dim];
  const extra = layer.config.has('output_padding') ? layer.config.sizes('output_padding', taps.length) : null;
  const options = transposed(windowsGiven(layer, taps), paddingGiven(layer) === 'same', extra);
  const weight = { dtype, shape: [channels, results, ...taps] };
  return layer.apply(
    inFront(layer, x, (type) => ops.convTranspose(type, weight, null, options)),
    [x, kernel],
  );
};

function windowsGiven(layer: Layer, taps: readonly Dim[]): Windows {
  return {
    kernel: taps.map(Number),
    stride: layer.config.sizes('strides', taps.length, 1),
    dilation: layer.config.sizes('dilation_rate', taps.length, 1),
  };
}

function paddingGiven(layer: Layer): string {
  return layer.config.text('padding', 'valid').toLowerCase();
}
