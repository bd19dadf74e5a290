import { type Dim, exactdiv, isStatic, sub } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/index.js';
import * as ops from '../../../../ops/index.js';
import { numel } from '../../../../tensor/index.js';
import { type Given, isList, isValue, type LayerRule } from '../../layer.js';

import { axesOf, integer, numbersOf, parameter, shapeGiven } from './arguments.js';
export const reshape: LayerRule = (layer) =>
  layer.apply(ops.reshape(layer.typeOf(layer.x), shapeGiven(layer, ['newshape', 'shape'], 1)), [layer.x]);

export const transpose: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const order = parameter(layer, ['axes', 'perm'], 1);
  const axes = order === undefined ? [...type.shape.keys()].reverse() : numbersOf(order, 'order of axes');
  return layer.apply(ops.permute(type, axes), [layer.x]);
};

export const concat: LayerRule = (layer) => {
  const axis = integer(layer, ['axis'], 1, 0);
  return layer.apply(
    ops.concat(
      layer.tensors.map((t) => layer.typeOf(t)),
      axis,
    ),
    layer.tensors,
  );
};

export const stack: LayerRule = (layer) =>
  layer.apply(
    ops.stack(
      layer.tensors.map((t) => layer.typeOf(t)),
      integer(layer, ['axis'], 1, 0),
    ),
    layer.tensors,
  );

export const split: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const given = parameter(layer, ['indices_or_sections', 'num_or_size_splits'], 1);
  const axis = ops.axisOf(integer(layer, ['axis'], 2, 0), type.shape.length, 'split');
  const extent = type.shape[axis] as Dim;
  if (typeof given === 'number') {
    const size = exactdiv(extent, given);
    if (size === undefined || !(given >= 1 && given <= 4096)) throw new Unsupported('its parts are not known');
    return layer.applyAll(ops.split(type, new Array<Dim>(given).fill(size), axis), [layer.x]);
  }
  const at = numbersOf(given, 'parts');
  // Keras gives places, TensorFlow sizes.
  const sizes = layer.config.has('indices_or_sections')
    ? [...at, extent].map((end, i) => sub(end as Dim, i === 0 ? 0 : (at[i - 1] as number)))
    : at;
  return layer.applyAll(ops.split(type, sizes, axis), [layer.x]);
};

export const unstack: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const axis = ops.axisOf(integer(layer, ['axis'], 2, 0), type.shape.length, 'unstack');
  const count = type.shape[axis] as Dim;
  if (!isStatic(count) || Number(count) > 4096) throw new Unsupported('how many parts it has is not known');
  const effect = ops.split(type, new Array<Dim>(Number(count)).fill(1), axis);
  return layer.applyAll(
    { ...effect, outputs: effect.outputs.map((o) => ({ ...o, shape: o.shape.filter((_, i) => i !== axis) })) },
    [layer.x],
  );
};

/** Python's subscripts: slices, single positions, new axes and `…`. */
export const getItem: LayerRule = (layer) => {
  const { x } = layer;
  const type = layer.typeOf(x);
  const key = layer.given.args[1] ?? layer.given.kwargs['key'] ?? layer.given.kwargs['slice_spec'];
  const items: readonly Given[] = isList(key) ? key : [key ?? null];
  const used = items.filter((item) => item !== null && !isEllipsis(item)).length;
  const ranges: ops.Range[] = [];
  const shape: Dim[] = [];
  let axis = 0;
  for (const item of items) {
    if (isEllipsis(item)) {
      for (let skip = type.shape.length - used; skip > 0; skip--) shape.push(type.shape[axis++] as Dim);
    } else if (item === null) shape.push(1);
    else if (typeof item === 'number') axis++;
    else if (isValue(item)) throw new Unsupported('which positions it takes is not known');
    else {
      const part = sliceOf(item);
      if (part === null || axis >= type.shape.length) throw new Unsupported('which positions it takes is not known');
      const range = { axis, ...part };
      ranges.push(range);
      shape.push(ops.slice(type, [range]).outputs[0]?.shape[axis] as Dim);
      axis++;
    }
  }
  for (const d of type.shape.slice(axis)) shape.push(d);
  return layer.apply(ops.view('slice', type, shape, null), [x]);
};

export function isEllipsis(item: Given): boolean {
  if (typeof item !== 'object' || item === null || isList(item) || isValue(item)) return false;
  const { class_name: name, value } = item as Readonly<Record<string, Given>>;
  return name === '__ellipsis__' || value === 'Ellipsis';
}

export function sliceOf(item: Given): Omit<ops.Range, 'axis'> | null {
  if (typeof item !== 'object' || item === null || isList(item) || isValue(item)) return null;
  const object = item as Readonly<Record<string, Given>>;
  const own = object['class_name'] === '__slice__' ? (object['config'] as Readonly<Record<string, Given>>) : object;
  const number = (key: string): number | null => (typeof own[key] === 'number' ? (own[key] as number) : null);
  return { start: number('start'), end: number('stop'), step: number('step') ?? 1 };
}

export const expandDims: LayerRule = (layer) =>
  layer.apply(ops.unsqueeze(layer.typeOf(layer.x), [...(axesOf(layer, 1) ?? [0])]), [layer.x]);
export const squeeze: LayerRule = (layer) =>
  layer.apply(ops.squeeze(layer.typeOf(layer.x), axesOf(layer, 1)), [layer.x]);

export const swapaxes: LayerRule = (layer) =>
  layer.apply(ops.transpose(layer.typeOf(layer.x), integer(layer, ['axis1'], 1), integer(layer, ['axis2'], 2)), [
    layer.x,
  ]);

export const tile: LayerRule = (layer) =>
  layer.apply(ops.tile(layer.typeOf(layer.x), shapeGiven(layer, ['repeats', 'multiples'], 1)), [layer.x]);

export const repeat: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const axis = ops.axisOf(integer(layer, ['axis'], 2), type.shape.length, 'repeat');
  const times = integer(layer, ['repeats'], 1);
  return layer.apply(
    ops.tile(
      type,
      type.shape.map((_, i) => (i === axis ? times : 1)),
    ),
    [layer.x],
  );
};

export const padding: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const written = parameter(layer, ['pad_width', 'paddings'], 1) as Given | undefined;
  const pairs = isList(written) ? written : [];
  const each = type.shape.map((_, i): readonly [number, number] => {
    const [front, behind] = numbersOf(pairs.length === 1 ? pairs[0] : pairs[i], 'padding');
    return [front ?? 0, behind ?? front ?? 0];
  });
  return layer.apply(ops.pad(type, each), [layer.x]);
};

export const same =
  (op: 'flip' | 'roll' | 'copy'): LayerRule =>
  (layer) =>
    layer.apply(ops.copy(layer.typeOf(layer.x), op), [layer.x]);
export const depthSpace =
  (toDepth: boolean): LayerRule =>
  (layer) => {
    const size = integer(layer, ['block_size'], 1);
    const { dtype, shape } = layer.typeOf(layer.x);
    const [n = 1, h = 1, w = 1, c = 1] = layer.channelsFirst ? [shape[0], shape[2], shape[3], shape[1]] : shape;
    const n0 = (d: Dim): Dim => (toDepth ? (exactdiv(d, size) ?? d) : product(d, size));
    const channels = toDepth ? product(c, size * size) : (exactdiv(c, size * size) ?? c);
    const out = layer.channelsFirst ? [n, channels, n0(h), n0(w)] : [n, n0(h), n0(w), channels];
    return layer.apply(ops.copy({ dtype, shape }, toDepth ? 'pixel_unshuffle' : 'pixel_shuffle', out), [layer.x]);
  };

export function product(a: Dim, b: number): Dim {
  return numel([a, b]);
}
