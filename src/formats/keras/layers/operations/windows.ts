import { type Dim, exactdiv, isStatic, mul } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/index.js';
import * as ops from '../../../../ops/index.js';
import type { LayerRule } from '../../layer.js';
import { inFront, pads } from '../windows.js';

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
    const { dtype, shape } = layer.typeOf(kernel);
    const axes = shape.length - 2;
    const [channels, results] = shape.slice(-2) as [Dim, Dim];
    const taps = shape.slice(0, -2);
    const options = {
      stride: layer.config.sizes('strides', axes),
      dilation: layer.config.sizes('dilation_rate', axes),
      kernel: taps.map(Number),
    };
    const effect = inFront(layer, x, (type) => {
      const weight = perChannel ? [mul(channels, results), 1, ...taps] : [results, channels, ...taps];
      const groups = perChannel ? channels : (exactdiv(type.shape[1] as Dim, channels) ?? 1);
      if (!isStatic(groups)) throw new Unsupported('how many groups it has is not known');
      const padding = pads(layer.config.text('padding', 'valid'), type.shape.slice(2), options);
      return ops.conv(type, { dtype, shape: weight }, null, { ...options, padding, groups: Number(groups) });
    });
    return layer.apply(effect, [x, kernel]);
  };
