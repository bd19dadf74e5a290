// Products of tensors, and attention, which is two of them.
import { equal } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/index.js';
import type { Value } from '../../../../ledger/index.js';
import * as ops from '../../../../ops/index.js';
import { numel, type TensorType } from '../../../../tensor/index.js';
import { isArray, type Json } from '../../config.js';
import type { Given, LayerRule } from '../../layer.js';
import { flag, parameter } from './arguments.js';

export const matmul: LayerRule = (layer) => {
  const [a, b] = layer.tensors;
  if (a === undefined || b === undefined) throw new Unsupported('it needs two tensors');
  const turned = (value: Value, keys: readonly string[], place: number): Value =>
    flag(layer, keys, place) ? layer.apply(ops.transpose(layer.typeOf(value), -1, -2), [value]) : value;
  const left = turned(a, ['transpose_a', 'adj_x'], 2);
  const right = turned(b, ['transpose_b', 'adj_y'], 3);
  return layer.apply(ops.matmul(layer.typeOf(left), layer.typeOf(right)), [left, right]);
};

export const tensordot: LayerRule = (layer) => {
  const [a, b] = layer.tensors;
  const axes = parameter(layer, ['axes'], 2) ?? 2;
  if (a === undefined || b === undefined) throw new Unsupported('it needs two tensors');
  const [x, y] = [layer.typeOf(a), layer.typeOf(b)];
  const pairs =
    typeof axes === 'number'
      ? Array.from({ length: axes }, (_, i) => [x.shape.length - axes + i, i] as const)
      : pairsOf(axes, x.shape.length, y.shape.length);
  const letter = (i: number): string => String.fromCharCode(97 + i);
  const left = x.shape.map((_, i) => letter(i));
  const right = y.shape.map((_, j) => {
    const pair = pairs.find(([, other]) => other === j);
    return pair === undefined ? letter(x.shape.length + j) : letter(pair[0]);
  });
  const kept = [
    ...left.filter((_, i) => !pairs.some(([own]) => own === i)),
    ...right.filter((_, j) => !pairs.some(([, other]) => other === j)),
  ];
  return layer.apply(ops.einsum(`${left.join('')},${right.join('')}->${kept.join('')}`, [x, y]), [a, b]);
};

function pairsOf(axes: Given | Json, rank: number, other: number): (readonly [number, number])[] {
  const [own = [], theirs = []] = (isArray(axes as Json) ? axes : []) as readonly (number | readonly number[])[];
  const list = (v: number | readonly number[]): readonly number[] => (typeof v === 'number' ? [v] : v);
  return list(own).map((a, i) => {
    const b = list(theirs)[i] ?? 0;
    return [a < 0 ? a + rank : a, b < 0 ? b + other : b] as const;
  });
}

export const einsum: LayerRule = (layer) => {
  const given = parameter(layer, ['subscripts', 'equation'], 0);
  if (typeof given !== 'string') throw new Unsupported('its equation is not known');
  return layer.apply(
    ops.einsum(
      given,
      layer.tensors.map((t) => layer.typeOf(t)),
    ),
    layer.tensors,
  );
};

export const attention: LayerRule = (layer) => {
  const [q, k, v] = layer.tensors;
  if (q === undefined || k === undefined || v === undefined)
    throw new Unsupported('it needs a query, a key and a value');
  // N×length×heads×depth
  const turned = ({ dtype, shape }: TensorType): TensorType => ({
    dtype,
    shape: [0, 2, 1, 3].map((i) => shape[i] ?? 1),
  });
  const [a, b, c] = [q, k, v].map((t) => turned(layer.typeOf(t))) as [TensorType, TensorType, TensorType];
  const effect = ops.attention(a, b, c, {
    causal: layer.config.flag('is_causal', false),
    grouped: !equal(a.shape[1] ?? 1, b.shape[1] ?? 1),
  });
  return layer.apply({ ...effect, outputs: effect.outputs.map(turned) }, [q, k, v]);
};

/** Sums of products over the last axis of both. */
export const inner: LayerRule = (layer) => {
  const [a, b] = layer.tensors;
  if (a === undefined || b === undefined) throw new Unsupported('it needs two tensors');
  const [x, y] = [layer.typeOf(a), layer.typeOf(b)];
  const letters = (from: number, count: number): string =>
    Array.from({ length: count }, (_, i) => String.fromCharCode(98 + from + i)).join('');
  const left = letters(0, x.shape.length - 1);
  const right = letters(left.length, y.shape.length - 1);
  return layer.apply(ops.einsum(`${left}a,${right}a->${left}${right}`, [x, y]), [a, b]);
};

/** The product of each element of one with each of the other. */
export const outer: LayerRule = (layer) => {
  const [a, b] = layer.tensors;
  if (a === undefined || b === undefined) throw new Unsupported('it needs two tensors');
  const [x, y] = [layer.typeOf(a), layer.typeOf(b)];
  const effect = ops.binary(
    'mul',
    { dtype: x.dtype, shape: [numel(x.shape), 1] },
    { dtype: y.dtype, shape: [1, numel(y.shape)] },
  );
  return layer.apply(effect, [a, b]);
};

/** Three channels weighted into one. */
export const grayscale: LayerRule = (layer) => {
  const type = layer.typeOf(layer.x);
  const axis = layer.channelsFirst ? -3 : -1;
  const sum = ops.reduce('sum', type, [axis], { keepdim: true });
  return layer.apply(ops.precededBy(sum, ops.perElement('mul', type)), [layer.x]);
};
