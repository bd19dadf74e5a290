import { add, type Dim, exactdiv, isStatic, sub } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import type { Value } from '../../ledger/index.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { numel, type TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { promoted } from './dtypes.js';
import { entry, type Rule, type Table } from './table.js';
import type { Arg } from './types.js';

/** More parts than this are not made of one tensor: a damaged file may ask for any number. */
const MAX_PARTS = 65_536;

function typesOf(c: Call): TensorType[] {
  const types = c.types('tensors');
  if (types.length === 0) throw new Unsupported('it joins no tensors');
  const dtype = promoted(types.map((type) => ({ type, number: false })));
  return types.map((t) =>
    'value' in t && t.value !== undefined ? { dtype, shape: t.shape, value: t.value } : { dtype, shape: t.shape },
  );
}

const concat: Rule = (c) => {
  const types = typesOf(c);
  const effect = ops.concat(types, c.int('dim'));
  const shape = effect.outputs[0]?.shape ?? [];
  const axis = ops.axisOf(c.int('dim'), shape.length, 'cat');
  return c.make(ops.withValue(effect, ops.foldConcat(types, axis, shape)), c.values('tensors'));
};

const stack: Rule = (c) => c.make(ops.stack(typesOf(c), c.int('dim')), c.values('tensors'));

/** Vectors side by side, matrices one below the other and the like: a concatenation of what has been given axes. */
const stacked =
  (rank: number, axis: number): Rule =>
  (c) => {
    const types = typesOf(c).map((t) => atLeastRank(t, rank));
    return c.make(ops.concat(types, types[0]?.shape.length === 1 ? 0 : axis), c.values('tensors'));
  };
function atLeastRank(t: TensorType, rank: number): TensorType {
  if (t.shape.length >= rank) return t;
  const shape =
    rank === 3 && t.shape.length === 2
      ? [...t.shape, 1]
      : [...new Array<Dim>(rank - t.shape.length).fill(1), ...t.shape];
  return { dtype: t.dtype, shape };
}
const columns: Rule = (c) => {
  const types = typesOf(c).map((t) => (t.shape.length < 2 ? { dtype: t.dtype, shape: [numel(t.shape), 1] } : t));
  return c.make(ops.concat(types, 1), c.values('tensors'));
};

/** Views of an axis, one each; contents that are known are divided as well. */
function parts(c: Call, sizes: readonly Dim[], axis: number): readonly Arg[] {
  if (sizes.length > MAX_PARTS) throw new Unsupported(`it makes ${sizes.length} parts`);
  const x = c.type('self');
  const effect = ops.split(x, sizes, axis);
  let at: Dim = 0;
  const outputs = effect.outputs.map((out, i) => {
    const end = add(at, sizes[i] as Dim);
    const value = ops.foldSlice(x, [{ axis: ops.axisOf(axis, x.shape.length, 'split'), start: at, end, step: 1 }]);
    at = end;
    return value === undefined ? out : { ...out, value };
  });
  return [c.make({ ...effect, outputs }, [c.value('self')])];
}

function extentOf(c: Call, name = 'dim'): { axis: number; extent: Dim } {
  const x = c.type('self');
  const axis = c.axis(name, x.shape.length);
  return { axis, extent: x.shape[axis] as Dim };
}

/** `size`, `size`, …, and what is left. */
function equalParts(extent: Dim, size: Dim): Dim[] {
  if (typeof extent === 'number' && typeof size === 'number') {
    if (size < 1) return [extent];
    const n = Math.max(1, Math.ceil(extent / size));
    if (n > MAX_PARTS) throw new Unsupported(`it makes ${n} parts`);
    return Array.from({ length: n }, (_, i) => Math.min(size, extent - i * size));
  }
  const n = exactdiv(extent, size);
  if (typeof n === 'number' && n <= MAX_PARTS) return new Array<Dim>(n).fill(size);
  throw new Unsupported('how many parts it makes depends on symbolic sizes');
}

const split: Rule = (c) => {
  const { axis, extent } = extentOf(c);
  const size = c.arg('split_size');
  return parts(c, Array.isArray(size) ? c.dims('split_size') : equalParts(extent, c.dim('split_size')), axis);
};

/** This many parts of equal size, the last one smaller, or fewer of them where the extent does not divide. */
const chunk: Rule = (c) => {
  const { axis, extent } = extentOf(c);
  const chunks = c.int('chunks');
  const each = exactdiv(extent, chunks);
  if (each !== undefined) return parts(c, new Array<Dim>(Math.min(chunks, MAX_PARTS + 1)).fill(each), axis);
  if (!isStatic(extent)) throw new Unsupported('whether the parts are equal depends on symbolic sizes');
  return parts(c, equalParts(extent, Math.ceil(Number(extent) / chunks)), axis);
};

/** Cut at given places, or into this many parts of which the first ones are one longer. */
const tensorSplit: Rule = (c) => {
  const { axis, extent } = extentOf(c);
  const cuts = c.arg(c.has('indices') ? 'indices' : 'sections');
  if (Array.isArray(cuts)) {
    const places = [0, ...c.dims(c.has('indices') ? 'indices' : 'sections'), extent];
    return parts(
      c,
      places.slice(1).map((p, i) => sub(p, places[i] as Dim)),
      axis,
    );
  }
  const n = c.int('sections');
  if (!isStatic(extent)) {
    const each = exactdiv(extent, n);
    if (each === undefined) throw new Unsupported('whether the parts are equal depends on symbolic sizes');
    return parts(c, new Array<Dim>(Math.min(n, MAX_PARTS + 1)).fill(each), axis);
  }
  const least = Math.floor(Number(extent) / n);
  const longer = Number(extent) % n;
  return parts(
    c,
    Array.from({ length: Math.min(n, MAX_PARTS + 1) }, (_, i) => least + (i < longer ? 1 : 0)),
    axis,
  );
};

/** One view for each position of an axis, which is gone. */
const unbind: Rule = (c) => {
  const x = c.type('self');
  const { axis, extent } = extentOf(c);
  if (typeof extent !== 'number' || extent > MAX_PARTS)
    throw new Unsupported('how many parts it makes depends on symbolic sizes');
  const shape = x.shape.filter((_, i) => i !== axis);
  const outputs = Array.from({ length: extent }, (_, i): ops.OutputType => {
    const value = ops.foldSlice(x, [{ axis, start: i, end: i + 1, step: 1 }]);
    return { dtype: x.dtype, shape, view: 0, ...(value === undefined ? {} : { value }) };
  });
  return [c.make(ops.views('unbind', x, outputs, { attrs: { dim: axis } }), [c.value('self')])];
};

const meshgrid: Rule = (c) => {
  const axes = c.types('tensors');
  const extents = axes.map((a) => numel(a.shape));
  const [first, second, ...rest] = extents;
  const shape =
    c.text('indexing') === 'xy' && first !== undefined && second !== undefined ? [second, first, ...rest] : extents;
  const outputs = axes.map((a, i) => ({ dtype: a.dtype, shape, view: i }));
  return [c.make(ops.nothing('meshgrid', outputs), c.values('tensors'))];
};

const broadcastAll: Rule = (c) => {
  const types = c.types('tensors');
  const shape = ops.broadcast(
    types.map((t) => t.shape),
    'broadcast_tensors',
  );
  const outputs = types.map((t, i) => ({ dtype: t.dtype, shape, view: i }));
  return [c.make(ops.nothing('expand', outputs), c.values('tensors') as Value[])];
};

const LIST = 'tensors dim=0';

export const joins: Table = byName({
  cat: entry(LIST, concat),
  concat: entry(LIST, concat),
  concatenate: entry(LIST, concat),
  stack: entry(LIST, stack),
  hstack: entry('tensors', stacked(1, 1)),
  vstack: entry('tensors', stacked(2, 0)),
  row_stack: entry('tensors', stacked(2, 0)),
  dstack: entry('tensors', stacked(3, 2)),
  column_stack: entry('tensors', columns),
  split: entry('self split_size dim=0', split),
  split_with_sizes: entry('self split_sizes dim=0', (c) => parts(c, c.dims('split_sizes'), extentOf(c).axis)),
  split_with_sizes_copy: entry('self split_sizes dim=0', (c) => parts(c, c.dims('split_sizes'), extentOf(c).axis)),
  chunk: entry('self chunks dim=0', chunk),
  unsafe_chunk: entry('self chunks dim=0', chunk),
  unsafe_split: entry('self split_size dim=0', split),
  tensor_split: entry(['self sections:i dim=0', 'self indices:is dim=0'], tensorSplit),
  unbind: entry('self dim=0', unbind),
  meshgrid: entry('tensors indexing=ij', meshgrid),
  broadcast_tensors: entry('tensors', broadcastAll),
});
