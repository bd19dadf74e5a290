import { type Dim, product } from '../../../dim/index.js';
import { type Effect, fill, nothing } from '../../../ops/index.js';
import { type TensorType, tensor } from '../../../tensor/index.js';
import { broadcastArgs, rangeOfInputs } from '../../view-rules.js';
import type { Entry, Operator, Table } from '../operator.js';

/** Tensors that are made of nothing but sizes and numbers. */

const rangeRule: Entry = { run: (n) => rangeOfInputs(n, n.in(0).dtype) };

/** Zeros and the like of a shape; few of them are known. */
function filled(shape: readonly Dim[], dtype: TensorType['dtype'], value: Dim | undefined): Effect {
  const total = product(shape);
  const known = value !== undefined && typeof total === 'number' && total <= 64;
  return fill(shape, dtype, known ? new Array<Dim>(total).fill(value) : undefined);
}

/** The extents of a tensor as a tensor. */
function shapeOf(n: Operator, type: TensorType): TensorType {
  return tensor([type.shape.length], n.dtype('out_type', 'int32'), type.shape);
}

const shapeRule: Entry = {
  run: (n) => nothing('shape', [shapeOf(n, n.in(0))], { readBytes: 0 }),
};

const random: Entry = { run: (n) => fill(n.dims(0, 'shape'), n.dtype('dtype', 'float32')) };

export const constants: Table = {
  Shape: shapeRule,
  ShapeN: {
    run: (n) =>
      nothing(
        'shape',
        n.all().map((type) => shapeOf(n, type)),
        { readBytes: 0 },
      ),
  },
  Size: {
    run: (n) => nothing('size', [tensor([], n.dtype('out_type', 'int32'), [product(n.in(0).shape)])], { readBytes: 0 }),
  },
  Rank: { run: (n) => fill([], 'int32', [n.in(0).shape.length]) },
  VariableShape: shapeRule,
  Fill: { run: (n) => filled(n.dims(0, 'shape'), n.in(1).dtype, n.value(1)?.[0]) },
  ZerosLike: { run: (n) => filled(n.in(0).shape, n.in(0).dtype, 0) },
  OnesLike: { run: (n) => filled(n.in(0).shape, n.in(0).dtype, 1) },
  Empty: { run: (n) => fill(n.dims(0, 'shape'), n.dtype('dtype', 'float32')) },
  Range: rangeRule,
  LinSpace: { run: (n) => fill([n.value(2)?.[0] ?? n.fresh()], n.in(0).dtype) },
  BroadcastArgs: { run: broadcastArgs },
  RandomUniform: random,
  RandomStandardNormal: random,
  TruncatedNormal: random,
  RandomUniformInt: random,
  StatelessRandomUniform: random,
  StatelessRandomUniformV2: random,
  StatelessRandomNormalV2: random,
  StatelessRandomGetKeyCounter: {
    run: () =>
      nothing('random', [
        { dtype: 'uint64', shape: [1] },
        { dtype: 'uint64', shape: [2] },
      ]),
  },
  StatelessRandomGetAlg: { run: () => nothing('random', [{ dtype: 'int32', shape: [] }]) },
  RngReadAndSkip: { run: () => nothing('random', [{ dtype: 'int64', shape: [3] }]) },
  StatelessRandomUniformIntV2: random,
  StatelessTruncatedNormal: random,
  StatelessTruncatedNormalV2: random,
};
