import { add, type Dim, equal, exactdiv, floordiv, product, sub } from '../../../dim/index.js';
import {
  axisOf,
  concatWithValue,
  copy,
  fill,
  foldPermute,
  nonMaxSuppression,
  nonzero,
  nothing,
  permute,
  put,
  range,
  reshape,
  sort,
  split,
  squeeze,
  stack,
  tile,
  typedAs,
  unsqueeze,
  view,
  withValue,
} from '../../../ops/index.js';
import { type TensorType, tensor } from '../../../tensor/index.js';
import { stridedSlice } from '../../subscripts.js';
import { batchedGather, gatherNd } from '../../view-rules.js';
import type { Operator, Rule, Table } from './operator.js';

const reshapeRule: Rule = (n) => {
  const x = n.arg('x');
  const to = n.contents('shape') ?? n.stated().shape;
  return withValue(
    reshape(
      x,
      to.map((d, i) => (equal(d, 0) ? (x.shape[i] ?? 1) : d)),
    ),
    x.value,
  );
};

const transposeRule: Rule = (n) => {
  const x = n.arg('x');
  const order = n.ints('perm') ?? x.shape.map((_, i) => x.shape.length - 1 - i);
  return withValue(permute(x, order), foldPermute(x, order));
};

const concatRule: Rule = (n) => {
  const parts = n.list('values');
  const axis = axisOf(n.int('axis', 0), parts[0]?.shape.length ?? 1, 'concat');
  return concatWithValue(parts, axis);
};

const splitRule: Rule = (n) => {
  const x = n.arg('x');
  const axis = axisOf(n.int('axis', 0), x.shape.length, 'split');
  const count = n.node.output.length;
  const extent = x.shape[axis] as Dim;
  const size = exactdiv(extent, Math.max(1, count)) ?? floordiv(extent, Math.max(1, count));
  return split(x, n.contents('split_sizes') ?? new Array<Dim>(count).fill(size), axis);
};

const bits = (flags: readonly number[] | undefined): number =>
  (flags ?? []).reduce((mask, on, i) => mask + (on === 0 ? 0 : 2 ** i), 0);

const sliceByIndex: Rule = (n) => {
  const x = n.arg('x');
  const [begin, end] = [n.contents('begin'), n.contents('end')];
  if (begin === undefined || end === undefined) return view('slice', x, n.stated().shape, null);
  const steps = n.ints('stride') ?? begin.map(() => 1);
  const masks = {
    begin: bits(n.ints('begin_mask')),
    end: bits(n.ints('end_mask')),
    ellipsis: 0,
    newAxis: 0,
    shrink: bits(n.ints('squeeze_mask')),
  };
  return stridedSlice(x, begin, end, steps, masks, () => n.fresh());
};

const sliceBySize: Rule = (n) => {
  const x = n.arg('x');
  const [begin, size] = [n.contents('begin'), n.contents('size')];
  if (size === undefined) return view('slice', x, n.stated().shape, null);
  return view(
    'slice',
    x,
    x.shape.map((d, i) => (equal(size[i] ?? -1, -1) ? sub(d, begin?.[i] ?? 0) : (size[i] as Dim))),
    null,
  );
};

const gatherRule: Rule = (n) => {
  const [x, indices] = [n.arg('x'), n.arg('indices')];
  const axis = axisOf(n.int('axis', 0), x.shape.length, 'gather');
  const batch = n.int('batch_dims', 0);
  return batchedGather(x, indices, axis, batch);
};

/** Moved into the shape that the file states: nothing is computed. */
const reshapeLikeRule: Rule = (n) => copy(n.arg('x'), 'copy', n.statedOrNull()?.shape ?? n.arg('x').shape);
const copyRule: Rule = (n) => copy(n.arg('x'));

const fillRule: Rule = (n) => {
  const value = n.ints('value');
  const shape = n.contents('shape') ?? n.stated().shape;
  const total = product(shape);
  const known = value?.length === 1 && typeof total === 'number' && total <= 64;
  return fill(
    shape,
    n.node.stated[0]?.dtype ?? 'float32',
    known ? new Array<Dim>(total).fill(value[0] as number) : undefined,
  );
};

const rangeRule: Rule = (n) => {
  const [start, end, step] = ['start', 'end', 'step'].map((name) => n.contents(name)?.[0]);
  const dtype = n.node.stated[0]?.dtype ?? 'int32';
  if (end === undefined || equal(step ?? 1, 0)) return fill(n.statedOrNull()?.shape ?? [n.fresh()], dtype);
  const made = range(start ?? 0, end, step ?? 1);
  return fill([made.count], dtype, made.value);
};

const oneHot: Rule = (n) => {
  const { shape } = n.arg('indices');
  const axis = n.int('axis', -1);
  const at = axis < 0 ? shape.length + 1 + axis : axis;
  const size = n.contents('one_hot_vector_size')?.[0] ?? n.fresh();
  return fill([...shape.slice(0, at), size, ...shape.slice(at)], n.node.stated[0]?.dtype ?? 'float32');
};

const suppressionRule: Rule = (n) => {
  const outputs = n.node.stated.map((type, i): TensorType => type ?? { dtype: i < 2 ? 'float32' : 'int32', shape: [] });
  return { ...nonMaxSuppression([]), outputs };
};

/** A state, as the file states it. */
const readStateRule: Rule = (n) => {
  const type = n.node.stated[0] ?? n.stated();
  return nothing('identity', [{ dtype: type.dtype, shape: type.shape }]);
};

const writeStateRule: Rule = (n) => {
  const value = n.optional('value') ?? n.arg('data');
  return n.node.output.length === 0 ? nothing('copy', []) : view('identity', value, value.shape, null);
};

function sizes(n: Operator, x: TensorType): Dim[] {
  const reps = n.contents('reps');
  return x.shape.map((_, i) => reps?.[i - x.shape.length + reps.length] ?? 1);
}

export const shape: Table = {
  reshape: reshapeRule,
  reshape_like: reshapeLikeRule,
  transpose: transposeRule,
  concat: concatRule,
  split: splitRule,
  stack: (n) => {
    const parts = n.list('values');
    const effect = stack(parts, n.int('axis', 0));
    const all = parts.flatMap((p) => p.value ?? []);
    return withValue(effect, parts.every((p) => p.shape.length === 0) && all.length === parts.length ? all : undefined);
  },
  expand_dims: (n) => withValue(unsqueeze(n.arg('x'), n.ints('axes') ?? []), n.contents('x')),
  squeeze: (n) => withValue(squeeze(n.arg('x'), n.ints('axes') ?? null), n.contents('x')),
  flatten2d: (n) => {
    const x = n.arg('x');
    const axis = n.int('axis', 1);
    const at = axis < 0 ? x.shape.length + axis : axis;
    return view('flatten', x, [product(x.shape.slice(0, at)), product(x.shape.slice(at))]);
  },
  tile: (n) =>
    n.contents('reps') === undefined
      ? copy(n.arg('x'), 'tile', n.stated().shape)
      : tile(n.arg('x'), sizes(n, n.arg('x'))),
  slice_by_index: sliceByIndex,
  slice_by_size: sliceBySize,
  slice_update: copyRule,
  sliding_windows: (n) => {
    const x = n.arg('x');
    const axis = axisOf(n.int('axis', 0), x.shape.length, 'sliding_windows');
    const size = n.int('size', 1);
    const count = add(floordiv(sub(x.shape[axis] as Dim, size), n.int('stride', 1)), 1);
    return copy(x, 'copy', [...x.shape.slice(0, axis), count, size, ...x.shape.slice(axis + 1)]);
  },
  reverse: copyRule,
  reverse_sequence: copyRule,
  band_part: copyRule,
  identity: (n) => view('identity', n.arg('x'), n.arg('x').shape),
  shape: (n) => nothing('shape', [tensor([n.arg('x').shape.length], 'int32', n.arg('x').shape)], { readBytes: 0 }),
  gather: gatherRule,
  gather_along_axis: (n) => copy(n.arg('x'), 'gather', n.arg('indices').shape),
  gather_nd: (n) => gatherNd(n.arg('x'), n.arg('indices'), n.int('batch_dims', 0)),
  scatter: (n) => put('scatter_nd', n.arg('data'), n.arg('updates'), n.text('mode', 'add') === 'update' ? null : 'add'),
  scatter_along_axis: (n) =>
    put('scatter_nd', n.arg('data'), n.arg('updates'), n.text('mode', 'add') === 'update' ? null : 'add'),
  scatter_nd: (n) =>
    put('scatter_nd', n.arg('data'), n.arg('updates'), n.text('mode', 'add') === 'update' ? null : 'add'),
  fill: fillRule,
  fill_like: (n) => fill(n.arg('ref_tensor').shape, n.node.stated[0]?.dtype ?? 'float32'),
  range_1d: rangeRule,
  one_hot: oneHot,
  non_zero: (n) => typedAs(nonzero(n.arg('x'), [n.fresh(), n.arg('x').shape.length]), 'int32'),
  argsort: (n) => sort(n.arg('x'), n.int('axis', -1), [{ dtype: 'int32', shape: n.arg('x').shape }]),
  non_maximum_suppression: suppressionRule,
  random_normal: fillRule,
  random_uniform: fillRule,
  random_bernoulli: fillRule,
  read_state: readStateRule,
  write_state: writeStateRule,
  coreml_update_state: writeStateRule,
  classify: (n) =>
    nothing(
      'copy',
      n.node.stated.map((type): TensorType => type ?? { dtype: 'string', shape: [] }),
    ),
};
