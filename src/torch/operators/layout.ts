import { type Dim, isStatic, mul, product, sub } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { numel, type TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { dtypeOf } from './dtypes.js';
import { type Entry, entry, type Rule, type Table } from './table.js';

/** An effect of the type of `self` alone. */
const of =
  (effect: (x: TensorType, c: Call) => ops.Effect): Rule =>
  (c) =>
    c.make(effect(c.type('self'), c), [c.value('self')]);

function flipped(x: TensorType, axes: readonly number[]): ops.Effect {
  const backwards = axes.map((a) => ({
    axis: ops.axisOf(a, x.shape.length, 'flip'),
    start: null,
    end: null,
    step: -1,
  }));
  return ops.withValue(ops.copy(x, 'flip'), ops.foldSlice(x, backwards));
}

const identity = (op: ops.OpName): Rule => of((x) => ops.identity(x, op));
const copied = (op: ops.OpName): Rule => of((x) => kept(ops.copy(x, op), x));

/** A copy has the same contents. */
function kept(effect: ops.Effect, x: TensorType): ops.Effect {
  return 'value' in x ? ops.withValue(effect, x.value) : effect;
}

const reshaped = of((x, c) => ops.reshape(x, c.dims(c.has('shape') ? 'shape' : 'size')));
const RESHAPE = 'self shape:is...';
const VIEW = ['self size:is...', 'self size'];

/** `x.view(torch.int32)`: the same bytes as elements of another width. */
function reinterpreted(c: Call) {
  const x = c.type('self');
  const dtype = dtypeOf(c.arg('dtype')) ?? x.dtype;
  return c.make(ops.view('view', { dtype, shape: x.shape }, x.shape, null), [c.value('self')]);
}

const view: Rule = (c) => (c.has('dtype') || typeof c.arg('size') === 'string' ? reinterpreted(c) : reshaped(c));

const permute = of((x, c) => {
  const order = c.ints('dims');
  const effect = ops.permute(x, order);
  const rank = x.shape.length;
  return ops.withValue(
    effect,
    ops.foldPermute(
      x,
      order.map((a) => ops.axisOf(a, rank, 'permute')),
    ),
  );
});

const transposed = (x: TensorType, a: number, b: number): ops.Effect => {
  if (x.shape.length === 0) return ops.identity(x, 'permute');
  const order = [...x.shape.keys()];
  const [i, j] = [ops.axisOf(a, order.length, 'transpose'), ops.axisOf(b, order.length, 'transpose')];
  [order[i], order[j]] = [order[j] as number, order[i] as number];
  return ops.withValue(ops.permute(x, order), ops.foldPermute(x, order));
};
const transpose = of((x, c) => transposed(x, c.int('dim0'), c.int('dim1')));
const matrixTranspose = of((x) => (x.shape.length < 2 ? ops.identity(x, 'permute') : transposed(x, -2, -1)));

const moveAxes = of((x, c) => {
  const rank = x.shape.length;
  const from = c.ints('source').map((a) => ops.axisOf(a, rank, 'movedim'));
  const to = c.ints('destination').map((a) => ops.axisOf(a, rank, 'movedim'));
  const order: (number | undefined)[] = new Array<number | undefined>(rank).fill(undefined);
  for (const [i, a] of from.entries()) order[to[i] as number] = a;
  const rest = [...x.shape.keys()].filter((a) => !from.includes(a));
  return ops.permute(
    x,
    order.map((a) => a ?? (rest.shift() as number)),
  );
});

const flatten = of((x, c) => ops.flatten(x, c.int('start_dim'), c.int('end_dim')));
const ravel = of((x) => ops.flatten(x));

const unflatten = of((x, c) => {
  const at = c.axis('dim', x.shape.length);
  const inner = ops.reshape({ dtype: x.dtype, shape: [x.shape[at] as Dim] }, c.dims('sizes')).outputs[0]?.shape ?? [];
  return ops.reshape(x, [...x.shape.slice(0, at), ...inner, ...x.shape.slice(at + 1)]);
});

const squeeze = of((x, c) => ops.squeeze(x, c.has('dim') ? (x.shape.length === 0 ? [] : c.ints('dim')) : null));
const unsqueeze = of((x, c) => ops.unsqueeze(x, [c.int('dim')]));
const expand = of((x, c) => {
  const effect = ops.expand(x, c.dims('size'));
  return ops.withValue(effect, ops.foldExpand(x, effect.outputs[0]?.shape ?? []));
});

/** Axes put in front until the rank is what is asked for. */
const atLeast = (rank: number): Rule => of((x) => ops.view('reshape', x, atLeastShape(x.shape, rank)));
function atLeastShape(shape: readonly Dim[], rank: number): readonly Dim[] {
  if (shape.length >= rank) return shape;
  if (rank === 3) return shape.length === 2 ? [...shape, 1] : shape.length === 1 ? [1, shape[0] as Dim, 1] : [1, 1, 1];
  return [...new Array<Dim>(rank - shape.length).fill(1), ...shape];
}

/** A dtype, a device, a layout, another tensor: only a dtype changes anything. */
const to: Rule = of((x, c) => {
  const other = c.optionalType('other');
  const arg = c.arg('dtype');
  const dtype = other?.dtype ?? (typeof arg === 'string' && !isDType(arg) ? null : dtypeOf(arg)) ?? x.dtype;
  return cast(x, dtype);
});

function cast(x: TensorType, dtype: TensorType['dtype']): ops.Effect {
  const effect = ops.cast(x, dtype);
  return dtype === x.dtype ? effect : ops.withValue(effect, ops.foldCast(x, dtype));
}

function isDType(text: string): boolean {
  try {
    return dtypeOf(text) !== null;
  } catch {
    return false;
  }
}

const named = (dtype: TensorType['dtype']): Entry =>
  entry(
    'self memory_format=None',
    of((x) => cast(x, dtype)),
  );

/** Windows of an axis as a new last one: a view that reads elements several times. */
const unfold = of((x, c) => {
  const at = x.shape.length === 0 ? 0 : c.axis('dimension', x.shape.length);
  const [size, step] = [c.int('size'), c.int('step')];
  const windows = ops.windowed(
    x.shape[at] ?? 1,
    { kernel: size, stride: step, padding: [0, 0], dilation: 1 },
    'unfold',
  );
  return ops.view('unfold', x, [...x.shape.map((d, i) => (i === at ? windows : d)), size], null);
});

const strided = of((x, c) => ops.view('as_strided', x, c.dims('size'), null));

const diagonal = of((x, c) => {
  const [a, b] = [c.axis('dim1', x.shape.length), c.axis('dim2', x.shape.length)];
  const offset = c.int('offset');
  const [rows, columns] = [x.shape[a] as Dim, x.shape[b] as Dim];
  const length = offset >= 0 ? lesser(rows, sub(columns, offset)) : lesser(sub(rows, -offset), columns);
  return ops.view('diagonal', x, [...x.shape.filter((_, i) => i !== a && i !== b), length], null);
});

function lesser(a: Dim, b: Dim): Dim {
  if (isStatic(a) && isStatic(b)) return a < b ? a : b;
  return a;
}

/** A vector on the diagonal of a matrix, or the diagonal of one. */
const diag = of((x, c) => {
  const offset = Math.abs(c.int('diagonal'));
  const [rows, columns] = x.shape as readonly [Dim, Dim?];
  if (columns === undefined) {
    const n = isStatic(rows) ? Number(rows) + offset : rows;
    return ops.copy(x, 'diag', [n, n]);
  }
  return ops.copy(x, 'diag', [lesser(rows, columns)]);
});

const diagEmbed = of((x, c) => {
  const n = x.shape.at(-1) ?? 1;
  if (c.int('offset') !== 0 && !isStatic(n)) throw new Unsupported('its extent is symbolic');
  const side = c.int('offset') === 0 ? n : Number(n) + Math.abs(c.int('offset'));
  return ops.copy(x, 'diag_embed', [...x.shape.slice(0, -1), side, side]);
});

const repeat = of((x, c) => ops.tile(x, c.dims('repeats')));
const tile = of((x, c) => ops.tile(x, c.dims('dims')));

/** Each element several times along an axis, flattened where none is given. */
const interleave: Rule = (c) => {
  const x = c.type('self');
  const repeats = c.arg('repeats');
  const flat = !c.has('dim');
  const shape = flat ? [numel(x.shape)] : [...x.shape];
  const axis = flat ? 0 : c.axis('dim', x.shape.length);
  const times = c.optionalType('repeats');
  const one = typeof repeats === 'number' || typeof repeats === 'bigint' || times === null;
  if (one) shape[axis] = mul(shape[axis] as Dim, c.dim('repeats'));
  else {
    const known = times.value;
    shape[axis] =
      known?.length === 1
        ? mul(shape[axis] as Dim, known[0] as Dim)
        : known
          ? known.reduce<Dim>((a, b) => (isStatic(a) && isStatic(b) ? Number(a) + Number(b) : a), 0)
          : c.has('output_size')
            ? c.dim('output_size')
            : c.fresh(0, axis);
  }
  return c.make(ops.copy(x, 'repeat_interleave', shape), [c.value('self'), c.optional('repeats')]);
};

/** Blocks of an image as channels and back: data moves. */
const shuffle = (up: boolean): Rule =>
  of((x, c) => {
    const r = c.int(up ? 'upscale_factor' : 'downscale_factor');
    const [ch, h, w] = x.shape.slice(-3) as [Dim, Dim, Dim];
    const by = (d: Dim, factor: number): Dim =>
      ops.reshape({ dtype: x.dtype, shape: [d] }, [-1, factor]).outputs[0]?.shape[0] as Dim;
    const shape = up ? [by(ch, r * r), mul(h, r), mul(w, r)] : [mul(ch, r * r), by(h, r), by(w, r)];
    return ops.copy(x, up ? 'pixel_shuffle' : 'pixel_unshuffle', [...x.shape.slice(0, -3), ...shape]);
  });

/** Patches as columns: N×C×H×W → N×(C·∏kernel)×patches. */
const im2col = of((x, c) => {
  const kernel = pair(c.ints('kernel_size'));
  const [dilation, padding, stride] = [pair(c.ints('dilation')), pair(c.ints('padding')), pair(c.ints('stride'))];
  const [channels, ...spatial] = x.shape.slice(-3) as [Dim, Dim, Dim];
  const out = spatial.map((d, i) =>
    ops.windowed(
      d,
      {
        kernel: kernel[i] as number,
        stride: stride[i] as number,
        dilation: dilation[i] as number,
        padding: [padding[i] as number, padding[i] as number],
      },
      'unfold',
    ),
  );
  return ops.copy(x, 'unfold', [...x.shape.slice(0, -3), mul(channels, product(kernel)), product(out)]);
});

/** Columns summed back into patches. */
const col2im = of((x, c) => {
  const size = c.dims('output_size');
  const kernel = pair(c.ints('kernel_size'));
  const channels = ops.reshape({ dtype: x.dtype, shape: [x.shape.at(-2) as Dim] }, [-1, product(kernel)]).outputs[0]
    ?.shape[0] as Dim;
  return ops.fold2d(x, [...x.shape.slice(0, -2), channels, ...size]);
});

const pair = (values: readonly number[]): readonly number[] =>
  values.length === 1 ? [values[0] as number, values[0] as number] : values;

/** A complex tensor as pairs of reals, and back. */
const asReal = of((x) =>
  ops.view(
    'view_as_real',
    { dtype: x.dtype === 'complex128' ? 'float64' : 'float32', shape: x.shape },
    [...x.shape, 2],
    null,
  ),
);
const asComplex = of((x) =>
  ops.view(
    'view_as_complex',
    { dtype: x.dtype === 'float64' ? 'complex128' : 'complex64', shape: x.shape },
    x.shape.slice(0, -1),
    null,
  ),
);
const part = (op: ops.OpName): Rule =>
  of((x) =>
    ops.view(
      op,
      { dtype: x.dtype === 'complex128' ? 'float64' : x.dtype === 'complex64' ? 'float32' : x.dtype, shape: x.shape },
      x.shape,
      null,
    ),
  );

const triangle = of((x, c) => ops.copy(x, c.name === 'triu' ? 'triu' : 'tril'));

export const layout: Table = byName({
  view: entry([...VIEW, 'self dtype:s'], view),
  _unsafe_view: entry(VIEW, view),
  view_copy: entry(VIEW, view),
  reshape: entry([RESHAPE, 'self size'], reshaped),
  _reshape_alias: entry('self size stride', reshaped),
  _reshape_copy: entry(VIEW, reshaped),
  view_as: entry(
    'self other',
    of((x, c) => ops.reshape(x, c.type('other').shape)),
  ),
  reshape_as: entry(
    'self other',
    of((x, c) => ops.reshape(x, c.type('other').shape)),
  ),
  permute: entry('self dims:is...', permute),
  permute_copy: entry('self dims', permute),
  transpose: entry('self dim0 dim1', transpose),
  transpose_copy: entry('self dim0 dim1', transpose),
  swapaxes: entry('self dim0 dim1', transpose),
  swapdims: entry('self dim0 dim1', transpose),
  t: entry('self', matrixTranspose),
  numpy_T: entry(
    'self',
    of((x) => ops.permute(x, [...x.shape.keys()].reverse())),
  ),
  matrix_H: entry('self', matrixTranspose),
  mT: entry('self', matrixTranspose),
  adjoint: entry('self', matrixTranspose),
  movedim: entry('self source destination', moveAxes),
  moveaxis: entry('self source destination', moveAxes),
  flatten: entry('self start_dim=0 end_dim=-1', flatten),
  ravel: entry('self', ravel),
  unflatten: entry('self dim sizes names=None', unflatten),
  squeeze: entry('self dim=None', squeeze),
  squeeze_copy: entry('self dim=None', squeeze),
  unsqueeze: entry('self dim', unsqueeze),
  unsqueeze_copy: entry('self dim', unsqueeze),
  expand: entry('self size:is... implicit=False', expand),
  expand_copy: entry('self size implicit=False', expand),
  expand_as: entry(
    'self other',
    of((x, c) => ops.expand(x, c.type('other').shape)),
  ),
  broadcast_to: entry('self size', expand),
  atleast_1d: entry('self', atLeast(1)),
  atleast_2d: entry('self', atLeast(2)),
  atleast_3d: entry('self', atLeast(3)),
  contiguous: entry('self memory_format=None', identity('contiguous')),
  detach: entry('self', identity('detach')),
  alias: entry('self', identity('alias')),
  lift: entry('self', identity('alias')),
  lift_fresh: entry('self', identity('alias')),
  lift_fresh_copy: entry('self', copied('clone')),
  requires_grad: entry('self requires_grad=True', identity('alias')),
  identity: entry('self', identity('identity')),
  clone: entry('self memory_format=None', copied('clone')),
  resolve_conj: entry('self', identity('alias')),
  resolve_neg: entry('self', identity('alias')),
  conj: entry('self', identity('conj')),
  _conj: entry('self', identity('conj')),
  cpu: entry('self', identity('alias')),
  cuda: entry('self device=None', identity('alias')),
  to: entry(
    [
      'self other:T non_blocking=False copy=False memory_format=None',
      'self dtype:n non_blocking=False copy=False memory_format=None',
      'self dtype:s non_blocking:b=False copy=False memory_format=None',
      'self device dtype=None non_blocking=False copy=False memory_format=None',
      'self dtype=None layout=None device=None pin_memory=None non_blocking=False copy=False memory_format=None',
      'self device=None dtype=None non_blocking=False copy=False memory_format=None',
    ],
    to,
  ),
  _to_copy: entry('self dtype=None layout=None device=None pin_memory=None non_blocking=False memory_format=None', to),
  type_as: entry('self other', to),
  type: entry('self dtype', to),
  float: named('float32'),
  double: named('float64'),
  half: named('float16'),
  bfloat16: named('bfloat16'),
  long: named('int64'),
  int: named('int32'),
  short: named('int16'),
  char: named('int8'),
  byte: named('uint8'),
  bool: named('bool'),
  unfold: entry('self dimension size step', unfold),
  unfold_copy: entry('self dimension size step', unfold),
  as_strided: entry('self size stride storage_offset=None', strided),
  diagonal: entry('self offset=0 dim1=0 dim2=1', diagonal),
  linalg_diagonal: entry('self offset=0 dim1=-2 dim2=-1', diagonal),
  diag: entry('self diagonal=0', diag),
  diag_embed: entry('self offset=0 dim1=-2 dim2=-1', diagEmbed),
  repeat: entry('self repeats:is...', repeat),
  tile: entry('self dims:is...', tile),
  repeat_interleave: entry('self repeats dim=None output_size=None', interleave),
  roll: entry(
    'self shifts dims=[]',
    of((x) => ops.copy(x, 'roll')),
  ),
  flip: entry(
    'self dims:is...',
    of((x, c) => flipped(x, c.ints('dims'))),
  ),
  fliplr: entry(
    'self',
    of((x) => flipped(x, [1])),
  ),
  flipud: entry(
    'self',
    of((x) => flipped(x, [0])),
  ),
  rot90: entry(
    'self k=1 dims=[]',
    of((x, c) => {
      const [a, b] = c.ints('dims').length === 2 ? (c.ints('dims') as [number, number]) : [0, 1];
      return ops.copy(x, 'rot90', c.int('k') % 2 === 0 ? x.shape : (transposed(x, a, b).outputs[0]?.shape ?? x.shape));
    }),
  ),
  tril: entry('self diagonal=0', triangle),
  triu: entry('self diagonal=0', triangle),
  pixel_shuffle: entry('self upscale_factor', shuffle(true)),
  pixel_unshuffle: entry('self downscale_factor', shuffle(false)),
  channel_shuffle: entry(
    'self groups',
    of((x) => ops.copy(x, 'channel_shuffle')),
  ),
  native_channel_shuffle: entry(
    'self groups',
    of((x) => ops.copy(x, 'channel_shuffle')),
  ),
  im2col: entry('self kernel_size dilation=1 padding=0 stride=1', im2col),
  col2im: entry('self output_size kernel_size dilation=1 padding=0 stride=1', col2im),
  view_as_real: entry('self', asReal),
  view_as_complex: entry('self', asComplex),
  real: entry('self', part('real')),
  imag: entry('self', part('imag')),
});
