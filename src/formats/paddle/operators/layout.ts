import { add, type Dim, equal, floordiv, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  concat,
  copy,
  embedding,
  equalParts,
  expand,
  fill,
  foldConcat,
  foldSlice,
  gather,
  gatherWithValue,
  identity,
  nonMaxSuppression,
  nothing,
  pad,
  permute,
  range,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  tile,
  typedAs,
  unsqueeze,
  withValue,
} from '../../../ops/index.js';
import { numel, type TensorType, tensor } from '../../../tensor/index.js';
import { all, contents, dims, dtype, input, numbers, type PaddleCall, placesOf, type Table, X } from './table.js';

/** Shapes written anew, tensors joined and taken apart, elements chosen, tensors made of sizes. */

const reshapeRule: Table[string] = (n) => {
  const x = X(n);
  const wanted = dims(n, ['ShapeTensor', 'Shape'], 1, 'shape');
  if (wanted.length === 0 && n.attrs.slots.has('#1')) throw new Unsupported('its new shape is not known', 1);
  return reshape(
    x,
    wanted.map((d, i): Dim => (d === 0 ? (x.shape[i] ?? 1) : d)),
  );
};

const flattenRule: Table[string] = (n) => {
  const x = X(n);
  const rank = x.shape.length;
  const at = (axis: number): number => (axis < 0 ? axis + rank : axis);
  const [start, stop] = [at(n.attrs.number('start_axis', 1)), at(n.attrs.number('stop_axis', -1))];
  return reshape(x, [...x.shape.slice(0, start), numel(x.shape.slice(start, stop + 1)), ...x.shape.slice(stop + 1)]);
};

const concatRule: Table[string] = (n) => {
  const parts = all(n, 'X', 0);
  const [axis = 0] = numbers(n, ['AxisTensor'], 1, 'axis');
  const effect = concat(parts, axis);
  return withValue(
    effect,
    foldConcat(parts, axisOf(axis, parts[0]?.shape.length ?? 1, 'concat'), effect.outputs[0]?.shape ?? []),
  );
};

const splitRule: Table[string] = (n) => {
  const x = X(n);
  const inPir = n.attrs.slots.has('#0');
  const [axis = 0] = numbers(n, ['AxisTensor'], n.node.opType === 'split_with_num' ? 1 : 2, 'axis');
  const dim = axisOf(axis, x.shape.length, 'split');
  const sections = inPir && n.node.opType === 'split_with_num' ? [] : dims(n, ['SectionsTensorList'], 1, 'sections');
  const count = Math.max(1, n.attrs.number('num', n.node.output.length) || n.node.output.length);
  if (sections.length === 0) {
    const size = floordiv(x.shape[dim] as Dim, count);
    return split(x, equalParts(count, size, 'split'), dim);
  }
  const known = sections.filter((s) => !equal(s, -1)).reduce((a, b) => add(a, b), 0);
  return split(
    x,
    sections.map((s) => (equal(s, -1) ? sub(x.shape[dim] as Dim, known) : s)),
    dim,
  );
};

/** Starts and ends of some axes; ends beyond an axis are its end. Axes of one element may be left out. */
const sliceRule: Table[string] = (n) => {
  const x = input(n, 'Input', 0);
  const axes = n.attrs.numbers('axes').map((axis) => axisOf(axis, x.shape.length, 'slice'));
  const starts = dims(n, ['StartsTensor', 'StartsTensorList'], 1, 'starts');
  const ends = dims(n, ['EndsTensor', 'EndsTensorList'], 2, 'ends');
  const steps =
    n.attrs.has('strides') || n.node.opType === 'strided_slice' ? numbers(n, ['StridesTensor'], 3, 'strides') : [];
  const ranges = axes.map((axis, i) => ({
    axis,
    start: starts[i] ?? 0,
    end: ends[i] ?? (x.shape[axis] as Dim),
    step: steps[i] ?? 1,
  }));
  const effect = withValue(slice(x, ranges), foldSlice(x, ranges));
  const gone = n.attrs.numbers('decrease_axis');
  if (gone.length === 0) return effect;
  const outputs = effect.outputs.map((out) => ({
    ...out,
    shape: out.shape.filter((_, i) => !gone.includes(i)),
  }));
  return { ...effect, outputs };
};

const squeezeRule: Table[string] = (n) => {
  const x = X(n);
  const axes = numbers(n, ['AxesTensor'], 1, n.attrs.has('axes') ? 'axes' : 'axis');
  const ones = axes
    .map((axis) => axisOf(axis, x.shape.length, 'squeeze'))
    .filter((axis) => equal(x.shape[axis] as Dim, 1));
  return squeeze(x, axes.length === 0 ? null : ones);
};

const padRule: Table[string] = (n) => {
  const x = X(n);
  const amounts = dims(n, ['Paddings'], 1, 'paddings');
  const { opType } = n.node;
  if (opType === 'pad')
    return pad(
      x,
      x.shape.map((_, i) => [amounts[2 * i] ?? 0, amounts[2 * i + 1] ?? 0] as const),
      'constant',
    );
  // Of the innermost axis first for three axes, rows first for two.
  const spatial = x.shape.length - 2;
  const pairs = Array.from({ length: spatial }, (_, i): readonly [Dim, Dim] => [
    amounts[2 * i] ?? 0,
    amounts[2 * i + 1] ?? 0,
  ]);
  const inner = opType === 'pad3d' ? pairs.reverse() : pairs;
  const last = /C$/.test(n.attrs.text('data_format'));
  const none: readonly [Dim, Dim] = [0, 0];
  return pad(x, last ? [none, ...inner, none] : [none, none, ...inner], n.attrs.text('mode', 'constant'));
};

const shapeOf: Table[string] = (n) => {
  const x = input(n, 'Input', 0);
  return nothing('shape', [tensor([x.shape.length], n.node.opType === 'shape64' ? 'int64' : 'int32', x.shape)], {
    readBytes: 0,
  });
};

const full: Table[string] = (n) => {
  const shape = dims(n, ['ShapeTensor', 'ShapeTensorList'], 0, 'shape');
  const type = dtype(n, ['dtype'], 'float32');
  const value = n.attrs.number('value', n.attrs.number('str_value', Number.NaN));
  const count = numel(shape);
  const known =
    Number.isFinite(value) && typeof count === 'number' && count <= 64 ? new Array<Dim>(count).fill(value) : undefined;
  return fill(shape, type, known);
};

/** As many rows as another tensor has. */
const fullLike: Table[string] = (n) => {
  const x = input(n, 'Input', 0);
  const [from, to] = [n.attrs.number('input_dim_idx', 0), n.attrs.number('output_dim_idx', 0)];
  const shape = n.attrs.numbers('shape').map((d, i): Dim => (i === to ? (x.shape[from] ?? d) : d));
  return fill(shape, dtype(n, ['dtype'], 'float32'));
};

const gatherRule: Table[string] = (n) => {
  const [x, index] = [X(n), input(n, 'Index', 1)];
  const [axis = 0] = numbers(n, ['Axis'], 2, 'axis');
  const at = axisOf(axis, x.shape.length, 'gather');
  return gatherWithValue(x, index, at);
};

const gatherNd: Table[string] = (n) => {
  const [x, index] = [X(n), input(n, 'Index', 1)];
  const depth = n.extent(index.shape.at(-1));
  return copy(x, 'gather_nd', [...index.shape.slice(0, -1), ...x.shape.slice(depth)]);
};

const embeddingRule: Table[string] = (n) => {
  const inPir = n.attrs.slots.has('#0');
  const [ids, table] = [input(n, 'Ids', 0), input(n, 'W', 1)];
  const old = !inPir && n.node.opType === 'lookup_table' && equal(ids.shape.at(-1) as Dim, 1);
  return embedding(table, old ? { dtype: ids.dtype, shape: ids.shape.slice(0, -1) } : ids);
};

const expandRule: Table[string] = (n) => {
  const x = X(n);
  const target = dims(n, ['Shape', 'expand_shapes_tensor', 'ExpandTimes'], 1, 'shape');
  return expand(x, target);
};

const detectionRule: Table[string] = (n) => {
  for (const i of n.node.input.keys()) if (n.has(i)) n.in(i);
  return typedAs(nonMaxSuppression([n.fresh('boxes'), 6]), 'float32');
};

const rangeRule: Table[string] = (n) => {
  const [start, end, step] = [contents(n, 'Start', 0)?.[0], contents(n, 'End', 1)?.[0], contents(n, 'Step', 2)?.[0]];
  const type = input(n, 'Start', 0).dtype;
  if (start === undefined || end === undefined || step === undefined) return fill([n.fresh('count')], type);
  const made = range(start, end, step);
  return fill([made.count], type, made.value);
};

/** Boxes and scores of a head of YOLO: each cell has a few. */
const yoloBoxRule: Table[string] = (n) => {
  const x = X(n);
  const anchors = Math.floor(n.attrs.numbers('anchors').length / 2);
  const boxes = numel([anchors, ...x.shape.slice(2)]);
  const of = (width: number): TensorType => ({ dtype: x.dtype, shape: [x.shape[0] as Dim, boxes, width] });
  return nothing('nms', [of(4), of(n.attrs.number('class_num', 1))], {
    leavesOut: 'the arithmetic that makes boxes of a head’s numbers',
  });
};

const passRule: Table[string] = (n) => identity(X(n));

export const layout: Table = {
  reshape: reshapeRule,
  reshape2: reshapeRule,
  flatten: (n) => (n.attrs.has('start_axis') ? flattenRule(n) : flattenAt(n)),
  flatten2: (n) => flattenAt(n),
  flatten_contiguous_range: flattenRule,
  transpose: (n) => permute(X(n), orderOf(n)),
  transpose2: (n) => permute(X(n), orderOf(n)),
  concat: concatRule,
  split: splitRule,
  split_with_num: splitRule,
  slice: sliceRule,
  strided_slice: sliceRule,
  stack: (n) => stack(all(n, 'X', 0), n.attrs.number('axis', 0)),
  unstack: (n) => {
    const x = X(n);
    const axis = axisOf(n.attrs.number('axis', 0), x.shape.length, 'unstack');
    const effect = split(x, equalParts(n.node.output.length, 1, 'unstack'), axis);
    const shape = x.shape.filter((_, i) => i !== axis);
    return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, shape })) };
  },
  squeeze: squeezeRule,
  squeeze2: squeezeRule,
  unsqueeze: (n) => unsqueeze(X(n), numbers(n, ['AxesTensor'], 1, n.attrs.has('axes') ? 'axes' : 'axis')),
  unsqueeze2: (n) => unsqueeze(X(n), numbers(n, ['AxesTensor'], 1, n.attrs.has('axes') ? 'axes' : 'axis')),
  pad: padRule,
  pad2d: padRule,
  pad3d: padRule,
  shape: shapeOf,
  shape64: shapeOf,
  fill_constant: full,
  full,
  full_int_array: (n) => {
    const value = n.attrs.numbers('value');
    return fill([value.length], 'int64', value);
  },
  full_: full,
  full_like: (n) => fill(X(n).shape, dtype(n, ['dtype'], X(n).dtype)),
  fill_any_like: (n) => fill(X(n).shape, dtype(n, ['dtype'], X(n).dtype)),
  fill_zeros_like: (n) => fill(X(n).shape, X(n).dtype),
  fill_constant_batch_size_like: fullLike,
  full_batch_size_like: fullLike,
  assign: passRule,
  assign_: passRule,
  assign_out_: passRule,
  share_data: passRule,
  share_data_: passRule,
  memcpy_h2d: passRule,
  memcpy_d2h: passRule,
  print: passRule,
  assign_value: assignRule,
  assign_value_: assignRule,
  gather: gatherRule,
  gather_nd: gatherNd,
  index_select: (n) =>
    gather(
      X(n),
      input(n, 'Index', 1),
      axisOf(n.attrs.number('dim', n.attrs.number('axis', 0)), X(n).shape.length, 'index_select'),
    ),
  lookup_table: embeddingRule,
  lookup_table_v2: embeddingRule,
  embedding: embeddingRule,
  expand: expandRule,
  expand_v2: expandRule,
  expand_as_v2: (n) => {
    const shape = n.attrs.numbers('target_shape');
    const like = placesOf(n, 'Y', 1);
    return expand(X(n), like.length > 0 ? n.in(like[0] as number).shape : shape);
  },
  tile: (n) => tile(X(n), dims(n, ['RepeatTimes'], 1, 'repeat_times')),
  flip: (n) => copy(X(n), 'flip'),
  roll: (n) => copy(X(n)),
  range: rangeRule,
  arange: rangeRule,
  one_hot_v2: (n) =>
    fill([...X(n).shape, contents(n, 'depth_tensor', 1)?.[0] ?? n.attrs.number('depth', 1)], 'float32'),
  meshgrid: (n) => {
    const parts = all(n, 'X', 0);
    const shape = parts.map((p) => p.shape[0] ?? 1);
    const [first] = parts as [TensorType];
    const effect = fill(shape, first.dtype);
    return { ...effect, outputs: parts.map((p) => ({ dtype: p.dtype, shape })) };
  },
  multiclass_nms3: detectionRule,
  multiclass_nms2: detectionRule,
  multiclass_nms: detectionRule,
  matrix_nms: detectionRule,
  yolo_box: yoloBoxRule,
};

function orderOf(n: PaddleCall): number[] {
  return n.attrs.numbers(n.attrs.has('axis') ? 'axis' : 'perm');
}

function flattenAt(n: PaddleCall): ReturnType<typeof reshape> {
  const x = X(n);
  const axis = n.attrs.number('axis', 1);
  return reshape(x, [numel(x.shape.slice(0, axis)), numel(x.shape.slice(axis))]);
}

function assignRule(n: PaddleCall): ReturnType<typeof fill> {
  const shape = n.attrs.numbers('shape');
  const lists = ['values', 'int32_values', 'int64_values', 'fp32_values', 'bool_values'].map((name) =>
    n.attrs.numbers(name),
  );
  const value = lists.find((list) => list.length > 0);
  const size = shape.reduce((a, b) => a * b, 1);
  return fill(shape, dtype(n, ['dtype'], 'float32'), value?.length === size && size <= 64 ? value : undefined);
}
