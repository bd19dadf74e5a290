import { add, type Dim, equal, exactdiv, floordiv, max, mul, product, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  bucketize,
  concat,
  copy,
  type Effect,
  expand,
  fill,
  foldConcat,
  foldGather,
  foldPermute,
  foldSlice,
  gather,
  identity,
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
  views,
  withValue,
} from '../../../ops/index.js';
import { type TensorType, tensor } from '../../../tensor/index.js';
import { stridedSlice } from '../../subscripts.js';
import type { Entry, Operator, Table } from '../operator.js';

const same: Entry = { passes: true, run: (n) => withValue(identity(n.in(0)), n.value(0)) };
const copied: Entry = { run: (n) => copy(n.in(0)) };

/** All inputs as they are. */
const identityN: Entry = {
  run: (n) => {
    const all = n.all();
    return {
      ...nothing(
        'identity',
        all.map((type, view) => ({ ...type, view })),
      ),
    };
  },
};

const reshapeRule: Entry = {
  passes: true,
  run: (n) => {
    const target = n.value(1);
    if (target !== undefined) return withValue(reshape(n.in(0), target), n.value(0));
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

function joined(n: Operator, parts: readonly TensorType[], axis: number): Effect {
  const at = axisOf(axis, parts[0]?.shape.length ?? 1, n.node.opType);
  const effect = concat(parts, at);
  return withValue(effect, foldConcat(parts, at, effect.outputs[0]?.shape ?? []));
}

/** An effect whose first operand is another input than the first. */
function from(input: number, effect: Effect): Effect {
  return { ...effect, outputs: effect.outputs.map((out) => (out.view === undefined ? out : { ...out, view: input })) };
}

/** Parts of one axis; more than this are no parts of a layer. */
const MAX_PARTS = 4096;

const splitRule: Entry = {
  run: (n) => {
    const [x, count] = [n.in(1), n.int('num_split', 1)];
    const [axis = 0] = n.numbers(0, 'axis');
    const dim = axisOf(axis, x.shape.length, 'Split');
    const size = exactdiv(x.shape[dim] as Dim, count) ?? floordiv(x.shape[dim] as Dim, count);
    if (!(count >= 0 && count <= MAX_PARTS)) throw new Unsupported(`it has ${count} parts`);
    return from(1, split(x, new Array<Dim>(count).fill(size), dim));
  },
};

const splitVRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const [axis = 0] = n.numbers(2, 'axis');
    const dim = axisOf(axis, x.shape.length, 'SplitV');
    const sizes = n.dims(1, 'sizes');
    const known = sizes.filter((s) => !equal(s, -1)).reduce((a, b) => add(a, b), 0);
    return split(
      x,
      sizes.map((s) => (equal(s, -1) ? sub(x.shape[dim] as Dim, known) : s)),
      dim,
    );
  },
};

/** From `begin` on, `size` elements; −1 is what is left. How many data decide is free. */
const sliceRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const [begin, size] = [n.value(1), n.value(2)];
    const open = (axis: number): boolean => {
      const length = size?.[axis];
      return length === undefined || (begin === undefined && equal(length, -1));
    };
    if (x.shape.some((_, axis) => open(axis)))
      return view(
        'slice',
        x,
        x.shape.map((_, axis) => (open(axis) ? n.fresh(`dim${axis}`) : (size?.[axis] as Dim))),
        null,
      );
    const ranges = x.shape.map((d, axis) => {
      const start = begin?.[axis] ?? 0;
      const length = size?.[axis] ?? -1;
      return { axis, start, end: equal(length, -1) ? d : add(start, length), step: 1 };
    });
    return withValue(slice(x, ranges), begin === undefined ? undefined : foldSlice(x, ranges));
  },
};

const stridedSliceRule: Entry = {
  run: (n) =>
    stridedSlice(
      n.in(0),
      n.value(1) ?? [],
      n.value(2) ?? [],
      n.numbers(3, 'strides'),
      {
        begin: n.int('begin_mask'),
        end: n.int('end_mask'),
        ellipsis: n.int('ellipsis_mask'),
        newAxis: n.int('new_axis_mask'),
        shrink: n.int('shrink_axis_mask'),
      },
      () => n.fresh(),
    ),
};

function gathered(n: Operator, axis: number): Effect {
  const [x, indices] = [n.in(0), n.in(1)];
  const at = axisOf(axis, x.shape.length, 'Gather');
  const batch = n.int('batch_dims');
  const effect = gather(x, indices, at);
  if (batch === 0) return withValue(effect, foldGather(x, indices, at, effect.outputs[0]?.shape ?? []));
  return copy(x, 'gather', [...x.shape.slice(0, at), ...indices.shape.slice(batch), ...x.shape.slice(at + 1)]);
}

const gatherNd: Entry = {
  run: (n) => {
    const [x, indices] = [n.in(0), n.in(1)];
    const depth = indices.shape.at(-1);
    if (typeof depth !== 'number') throw new Unsupported('how many axes it takes is not known', 1);
    return copy(x, 'gather', [...indices.shape.slice(0, -1), ...x.shape.slice(depth)]);
  },
};

const packRule: Entry = {
  run: (n) => {
    const all = n.all();
    const axis = axisOf(n.int('axis'), (all[0]?.shape.length ?? 0) + 1, 'Pack');
    const known = axis === 0 && all.every((t) => t.value !== undefined);
    return withValue(stack(all, axis), known ? all.flatMap((t) => t.value ?? []) : undefined);
  },
};

const unpackRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const count = n.int('num');
    if (!(count >= 0 && count <= MAX_PARTS)) throw new Unsupported(`it has ${count} parts`);
    const axis = axisOf(n.int('axis'), x.shape.length, 'Unpack');
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
  (mode: (n: Operator) => string): Entry['run'] =>
  (n) => {
    const x = n.in(0);
    const amounts = n.value(1);
    // How much is added, data decide: as after a selection.
    if (amounts === undefined)
      return copy(
        x,
        'pad',
        x.shape.map((_, i) => n.fresh(`dim${i}`)),
      );
    return pad(
      x,
      x.shape.map((_, i) => [amounts[2 * i] ?? 0, amounts[2 * i + 1] ?? 0] as const),
      mode(n),
    );
  };

const rangeRule: Entry = {
  run: (n) => {
    const [start, limit, step] = [0, 1, 2].map((i) => n.value(i)?.[0]);
    const { dtype } = n.in(0);
    if (start === undefined || limit === undefined || step === undefined) return fill([n.fresh()], dtype);
    if (equal(step, 0)) throw new Unsupported('its step is 0: contents of constants are not in the file', 2);
    const made = range(start, limit, step);
    return fill([made.count], dtype, made.value);
  },
};

/** Zeros and the like of a shape; few of them are known. */
function filled(shape: readonly Dim[], dtype: TensorType['dtype'], value: Dim | undefined): Effect {
  const total = product(shape);
  const known = value !== undefined && typeof total === 'number' && total <= 64;
  return fill(shape, dtype, known ? new Array<Dim>(total).fill(value) : undefined);
}

const random: Entry = { run: (n) => fill(n.dims(0, 'shape'), n.dtype('dtype', 'float32')) };

const oneHot: Entry = {
  run: (n) => {
    const { shape } = n.in(0);
    const [depth = n.fresh()] = n.value(1) ?? [];
    const axis = n.int('axis', -1);
    const at = axis < 0 ? shape.length : axis;
    return fill([...shape.slice(0, at), depth, ...shape.slice(at)], n.in(2).dtype);
  },
};

const broadcastArgs: Entry = {
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

/** Boxes that are kept, at most so many; how many, data decide. */
const suppressed = (outputs: number): Entry => ({
  run: (n) => {
    const most = n.value(2)?.[0] ?? n.fresh('boxes');
    const all: TensorType[] = [
      { dtype: 'int32', shape: [most] },
      { dtype: 'float32', shape: [most] },
      { dtype: 'int32', shape: [] },
    ];
    const named = outputs === 2 ? [all[0], all[2]] : all.slice(0, outputs);
    return { ...nonMaxSuppression([]), outputs: named as TensorType[] };
  },
});

/** The extents of a tensor as a tensor. */
function shapeOf(n: Operator, type: TensorType): TensorType {
  return tensor([type.shape.length], n.dtype('out_type', 'int32'), type.shape);
}

const shapeRule: Entry = {
  run: (n) => nothing('shape', [shapeOf(n, n.in(0))], { readBytes: 0 }),
};

export const layout: Table = {
  Identity: same,
  StopGradient: same,
  PreventGradient: same,
  CheckNumerics: same,
  Snapshot: same,
  EnsureShape: same,
  PlaceholderWithDefault: same,
  ReadVariableOp: same,
  DeepCopy: same,
  LoopCond: same,
  Enter: same,
  Exit: same,
  GuaranteeConst: same,
  DebugIdentityV2: same,
  OptimizationBarrier: identityN,
  IdentityN: identityN,
  DisableCopyOnRead: { run: () => nothing('identity', []) },
  Reshape: reshapeRule,
  Transpose: transposeRule,
  ConjugateTranspose: transposeRule,
  ConcatV2: { run: (n) => joined(n, n.all(0, n.count - 1), n.numbers(n.count - 1, 'axis')[0] ?? 0) },
  Concat: { run: (n) => joined(n, n.all(1), n.numbers(0, 'axis')[0] ?? 0) },
  Split: splitRule,
  SplitV: splitVRule,
  Slice: sliceRule,
  StridedSlice: stridedSliceRule,
  Gather: { run: (n) => gathered(n, 0), weights: [0] },
  ResourceGather: { run: (n) => gathered(n, 0), weights: [0] },
  GatherV2: { run: (n) => gathered(n, n.numbers(2, 'axis')[0] ?? 0), weights: [0] },
  GatherNd: gatherNd,
  ResourceGatherNd: gatherNd,
  Pack: packRule,
  ParallelStack: packRule,
  Stack: packRule,
  Unpack: unpackRule,
  Pad: { run: padRule(() => 'constant') },
  PadV2: { run: padRule(() => 'constant') },
  MirrorPad: { run: padRule((n) => n.text('mode', 'REFLECT').toLowerCase()) },
  Tile: { run: (n) => tile(n.in(0), n.dims(1, 'repeats')) },
  ExpandDims: {
    passes: true,
    run: (n) => withValue(unsqueeze(n.in(0), n.numbers(1, 'axis')), n.value(0)),
  },
  Squeeze: {
    passes: true,
    run: (n) => {
      const axes = [...n.ints('squeeze_dims'), ...n.ints('axis')];
      return withValue(squeeze(n.in(0), axes.length === 0 ? null : axes), n.value(0));
    },
  },
  Shape: shapeRule,
  ShapeN: {
    run: (n) =>
      nothing(
        'shape',
        n.all().map((type) => shapeOf(n, type)),
        { readBytes: 0 },
      ),
  },
  Size: {
    run: (n) => nothing('size', [tensor([], n.dtype('out_type', 'int32'), [product(n.in(0).shape)])], { readBytes: 0 }),
  },
  Rank: { run: (n) => fill([], 'int32', [n.in(0).shape.length]) },
  VariableShape: shapeRule,
  Fill: { run: (n) => filled(n.dims(0, 'shape'), n.in(1).dtype, n.value(1)?.[0]) },
  ZerosLike: { run: (n) => filled(n.in(0).shape, n.in(0).dtype, 0) },
  OnesLike: { run: (n) => filled(n.in(0).shape, n.in(0).dtype, 1) },
  Empty: { run: (n) => fill(n.dims(0, 'shape'), n.dtype('dtype', 'float32')) },
  Range: rangeRule,
  LinSpace: { run: (n) => fill([n.value(2)?.[0] ?? n.fresh()], n.in(0).dtype) },
  BroadcastTo: { run: (n) => expand(n.in(0), n.dims(1, 'shape')) },
  BroadcastArgs: broadcastArgs,
  ReverseV2: { run: (n) => copy(n.in(0), 'flip') },
  Reverse: { run: (n) => copy(n.in(0), 'flip') },
  ReverseSequence: { run: (n) => copy(n.in(0), 'reverse_sequence') },
  Roll: { run: (n) => copy(n.in(0), 'roll') },
  Bitcast: {
    run: (n) => view('bit_cast', { ...n.in(0), dtype: n.dtype('type', n.in(0).dtype) }, n.in(0).shape),
  },
  OneHot: oneHot,
  ScatterNd: {
    run: (n) => put('scatter_nd', { dtype: n.in(1).dtype, shape: n.dims(2, 'shape') }, n.in(1), null),
  },
  TensorScatterUpdate: copied,
  TensorScatterAdd: copied,
  TensorStridedSliceUpdate: copied,
  SparseToDense: { run: (n) => fill(n.dims(1, 'shape'), n.in(2).dtype) },
  Where: { run: (n) => nonzero(n.in(0), [n.fresh(), n.in(0).shape.length]) },
  Unique: {
    run: (n) => {
      const x = n.in(0);
      const places: TensorType = { dtype: n.dtype('out_idx', 'int32'), shape: x.shape };
      return unique(x, [{ dtype: x.dtype, shape: [n.fresh()] }, places]);
    },
  },
  MatrixDiag: { run: (n) => copy(n.in(0), 'diag_embed', [...n.in(0).shape, n.in(0).shape.at(-1) as Dim]) },
  MatrixDiagV3: { run: (n) => copy(n.in(0), 'diag_embed', [...n.in(0).shape, n.in(0).shape.at(-1) as Dim]) },
  MatrixBandPart: { run: (n) => copy(n.in(0), 'tril') },
  MatrixSetDiag: copied,
  MatrixSetDiagV3: copied,
  Real: { run: (n) => views('real', n.in(0), [{ dtype: 'float32', shape: n.in(0).shape }]) },
  Imag: { run: (n) => views('imag', n.in(0), [{ dtype: 'float32', shape: n.in(0).shape }]) },
  Complex: { run: (n) => copy({ dtype: 'complex64', shape: n.in(0).shape }, 'complex') },
  Bucketize: {
    run: (n) => {
      const edges: TensorType = { dtype: 'float32', shape: [n.floats('boundaries').length] };
      return typedAs(bucketize(n.in(0), edges), 'int32');
    },
  },
  StatelessRandomGetKeyCounter: {
    run: () =>
      nothing('random', [
        { dtype: 'uint64', shape: [1] },
        { dtype: 'uint64', shape: [2] },
      ]),
  },
  StatelessRandomGetAlg: { run: () => nothing('random', [{ dtype: 'int32', shape: [] }]) },
  RngReadAndSkip: { run: () => nothing('random', [{ dtype: 'int64', shape: [3] }]) },
  StatelessRandomUniformIntV2: random,
  StatelessTruncatedNormal: random,
  StatelessTruncatedNormalV2: random,
  RandomUniform: random,
  RandomStandardNormal: random,
  TruncatedNormal: random,
  RandomUniformInt: random,
  StatelessRandomUniform: random,
  StatelessRandomUniformV2: random,
  StatelessRandomNormalV2: random,
  NonMaxSuppression: suppressed(1),
  NonMaxSuppressionV2: suppressed(1),
  NonMaxSuppressionV3: suppressed(1),
  NonMaxSuppressionV4: suppressed(2),
  NonMaxSuppressionV5: suppressed(3),
  ExtractImagePatches: {
    run: (n) => {
      const { dtype, shape } = n.in(0);
      const [, kh = 1, kw = 1] = n.ints('ksizes');
      const [, sh = 1, sw = 1] = n.ints('strides');
      const [batch = 1, h = 1, w = 1, c = 1] = shape;
      const cut = (d: Dim, k: number, s: number): Dim =>
        n.text('padding') === 'SAME' ? floordiv(add(d, s - 1), s) : add(floordiv(sub(d, k), s), 1);
      return copy({ dtype, shape }, 'unfold', [batch, cut(h, kh, sh), cut(w, kw, sw), mul(c, kh * kw)]);
    },
  },
};
