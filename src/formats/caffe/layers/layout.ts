import { add, type Dim, floordiv, mul, sub } from '../../../dim/index.js';
import { axisOf, concat, permute, reshape, slice, split, tile, views } from '../../../ops/index.js';
import type { Table } from './table.js';

/** Layers that only move elements: tensors joined, taken apart and written anew. */

const concatRule: Table[string] = (n) => {
  const of = n.attrs.message('concat_param');
  return concat(n.all(), of.has('axis') ? of.number('axis') : of.number('concat_dim', 1));
};

const sliceRule: Table[string] = (n) => {
  const of = n.attrs.message('slice_param');
  const x = n.in(0);
  const axis = axisOf(of.has('axis') ? of.number('axis') : of.number('slice_dim', 1), x.shape.length, 'Slice');
  const extent = x.shape[axis] as Dim;
  const parts = Math.max(1, n.node.output.length);
  const points = of.numbers('slice_point');
  const edges: Dim[] =
    points.length > 0
      ? [0, ...points, extent]
      : Array.from({ length: parts + 1 }, (_, i) => mul(i, floordiv(extent, parts)));
  return split(
    x,
    edges.slice(1).map((edge, i) => sub(edge, edges[i] as Dim)),
    axis,
  );
};

/** 0 keeps an extent, −1 is what is left; only `num_axes` axes from `axis` on are written anew. */
const reshapeRule: Table[string] = (n) => {
  const of = n.attrs.message('reshape_param');
  const x = n.in(0);
  const rank = x.shape.length;
  const start = of.number('axis', 0) < 0 ? of.number('axis', 0) + rank + 1 : of.number('axis', 0);
  const count = of.number('num_axes', -1);
  const end = count < 0 ? rank : start + count;
  const wanted = of.message('shape').numbers('dim');
  return reshape(x, [
    ...x.shape.slice(0, start),
    ...wanted.map((d, i): Dim => (d === 0 ? (x.shape[start + i] ?? 1) : d)),
    ...x.shape.slice(end),
  ]);
};

const cropRule: Table[string] = (n) => {
  const [x, like] = [n.in(0), n.in(1)];
  const of = n.attrs.message('crop_param');
  const axis = axisOf(of.number('axis', 2), x.shape.length, 'Crop');
  const offsets = of.numbers('offset');
  return slice(
    x,
    x.shape.slice(axis).map((_, i) => {
      const start = offsets.length > 1 ? (offsets[i] ?? 0) : (offsets[0] ?? 0);
      return { axis: axis + i, start, end: add(start, like.shape[axis + i] ?? 1), step: 1 };
    }),
  );
};

const splitRule: Table[string] = (n) => {
  const x = n.in(0);
  return views(
    'identity',
    x,
    n.node.output.map(() => ({ ...x, view: 0 })),
  );
};

export const layout: Table = {
  Concat: concatRule,
  Slice: sliceRule,
  Split: splitRule,
  Reshape: reshapeRule,
  Permute: (n) => {
    const order = n.attrs.message('permute_param').numbers('order');
    const { shape } = n.in(0);
    return permute(n.in(0), [...order, ...shape.map((_, i) => i).filter((i) => !order.includes(i))]);
  },
  Crop: cropRule,
  Tile: (n) => {
    const of = n.attrs.message('tile_param');
    const x = n.in(0);
    const axis = axisOf(of.number('axis', 1), x.shape.length, 'Tile');
    return tile(
      x,
      x.shape.map((_, i) => (i === axis ? of.number('tiles', 1) : 1)),
    );
  },
};
