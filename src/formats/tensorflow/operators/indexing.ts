import { type Dim, equal } from '../../../dim/index.js';
import {
  axisOf,
  bucketize,
  type Effect,
  fill,
  nonMaxSuppression,
  nonzero,
  put,
  typedAs,
  unique,
  view,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { sliceBySize, stridedSlice } from '../../subscripts.js';
import { batchedGather, gatherNd, oneHotByInput } from '../../view-rules.js';
import type { Entry, Operator, Table } from '../operator.js';
import { copied } from './layout.js';

/** Elements chosen by their positions, found by their values, and written at positions. */

/** From `begin` on, `size` elements; how many data decide is free. */
const sliceRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const [begin, size] = [n.value(1), n.value(2)];
    const open = (axis: number): boolean => {
      const length = size?.[axis];
      return length === undefined || (begin === undefined && equal(length, -1));
    };
    if (x.shape.some((_, axis) => open(axis)))
      return view(
        'slice',
        x,
        x.shape.map((_, axis) => (open(axis) ? n.fresh(`dim${axis}`) : (size?.[axis] as Dim))),
        null,
      );
    return sliceBySize(x, begin, size ?? []);
  },
};

const stridedSliceRule: Entry = {
  run: (n) =>
    stridedSlice(
      n.in(0),
      n.value(1) ?? [],
      n.value(2) ?? [],
      n.numbers(3, 'strides'),
      {
        begin: n.int('begin_mask'),
        end: n.int('end_mask'),
        ellipsis: n.int('ellipsis_mask'),
        newAxis: n.int('new_axis_mask'),
        shrink: n.int('shrink_axis_mask'),
      },
      () => n.fresh(),
    ),
};

function gathered(n: Operator, axis: number): Effect {
  const x = n.in(0);
  return batchedGather(x, n.in(1), axisOf(axis, x.shape.length, 'Gather'), n.int('batch_dims'));
}

const gatherNdRule: Entry = { run: (n) => gatherNd(n.in(0), n.in(1)) };

const oneHot: Entry = { run: (n) => oneHotByInput(n, n.int('axis', -1), n.in(2).dtype) };

/** Boxes that are kept, at most so many; how many, data decide. */
const suppressed = (outputs: number): Entry => ({
  run: (n) => {
    const most = n.value(2)?.[0] ?? n.fresh('boxes');
    const all: TensorType[] = [
      { dtype: 'int32', shape: [most] },
      { dtype: 'float32', shape: [most] },
      { dtype: 'int32', shape: [] },
    ];
    const named = outputs === 2 ? [all[0], all[2]] : all.slice(0, outputs);
    return { ...nonMaxSuppression([]), outputs: named as TensorType[] };
  },
});

export const indexing: Table = {
  Slice: sliceRule,
  StridedSlice: stridedSliceRule,
  Gather: { run: (n) => gathered(n, 0), weights: [0] },
  ResourceGather: { run: (n) => gathered(n, 0), weights: [0] },
  GatherV2: { run: (n) => gathered(n, n.numbers(2, 'axis')[0] ?? 0), weights: [0] },
  GatherNd: gatherNdRule,
  ResourceGatherNd: gatherNdRule,
  OneHot: oneHot,
  ScatterNd: {
    run: (n) => put('scatter_nd', { dtype: n.in(1).dtype, shape: n.dims(2, 'shape') }, n.in(1), null),
  },
  TensorScatterUpdate: copied,
  TensorScatterAdd: copied,
  TensorStridedSliceUpdate: copied,
  SparseToDense: { run: (n) => fill(n.dims(1, 'shape'), n.in(2).dtype) },
  Where: { run: (n) => nonzero(n.in(0), [n.fresh(), n.in(0).shape.length]) },
  Unique: {
    run: (n) => {
      const x = n.in(0);
      const places: TensorType = { dtype: n.dtype('out_idx', 'int32'), shape: x.shape };
      return unique(x, [{ dtype: x.dtype, shape: [n.fresh()] }, places]);
    },
  },
  Bucketize: {
    run: (n) => {
      const edges: TensorType = { dtype: 'float32', shape: [n.floats('boundaries').length] };
      return typedAs(bucketize(n.in(0), edges), 'int32');
    },
  },
  NonMaxSuppression: suppressed(1),
  NonMaxSuppressionV2: suppressed(1),
  NonMaxSuppressionV3: suppressed(1),
  NonMaxSuppressionV4: suppressed(2),
  NonMaxSuppressionV5: suppressed(3),
};
