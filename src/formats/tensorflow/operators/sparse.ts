import { mul, product } from '../../../dim/index.js';
import { nothing } from '../../../ops/index.js';
import { type DType, tensor } from '../../../tensor/index.js';
import type { Entry, Table } from '../operator.js';

/** Hashes of texts and of sparse columns: whole numbers and texts alone, so nothing of it is floating-point arithmetic. */

/**
 * Crosses the values that columns have in a row, each with each: indices, values and shape of a sparse tensor. Of dense
 * columns every row has the same number of them; of sparse ones data decide.
 */
const cross = (values: (stated: DType) => DType): Entry => ({
  run: (n) => {
    const sparseColumns = n.int('N');
    const dense = n.all().slice(3 * sparseColumns);
    const rows = dense[0]?.shape[0] ?? n.value(2 * sparseColumns)?.[0] ?? n.fresh('rows');
    const crossed = sparseColumns > 0 ? n.fresh('crossed') : product(dense.map((type) => type.shape[1] ?? 1));
    const count = sparseColumns > 0 ? n.fresh('values') : mul(rows, crossed);
    return nothing('hash', [
      { dtype: 'int64', shape: [count, 2] },
      { dtype: values(n.dtype('out_type', 'int64')), shape: [count] },
      tensor([2], 'int64', [rows, crossed]),
    ]);
  },
});

/** A number for each text. */
const hashed: Entry = { run: (n) => nothing('hash', [{ dtype: 'int64', shape: n.in(0).shape }]) };

export const sparse: Table = {
  SparseCross: cross((stated) => stated),
  SparseCrossV2: cross(() => 'string'),
  SparseCrossHashed: cross(() => 'int64'),
  StringToHashBucket: hashed,
  StringToHashBucketFast: hashed,
  StringToHashBucketStrong: hashed,
};
