import type { Dim } from '../../../dim/index.js';
import type { Value } from '../../../ledger/index.js';
import * as ops from '../../../ops/index.js';
import type { Layer, LayerRule, LayerTable } from '../layer.js';

/** All tensors with as many axes: those with fewer get axes of 1 after their batch. */
function alignedRanks(layer: Layer): Value[] {
  const tensors = layer.tensors.map((t) => layer.cast(t));
  if (tensors.length < 1) throw layer.error('is called without tensors');
  const rank = tensors.reduce((most, t) => Math.max(most, layer.shape(t).length), 0);
  return tensors.map((t) => {
    const type = layer.typeOf(t);
    const missing = rank - type.shape.length;
    if (missing === 0) return t;
    const shape = [...type.shape.slice(0, 1), ...new Array<Dim>(missing).fill(1), ...type.shape.slice(1)];
    return layer.apply(ops.view('unsqueeze', type, shape), [t]);
  });
}

const folded =
  (op: 'add' | 'maximum' | 'minimum'): LayerRule =>
  (layer) => {
    const tensors = alignedRanks(layer);
    return layer.apply(
      ops.fold(
        op,
        tensors.map((t) => layer.typeOf(t)),
      ),
      tensors,
    );
  };

const pairwise =
  (op: ops.Binary): LayerRule =>
  (layer) => {
    const [first, ...rest] = alignedRanks(layer);
    return rest.reduce((a, b) => layer.apply(ops.binary(op, layer.typeOf(a), layer.typeOf(b)), [a, b]), first as Value);
  };

const average: LayerRule = (layer) => {
  const tensors = alignedRanks(layer);
  const sum = layer.apply(
    ops.fold(
      'add',
      tensors.map((t) => layer.typeOf(t)),
    ),
    tensors,
  );
  const type = layer.typeOf(sum);
  return layer.apply(ops.binary('div', type, { dtype: type.dtype, shape: [] }), [sum]);
};

const concatenate: LayerRule = (layer) => {
  const tensors = layer.tensors.map((t) => layer.cast(t));
  const [axis = -1] = layer.config.integers('axis', [-1]);
  return layer.apply(
    ops.concat(
      tensors.map((t) => layer.typeOf(t)),
      axis,
    ),
    tensors,
  );
};

/** Two tensors multiplied and summed over an axis of each, batch by batch. */
const dot: LayerRule = (layer) => {
  const [a, b] = layer.tensors.map((t) => layer.cast(t));
  if (a === undefined || b === undefined) throw layer.error('needs two tensors');
  const given = layer.config.integers('axes');
  const [left = 1, right = left] = given;
  const at = (axis: number, value: Value): number => (axis < 0 ? axis + layer.shape(value).length : axis);
  const [i, j] = [at(left, a), at(right, b)];
  const normal = (value: Value, axis: number): Value =>
    layer.config.flag('normalize', false) ? layer.apply(ops.lpNormalize(layer.typeOf(value), axis, 2), [value]) : value;
  const [x, y] = [normal(a, i), normal(b, j)];
  const letters = 'bcdefghijklmnopqrstuvw';
  const own = layer.shape(x).map((_, k) => (k === 0 ? 'b' : k === i ? 'z' : (letters[k] as string)));
  const other = layer.shape(y).map((_, k) => (k === 0 ? 'b' : k === j ? 'z' : (letters[k + 10] as string)));
  const kept = [...own, ...other.slice(1)].filter((l) => l !== 'z');
  const effect = ops.einsum(`${own.join('')},${other.join('')}->${kept.join('')}`, [layer.typeOf(x), layer.typeOf(y)]);
  const made = layer.apply(effect, [x, y]);
  const type = layer.typeOf(made);
  // Two vectors give a number for each sample, with an axis of its own.
  return type.shape.length > 1 ? made : layer.apply(ops.unsqueeze(type, [1]), [made]);
};

export const merge: LayerTable = {
  Add: folded('add'),
  Maximum: folded('maximum'),
  Minimum: folded('minimum'),
  Subtract: pairwise('sub'),
  Multiply: pairwise('mul'),
  Average: average,
  Concatenate: concatenate,
  Dot: dot,
};
