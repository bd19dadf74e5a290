import { type Dim, product } from '../../../dim/index.js';
import { fill, nothing, range } from '../../../ops/index.js';
import { tensor } from '../../../tensor/index.js';
import { broadcastArgs } from '../../view-rules.js';
import type { Entry, Table } from '../operator.js';

/** Tensors that are made of nothing but sizes and numbers. */

const rangeRule: Entry = {
  run: (n) => {
    const [start, limit, step] = [0, 1, 2].map((i) => n.value(i)?.[0]);
    const { dtype } = n.in(0);
    if (start === undefined || limit === undefined || step === undefined) return fill([n.fresh()], dtype);
    const made = range(start, limit, step);
    return fill([made.count], dtype, made.value);
  },
};

export const constants: Table = {
  RANDOM_UNIFORM: { run: (n) => fill(n.dims(0, 'shape'), 'float32') },
  RANDOM_STANDARD_NORMAL: { run: (n) => fill(n.dims(0, 'shape'), 'float32') },
  SHAPE: {
    run: (n) => nothing('shape', [tensor([n.in(0).shape.length], n.dtype('int32'), n.in(0).shape)], { readBytes: 0 }),
  },
  RANK: { run: (n) => fill([], 'int32', [n.in(0).shape.length]) },
  FILL: {
    run: (n) => {
      const shape = n.dims(0, 'shape');
      const value = n.value(1)?.[0];
      const total = product(shape);
      const known = value !== undefined && typeof total === 'number' && total <= 64;
      return fill(shape, n.in(1).dtype, known ? new Array<Dim>(total).fill(value) : undefined);
    },
  },
  ZEROS_LIKE: { run: (n) => fill(n.in(0).shape, n.in(0).dtype) },
  RANGE: rangeRule,
  BROADCAST_ARGS: { run: broadcastArgs },
};
