import { add, type Dim, equal, floordiv, max, product, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  bucketize,
  cast,
  concat,
  copy,
  type Effect,
  expand,
  fill,
  foldCast,
  foldConcat,
  foldGather,
  foldPermute,
  foldSlice,
  gather,
  nonMaxSuppression,
  nonzero,
  nothing,
  pad,
  permute,
  put,
  range,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  tile,
  typedAs,
  unique,
  unsqueeze,
  view,
  withValue,
} from '../../../ops/index.js';
import { type TensorType, tensor } from '../../../tensor/index.js';
import { stridedSlice } from '../../subscripts.js';
import { activated, type Entry, type Table } from '../operator.js';

const reshapeRule: Entry = {
  passes: true,
  run: (n) => {
    const target = n.value(1) ?? (n.has(1) ? undefined : n.ints(0));
    if (target !== undefined) return reshape(n.in(0), target);
    const given = n.ints(0);
    if (given.length > 0) return reshape(n.in(0), given);
    const [rank] = n.in(1).shape;
    if (typeof rank !== 'number' || rank > 64) throw new Unsupported('its new shape is not known', 1);
    return reshape(
      n.in(0),
      Array.from({ length: rank }, (_, i) => n.fresh(`dim${i}`)),
    );
  },
};

const transposeRule: Entry = {
  passes: true,
  run: (n) => {
    const order = n.numbers(1, 'order of axes');
    const effect = permute(n.in(0), order);
    return order.length <= 1 ? effect : withValue(effect, foldPermute(n.in(0), order));
  },
};

const concatRule: Entry = {
  run: (n) => {
    const parts = n.all();
    const axis = axisOf(n.i32(0), parts[0]?.shape.length ?? 1, 'CONCATENATION');
    const effect = concat(parts, axis);
    return activated(n, withValue(effect, foldConcat(parts, axis, effect.outputs[0]?.shape ?? [])), 1);
  },
};

/** Equal parts; the axis comes first. */
const splitRule: Entry = {
  run: (n) => {
    const x = n.in(1);
    const [axis = 0] = n.numbers(0, 'axis');
    const count = n.i32(0, 1);
    const dim = axisOf(axis, x.shape.length, 'SPLIT');
    const size = floordiv(x.shape[dim] as Dim, count);
    return from(1, split(x, new Array<Dim>(count).fill(size), dim));
  },
};

const splitVRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const [axis = 0] = n.numbers(2, 'axis');
    const dim = axisOf(axis, x.shape.length, 'SPLIT_V');
    const sizes = n.dims(1, 'sizes');
    const known = sizes.filter((s) => !equal(s, -1)).reduce((a, b) => add(a, b), 0);
    return split(
      x,
      sizes.map((s) => (equal(s, -1) ? sub(x.shape[dim] as Dim, known) : s)),
      dim,
    );
  },
};

/** An effect whose first operand is another input than the first. */
function from(input: number, effect: Effect): Effect {
  return {
    ...effect,
    outputs: effect.outputs.map((out) => (out.view === undefined ? out : { ...out, view: input })),
  };
}

/** From `begin` on, `size` elements; −1 is what is left. */
const sliceRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const [begin, size] = [n.dims(1, 'begin'), n.dims(2, 'size')];
    const ranges = x.shape.map((d, axis) => {
      const start = begin[axis] as Dim;
      const length = size[axis] as Dim;
      return { axis, start, end: equal(length, -1) ? d : add(start, length), step: 1 };
    });
    return withValue(slice(x, ranges), foldSlice(x, ranges));
  },
};

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
    const axis = axisOf(n.i32(0), x.shape.length, 'GATHER');
    const batch = n.i32(1);
    const effect = gather(x, indices, axis);
    if (batch === 0) return withValue(effect, foldGather(x, indices, axis, effect.outputs[0]?.shape ?? []));
    const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(batch), ...x.shape.slice(axis + 1)];
    return copy(x, 'gather', shape);
  },
};

const gatherNdRule: Entry = {
  run: (n) => {
    const [x, indices] = [n.in(0), n.in(1)];
    const depth = indices.shape.at(-1) as Dim;
    if (typeof depth !== 'number') throw new Unsupported('how many axes it takes is not known', 1);
    return copy(x, 'gather_nd', [...indices.shape.slice(0, -1), ...x.shape.slice(depth)]);
  },
};

const packRule: Entry = {
  run: (n) => {
    const all = n.all();
    const axis = axisOf(n.i32(1), (all[0]?.shape.length ?? 0) + 1, 'PACK');
    const effect = stack(all, axis);
    return withValue(
      effect,
      axis === 0 && all.every((t) => t.value !== undefined) ? all.flatMap((t) => t.value ?? []) : undefined,
    );
  },
};

const unpackRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const count = n.i32(0);
    const axis = axisOf(n.i32(1), x.shape.length, 'UNPACK');
    const shape = x.shape.filter((_, i) => i !== axis);
    const effect = split(x, new Array<Dim>(count).fill(1), axis);
    const known = x.shape.length === 1 && x.value?.length === count ? x.value : undefined;
    return {
      ...effect,
      outputs: effect.outputs.map((out, i) => ({
        ...out,
        shape,
        ...(known === undefined ? {} : { value: [known[i] as Dim] }),
      })),
    };
  },
};

const padRule =
  (mode: string): Entry['run'] =>
  (n) => {
    const x = n.in(0);
    const amounts = n.dims(1, 'paddings');
    return pad(
      x,
      x.shape.map((_, i) => [amounts[2 * i] ?? 0, amounts[2 * i + 1] ?? 0] as const),
      mode,
    );
  };

const rangeRule: Entry = {
  run: (n) => {
    const [start, limit, step] = [0, 1, 2].map((i) => n.value(i)?.[0]);
    const { dtype } = n.in(0);
    if (start === undefined || limit === undefined || step === undefined) return fill([n.fresh()], dtype);
    const made = range(start, limit, step);
    return fill([made.count], dtype, made.value);
  },
};

const broadcastArgsRule: Entry = {
  run: (n) => {
    const [a, b] = [n.value(0), n.value(1)];
    const { dtype, shape } = n.in(0);
    if (a === undefined || b === undefined) return fill(shape, dtype);
    const rank = Math.max(a.length, b.length);
    const value = Array.from({ length: rank }, (_, i) => {
      const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
      return equal(x, 1) ? y : equal(y, 1) ? x : max(x, y);
    });
    return fill([rank], dtype, value);
  },
};

const identityRule: Entry = { run: (n) => copy(n.in(0)) };

const oneHotRule: Entry = {
  run: (n) => {
    const { shape } = n.in(0);
    const [depth = n.fresh()] = n.value(1) ?? [];
    const axis = n.i32(0, -1);
    const at = axis < 0 ? shape.length : axis;
    return fill([...shape.slice(0, at), depth, ...shape.slice(at)], n.in(2).dtype);
  },
};

/** Outputs as the file states them: what is found among boxes, and the compares are left out. */
const found: Entry = {
  run: (n) => {
    const outputs = n.node.output.map((name, i): TensorType => {
      const stated = n.stated(i);
      const shape = stated?.shape ?? [];
      return { dtype: stated?.dtype ?? 'float32', shape: name === '' ? [] : shape };
    });
    return { ...nonMaxSuppression([]), outputs };
  },
};

export const layout: Table = {
  NON_MAX_SUPPRESSION_V4: found,
  NON_MAX_SUPPRESSION_V5: found,
  TFLite_Detection_PostProcess: found,
  RANDOM_UNIFORM: { run: (n) => fill(n.dims(0, 'shape'), 'float32') },
  RANDOM_STANDARD_NORMAL: { run: (n) => fill(n.dims(0, 'shape'), 'float32') },
  BUCKETIZE: {
    run: (n) => typedAs(bucketize(n.in(0), { dtype: 'float32', shape: [n.ints(0).length] }), 'int32'),
  },
  REAL: { run: (n) => view('real', { ...n.in(0), dtype: n.dtype('float32') }, n.in(0).shape) },
  IMAG: { run: (n) => view('imag', { ...n.in(0), dtype: n.dtype('float32') }, n.in(0).shape) },
  RESHAPE: reshapeRule,
  TRANSPOSE: transposeRule,
  CONCATENATION: concatRule,
  SPLIT: splitRule,
  SPLIT_V: splitVRule,
  SLICE: sliceRule,
  STRIDED_SLICE: stridedSliceRule,
  GATHER: gatherRule,
  GATHER_ND: gatherNdRule,
  EMBEDDING_LOOKUP: { run: (n) => gather(n.in(1), n.in(0), 0), weights: [1] },
  PACK: packRule,
  UNPACK: unpackRule,
  PAD: { run: padRule('constant') },
  PADV2: { run: padRule('constant') },
  MIRROR_PAD: { run: padRule('reflect') },
  TILE: { run: (n) => tile(n.in(0), n.dims(1, 'repeats')) },
  EXPAND_DIMS: { run: (n) => unsqueeze(n.in(0), n.numbers(1, 'axis')) },
  SQUEEZE: {
    run: (n) => {
      const axes = n.ints(0);
      return squeeze(n.in(0), axes.length === 0 ? null : axes);
    },
  },
  SHAPE: {
    run: (n) => nothing('shape', [tensor([n.in(0).shape.length], n.dtype('int32'), n.in(0).shape)], { readBytes: 0 }),
  },
  RANK: { run: (n) => fill([], 'int32', [n.in(0).shape.length]) },
  FILL: {
    run: (n) => {
      const shape = n.dims(0, 'shape');
      const value = n.value(1)?.[0];
      const total = product(shape);
      const known = value !== undefined && typeof total === 'number' && total <= 64;
      return fill(shape, n.in(1).dtype, known ? new Array<Dim>(total).fill(value) : undefined);
    },
  },
  ZEROS_LIKE: { run: (n) => fill(n.in(0).shape, n.in(0).dtype) },
  RANGE: rangeRule,
  BROADCAST_TO: { run: (n) => expand(n.in(0), n.dims(1, 'shape')) },
  BROADCAST_ARGS: broadcastArgsRule,
  REVERSE_V2: { run: (n) => copy(n.in(0), 'flip') },
  REVERSE_SEQUENCE: { run: (n) => copy(n.in(0), 'reverse_sequence') },
  CAST: {
    passes: true,
    run: (n) => {
      const dtype = n.dtype(n.in(0).dtype);
      return withValue(cast(n.in(0), dtype), foldCast(n.in(0), dtype));
    },
  },
  BITCAST: { run: (n) => view('bit_cast', { ...n.in(0), dtype: n.dtype(n.in(0).dtype) }, n.in(0).shape) },
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
  MATRIX_DIAG: { run: (n) => copy(n.in(0), 'diag_embed', [...n.in(0).shape, n.in(0).shape.at(-1) as Dim]) },
  MATRIX_SET_DIAG: identityRule,
  HASHTABLE_LOOKUP: {
    run: (n) => gather(n.in(2), n.in(0), 0),
  },
};
