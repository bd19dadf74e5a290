// Functions of each element, of two tensors element by element, and of all elements along axes.
import { Unsupported } from '../../../../graph/index.js';
import * as ops from '../../../../ops/index.js';
import { activationEffects } from '../../activations.js';
import { dtypeOf } from '../../dtype.js';
import { isList, isValue, type LayerRule } from '../../layer.js';
import { axesOf, flag, integer, operand, parameter } from './arguments.js';

export const unary =
  (op: ops.Unary): LayerRule =>
  (layer) =>
    layer.apply(ops.unary(op, layer.typeOf(layer.x)), [layer.x]);

export const activation =
  (name: string): LayerRule =>
  (layer) => {
    let value = layer.x;
    for (const effect of activationEffects(name, layer.typeOf(value))) value = layer.apply(effect, [value]);
    return value;
  };

export const binary =
  (op: ops.Binary): LayerRule =>
  (layer) => {
    const { args, kwargs } = layer.given;
    const [first, second] =
      args.length === 1 && isList(args[0]) && args[0].length === 2
        ? args[0]
        : [args[0] ?? kwargs['x'] ?? kwargs['x1'], args[1] ?? kwargs['y'] ?? kwargs['x2']];
    const known = [first, second].find(isValue);
    const like = known === undefined ? null : layer.typeOf(known);
    const [a, b] = [operand(layer, first, like), operand(layer, second, like)];
    return layer.apply(ops.binary(op, a.type, b.type), [a.value, b.value]);
  };

export const power: LayerRule = (layer) => {
  const given = parameter(layer, ['y', 'x2'], 1);
  const type = layer.typeOf(layer.x);
  const known = typeof given === 'number' ? given : null;
  return layer.apply(ops.power(type, { dtype: type.dtype, shape: [] }, known, type.dtype), [layer.x]);
};

export const reduce =
  (op: ops.Reduction): LayerRule =>
  (layer) => {
    const effect = ops.reduce(op, layer.typeOf(layer.x), axesOf(layer, 1), {
      keepdim: flag(layer, ['keepdims', 'keep_dims'], 2),
    });
    return layer.apply(effect, [layer.x]);
  };

/** The same with what is not a number left out. */
export const reduceNumbers =
  (op: ops.Reduction): LayerRule =>
  (layer) => {
    const type = layer.typeOf(layer.x);
    const effect = ops.reduce(op, type, axesOf(layer, 1), { keepdim: flag(layer, ['keepdims'], 2) });
    return layer.apply(ops.precededBy(effect, ops.unary('nan_to_num', type)), [layer.x]);
  };

/** Variance, or with a root standard deviation. */
export const spread =
  (root: boolean): LayerRule =>
  (layer) =>
    layer.apply(
      ops.variance(layer.typeOf(layer.x), axesOf(layer, 1), { keepdim: flag(layer, ['keepdims'], 2), root }),
      [layer.x],
    );

export const cast: LayerRule = (layer) => {
  const [x] = layer.tensors;
  if (x === undefined) throw new Unsupported('it needs a tensor');
  const name = parameter(layer, ['dtype'], 1);
  const dtype = typeof name === 'string' ? dtypeOf(name) : null;
  return layer.apply(ops.cast(layer.typeOf(x), dtype ?? layer.typeOf(x).dtype), [x]);
};

export const clip: LayerRule = (layer) => layer.apply(ops.clamp(layer.typeOf(layer.x), 2), [layer.x]);
export const softmax =
  (log: boolean): LayerRule =>
  (layer) =>
    layer.apply(ops.softmax(layer.typeOf(layer.x), integer(layer, ['axis'], 1, -1), log), [layer.x]);

export const where: LayerRule = (layer) => {
  const { args } = layer.given;
  const known = [args[1], args[2]].find(isValue);
  const like = known === undefined ? null : layer.typeOf(known);
  const [c, a, b] = [operand(layer, args[0], null), operand(layer, args[1], like), operand(layer, args[2], like)];
  return layer.apply(ops.where(c.type, a.type, b.type), [c.value, a.value, b.value]);
};
