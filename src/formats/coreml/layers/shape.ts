import { add, type Dim, equal, exactdiv, floordiv, product, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  concatWithValue,
  copy,
  type Effect,
  expand,
  fill,
  gatherWithValue,
  nonMaxSuppression,
  nonzero,
  nothing,
  permute,
  put,
  range,
  reshape,
  slice,
  sort,
  split,
  squeeze,
  stack,
  tile,
  topk,
  typedAs,
  unsqueeze,
  view,
  withValue,
} from '../../../ops/index.js';
import { type TensorType, tensor } from '../../../tensor/index.js';
import { stridedSlice } from '../../subscripts.js';
import { gatherNd } from '../../view-rules.js';
import type { Entry, Layer, Table } from './layer.js';

/** −1 is what is left, 0 the extent of the input. */
function target(x: TensorType, to: readonly Dim[]): Effect {
  return withValue(
    reshape(
      x,
      to.map((d, i) => (equal(d, 0) ? (x.shape[i] ?? 1) : d)),
    ),
    x.value,
  );
}

/** Channels, height and width behind what is in front; four numbers have the sequence too. */
const earlyReshape: Entry = {
  run: (n) => {
    const x = n.in(0);
    const to = n.params.ints(1);
    if (x.shape.length < 5) return target(x, to);
    const [sequence = 1, batch = 1] = x.shape;
    return reshape(x, to.length === 4 ? [to[0] as Dim, batch, ...to.slice(1)] : [sequence, batch, ...to]);
  },
};

const flatten: Entry = {
  run: (n) => {
    const x = n.in(0);
    const axis = n.channelAxis(x);
    return view('flatten', x, [
      ...x.shape.slice(0, axis),
      product(x.shape.slice(axis)),
      ...x.shape.slice(axis + 1).map(() => 1),
    ]);
  },
};

/** Of sequence, channels, height and width; the batch stays where it is. */
const earlyPermute: Entry = {
  run: (n) => {
    const x = n.in(0);
    const order = n.params.ints(1);
    if (x.shape.length !== 5 || order.length !== 4) return permute(x, order);
    const places = [0, 2, 3, 4];
    const to = order.map((i) => places[i] ?? 0);
    return permute(x, [to[0] as number, 1, ...to.slice(1)]);
  },
};

const earlyConcat: Entry = {
  run: (n) => {
    const parts = n.given();
    const first = parts[0] ?? n.in(0);
    return concatWithValue(parts, n.params.bool(100) ? 0 : n.channelAxis(first));
  },
};

const MAX_PARTS = 4096;

function equalParts(n: Layer, axis: number, count: number): Effect {
  const x = n.in(0);
  if (!(count >= 1 && count <= MAX_PARTS)) throw n.error(`it has ${count} parts`);
  const extent = x.shape[axis] as Dim;
  const size = exactdiv(extent, count) ?? floordiv(extent, count);
  return split(x, new Array<Dim>(count).fill(size), axis);
}

const splitNd: Entry = {
  run: (n) => {
    const x = n.in(0);
    const axis = axisOf(n.params.int(1), x.shape.length, 'splitND');
    const sizes = n.params.ints(3);
    return sizes.length > 0 ? split(x, sizes, axis) : equalParts(n, axis, n.params.int(2) || n.outputs);
  },
};

/** A stretch of one axis; an end of −1 is the last. */
const earlySlice: Entry = {
  run: (n) => {
    const p = n.params;
    const x = n.in(0);
    const axis = x.shape.length - 3 + p.int(4);
    const end = p.int(2);
    return slice(x, [
      { axis, start: p.int(1), end: end < 0 ? add(x.shape[axis] as Dim, end + 1) : end, step: p.int(3) || 1 },
    ]);
  },
};

const bits = (flags: readonly number[]): number => flags.reduce((mask, on, i) => mask + (on === 0 ? 0 : 2 ** i), 0);

const sliceStatic: Entry = {
  run: (n) => {
    const p = n.params;
    const masks = { begin: bits(p.ints(2)), end: bits(p.ints(4)), ellipsis: 0, newAxis: 0, shrink: bits(p.ints(6)) };
    return stridedSlice(n.in(0), p.ints(1), p.ints(3), p.ints(5), masks);
  },
};

const sliceDynamic: Entry = {
  run: (n) => {
    const p = n.params;
    const x = n.in(0);
    const begin = n.value(1) ?? [];
    const end = n.data > 2 ? (n.value(2) ?? []) : p.ints(3);
    const steps = (n.data > 3 ? n.known(3) : undefined) ?? (p.ints(5).length > 0 ? p.ints(5) : x.shape.map(() => 1));
    const masks = { begin: bits(p.ints(2)), end: bits(p.ints(4)), ellipsis: 0, newAxis: 0, shrink: bits(p.ints(6)) };
    return stridedSlice(x, begin, end, steps, masks, () => n.fresh());
  },
};

const sliceBySize: Entry = {
  run: (n) => {
    const x = n.in(0);
    const axis = axisOf(n.params.int(3), x.shape.length, 'sliceBySize');
    return view(
      'slice',
      x,
      x.shape.map((d, i) => (i === axis ? n.params.int(2) : d)),
      null,
    );
  },
};

/** To the shape of another input, one of the layer's own, or one that an input holds. */
const toShape = (
  from: 'like' | 'static' | 'dynamic',
  make: (x: TensorType, shape: readonly Dim[]) => Effect,
): Entry => ({
  run: (n) => {
    const x = n.in(0);
    if (from === 'like') return make(x, n.in(1).shape);
    if (from === 'static') return make(x, n.params.ints(1));
    return make(x, sizesOf(n, 1));
  },
});

/** The sizes that an input holds; free ones, as many as it has, if they are not known. */
function sizesOf(n: Layer, i: number): readonly Dim[] {
  const known = n.value(i);
  if (known !== undefined) return known;
  const [count] = n.in(i).shape;
  if (typeof count !== 'number' || count > 64) throw new Unsupported('its shape is not known', i);
  return Array.from({ length: count }, (_, k) => n.fresh(`dim${k}`));
}

const broadcasted = (x: TensorType, shape: readonly Dim[]): Effect =>
  expand(
    x,
    shape.map((d, i) => {
      const own = x.shape[i - shape.length + x.shape.length] ?? 1;
      return equal(d, 1) ? own : d;
    }),
  );

const fillRule = (from: 'like' | 'static' | 'dynamic', field = 2): Entry => ({
  run: (n) =>
    fill(from === 'like' ? n.in(0).shape : from === 'static' ? n.params.ints(field) : sizesOf(n, 0), 'float32'),
});

const gatherRule: Entry = {
  tables: [0],
  run: (n) => {
    const [x, indices] = [n.in(0), n.in(1)];
    const axis = axisOf(n.params.int(1), x.shape.length, 'gather');
    return gatherWithValue(x, indices, axis);
  },
};

/** Container, indices, updates. */
const scatterRule = (field: number): Entry => ({
  run: (n) => put('scatter_nd', n.in(0), n.in(2), n.params.int(field) === 0 ? null : 'add'),
});

const rangeRule = (dynamic: boolean): Entry => ({
  run: (n) => {
    const p = n.params;
    const at = (i: number): Dim | undefined => (dynamic && n.data > i ? n.value(i)?.[0] : undefined);
    const end = dynamic ? at(0) : p.float(1);
    const start = at(1) ?? p.float(2);
    const step = at(2) ?? p.float(3, 1);
    if (end === undefined || equal(step, 0)) return fill([n.fresh()], 'float32');
    const made = range(start, end, step);
    return fill([made.count], 'float32', made.value);
  },
});

const oneHot: Entry = {
  run: (n) => {
    const { shape } = n.in(0);
    const axis = n.params.int(2);
    const at = axis < 0 ? shape.length + 1 + axis : axis;
    const size = n.params.int(1) || (n.value(1)?.[0] ?? n.fresh());
    return fill([...shape.slice(0, at), size, ...shape.slice(at)], 'float32');
  },
};

const slidingWindows: Entry = {
  run: (n) => {
    const x = n.in(0);
    const axis = axisOf(n.params.int(1), x.shape.length, 'slidingWindows');
    const [size, step] = [n.params.int(2) || 1, n.params.int(3) || 1];
    const count = add(floordiv(sub(x.shape[axis] as Dim, size), step), 1);
    return copy(x, 'copy', [...x.shape.slice(0, axis), count, size, ...x.shape.slice(axis + 1)]);
  },
};

const suppressionRule: Entry = {
  run: (n) => {
    const [boxes, scores] = [n.in(0), n.in(1)];
    const batch = boxes.shape[0] ?? 1;
    const most = n.params.int(3) || 1;
    const outputs: TensorType[] = [
      { dtype: 'float32', shape: [batch, most, 4] },
      { dtype: 'float32', shape: [batch, most, scores.shape.at(-1) ?? 1] },
      { dtype: 'float32', shape: [batch, most] },
      { dtype: 'float32', shape: [batch] },
    ];
    return { ...nonMaxSuppression([]), outputs: outputs.slice(0, n.outputs) };
  },
};

const copyRule: Entry = { run: (n) => copy(n.in(0)) };

export const shape: Table = {
  reshape: earlyReshape,
  flatten,
  permute: earlyPermute,
  concat: earlyConcat,
  split: { run: (n) => equalParts(n, n.channelAxis(n.in(0)), n.params.int(1) || n.outputs) },
  slice: earlySlice,
  sequenceRepeat: {
    run: (n) =>
      tile(
        n.in(0),
        n.in(0).shape.map((_, i) => (i === 0 ? n.params.int(1) : 1)),
      ),
  },
  copy: { run: (n) => view('identity', n.in(0), n.in(0).shape) },
  transpose: { run: (n) => permute(n.in(0), n.params.ints(1)) },
  concatND: { run: (n) => concatWithValue(n.given(), axisOf(n.params.int(1), n.in(0).shape.length, 'concatND')) },
  splitND: splitNd,
  stack: { run: (n) => stack(n.given(), n.params.int(1)) },
  tile: {
    run: (n) => {
      const x = n.in(0);
      const reps = n.params.ints(1);
      return tile(
        x,
        x.shape.map((_, i) => reps[i - x.shape.length + reps.length] ?? 1),
      );
    },
  },
  sliceStatic,
  sliceDynamic,
  sliceBySize,
  squeeze: { run: (n) => withValue(squeeze(n.in(0), n.params.bool(2) ? null : n.params.ints(1)), n.value(0)) },
  expandDims: { run: (n) => withValue(unsqueeze(n.in(0), n.params.ints(1)), n.value(0)) },
  flattenTo2D: {
    run: (n) => {
      const x = n.in(0);
      const axis = n.params.int(1);
      const at = axis < 0 ? x.shape.length + axis : axis;
      return view('flatten', x, [product(x.shape.slice(0, at)), product(x.shape.slice(at))]);
    },
  },
  reshapeStatic: toShape('static', target),
  reshapeLike: toShape('like', target),
  reshapeDynamic: toShape('dynamic', target),
  rankPreservingReshape: toShape('static', target),
  broadcastToLike: toShape('like', broadcasted),
  broadcastToStatic: toShape('static', broadcasted),
  broadcastToDynamic: toShape('dynamic', broadcasted),
  fillLike: fillRule('like'),
  fillStatic: fillRule('static'),
  fillDynamic: fillRule('dynamic'),
  randomNormalLike: fillRule('like'),
  randomNormalStatic: fillRule('static', 4),
  randomNormalDynamic: fillRule('dynamic'),
  randomUniformLike: fillRule('like'),
  randomUniformStatic: fillRule('static', 4),
  randomUniformDynamic: fillRule('dynamic'),
  randomBernoulliLike: fillRule('like'),
  randomBernoulliStatic: fillRule('static', 3),
  randomBernoulliDynamic: fillRule('dynamic'),
  categoricalDistribution: {
    run: (n) => fill([...n.in(0).shape.slice(0, -1), n.params.int(2) || 1], 'float32'),
  },
  gather: gatherRule,
  gatherND: { run: (n) => gatherNd(n.in(0), n.in(1)) },
  gatherAlongAxis: { run: (n) => copy(n.in(0), 'gather', n.in(1).shape) },
  scatter: scatterRule(2),
  scatterND: scatterRule(1),
  scatterAlongAxis: scatterRule(2),
  reverse: copyRule,
  reverseSeq: copyRule,
  getShape: {
    run: (n) => nothing('shape', [tensor([n.in(0).shape.length], 'int32', n.in(0).shape)], { readBytes: 0 }),
  },
  rangeStatic: rangeRule(false),
  rangeDynamic: rangeRule(true),
  oneHot,
  topK: {
    run: (n) => {
      const k = n.params.int(2) || (n.data > 1 ? (n.value(1)?.[0] ?? n.fresh('k')) : 1);
      const effect = topk(n.in(0), k, n.params.int(1));
      return { ...effect, outputs: effect.outputs.map((o) => ({ ...o, dtype: 'float32' as const })) };
    },
  },
  argSort: {
    run: (n) => sort(n.in(0), n.params.int(1), [{ dtype: 'float32', shape: n.in(0).shape }]),
  },
  slidingWindows,
  whereNonZero: { run: (n) => typedAs(nonzero(n.in(0), [n.fresh(), n.in(0).shape.length]), 'float32') },
  matrixBandPart: copyRule,
  lowerTriangular: copyRule,
  upperTriangular: copyRule,
  NonMaximumSuppression: suppressionRule,
};
