import { add, ceildiv, type Dim, equal, floordiv, isStatic, mul, product, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  cast,
  concat,
  copy,
  expand,
  flatten,
  fold2d,
  foldCast,
  foldConcat,
  foldExpand,
  foldPermute,
  foldSlice,
  identity,
  nothing,
  pad,
  permute,
  reshape,
  split,
  squeeze,
  tile,
  unsqueeze,
  withValue,
} from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { ModelError } from '../../../source/errors.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';

/** The same elements in another shape, order or type; tensors joined, parted, repeated and padded. */

/** 0 keeps an extent (unless `allowzero`), −1 is what is left. */
const reshapeRule: Entry = (n) => {
  const x = n.in(0);
  const target = n.opset < 5 ? (n.ints('shape') ?? []) : n.sizes(1);
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

/** Parts of one Split, where its node does not name more: a number alone asks for a list of any length. */
const MAX_PARTS = 1 << 16;

const splitRule: Entry = (n) => {
  const x = n.in(0);
  const axis = axisOf(n.int('axis', 0), x.shape.length, 'Split');
  const extent = x.shape[axis] as Dim;
  const count = n.int('num_outputs', n.proto.output.length);
  const given = (n.opset < 13 ? n.ints('split') : null) ?? (n.has(1) ? [...n.sizes(1)] : null);
  const most = Math.max(MAX_PARTS, n.proto.output.length);
  if (!(count >= 1 && count <= most))
    throw new ModelError(count < 1 ? 'malformed' : 'limit', `Split is to make ${count} parts`, {
      hint: `it makes 1 to ${most}: export the model again`,
    });
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
  const target = n.sizes(1);
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

export const layout: Dialect = byName({
  Identity: { passes: 'first', run: (n) => identity(n.in(0)) },
  Cast: { passes: 'first', run: castRule },
  CastLike: (n) => withValue(cast(n.in(0), n.in(1).dtype), foldCast(n.in(0), n.in(1).dtype)),
  BitCast: (n) => nothing('bit_cast', [{ dtype: n.dtype('to', n.in(0).dtype), shape: n.in(0).shape, view: 0 }]),
  Reshape: { passes: 'first', run: reshapeRule },
  Flatten: { passes: 'first', run: flattenRule },
  Squeeze: { passes: 'first', run: squeezeRule },
  Unsqueeze: { passes: 'first', run: (n) => unsqueeze(n.in(0), axesOf(n) ?? []) },
  Transpose: { passes: 'first', run: transposeRule },
  Concat: { passes: 'all', run: concatRule },
  Split: { passes: 'first', run: splitRule },
  Expand: { passes: 'first', run: expandRule },
  Tile: tileRule,
  Pad: { settings: [2], passes: 'first', run: padRule },
  DepthToSpace: depthSpaceRule(false),
  SpaceToDepth: depthSpaceRule(true),
  Trilu: (n) => copy(n.in(0), 'tril'),
  ReverseSequence: (n) => copy(n.in(0), 'reverse_sequence'),
  CenterCropPad: (n) => {
    const x = n.in(0);
    const target = n.sizes(1);
    const axes = (n.ints('axes') ?? [...x.shape.keys()]).map((a) => axisOf(a, x.shape.length, 'CenterCropPad'));
    return copy(
      x,
      'center_crop_pad',
      x.shape.map((d, i) => (axes.includes(i) ? (target[axes.indexOf(i)] ?? d) : d)),
    );
  },
  Col2Im: (n) => {
    const x = n.in(0);
    const image = n.sizes(1);
    const block = n.numbers(2, 'block shape').reduce((a, b) => a * b, 1);
    return fold2d(x, [x.shape[0] as Dim, floordiv(x.shape[1] as Dim, block), ...image]);
  },
});
