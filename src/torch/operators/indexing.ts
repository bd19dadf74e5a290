import { add, type Dim, sub } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import type { Value } from '../../ledger/index.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { bytesOf, numel, type TensorType } from '../../tensor/index.js';
import { type Call, typeOf } from './call.js';
import { entry, type Rule, type Table } from './table.js';
import { type Arg, isValue } from './types.js';

const slice: Rule = (c) => {
  const x = c.type('self');
  const axis = c.axis('dim', x.shape.length);
  const range = {
    axis,
    start: c.has('start') ? c.dim('start') : null,
    end: c.has('end') ? c.dim('end') : null,
    step: c.int('step'),
  };
  return c.make(ops.withValue(ops.slice(x, [range]), ops.foldSlice(x, [range])), [c.value('self')]);
};

const narrow: Rule = (c) => {
  const x = c.type('self');
  const axis = c.axis('dim', x.shape.length);
  const length = c.dim('length');
  const shape = x.shape.map((d, i) => (i === axis ? length : d));
  const start = isValue(c.arg('start')) ? null : c.dim('start');
  const value =
    typeof start === 'number' && start >= 0
      ? ops.foldSlice(x, [{ axis, start, end: add(start, length), step: 1 }])
      : undefined;
  return c.make(ops.withValue(ops.view('slice', x, shape, null), value), [c.value('self')]);
};

/** One position of an axis, which is gone. */
const select: Rule = (c) => {
  const x = c.type('self');
  const axis = c.axis('dim', x.shape.length);
  const at = c.arg('index');
  const start = isValue(at) ? null : c.dim('index');
  const effect = ops.select(x, axis);
  const value =
    typeof start !== 'number'
      ? undefined
      : ops.foldSlice(x, [{ axis, start, end: start === -1 ? null : start + 1, step: 1 }]);
  return c.make(ops.withValue(effect, value), [c.value('self'), ...(isValue(at) ? [at] : [])]);
};

const indexSelect: Rule = (c) => {
  const [x, index] = [c.type('self'), c.type('index')];
  const axis = x.shape.length === 0 ? 0 : c.axis('dim', x.shape.length);
  const flat: TensorType = index.shape.length === 0 ? { ...index, shape: [1] } : index;
  const effect = ops.gather(x, flat, axis);
  return c.make(ops.withValue(effect, ops.foldGather(x, flat, axis, effect.outputs[0]?.shape ?? [])), [
    c.value('self'),
    c.value('index'),
  ]);
};

/** Rows of a table by integers: what is read are the rows, not the table. */
const embedding: Rule = (c) => {
  const [weight, indices] = [c.type('weight'), c.type('indices')];
  return c.make(ops.embedding(weight, indices), [c.value('weight'), c.value('indices')]);
};

/** Bags of rows, each summed, averaged or maximised; more results are what a backward pass needs. */
const embeddingBag =
  (extra: boolean): Rule =>
  (c) => {
    const [weight, indices] = [c.type('weight'), c.type('indices')];
    const offsets = c.optionalType('offsets');
    const last = c.bool('include_last_offset') ? 1 : 0;
    const bags = offsets === null ? (indices.shape[0] as Dim) : sub(offsets.shape[0] as Dim, last);
    const mode = (['sum', 'mean', 'max'] as const)[c.int('mode')] ?? 'sum';
    const weighted = c.has('per_sample_weights');
    const effect = ops.embeddingBag(weight, indices, { bags: [bags], mode, weighted });
    const saved = (n: Dim): TensorType => ({ dtype: 'int64', shape: [n] });
    const more = extra ? [saved(numel(indices.shape)), saved(bags), saved(bags)] : [];
    return c.make({ ...effect, outputs: [...effect.outputs, ...more] }, [c.value('weight'), c.value('indices')]);
  };

/** Elements of one axis at places given for every output: the shape is that of the places. */
const gather: Rule = (c) => {
  const [x, index] = [c.type('self'), c.type('index')];
  const out: TensorType = { dtype: x.dtype, shape: index.shape };
  return c.make(ops.moved('gather_elements', out, 'gather', { readBytes: bytesOf(out) }), [
    c.value('self'),
    c.value('index'),
  ]);
};

/** `x[i, :, mask]`: tensors in some places, None if an axis is kept. */
const index: Rule = (c) => {
  const x = c.type('self');
  const { shape, values } = indexed(c, x, c.arg('indices'));
  const out: TensorType = { dtype: x.dtype, shape };
  const effect = ops.moved('gather', out, 'gather', { readBytes: bytesOf(out) });
  return c.make(ops.withValue(effect, foldIndex(x, values, shape)), [c.value('self'), ...values.map((v) => v.value)]);
};

interface Indexer {
  readonly value: Value;
  readonly type: TensorType;
  readonly axis: number;
}

/**
 * NumPy's advanced indexing: index tensors are broadcast; their axes go where the first of them stood, or to the front
 * where kept axes are between them. A mask stands for the vectors of its true positions, of which nobody knows how many.
 */
function indexed(c: Call, x: TensorType, arg: Arg): { shape: readonly Dim[]; values: readonly Indexer[] } {
  const items = Array.isArray(arg) ? (arg as readonly Arg[]) : [arg];
  const shapes: (readonly Dim[])[] = [];
  const values: Indexer[] = [];
  const places: number[] = [];
  const kept: { axis: number; extent: Dim }[] = [];
  let axis = 0;
  let trues: Dim | null = null;
  for (const item of items) {
    if (item === null) {
      kept.push({ axis, extent: x.shape[axis] ?? 1 });
      axis++;
      continue;
    }
    if (!isValue(item)) throw new Unsupported('an index is not a tensor');
    const type = typeOf(item);
    if (type === null) throw new Unsupported('the shape of an index is not known');
    places.push(axis);
    values.push({ value: item, type, axis });
    if (type.dtype === 'bool' || type.dtype === 'uint8') {
      trues ??= trueCount(type) ?? c.fresh(0, axis);
      shapes.push([trues]);
      axis += Math.max(1, type.shape.length);
    } else {
      shapes.push(type.shape);
      axis++;
    }
  }
  if (axis > x.shape.length) throw new Unsupported(`it indexes ${axis} axes of ${x.shape.length}`);
  for (; axis < x.shape.length; axis++) kept.push({ axis, extent: x.shape[axis] as Dim });
  const joint = ops.broadcast(shapes, 'index');
  const [first = 0] = places;
  const last = places.at(-1) ?? 0;
  const apart = kept.some((k) => k.axis > first && k.axis < last);
  const front = apart ? 0 : kept.filter((k) => k.axis < first).length;
  const rest = kept.map((k) => k.extent);
  return { shape: [...rest.slice(0, front), ...joint, ...rest.slice(front)], values };
}

function trueCount(mask: TensorType): number | null {
  const value = 'value' in mask ? mask.value : undefined;
  return value?.every((v) => typeof v === 'number') ? value.filter((v) => v !== 0).length : null;
}

function foldIndex(x: TensorType, values: readonly Indexer[], shape: readonly Dim[]) {
  const [only] = values;
  return values.length === 1 && only !== undefined && only.type.dtype !== 'bool'
    ? ops.foldGather(x, only.type, only.axis, shape)
    : undefined;
}

/** Values put at places: the tensor is copied unless it is written in place; accumulating adds. */
const put =
  (adds: (c: Call) => boolean, values: string, ...more: readonly string[]): Rule =>
  (c) => {
    const x = c.type('self');
    const from = c.optionalType(values);
    return c.make(ops.put(ops.opNamed(c.name), x, from, adds(c) ? 'add' : null), [
      c.value('self'),
      ...more.flatMap((name) => [...c.values(name)]),
      ...(c.optional(values) === null ? [] : [c.value(values)]),
    ]);
  };
const yes = (): boolean => true;
const no = (): boolean => false;

const reduceBy = (c: Call): boolean => c.text('reduce') !== '';

const nonzero: Rule = (c) => {
  const x = c.type('self');
  const shape = [c.fresh(0, 0), x.shape.length];
  return c.make(ops.perElement('nonzero', x, { outputs: [{ dtype: 'int64', shape }] }), [c.value('self')]);
};

const maskedSelect: Rule = (c) => {
  const x = c.type('self');
  const out: TensorType = { dtype: x.dtype, shape: [c.fresh(0, 0)] };
  return c.make(ops.moved('masked_select', out, 'gather'), [c.value('self'), c.value('mask')]);
};

const take: Rule = (c) => {
  const out: TensorType = { dtype: c.type('self').dtype, shape: c.type('index').shape };
  return c.make(ops.moved('gather', out, 'gather', { readBytes: bytesOf(out) }), [c.value('self'), c.value('index')]);
};

/** A class number as a row of zeros with a one. */
const oneHot: Rule = (c) => {
  const x = c.type('self');
  const classes = c.int('num_classes');
  const shape = [...x.shape, classes < 0 ? c.fresh(0, x.shape.length) : classes];
  return c.make(ops.copy({ dtype: 'int64', shape }, 'one_hot'), [c.value('self')]);
};

/** Places of values in sorted ones: a binary search each. */
const search: Rule = (c) => {
  const edges = c.type(c.has('boundaries') ? 'boundaries' : 'sorted_sequence');
  const x = c.operand('self');
  return c.make(ops.bucketize(x.type, edges), [
    c.value(c.has('boundaries') ? 'boundaries' : 'sorted_sequence'),
    x.value,
  ]);
};

const BAG =
  'weight indices offsets scale_grad_by_freq=False mode=0 sparse=False per_sample_weights=None include_last_offset=False';

export const indexing: Table = byName({
  slice: entry('self dim=0 start=None end=None step=1', slice),
  slice_copy: entry('self dim=0 start=None end=None step=1', slice),
  narrow: entry('self dim start length', narrow),
  narrow_copy: entry('self dim start length', narrow),
  select: entry('self dim index', select),
  select_copy: entry('self dim index', select),
  index_select: entry('self dim index', indexSelect),
  embedding: entry('weight indices padding_idx=-1 scale_grad_by_freq=False sparse=False', embedding),
  embedding_bag: entry([BAG, `${BAG} padding_idx=None`], embeddingBag(true)),
  _embedding_bag: entry(`${BAG} padding_idx=-1`, embeddingBag(true)),
  _embedding_bag_forward_only: entry(`${BAG} padding_idx=-1`, embeddingBag(true)),
  gather: entry('self dim index sparse_grad=False', gather),
  take_along_dim: entry('self indices dim=None', (c) => {
    const [x, at] = [c.type('self'), c.type('indices')];
    const shape = c.has('dim')
      ? ops.broadcast(
          [x.shape.map((d, i) => (i === c.axis('dim', x.shape.length) ? 1 : d)), at.shape],
          'take_along_dim',
        )
      : at.shape;
    const out: TensorType = { dtype: x.dtype, shape };
    return c.make(ops.moved('gather_elements', out, 'gather', { readBytes: bytesOf(out) }), [
      c.value('self'),
      c.value('indices'),
    ]);
  }),
  take: entry('self index', take),
  index: entry('self indices', index),
  _unsafe_index: entry('self indices', index),
  index_put: entry(
    'self indices values accumulate=False unsafe=False',
    put((c) => c.bool('accumulate'), 'values', 'indices'),
  ),
  _index_put_impl: entry(
    'self indices values accumulate=False unsafe=False',
    put((c) => c.bool('accumulate'), 'values', 'indices'),
  ),
  _unsafe_index_put: entry(
    'self indices values accumulate=False',
    put((c) => c.bool('accumulate'), 'values', 'indices'),
  ),
  index_copy: entry('self dim index source', put(no, 'source', 'index')),
  index_add: entry('self dim index source alpha=1', put(yes, 'source', 'index')),
  index_fill: entry('self dim index value', put(no, 'value', 'index')),
  index_reduce: entry('self dim index source reduce include_self=True', put(yes, 'source', 'index')),
  scatter: entry(
    ['self dim index src:T', 'self dim index value', 'self dim index src:T reduce', 'self dim index value reduce'],
    put(reduceBy, 'src', 'index'),
  ),
  scatter_add: entry('self dim index src', put(yes, 'src', 'index')),
  scatter_reduce: entry('self dim index src reduce include_self=True', put(yes, 'src', 'index')),
  masked_scatter: entry('self mask source', put(no, 'source', 'mask')),
  slice_scatter: entry('self src dim=0 start=None end=None step=1', put(no, 'src')),
  select_scatter: entry('self src dim index', put(no, 'src')),
  diagonal_scatter: entry('self src offset=0 dim1=0 dim2=1', put(no, 'src')),
  as_strided_scatter: entry('self src size stride storage_offset=None', put(no, 'src')),
  put: entry(
    'self index source accumulate=False',
    put((c) => c.bool('accumulate'), 'source', 'index'),
  ),
  fill_diagonal: entry('self fill_value wrap=False', put(no, 'fill_value')),
  nonzero: entry('self', nonzero),
  argwhere: entry('self', nonzero),
  masked_select: entry('self mask', maskedSelect),
  one_hot: entry('self num_classes=-1', oneHot),
  bucketize: entry('self boundaries out_int32=False right=False', search),
  searchsorted: entry('sorted_sequence self out_int32=False right=False side=None sorter=None', search),
});
