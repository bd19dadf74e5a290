import type { Dim } from '../../../dim/index.js';
import { copy, type Effect, fill, gather, nothing, type PoolOptions, pool, put, together } from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Entry, Operator, Table } from '../operator.js';

/** Variables, tables, and what is summed by groups. */

/** Rows that have the same number in input 1 are one row of the result. */
const segmentRule = (by: 'add' | 'mul' | 'cmp'): Entry => ({
  run: (n) => {
    const x = n.in(0);
    const groups = n.has(2) ? n.value(2)?.[0] : undefined;
    const rows = groups ?? (n.has(2) ? n.fresh('segments') : (n.stated()?.shape[0] ?? n.fresh('segments')));
    const rank = n.in(1).shape.length;
    return put('scatter_nd', { dtype: x.dtype, shape: [rows, ...x.shape.slice(rank)] }, x, by);
  },
});

/** Each query is a weighted sum of the rows that its positions name. */
const sparseLookup: Entry = {
  weights: [3],
  run: (n) => {
    const [ids, table] = [n.in(0), n.in(3)];
    const found = gather(table, ids, 0);
    const rows: TensorType = { dtype: table.dtype, shape: [ids.shape[0] as Dim, ...table.shape.slice(1)] };
    const weighted = put('scatter_nd', n.out(), rows, 'add');
    const scaled = put('scatter_nd', n.out(), rows, 'mul');
    return together('embedding', [n.out()], [found, { ...scaled, outputs: [] }, weighted]);
  },
};

/** A function over windows of all axes: window, strides and dilations come as inputs. */
const reduceWindow: Entry = {
  run: (n) => {
    const x = n.in(0);
    const [kernel, stride, dilation] = [2, 3, 4].map((i) => n.numbers(i, 'window')) as [number[], number[], number[]];
    return windowsOf(x, { kernel, stride, dilation, padding: kernel.map(() => [0, 0]) });
  },
};

/** A function of two numbers over windows of all axes of a tensor: as a maximum, one operation less than the window has. */
export function windowsOf(
  x: TensorType,
  options: Required<Pick<PoolOptions, 'stride' | 'dilation'>> & {
    readonly kernel: readonly number[];
    readonly padding: readonly (readonly [number, number])[];
  },
): Effect {
  const effect = pool('max', { dtype: x.dtype, shape: [1, 1, ...x.shape] }, options.kernel.length, options);
  return { ...effect, outputs: effect.outputs.map((o) => ({ ...o, shape: o.shape.slice(2) })) };
}

/** Zeros between the elements: of an axis of d with a step of s, (d − 1)·s + 1. */
function dilated(n: Operator): Effect {
  const steps = n.numbers(1, 'dilations');
  const x = n.in(0);
  return copy(
    x,
    'pad',
    x.shape.map((d, i) =>
      steps[i] === 1 ? d : typeof d === 'number' ? (d - 1) * (steps[i] ?? 1) + 1 : n.fresh('extent'),
    ),
  );
}

const hash: Entry = { run: (n) => fill(n.out().shape, n.out().dtype) };

/** The state of a variable that changes from run to run. */
const readVariable: Entry = { run: (n) => nothing('identity', [n.out()]) };

export const state: Table = {
  // A state that changes: what it holds is what the file states of it.
  READ_VARIABLE: readVariable,
  FlexReadVariableOp: readVariable,
  HASHTABLE_FIND: { run: (n) => copy(n.in(1), 'gather', n.in(1).shape) },
  HASHTABLE_SIZE: { run: () => fill([1], 'int64') },
  SEGMENT_SUM: segmentRule('add'),
  UNSORTED_SEGMENT_SUM: segmentRule('add'),
  UNSORTED_SEGMENT_PROD: segmentRule('mul'),
  UNSORTED_SEGMENT_MAX: segmentRule('cmp'),
  UNSORTED_SEGMENT_MIN: segmentRule('cmp'),
  EMBEDDING_LOOKUP_SPARSE: sparseLookup,
  REDUCE_WINDOW: reduceWindow,
  DILATE: { run: dilated },
  // Integers and texts: no floating-point work.
  LSH_PROJECTION: hash,
  SKIP_GRAM: hash,
  CONCAT_EMBEDDINGS: { run: (n) => copy(n.in(0), 'concat', n.out().shape) },
  MULTINOMIAL: {
    run: (n) => {
      const out = { dtype: n.dtype('int64'), shape: [n.in(0).shape[0] as Dim, n.value(1)?.[0] ?? n.fresh('samples')] };
      return nothing('multinomial', [out], { leavesOut: 'what it takes to draw a sample' });
    },
  },
};
