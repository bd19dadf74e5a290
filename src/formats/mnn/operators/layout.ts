import { add, type Dim, floordiv, mul, product, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  concatWithValue,
  copy,
  equalParts,
  expand,
  fill,
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
import { type DType, isFloating, numel, type TensorType, tensor } from '../../../tensor/index.js';
import type { FlatTable } from '../../../wire/flatbuffers.js';
import { halfFromBits } from '../../../wire/half.js';
import { sliceBySize, stridedSlice } from '../../subscripts.js';
import { dtypeOf } from '../codes.js';
import { dims, flag, i32, ints, type MnnCall, numbers, type Table, u8 } from './table.js';

/** Constants, shapes written anew, tensors joined and taken apart. */

/** Contents that may decide shapes. */
const MAX_CONTENTS = 1024;

/** A tensor that the file holds: a weight where it is real numbers, else what shapes are made of. */
const constantRule: Table[string] = (n) => {
  const blob = n.attrs.main;
  if (blob === null) throw n.error('holds no tensor');
  const shape = blob.ints(0);
  const dtype = dtypeOf(blob.i32(2, 1));
  const size = shape.reduce((a, b) => a * b, 1);
  if (isFloating(dtype) && size > 1 && n.attrs.setting === undefined) return [n.stored('value', shape, { dtype })];
  const value = size <= MAX_CONTENTS ? contentsOf(blob, dtype) : [];
  return [n.constant({ dtype, shape, ...(value.length === size ? { value } : {}) })];
};

function contentsOf(blob: FlatTable, dtype: DType): number[] {
  if (dtype === 'float16') {
    // Halves are stored as bytes.
    const bytes = blob.bytes(3, 2 * MAX_CONTENTS);
    return bytes === null
      ? []
      : Array.from({ length: bytes.byteLength >> 1 }, (_, i) => halfFromBits(bytes.getUint16(2 * i, true)));
  }
  const integers = blob.ints(5);
  if (integers.length > 0) return integers;
  const long = blob.longs(6);
  return long.length > 0 ? long : blob.floats(7);
}

const NHWC = 1;

/** Between layouts: only where channels change their place do the axes. */
const convertTensorRule: Table[string] = (n) => {
  const x = n.in(0);
  const [from, to] = [u8(n, 0), u8(n, 1)];
  if (x.shape.length < 3 || (from === NHWC) === (to === NHWC)) return identity(x);
  const inner = Array.from({ length: x.shape.length - 2 }, (_, i) => i);
  return permute(
    x,
    from === NHWC ? [0, x.shape.length - 1, ...inner.map((i) => i + 1)] : [0, ...inner.map((i) => i + 2), 1],
  );
};

const reshapeRule: Table[string] = (n) => {
  const x = n.in(0);
  const target = n.count > 1 ? dims(n, 1, 'new shape') : ints(n, 0);
  return reshape(
    x,
    target.map((d, i): Dim => (d === 0 ? (x.shape[i] ?? 1) : d)),
  );
};

const concatRule: Table[string] = (n) => {
  const parts = n.all();
  const axis = axisOf(i32(n, 0), parts[0]?.shape.length ?? 1, 'Concat');
  return concatWithValue(parts, axis);
};

/** Points between parts, or lengths of parts (of TensorFlow and ONNX), or equal parts. */
const sliceRule: Table[string] = (n) => {
  const x = n.in(0);
  const axis = axisOf(i32(n, 0), x.shape.length, 'Slice');
  const extent = x.shape[axis] as Dim;
  const points = ints(n, 1);
  const count = n.node.output.length;
  if (points.length === count && count > 1 && u8(n, 2) !== 0) {
    const known = points.filter((p) => p !== -1).reduce((a, b) => a + b, 0);
    return split(
      x,
      points.map((p): Dim => (p === -1 ? sub(extent, known) : p)),
      axis,
    );
  }
  if (points.length === 0 || (points.length === 1 && u8(n, 2) !== 0))
    return split(x, equalParts(count, floordiv(extent, Math.max(1, count)), 'Slice'), axis);
  const edges: Dim[] = [0, ...points, extent];
  return split(
    x,
    edges.slice(1).map((edge, i) => sub(edge, edges[i] as Dim)),
    axis,
  );
};

const stridedSliceRule: Table[string] = (n) => {
  if (i32(n, 7) !== 0) throw new Unsupported('its subscripts are in ONNX’s form');
  return stridedSlice(n.in(0), dims(n, 1, 'begin'), dims(n, 2, 'end'), numbers(n, 3, 'strides'), {
    begin: i32(n, 2),
    end: i32(n, 3),
    ellipsis: i32(n, 4),
    newAxis: i32(n, 5),
    shrink: i32(n, 6),
    offset: false,
  });
};

const sliceTfRule: Table[string] = (n) => sliceBySize(n.in(0), dims(n, 1, 'begin'), dims(n, 2, 'size'));

const gatherRule: Table[string] = (n) => {
  const [x, index] = [n.in(0), n.in(1)];
  const [axis = 0] = n.count > 2 ? numbers(n, 2, 'axis') : n.node.opType === 'Gather' ? [i32(n, 3)] : [0];
  const at = axisOf(axis, x.shape.length, 'Gather');
  return gatherWithValue(x, index, at);
};

const squeezeRule: Table[string] = (n) => {
  const axes = ints(n, 0);
  return squeeze(n.in(0), axes.length === 0 ? null : axes);
};

const unsqueezeRule: Table[string] = (n) => {
  const listed = ints(n, 0);
  const axes = listed.length > 0 ? listed : n.count > 1 ? numbers(n, 1, 'axis') : [i32(n, 2)];
  return unsqueeze(n.in(0), axes);
};

const padRule: Table[string] = (n) => {
  const x = n.in(0);
  const amounts = dims(n, 1, 'paddings');
  return pad(
    x,
    x.shape.map((_, i) => [amounts[2 * i] ?? 0, amounts[2 * i + 1] ?? 0] as const),
    u8(n, 0) === 0 ? 'constant' : 'reflect',
  );
};

const flattenRule: Table[string] = (n) => {
  const x = n.in(0);
  const axis = i32(n, 0) < 0 ? i32(n, 0) + x.shape.length : i32(n, 0);
  return reshape(x, [product(x.shape.slice(0, axis)), numel(x.shape.slice(axis))]);
};

const unpackRule: Table[string] = (n) => {
  const x = n.in(0);
  const axis = axisOf(i32(n, 1), x.shape.length, 'Unpack');
  const effect = split(x, equalParts(n.node.output.length, 1, 'Unpack'), axis);
  const shape = x.shape.filter((_, i) => i !== axis);
  return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, shape })) };
};

const rangeRule: Table[string] = (n) => {
  const [start, end, step] = [0, 1, 2].map((i) => n.in(i).value?.[0]);
  const { dtype } = n.in(0);
  if (start === undefined || end === undefined || step === undefined) return fill([n.fresh('count')], dtype);
  const made = range(start, end, step);
  return fill([made.count], dtype, made.value);
};

const detectionRule: Table[string] = (n) => {
  n.in(0);
  return typedAs(nonMaxSuppression([1, 1, n.fresh('boxes'), 6]), 'float32');
};

/** Boxes at each place: one for each size and for each shape of the smaller sizes. */
const priorBoxRule: Table[string] = (n) => {
  const [h, w] = n.in(0).shape.slice(-2) as [Dim, Dim];
  const count = (field: number): number => n.attrs.main?.vector(field, 4).length ?? 0;
  const each = count(0) * (1 + count(2) * (flag(n, 4) ? 2 : 1)) + count(1);
  return fill([1, 2, mul(4 * each, h, w)], 'float32');
};

const identityRule: Table[string] = (n) => identity(n.in(0));

function shapeOf(n: MnnCall): ReturnType<typeof nothing> {
  const x: TensorType = n.in(0);
  return nothing('shape', [tensor([x.shape.length], 'int32', x.shape)], { readBytes: 0 });
}

export const layout: Table = {
  Const: constantRule,
  TrainableParam: constantRule,
  ConvertTensor: convertTensorRule,
  Reshape: reshapeRule,
  Concat: concatRule,
  Slice: sliceRule,
  StridedSlice: stridedSliceRule,
  SliceTf: sliceTfRule,
  Gather: gatherRule,
  GatherV2: gatherRule,
  GatherND: (n) => {
    const [x, index] = [n.in(0), n.in(1)];
    const depth = n.extent(index.shape.at(-1));
    return copy(x, 'gather_nd', [...index.shape.slice(0, -1), ...x.shape.slice(depth)]);
  },
  Squeeze: squeezeRule,
  Unsqueeze: unsqueezeRule,
  ExpandDims: unsqueezeRule,
  Padding: padRule,
  Flatten: flattenRule,
  Permute: (n) => permute(n.in(0), ints(n, 0)),
  Transpose: (n) => permute(n.in(0), numbers(n, 1, 'order of axes')),
  Pack: (n) => {
    const parts = n.all();
    const effect = stack(parts, i32(n, 1));
    const known = i32(n, 1) === 0 && parts.every((t) => t.value !== undefined);
    return withValue(effect, known ? parts.flatMap((t) => t.value ?? []) : undefined);
  },
  Unpack: unpackRule,
  Tile: (n) => tile(n.in(0), dims(n, 1, 'repeats')),
  BroadcastTo: (n) => expand(n.in(0), dims(n, 1, 'shape')),
  Fill: (n) => fill(dims(n, 0, 'shape'), n.in(1).dtype),
  ZerosLike: (n) => fill(n.in(0).shape, n.in(0).dtype),
  Shape: shapeOf,
  Rank: (n) => fill([], 'int32', [n.in(0).shape.length]),
  Size: (n) => fill([], 'int32', [numel(n.in(0).shape)]),
  Range: rangeRule,
  Crop: (n) => {
    const [x, like] = [n.in(0), n.in(1)];
    const axis = axisOf(i32(n, 0, 2), x.shape.length, 'Crop');
    const offsets = ints(n, 1);
    return slice(
      x,
      x.shape.slice(axis).map((_, i) => {
        const start = offsets[i] ?? offsets[0] ?? 0;
        return { axis: axis + i, start, end: add(start, like.shape[axis + i] ?? 1), step: 1 };
      }),
    );
  },
  Reverse: (n) => copy(n.in(0), 'flip'),
  ReverseSequence: (n) => copy(n.in(0)),
  Copy: identityRule,
  Identity: identityRule,
  DetectionOutput: detectionRule,
  PriorBox: priorBoxRule,
};
