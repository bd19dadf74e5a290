import { type Dim, product } from '../../../dim/index.js';
import { type Effect, fill, nothing, range } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { numel, type TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry } from '../node.js';

/** Tensors that a node makes of nothing but numbers: constants, ranges, shapes. */

const shapeRule: Entry = (n) => {
  const x = n.in(0);
  const rank = x.shape.length;
  const clampAt = (i: number): number => Math.min(Math.max(i < 0 ? i + rank : i, 0), rank);
  const dims = x.shape.slice(clampAt(n.int('start', 0)), clampAt(n.int('end', rank)));
  return nothing('shape', [{ dtype: 'int64', shape: [dims.length], value: dims }], { readBytes: 0 });
};

const constantRule: Entry = (n) => {
  const stated = n.tensor('value');
  const constant = (type: TensorType): Effect => nothing('constant', [type], { readBytes: 0 });
  if (stated !== null) return constant(stated);
  const float = n.attribute('value_float')?.f;
  const floats = n.floats('value_floats');
  const int = n.attribute('value_int')?.i;
  const ints = n.ints('value_ints');
  if (float !== undefined) return constant({ dtype: 'float32', shape: [], value: [float] });
  if (int !== undefined) return constant({ dtype: 'int64', shape: [], value: [Number(int)] });
  if (floats !== null) return constant({ dtype: 'float32', shape: [floats.length], value: [...floats] });
  if (ints !== null) return constant({ dtype: 'int64', shape: [ints.length], value: ints });
  const strings = n.attribute('value_strings')?.strings;
  return constant({ dtype: 'string', shape: strings === undefined ? [] : [strings.length] });
};

const constantOfShapeRule: Entry = (n) => {
  const shape = n.sizes(0);
  const stated = n.tensor('value');
  const element = stated === null ? 0 : stated.value?.[0];
  const count = product(shape);
  const value =
    element !== undefined && typeof count === 'number' && count <= 1024
      ? new Array<Dim>(count).fill(element)
      : undefined;
  return fill(shape, stated?.dtype ?? 'float32', value);
};

const rangeRule: Entry = (n) => {
  const [start, limit, step] = [n.value(0)?.[0], n.value(1)?.[0], n.value(2)?.[0]];
  if (start === undefined || limit === undefined || step === undefined) return fill(n.fresh(1), n.in(0).dtype);
  const { count, value } = range(start, limit, step);
  return fill([count], n.in(0).dtype, value);
};

export const constants: Dialect = byName({
  Constant: constantRule,
  ConstantOfShape: constantOfShapeRule,
  Shape: shapeRule,
  Size: (n) => nothing('size', [{ dtype: 'int64', shape: [], value: [numel(n.in(0).shape)] }], { readBytes: 0 }),
  Range: { settings: [0, 1, 2], run: rangeRule },
  EyeLike: (n) => fill(n.in(0).shape, n.dtype('dtype', n.in(0).dtype)),
});
