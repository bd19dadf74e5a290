import { add, type Dim, equal, exactdiv, floordiv, isStatic, mul, sub } from '../../../dim/index.js';
import type { Value } from '../../../ledger/index.js';
import {
  binary,
  concat,
  copy,
  dropout,
  fold,
  identity,
  localResponseNorm,
  nothing,
  type PoolKind,
  pool,
  reduce,
  resize,
  slice,
  softmax,
  together,
  unary,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { blurred } from './convolutions.js';
import { activate, type DarknetLayer, normalise, type Table } from './table.js';

/** Layers that pool, join, add and resize, and the heads of detectors. */

/** Padding is the total of both sides, by default one less than the window. */
const poolRule =
  (kind: PoolKind): Table[string] =>
  (n) => {
    const { attrs } = n;
    const x = n.in(0);
    const stride = attrs.integer('stride', 1);
    const size = attrs.integer('size', stride);
    const strides = [attrs.integer('stride_y', stride), attrs.integer('stride_x', stride)];
    const padding = attrs.integer('padding', size - 1);
    if (kind === 'max' && attrs.integer('maxpool_depth', 0) !== 0) {
      const [batch, , h, w] = x.shape as readonly [Dim, Dim, Dim, Dim];
      const out: TensorType = { dtype: x.dtype, shape: [batch, attrs.integer('out_channels', 1), h, w] };
      return together('max_pool', [out], [binary('maximum', x, x)]);
    }
    const blur = kind === 'max' ? attrs.integer('antialiasing', 0) : 0;
    const options = { kernel: size, padding: pairs(padding) };
    if (blur === 0 || stride === 1) return pool(kind, x, 2, { ...options, stride: strides });
    const made = n.apply(pool(kind, x, 2, { ...options, stride: 1 }), [n.known(0)]);
    return [blurred(n, made, blur === 2 ? 2 : 3, [strides[0] as number, strides[1] as number])];
  };

function pairs(total: number): [number, number][] {
  const front = Math.floor(total / 2);
  return [
    [front, total - front],
    [front, total - front],
  ];
}

/** Everything joined by channels, of which one of several groups may be taken. */
const route: Table[string] = (n) => {
  const { attrs } = n;
  const all = n.all();
  const groups = attrs.integer('groups', 1);
  const values = all.map((_, i) => n.known(i));
  const joined = all.length === 1 ? (values[0] as Value) : n.apply(concat(all, 1), values);
  const type = joined.type as TensorType;
  if (groups === 1) return [all.length === 1 ? n.apply(identity(type), [joined]) : joined];
  const channels = exactdiv(type.shape[1] as Dim, groups);
  if (channels === undefined) throw n.error(`${String(type.shape[1])} channels do not divide into ${groups} groups`);
  const start = mul(channels, attrs.integer('group_id', 0));
  return [n.apply(slice(type, [{ axis: 1, start, end: add(start, channels), step: 1 }]), [joined])];
};

/** The layer in front and others, added; the result has its extents, and what they have not is left out. */
const shortcut: Table[string] = (n) => {
  const { attrs } = n;
  const [x, ...others] = n.all() as [TensorType, ...TensorType[]];
  const values = [x, ...others].map((_, i) => n.known(i));
  const kind = attrs.text('weights_type', 'none');
  const weighted = /^per_/.test(kind);
  const count = others.length + 1;
  const weights = weighted ? [n.stored('weights', [count, kind === 'per_channel' ? n.extent(x.shape[1]) : 1])] : [];
  const same = others.every((o) => o.shape.every((d, i) => equal(d, x.shape[i] as Dim)));
  const one: TensorType = { dtype: x.dtype, shape: [] };
  const scaled = weighted ? [x, ...others].map((t) => binary('mul', t, one)) : [];
  const sums = same ? [fold('add', [x, ...others])] : others.map((o) => fold('add', [meeting(x, o), meeting(x, o)]));
  const effect = together('add', [{ dtype: x.dtype, shape: x.shape }], [...scaled, ...sums]);
  return [activate(n, n.apply(effect, [...values, ...weights]), 'linear')];
};

/** The part that two tensors have in common. */
function meeting(x: TensorType, other: TensorType): TensorType {
  return {
    dtype: x.dtype,
    shape: x.shape.map((d, i) => {
      const own = other.shape[i] as Dim;
      return isStatic(d) && isStatic(own) ? Math.min(Number(d), Number(own)) : d;
    }),
  };
}

/** One of two tensors scaled by the other; the result is as large as the layer that is named. */
const scaleBy: Table[string] = (n) => {
  const [x, from] = [n.in(0), n.in(1)];
  const made = n.apply(binary('mul', from, x), [n.known(1), n.known(0)]);
  return [activate(n, made, 'linear')];
};

const upsample: Table[string] = (n) => {
  const x = n.in(0);
  const stride = n.attrs.integer('stride', 2);
  const [h, w] = x.shape.slice(2) as [Dim, Dim];
  const by = Math.max(1, Math.abs(stride));
  return resize(x, stride < 0 ? [floordiv(h, by), floordiv(w, by)] : [mul(h, by), mul(w, by)], 'nearest');
};

const reorg: Table[string] = (n) => {
  const x = n.in(0);
  const [batch, c, h, w] = x.shape as readonly [Dim, Dim, Dim, Dim];
  const s = Math.max(1, n.attrs.integer('stride', 1));
  if (n.attrs.integer('reverse', 0) !== 0)
    return copy(x, 'pixel_shuffle', [batch, floordiv(c, s * s), mul(h, s), mul(w, s)]);
  return copy(x, 'pixel_unshuffle', [batch, mul(c, s * s), floordiv(h, s), floordiv(w, s)]);
};

/** In the middle; training cuts elsewhere, and turns and colours too. */
const crop: Table[string] = (n) => {
  const x = n.in(0);
  const wanted = [n.attrs.integer('crop_height', 1), n.attrs.integer('crop_width', 1)];
  return slice(
    x,
    wanted.map((size, i) => {
      const start = floordiv(sub(x.shape[i + 2] as Dim, size), 2);
      return { axis: i + 2, start, end: add(start, size), step: 1 };
    }),
  );
};

/** Boxes: their centres, whether there is something, and each class through the logistic function, width and height not. */
const headRule =
  (perBox: (classes: number) => number, otherwise: number): Table[string] =>
  (n) => {
    const x = n.in(0);
    const { attrs } = n;
    const masks = attrs.integers('mask').length;
    const boxes = masks > 0 ? masks : attrs.integer('num', 1);
    const values = perBox(attrs.integer('classes', otherwise));
    const [batch, , h, w] = x.shape as readonly [Dim, Dim, Dim, Dim];
    const effect = unary('sigmoid', { dtype: x.dtype, shape: [batch, boxes * values, h, w] });
    return { ...effect, outputs: [{ dtype: x.dtype, shape: x.shape }] };
  };

const passRule: Table[string] = (n) => identity(n.in(0));

const shiftRule =
  (op: 'add' | 'mul'): Table[string] =>
  (n) =>
    binary(op, n.in(0), n.in(1));

const implicit: Table[string] = (n) => {
  const [filters, atoms] = [n.attrs.integer('filters', 128), n.attrs.integer('atoms', 1)];
  const value = n.stored('weights', [1, filters, atoms, 1]);
  return [n.apply(identity(value.type as TensorType), [value])];
};

export const moves: Table = {
  maxpool: poolRule('max'),
  local_avgpool: poolRule('avg'),
  avgpool: (n) => reduce('mean', n.in(0), [2, 3], { keepdim: true }),
  route,
  shortcut,
  upsample,
  reorg,
  reorg3d: reorg,
  crop,
  scale_channels: scaleBy,
  sam: scaleBy,
  dropout: (n) => dropout(n.in(0), false),
  softmax: (n) => softmax(n.in(0), 1),
  normalization: (n) => localResponseNorm(n.in(0), n.attrs.integer('size', 5)),
  batchnorm: (n) => [normalised(n)],
  activation: (n) => [activate(n, n.known(0), 'linear')],
  yolo: headRule((classes) => classes + 3, 20),
  gaussian_yolo: headRule((classes) => classes + 7, 20),
  region: headRule((classes) => classes + 3, 20),
  detection: passRule,
  cost: passRule,
  contrastive: passRule,
  empty: passRule,
  silence: (n) => nothing('identity', [n.in(0)]),
  implicit_add: implicit,
  implicit_mul: implicit,
  implicit,
  shift_channels: shiftRule('add'),
  control_channels: shiftRule('mul'),
};

function normalised(n: DarknetLayer): Value {
  const channels = n.extent(n.in(0).shape[1]);
  return normalise(n, n.known(0), channels, n.stored('biases', [channels]));
}
