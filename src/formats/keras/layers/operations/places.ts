// Operators that move elements to other places: parts of a tensor, its diagonals, patches of an image, what indices name.
import { add, type Dim, floordiv, min, mul, sub } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/index.js';
import * as ops from '../../../../ops/index.js';
import type { LayerRule } from '../../layer.js';
import { pads } from '../windows.js';
import { integer, numbersOf, parameter } from './arguments.js';

export const moveaxis: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const [from, to] = (['source', 'destination'] as const).map((name, i) =>
    numbersOf(parameter(layer, [name], i + 1), name).map((a) => ops.axisOf(a, type.shape.length, 'moveaxis')),
  ) as [number[], number[]];
  const order = [...type.shape.keys()].filter((axis) => !from.includes(axis));
  const targets = to.map((at, i) => [at, from[i] as number] as const).sort(([a], [b]) => a - b);
  for (const [at, axis] of targets) order.splice(at, 0, axis);
  return layer.apply(ops.permute(type, order), [layer.x]);
};

/** One side of a diagonal, zeros on the other. */
export const triangle: LayerRule = (layer) => layer.apply(ops.copy(layer.typeOf(layer.x), 'tril'), [layer.x]);

export const diagonal: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const [a, b] = [integer(layer, ['axis1'], 2, 0), integer(layer, ['axis2'], 3, 1)].map((axis) =>
    ops.axisOf(axis, type.shape.length, 'diagonal'),
  ) as [number, number];
  const offset = integer(layer, ['offset'], 1, 0);
  const [rows, columns] = [type.shape[a] as Dim, type.shape[b] as Dim];
  const length = min(sub(rows, Math.max(0, -offset)), sub(columns, Math.max(0, offset)));
  const rest = type.shape.filter((_, i) => i !== a && i !== b);
  return layer.apply(ops.copy(type, 'diagonal', [...rest, length]), [layer.x]);
};

/** As many elements as there are indices. */
export const takeAlongAxis: LayerRule = (layer) => {
  const [x, indices] = layer.tensors;
  if (x === undefined || indices === undefined) throw new Unsupported('which positions it takes is not known');
  return layer.apply(ops.copy(layer.typeOf(x), 'gather', layer.shape(indices)), [x, indices]);
};

/** A stretch of each axis, of a shape that the configuration has. */
export const slice: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const shape = numbersOf(parameter(layer, ['shape'], 2), 'shape');
  if (shape.length !== type.shape.length) throw new Unsupported('its shape is not known');
  return layer.apply(ops.copy(type, 'slice', shape), [layer.x]);
};

/** Tensors one after the other; `axis` of what has one axis alone is that one. */
export const joined =
  (axis: number): LayerRule =>
  (layer) => {
    const types = layer.tensors.map((t) => layer.typeOf(t));
    const rank = types[0]?.shape.length ?? 0;
    if (rank <= axis) throw new Unsupported('tensors of so few axes are not joined this way');
    return layer.apply(ops.concat(types, axis), layer.tensors);
  };

/** An image as patches of `size` positions, the elements of each in the place of its channels. */
export const extractPatches: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const axes = type.shape.length - 2;
  const kernel = layer.config.sizes('size', axes);
  const stride = layer.config.has('strides') ? layer.config.sizes('strides', axes) : kernel;
  const dilation = layer.config.sizes('dilation_rate', axes);
  const spatial = layer.channelsFirst ? type.shape.slice(2) : type.shape.slice(1, -1);
  const channels = (layer.channelsFirst ? type.shape[1] : type.shape.at(-1)) as Dim;
  const padding = pads(layer.config.text('padding', 'valid'), spatial, { kernel, stride, dilation });
  const grid = spatial.map((extent, i) => {
    const [front, behind] = padding[i] as readonly [Dim, Dim];
    const reach = (kernel[i] as number) * (dilation[i] as number) - (dilation[i] as number);
    return add(floordiv(sub(add(extent, front, behind), reach + 1), stride[i] as number), 1);
  });
  const elements = mul(channels, ...kernel);
  const batch = type.shape[0] as Dim;
  const shape = layer.channelsFirst ? [batch, elements, ...grid] : [batch, ...grid, elements];
  return layer.apply(ops.copy(type, 'unfold', shape), [layer.x]);
};

/** Rows and columns that are cut off the sides of an image, or zeros that are put there; two sides and a size tell the others. */
export const resided =
  (how: 'cropping' | 'padding'): LayerRule =>
  (layer) => {
    const type = layer.typeOf(layer.x);
    const at = layer.channelsFirst ? type.shape.length - 2 : type.shape.length - 3;
    const shape = [...type.shape];
    for (const [i, [front, behind, side]] of (
      [
        ['top', 'bottom', 'height'],
        ['left', 'right', 'width'],
      ] as const
    ).entries()) {
      const amounts = [`${front}_${how}`, `${behind}_${how}`, `target_${side}`].map((key) => layer.config.get(key));
      const [a, b, target] = amounts.map((v) => (typeof v === 'number' ? v : undefined));
      const moved = a === undefined || b === undefined ? undefined : how === 'padding' ? a + b : -a - b;
      if (target === undefined && moved === undefined) throw new Unsupported(`its ${side} is not known`);
      shape[at + i] = target ?? add(shape[at + i] as Dim, moved ?? 0);
    }
    return layer.apply(ops.copy(type, how === 'padding' ? 'pad' : 'slice', shape), [layer.x]);
  };

/** A tensor with constant contents in the shape of another one. */
export const like: LayerRule = (layer) => layer.apply(ops.fill(layer.shape(layer.x), layer.typeOf(layer.x).dtype), []);

/** Which classes occur among those along the last axis. */
export const multiHot: LayerRule = (layer) => {
  const { shape } = layer.typeOf(layer.x);
  const classes = integer(layer, ['num_classes'], 1);
  return layer.apply(ops.fill([...shape.slice(0, -1), classes], 'float32'), [layer.x]);
};
