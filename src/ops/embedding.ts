import { type Dim, mul } from '../dim/index.js';
import { numel, type TensorType } from '../tensor/index.js';
import { followedBy, part, renamed, together } from './each.js';
import { binary } from './elementwise.js';
import { gather } from './slice.js';
import { type Effect, reduction } from './work.js';

/** Rows of a table by integers: what is read are the rows, not the table. */
export function embedding(weight: TensorType, indices: TensorType, bias: TensorType | null = null): Effect {
  const rows = renamed(gather(weight, indices, 0), 'embedding');
  const [out] = rows.outputs as readonly [TensorType];
  return bias === null ? rows : followedBy(rows, binary('add', { dtype: out.dtype, shape: out.shape }, bias));
}

/** Bags of rows, each weighted where there are weights, then summed, averaged or maximised. */
export function embeddingBag(
  weight: TensorType,
  indices: TensorType,
  options: { readonly bags: readonly Dim[]; readonly mode: 'sum' | 'mean' | 'max'; readonly weighted?: boolean },
): Effect {
  const { bags, mode, weighted } = options;
  const rows = gather(weight, indices, 0);
  const width = weight.shape[1] as Dim;
  const out: TensorType = { dtype: weight.dtype, shape: [...bags, width] };
  const n = mul(numel(indices.shape), width);
  const sums = reduction(weight.dtype, n, numel(out.shape), mode === 'max' ? 'cmp' : 'add');
  return together(
    'embedding_bag',
    [out],
    [
      rows,
      ...(weighted === true ? [part('mul', weight.dtype, n, { mul: 1 })] : []),
      { op: 'sum', outputs: [], work: sums },
      ...(mode === 'mean' ? [part('div', weight.dtype, numel(out.shape), { div: 1 })] : []),
    ],
    rows.readBytes === undefined ? {} : { readBytes: rows.readBytes },
  );
}
