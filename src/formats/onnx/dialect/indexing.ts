import { add, type Dim } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  type Effect,
  fill,
  foldSlice,
  gatherWithValue,
  moved,
  nothing,
  type OpName,
  put,
  show,
  slice,
  withValue,
} from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { bytesOf, type TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';

/** Elements chosen by their positions, and written at positions. */

const sliceRule: Entry = (n) => {
  const x = n.in(0);
  const rank = x.shape.length;
  const starts = n.opset < 10 ? n.ints('starts') : (n.value(1) ?? null);
  const ends = n.opset < 10 ? n.ints('ends') : (n.value(2) ?? null);
  const count = starts?.length ?? (n.opset < 10 ? 0 : lengthOf(n, 1));
  const given = n.opset < 10 ? n.ints('axes') : n.has(3) ? n.numbers(3, 'axes') : null;
  if ((given?.length ?? count) > rank)
    throw n.error(`it cuts ${given?.length ?? count} axes of a tensor of ${show(x.shape)}`);
  const axes = given ?? [...Array(count).keys()];
  const steps = n.opset >= 10 && n.has(4) ? n.numbers(4, 'steps') : axes.map(() => 1);
  if (starts === null || ends === null) {
    // Which axes are cut is known, how much is left of them is not.
    const left = n.fresh(axes.length);
    const shape = x.shape.map((d, i) => {
      const k = axes.findIndex((a) => axisOf(a, rank, 'Slice') === i);
      return k < 0 ? d : (left[k] as Dim);
    });
    return nothing('slice', [{ dtype: x.dtype, shape, view: 0 }]);
  }
  const ranges = axes.map((axis, k) => ({
    axis: axisOf(axis, rank, 'Slice'),
    start: starts[k] ?? 0,
    end: ends[k] ?? null,
    step: steps[k] ?? 1,
  }));
  return withValue(slice(x, ranges), foldSlice(x, ranges));
};

function lengthOf(n: OnnxNode, i: number): number {
  const [count] = n.in(i).shape;
  if (typeof count !== 'number') throw new Unsupported(`the number of its ${n.proto.input[i]} is not known`);
  return count;
}

const gatherRule: Entry = (n) => {
  const [table, indices] = [n.in(0), n.in(1)];
  const axis = axisOf(n.int('axis', 0), table.shape.length, 'Gather');
  return gatherWithValue(table, indices, axis);
};

/** As many elements as there are indices. */
const gatherElementsRule: Entry = (n) => gathered('gather_elements', n, { dtype: n.in(0).dtype, shape: n.in(1).shape });

const gatherNdRule: Entry = (n) => {
  const [data, indices] = [n.in(0), n.in(1)];
  const batch = n.int('batch_dims', 0);
  const depth = indices.shape.at(-1);
  if (typeof depth !== 'number') throw new Unsupported('the depth of its indices is symbolic');
  const shape = [...indices.shape.slice(0, -1), ...data.shape.slice(batch + depth)];
  return gathered('gather_nd', n, { dtype: data.dtype, shape });
};

function gathered(op: OpName, n: OnnxNode, out: TensorType): Effect {
  return moved(op, out, 'gather', { readBytes: add(bytesOf(out), bytesOf(n.in(1))) });
}

/** Writes updates into a copy; combining ones (add, mul, max) take one operation an update. */
const scatterRule =
  (op: OpName): Entry =>
  (n) => {
    const by = n.text('reduction', 'none');
    const combine = by === 'none' ? null : by === 'mul' ? 'mul' : by === 'add' ? 'add' : 'cmp';
    return put(op, n.in(0), n.in(2), combine);
  };

const oneHotRule: Entry = (n) => {
  const indices = n.in(0);
  const depth = n.value(1)?.[0] ?? (n.fresh(1)[0] as Dim);
  const axis = n.int('axis', -1);
  const at = axis < 0 ? axis + indices.shape.length + 1 : axis;
  return fill([...indices.shape.slice(0, at), depth, ...indices.shape.slice(at)], n.in(2).dtype);
};

export const indexing: Dialect = byName({
  Slice: { passes: 'first', run: sliceRule },
  Gather: gatherRule,
  GatherElements: gatherElementsRule,
  GatherND: gatherNdRule,
  Scatter: { settings: [0, 2], run: scatterRule('scatter') },
  ScatterElements: { settings: [0, 2], run: scatterRule('scatter_elements') },
  ScatterND: { settings: [0, 2], run: scatterRule('scatter_nd') },
  TensorScatter: scatterRule('tensor_scatter'),
  OneHot: { settings: [2], run: oneHotRule },
});
