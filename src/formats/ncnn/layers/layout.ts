import { add, type Dim, equal, floordiv, isStatic, mul, product, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  concat,
  copy,
  embedding,
  fill,
  identity,
  pad,
  permute,
  reshape,
  slice,
  split,
  squeeze,
  tile,
  unsqueeze,
  views,
} from '../../../ops/index.js';
import { numel } from '../../../tensor/index.js';
import { UNSET } from '../settings.js';
import type { NcnnLayer, Table } from './table.js';

/** Extents from the innermost axis on are settings 0, 1, 11 and 2: columns, rows, depth, channels. */
const RESHAPED = [2, 11, 1, 0];

const reshapeRule: Table[string] = (n) => {
  const { attrs } = n;
  const x = n.in(0);
  if (attrs.text(6) !== '') throw new Unsupported(`its new shape is the expression ${attrs.text(6)}`);
  const { length } = x.shape;
  // A 0 stands for the same axis of the input, told by its own number.
  const own: Readonly<Record<number, Dim | undefined>> = {
    0: x.shape[length - 1],
    1: length > 1 ? x.shape[length - 2] : undefined,
    11: length > 3 ? x.shape[1] : undefined,
    2: length > 2 ? x.shape[0] : undefined,
  };
  const target = RESHAPED.flatMap((id): Dim[] => {
    const extent = attrs.number(id, UNSET);
    return extent === UNSET ? [] : extent === 0 ? [own[id] ?? 1] : [extent];
  });
  return reshape(x, target);
};

/** The input's axis (W, H, D, C) at each axis of the output, from the innermost on. */
const ORDERS_3 = ['WHC', 'HWC', 'WCH', 'CWH', 'HCW', 'CHW'];
const ORDERS_4 = `WHDC HWDC WDHC DWHC HDWC DHWC WHCD HWCD WCHD CWHD HCWD CHWD WDCH DWCH WCDH CWDH DCWH CDWH HDCW DHCW
  HCDW CHDW DCHW CDHW`.split(/\s+/);

const permuteRule: Table[string] = (n) => {
  const x = n.in(0);
  const rank = x.shape.length;
  const number = n.attrs.number(0);
  const order = rank === 2 ? ['WH', 'HW'][number] : (rank === 3 ? ORDERS_3 : ORDERS_4)[number];
  if (rank < 2) return identity(x);
  if (order === undefined) throw n.error(`has the order ${number}, which ${rank} axes do not have`);
  const axes = rank === 2 ? 'HW' : rank === 3 ? 'CHW' : 'CDHW';
  return permute(
    x,
    [...order].reverse().map((axis) => axes.indexOf(axis)),
  );
};

/** Parts of given lengths; −233 is an equal share of what is left. */
const sliceRule: Table[string] = (n) => {
  const { attrs } = n;
  const x = n.in(0);
  const axis = axisOf(attrs.number(1), x.shape.length, 'Slice');
  const extent = x.shape[axis] as Dim;
  const ends = attrs.numbers(2);
  if (ends.length > 0) {
    const edges: Dim[] = [0, ...ends.map((end) => (end < 0 ? add(extent, end) : end)), extent];
    return split(
      x,
      edges.slice(1).map((edge, i) => sub(edge, edges[i] as Dim)),
      axis,
    );
  }
  const sizes: Dim[] = [];
  const parts = attrs.numbers(0);
  let left = extent;
  for (const [i, size] of parts.entries()) {
    const own = size === UNSET ? floordiv(left, parts.length - i) : size;
    sizes.push(own);
    left = sub(left, own);
  }
  return split(x, sizes, axis);
};

/** The part between two places of some axes; −233 is the end. */
const cropRule: Table[string] = (n) => {
  const { attrs } = n;
  const x = n.in(0);
  const rank = x.shape.length;
  if (attrs.text(19) !== '' || attrs.text(20) !== '') throw new Unsupported('what it cuts out is an expression');
  const starts = attrs.numbers(9);
  if (starts.length > 0) {
    const ends = attrs.numbers(10);
    const axes = attrs.numbers(11);
    return slice(
      x,
      starts.map((start, i) => {
        const axis = axisOf(axes[i] ?? i, rank, 'Crop');
        const end = ends[i] ?? UNSET;
        const extent = x.shape[axis] as Dim;
        return { axis, start: start === UNSET ? 0 : start, end: end === UNSET ? extent : end, step: 1 };
      }),
    );
  }
  // Offsets in front, the extent, and offsets behind, of columns, rows, depth and channels.
  const ids: readonly (readonly [number, number, number])[] = [
    [0, 3, 6],
    [1, 4, 7],
    ...(rank > 3 ? [[13, 14, 15] as const] : []),
    [2, 5, 8],
  ];
  const like = n.has(1) ? n.in(1).shape : null;
  return slice(
    x,
    x.shape.map((extent, axis) => {
      const [front, want, behind] = ids[rank - 1 - axis] as readonly [number, number, number];
      const start = attrs.number(front);
      const size = attrs.number(want);
      const matched = like?.[axis - rank + like.length];
      const end =
        matched !== undefined
          ? add(start, matched)
          : size > 0
            ? add(start, size)
            : sub(extent, Math.max(0, attrs.number(behind)));
      return { axis, start, end, step: 1 };
    }),
  );
};

const PAD_MODES = ['constant', 'replicate', 'reflect'];

const padRule: Table[string] = (n) => {
  const { attrs } = n;
  const x = n.in(0);
  const rank = x.shape.length;
  const pairs: [number, number][] = [
    [attrs.number(7), attrs.number(8)],
    [attrs.number(0), attrs.number(1)],
    [attrs.number(2), attrs.number(3)],
  ];
  if (attrs.number(6) > 0) n.weight('padding', [attrs.number(6)]);
  const all = rank > 3 ? [[0, 0] as [number, number], ...pairs] : pairs.slice(-rank);
  return pad(x, all, PAD_MODES[attrs.number(4)] ?? 'constant');
};

/** Axes that a list names, or flags of columns, rows, depth and channels. */
function flagged(n: NcnnLayer, rank: number): number[] {
  const listed = n.attrs.numbers(3);
  if (listed.length > 0) return [...listed];
  const flags: readonly [id: number, axis: number][] = [
    [0, rank - 1],
    [1, rank - 2],
    [11, rank - 3],
    [2, 0],
  ];
  return [...new Set(flags.flatMap(([id, axis]) => (n.attrs.number(id) !== 0 && axis >= 0 ? [axis] : [])))];
}

const tileRule: Table[string] = (n) => {
  const { attrs } = n;
  const x = n.in(0);
  const repeats = attrs.numbers(2);
  if (repeats.length > 0) {
    const missing = Math.max(0, x.shape.length - repeats.length);
    return tile(x, [...new Array<number>(missing).fill(1), ...repeats]);
  }
  const axis = axisOf(attrs.number(0), x.shape.length, 'Tile');
  return tile(
    x,
    x.shape.map((_, i) => (i === axis ? attrs.number(1, 1) : 1)),
  );
};

/** Boxes at each place: one for each size and for each shape of the smaller sizes. */
const priorBoxRule: Table[string] = (n) => {
  const { attrs } = n;
  const [h, w] = n.in(0).shape.slice(-2) as [Dim, Dim];
  const [small, large, shapes] = [0, 1, 2].map((id) => attrs.numbers(id).length) as [number, number, number];
  const each = small * (1 + shapes * (attrs.number(7, 1) === 0 ? 1 : 2)) + large;
  return fill([2, mul(4 * each, h, w)], 'float32');
};

export const layout: Table = {
  Reshape: reshapeRule,
  Permute: permuteRule,
  Concat: (n) => concat(n.all(), axisOf(n.attrs.number(0), n.in(0).shape.length, 'Concat')),
  Slice: sliceRule,
  Crop: cropRule,
  Padding: padRule,
  // A layer of the examples that many detectors use: four pixels of a square become channels.
  YoloV5Focus: (n) => {
    const x = n.in(0);
    const [channels = 1, rows = 1, columns = 1] = x.shape;
    return copy(x, 'copy', [mul(4, channels), floordiv(rows, 2), floordiv(columns, 2)]);
  },
  Split: (n) => {
    // Masks and tables of angles whose sizes nobody needs go through as they are.
    if (n.value(0).type === null) return n.node.output.map(() => n.value(0));
    const x = n.in(0);
    return views(
      'identity',
      x,
      n.node.output.map(() => ({ ...x, view: 0 })),
    );
  },
  Flatten: (n) => reshape(n.in(0), [numel(n.in(0).shape)]),
  Squeeze: (n) => {
    const x = n.in(0);
    const axes = flagged(n, x.shape.length).map((axis) => axisOf(axis, x.shape.length, 'Squeeze'));
    return squeeze(
      x,
      axes.filter((axis) => equal(x.shape[axis] as Dim, 1)),
    );
  },
  ExpandDims: (n) => {
    const x = n.in(0);
    const axes = flagged(n, x.shape.length + 1);
    return unsqueeze(x, axes);
  },
  Tile: tileRule,
  Flip: (n) => copy(n.in(0), 'flip'),
  DeepCopy: (n) => copy(n.in(0)),
  Packing: (n) => copy(n.in(0)),
  CopyTo: (n) => copy(n.in(0)),
  PriorBox: priorBoxRule,
  MemoryData: (n) => {
    const extents = RESHAPED.map((id) => n.attrs.number(id)).filter((extent) => extent > 0);
    return [n.stored('data', extents)];
  },
  Diag: (n) => {
    const x = n.in(0);
    const offset = Math.abs(n.attrs.number(0));
    if (x.shape.length === 1)
      return copy(x, 'diag_embed', [add(x.shape[0] as Dim, offset), add(x.shape[0] as Dim, offset)]);
    const [rows, columns] = x.shape as readonly [Dim, Dim];
    if (!isStatic(rows) || !isStatic(columns)) throw new Unsupported('its diagonal depends on free extents');
    return copy(x, 'diag_embed', [Math.max(0, Math.min(Number(rows), Number(columns)) - offset)]);
  },
  SPP: (n) => {
    const [c] = n.in(0).shape;
    const levels = Array.from({ length: Math.min(16, Math.max(1, n.attrs.number(1, 1))) }, (_, i) => 4 ** i);
    return copy(n.in(0), 'copy', [
      mul(
        c as Dim,
        levels.reduce((a, b) => a + b, 0),
      ),
    ]);
  },
  Embed: (n) => {
    const { attrs } = n;
    const x = n.in(0);
    const table = n.weight('weight', [attrs.number(1), attrs.number(0)]);
    const bias = attrs.number(2) === 0 ? null : n.weight('bias', [attrs.number(0)]);
    return embedding(table, { dtype: 'int32', shape: [product(x.shape)] }, bias);
  },
};
