import {
  axisOf,
  bucketize,
  embedding,
  fill,
  gather,
  nonMaxSuppression,
  nonzero,
  put,
  typedAs,
  unique,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { sliceBySize, stridedSlice } from '../../subscripts.js';
import { batchedGather, gatherNd, oneHotByInput } from '../../view-rules.js';
import type { Entry, Table } from '../operator.js';
import { identityRule } from './layout.js';

/** Elements chosen by their positions, found by their values, and written at positions. */

const sliceRule: Entry = { run: (n) => sliceBySize(n.in(0), n.dims(1, 'begin'), n.dims(2, 'size')) };

/** Python's subscripts. */
const stridedSliceRule: Entry = {
  run: (n) =>
    stridedSlice(n.in(0), n.dims(1, 'begin'), n.dims(2, 'end'), n.numbers(3, 'strides'), {
      begin: n.i32(0),
      end: n.i32(1),
      ellipsis: n.i32(2),
      newAxis: n.i32(3),
      shrink: n.i32(4),
      offset: n.bool(5),
    }),
};

const gatherRule: Entry = {
  run: (n) => {
    const [x, indices] = [n.in(0), n.in(1)];
    return batchedGather(x, indices, axisOf(n.i32(0), x.shape.length, 'GATHER'), n.i32(1));
  },
};

const gatherNdRule: Entry = { run: (n) => gatherNd(n.in(0), n.in(1)) };

const oneHotRule: Entry = { run: (n) => oneHotByInput(n, n.i32(0, -1), n.in(2).dtype) };

/** Outputs as the file states them: what is found among boxes or places, and the search is left out. */
const foundAmong = (leavesOut: string): Entry => ({
  run: (n) => {
    const outputs = n.node.output.map((name, i): TensorType => {
      const stated = n.stated(i);
      const shape = stated?.shape ?? [];
      return { dtype: stated?.dtype ?? 'float32', shape: name === '' ? [] : shape };
    });
    return { ...nonMaxSuppression([]), outputs, leavesOut };
  },
});
const found = foundAmong('the compares and overlaps of boxes, whose number depends on the data');

export const indexing: Table = {
  NON_MAX_SUPPRESSION_V4: found,
  NON_MAX_SUPPRESSION_V5: found,
  TFLite_Detection_PostProcess: found,
  PosenetDecoderOp: foundAmong('the search for poses, whose length depends on the data'),
  BUCKETIZE: {
    run: (n) => typedAs(bucketize(n.in(0), { dtype: 'float32', shape: [n.ints(0).length] }), 'int32'),
  },
  SLICE: sliceRule,
  STRIDED_SLICE: stridedSliceRule,
  GATHER: gatherRule,
  GATHER_ND: gatherNdRule,
  EMBEDDING_LOOKUP: { run: (n) => embedding(n.in(1), n.in(0)), weights: [1] },
  ONE_HOT: oneHotRule,
  SCATTER_ND: {
    run: (n) => put('scatter_nd', { dtype: n.in(1).dtype, shape: n.dims(2, 'shape') }, n.in(1), null),
  },
  DYNAMIC_UPDATE_SLICE: identityRule,
  SPARSE_TO_DENSE: { run: (n) => fill(n.dims(1, 'shape'), n.in(2).dtype) },
  WHERE: {
    run: (n) => nonzero(n.in(0), [n.fresh(), n.in(0).shape.length]),
  },
  UNIQUE: {
    run: (n) => {
      const x = n.in(0);
      const places: TensorType = { dtype: n.dtype('int32', 1), shape: x.shape };
      return unique(x, [{ dtype: x.dtype, shape: [n.fresh()] }, places]);
    },
  },
  HASHTABLE_LOOKUP: {
    run: (n) => gather(n.in(2), n.in(0), 0),
  },
};
