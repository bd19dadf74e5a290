import { add, ceildiv, type Dim, equal, floordiv, isStatic, mul, product, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  cast,
  concat,
  copy,
  type Effect,
  expand,
  fill,
  flatten,
  fold2d,
  foldCast,
  foldConcat,
  foldExpand,
  foldGather,
  foldPermute,
  foldSlice,
  gather,
  identity,
  moved,
  nothing,
  type OpName,
  pad,
  permute,
  put,
  range,
  reshape,
  slice,
  split,
  squeeze,
  tile,
  unsqueeze,
  withValue,
} from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { bytesOf, numel, type TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';

/** The sizes that an integer input asks for; new free dimensions, as many as it has, where they are not known. */
function sizes(n: OnnxNode, i: number): readonly Dim[] {
  const known = n.value(i);
  if (known !== undefined) return known;
  const [count] = n.in(i).shape;
  if (typeof count !== 'number' || count > 64)
    throw new Unsupported(`neither its output shape (${n.proto.input[i]}) nor the rank of it is known`);
  return n.fresh(count);
}

/** 0 keeps an extent (unless `allowzero`), −1 is what is left. */
const reshapeRule: Entry = (n) => {
  const x = n.in(0);
  const target = n.opset < 5 ? (n.ints('shape') ?? []) : sizes(n, 1);
  const keep = n.int('allowzero', 0) === 0;
  return reshape(
    x,
    target.map((d, i) => (keep && equal(d, 0) ? (x.shape[i] ?? 0) : d)),
  );
};

const transposeRule: Entry = (n) => {
  const x = n.in(0);
  const axes = n.ints('perm') ?? [...x.shape.keys()].reverse();
  const effect = permute(x, axes);
  return axes.length <= 1 ? effect : withValue(effect, foldPermute(x, axes));
};

const concatRule: Entry = (n) => {
  const inputs = n.all();
  const axis = n.int('axis', 1);
  const rank = inputs[0]?.shape.length ?? 1;
  const effect = concat(sameRank(inputs), axis);
  const dim = axis < 0 ? axis + rank : axis;
  return withValue(effect, foldConcat(inputs, dim, effect.outputs[0]?.shape ?? []));
};

/** PyTorch lets an empty vector join anything, and exports it so. */
function sameRank(inputs: readonly TensorType[]): TensorType[] {
  const real = inputs.filter((t) => !(t.shape.length === 1 && equal(t.shape[0] as Dim, 0)));
  return real.length === 0 ? inputs.slice(0, 1) : real;
}

const splitRule: Entry = (n) => {
  const x = n.in(0);
  const axis = axisOf(n.int('axis', 0), x.shape.length, 'Split');
  const extent = x.shape[axis] as Dim;
  const count = n.int('num_outputs', n.proto.output.length);
  const given = (n.opset < 13 ? n.ints('split') : null) ?? (n.has(1) ? [...sizes(n, 1)] : null);
  const chunk = ceildiv(extent, count);
  const equalParts = Array.from(
    { length: count },
    (_, i): Dim => (i < count - 1 ? chunk : sub(extent, mul(chunk, count - 1))),
  );
  const effect = split(x, given ?? equalParts, axis);
  if (x.shape.length !== 1) return effect;
  let at: Dim = 0;
  const outputs = effect.outputs.map((out) => {
    const end = add(at, out.shape[0] as Dim);
    const value = foldSlice(x, [{ axis: 0, start: at, end, step: 1 }]);
    at = end;
    return value === undefined ? out : { ...out, value };
  });
  return { ...effect, outputs };
};

const sliceRule: Entry = (n) => {
  const x = n.in(0);
  const rank = x.shape.length;
  const starts = n.opset < 10 ? n.ints('starts') : (n.value(1) ?? null);
  const ends = n.opset < 10 ? n.ints('ends') : (n.value(2) ?? null);
  const count = starts?.length ?? (n.opset < 10 ? 0 : lengthOf(n, 1));
  const axes =
    n.opset < 10
      ? (n.ints('axes') ?? [...Array(count).keys()])
      : n.has(3)
        ? n.numbers(3, 'axes')
        : [...Array(count).keys()];
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
  const effect = gather(table, indices, axis);
  return withValue(effect, foldGather(table, indices, axis, effect.outputs[0]?.shape ?? []));
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

const shapeRule: Entry = (n) => {
  const x = n.in(0);
  const rank = x.shape.length;
  const clampAt = (i: number): number => Math.min(Math.max(i < 0 ? i + rank : i, 0), rank);
  const dims = x.shape.slice(clampAt(n.int('start', 0)), clampAt(n.int('end', rank)));
  return nothing('shape', [{ dtype: 'int64', shape: [dims.length], value: dims }], { readBytes: 0 });
};

const axesOf = (n: OnnxNode): number[] | null => (n.opset < 13 ? n.ints('axes') : n.intsOr('axes', 1, 'axes'));

/** Axes that are named go, whatever a free extent is called: any extent but 1 would be an error when the model runs. */
const squeezeRule: Entry = (n) => {
  const x = n.in(0);
  const named = axesOf(n)?.map((a) => axisOf(a, x.shape.length, 'Squeeze'));
  if (named === undefined || named.length === 0) return squeeze(x, null);
  const wrong = named.find((a) => isStatic(x.shape[a] as Dim) && !equal(x.shape[a] as Dim, 1));
  if (wrong !== undefined)
    throw n.error(`axis ${wrong} has ${String(x.shape[wrong])} elements, and only 1 can be removed`);
  const shape = x.shape.filter((_, i) => !named.includes(i));
  const kept = x.value === undefined ? {} : { value: x.value };
  return nothing('squeeze', [{ dtype: x.dtype, shape, view: 0, ...kept }]);
};

const constantRule: Entry = (n) => {
  const stated = n.tensor('value');
  const constant = (type: TensorType): Effect => nothing('constant', [type], { readBytes: 0 });
  if (stated !== null) return constant(stated);
  const float = n.attribute('value_float')?.f;
  const floats = n.floats('value_floats');
  const int = n.attribute('value_int')?.i;
  const ints = n.ints('value_ints');
  if (float !== undefined) return constant({ dtype: 'float32', shape: [], value: [float] });
  if (int !== undefined) return constant({ dtype: 'int64', shape: [], value: [Number(int)] });
  if (floats !== null) return constant({ dtype: 'float32', shape: [floats.length], value: [...floats] });
  if (ints !== null) return constant({ dtype: 'int64', shape: [ints.length], value: ints });
  const strings = n.attribute('value_strings')?.strings;
  return constant({ dtype: 'string', shape: strings === undefined ? [] : [strings.length] });
};

const constantOfShapeRule: Entry = (n) => {
  const shape = sizes(n, 0);
  const stated = n.tensor('value');
  const element = stated === null ? 0 : stated.value?.[0];
  const count = product(shape);
  const value =
    element !== undefined && typeof count === 'number' && count <= 1024
      ? new Array<Dim>(count).fill(element)
      : undefined;
  return fill(shape, stated?.dtype ?? 'float32', value);
};

const rangeRule: Entry = (n) => {
  const [start, limit, step] = [n.value(0)?.[0], n.value(1)?.[0], n.value(2)?.[0]];
  if (start === undefined || limit === undefined || step === undefined) return fill(n.fresh(1), n.in(0).dtype);
  const { count, value } = range(start, limit, step);
  return fill([count], n.in(0).dtype, value);
};

const tileRule: Entry = (n) => {
  const x = n.in(0);
  if (n.opset < 6) {
    const times = n.value(1)?.[0];
    const axis = n.value(2)?.[0];
    if (times === undefined || typeof axis !== 'number') throw new Unsupported('how often it repeats is not known');
    return tile(
      x,
      x.shape.map((_, i) => (i === axis ? times : 1)),
    );
  }
  const times = n.value(1);
  return times === undefined ? copy(x, 'tile', n.fresh(x.shape.length)) : tile(x, times);
};

const expandRule: Entry = (n) => {
  const x = n.in(0);
  const target = sizes(n, 1);
  const effect = expand(x, target);
  return withValue(effect, foldExpand(x, effect.outputs[0]?.shape ?? []));
};

/** Pads are all fronts, then all ends. */
const padRule: Entry = (n) => {
  const x = n.in(0);
  const rank = x.shape.length;
  const pads: readonly Dim[] | null = n.opset < 11 ? (n.ints('pads') ?? n.ints('paddings')) : (n.value(1) ?? null);
  if (pads === null) return copy(x, 'pad', n.fresh(rank));
  const axes = n.has(3) ? n.numbers(3, 'axes').map((a) => axisOf(a, rank, 'Pad')) : [...x.shape.keys()];
  const pairs = x.shape.map((_, axis): readonly [Dim, Dim] => {
    const k = axes.indexOf(axis);
    return k < 0 ? [0, 0] : [pads[k] ?? 0, pads[k + axes.length] ?? 0];
  });
  return pad(x, pairs, n.text('mode', 'constant'));
};

const castRule: Entry = (n) => {
  const x = n.in(0);
  const to = n.dtype('to', 'float32');
  const effect = cast(x, to);
  return withValue(effect, foldCast(x, to));
};

const flattenRule: Entry = (n) => {
  const x = n.in(0);
  const axis = n.int('axis', 1);
  const at = axis < 0 ? axis + x.shape.length : axis;
  const out = [product(x.shape.slice(0, at)), product(x.shape.slice(at))];
  return { ...flatten(x), outputs: [{ dtype: x.dtype, shape: out, view: 0 }] };
};

const depthSpaceRule =
  (deeper: boolean): Entry =>
  (n) => {
    const x = n.in(0);
    const b = n.int('blocksize', 1);
    const [batch, channels, h, w] = x.shape as readonly [Dim, Dim, Dim, Dim];
    const shape = deeper
      ? [batch, mul(channels, b * b), floordiv(h, b), floordiv(w, b)]
      : [batch, floordiv(channels, b * b), mul(h, b), mul(w, b)];
    return copy(x, deeper ? 'pixel_unshuffle' : 'pixel_shuffle', shape);
  };

const oneHotRule: Entry = (n) => {
  const indices = n.in(0);
  const depth = n.value(1)?.[0] ?? (n.fresh(1)[0] as Dim);
  const axis = n.int('axis', -1);
  const at = axis < 0 ? axis + indices.shape.length + 1 : axis;
  return fill([...indices.shape.slice(0, at), depth, ...indices.shape.slice(at)], n.in(2).dtype);
};

export const layout: Dialect = byName({
  Constant: constantRule,
  ConstantOfShape: constantOfShapeRule,
  Identity: (n) => identity(n.in(0)),
  Cast: castRule,
  CastLike: (n) => withValue(cast(n.in(0), n.in(1).dtype), foldCast(n.in(0), n.in(1).dtype)),
  BitCast: (n) => nothing('bit_cast', [{ dtype: n.dtype('to', n.in(0).dtype), shape: n.in(0).shape, view: 0 }]),
  Shape: shapeRule,
  Size: (n) => nothing('size', [{ dtype: 'int64', shape: [], value: [numel(n.in(0).shape)] }], { readBytes: 0 }),
  Reshape: reshapeRule,
  Flatten: flattenRule,
  Squeeze: squeezeRule,
  Unsqueeze: (n) => unsqueeze(n.in(0), axesOf(n) ?? []),
  Transpose: transposeRule,
  Concat: concatRule,
  Split: splitRule,
  Slice: sliceRule,
  Gather: gatherRule,
  GatherElements: gatherElementsRule,
  GatherND: gatherNdRule,
  Scatter: scatterRule('scatter'),
  ScatterElements: scatterRule('scatter_elements'),
  ScatterND: scatterRule('scatter_nd'),
  TensorScatter: scatterRule('tensor_scatter'),
  Expand: expandRule,
  Tile: tileRule,
  Pad: padRule,
  Range: rangeRule,
  DepthToSpace: depthSpaceRule(false),
  SpaceToDepth: depthSpaceRule(true),
  OneHot: oneHotRule,
  EyeLike: (n) => fill(n.in(0).shape, n.dtype('dtype', n.in(0).dtype)),
  Trilu: (n) => copy(n.in(0), 'tril'),
  ReverseSequence: (n) => copy(n.in(0), 'reverse_sequence'),
  CenterCropPad: (n) => {
    const x = n.in(0);
    const target = sizes(n, 1);
    const axes = (n.ints('axes') ?? [...x.shape.keys()]).map((a) => axisOf(a, x.shape.length, 'CenterCropPad'));
    return copy(
      x,
      'center_crop_pad',
      x.shape.map((d, i) => (axes.includes(i) ? (target[axes.indexOf(i)] ?? d) : d)),
    );
  },
  Col2Im: (n) => {
    const x = n.in(0);
    const image = sizes(n, 1);
    const block = n.numbers(2, 'block shape').reduce((a, b) => a * b, 1);
    return fold2d(x, [x.shape[0] as Dim, floordiv(x.shape[1] as Dim, block), ...image]);
  },
});
