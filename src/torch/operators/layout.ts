import type { Dim } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { dtypeOf } from './dtypes.js';
import { of } from './of-self.js';
import { entry, type Rule, type Table } from './table.js';

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

export const view: Rule = (c) => (c.has('dtype') || typeof c.arg('size') === 'string' ? reinterpreted(c) : reshaped(c));

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

export const transposed = (x: TensorType, a: number, b: number): ops.Effect => {
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

/** Axes put in front until the rank is what is requested. */
const atLeast = (rank: number): Rule => of((x) => ops.view('reshape', x, atLeastShape(x.shape, rank)));

function atLeastShape(shape: readonly Dim[], rank: number): readonly Dim[] {
  if (shape.length >= rank) return shape;
  if (rank === 3) return shape.length === 2 ? [...shape, 1] : shape.length === 1 ? [1, shape[0] as Dim, 1] : [1, 1, 1];
  return [...new Array<Dim>(rank - shape.length).fill(1), ...shape];
}

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
});
