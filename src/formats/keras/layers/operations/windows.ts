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
