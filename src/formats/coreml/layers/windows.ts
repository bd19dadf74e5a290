import { add, type Dim, exactdiv, floordiv, isStatic, mul, product } from '../../../dim/index.js';
import {
  adaptivePool,
  conv,
  convTranspose,
  copy,
  cropAndResize,
  type Effect,
  localResponseNorm,
  type Padding,
  type PoolKind,
  pad,
  pool,
  resize,
} from '../../../ops/index.js';
import type { ProtoMessage } from '../../../wire/proto-message.js';
import { samePadding } from '../../channels.js';
import type { Windows } from '../../windows.js';
import { type Blob, type Entry, type Layer, overSpatial, type Table } from './layer.js';

function two(params: ProtoMessage, field: number, otherwise: number): number[] {
  const list = params.ints(field);
  return list.length >= 2 ? list.slice(0, 2) : [otherwise, otherwise];
}

/** `BorderAmounts`: before and after, of height and width. */
function borders(amounts: ProtoMessage | null): [number, number][] {
  const sizes = amounts?.messages(10) ?? [];
  return [0, 1].map((i) => [sizes[i]?.int(1) ?? 0, sizes[i]?.int(2) ?? 0]);
}

/** Valid with amounts, or same. */
function padsOf(
  params: ProtoMessage,
  fields: readonly [number, number],
  extents: readonly Dim[],
  w: Windows,
): [number, number][] {
  const same = params.message(fields[1]);
  if (same !== null) {
    const pads = samePadding(extents, w.kernel, w.stride, w.dilation);
    return same.int(1) === 1 ? pads.map(([front, behind]) => [behind, front]) : pads;
  }
  return borders(params.message(fields[0])?.message(1) ?? null);
}

/** `[outputs, inputs of a group, …]`; transposed ones have `[inputs, outputs of a group, …]`. */
function convolutionBlobs(p: ProtoMessage): Blob[] {
  const [outputs, inner, groups] = [p.int(1), p.int(2), p.int(10) || 1];
  const kernel = two(p, 20, 3);
  const shape = p.bool(60) ? [inner, floorTo(outputs, groups), ...kernel] : [outputs, inner, ...kernel];
  return [
    { name: 'weights', params: p.message(90), shape },
    { name: 'bias', params: p.bool(70) ? p.message(91) : null, shape: [outputs] },
  ];
}

const floorTo = (a: number, b: number): number => Math.floor(a / b);

const convolution: Entry = {
  weights: convolutionBlobs,
  run: (n) => {
    const p = n.params;
    const w: Windows = { kernel: two(p, 20, 3), stride: two(p, 30, 1), dilation: two(p, 40, 1) };
    const weight = n.blob('weights') ?? n.in(1); // of a second input where it has none of its own
    const groups = p.int(10) || 1;
    return overSpatial(n.in(0), 2, (x) => {
      const extents = x.shape.slice(2);
      if (!p.bool(60))
        return conv(x, weight, n.blob('bias'), { ...w, padding: padsOf(p, [50, 51], extents, w), groups });
      const wanted = p.ints(100);
      const { padding, outputPadding } = transposedPads(p, [50, 51], extents, w, wanted);
      return convTranspose(x, weight, n.blob('bias'), { ...w, padding, outputPadding, groups });
    });
  },
};

/** Cropping of a transposed window, so that the extents are those that are wanted, or stride times the input's. */
function transposedPads(
  p: ProtoMessage,
  fields: readonly [number, number],
  extents: readonly Dim[],
  w: Windows,
  wanted: readonly number[],
): { readonly padding: [number, number][]; readonly outputPadding: number[] } {
  const explicit = borders(p.message(fields[0])?.message(1) ?? null);
  const same = p.has(fields[1]);
  const outputPadding = w.kernel.map(() => 0);
  const padding = w.kernel.map((k, i): [number, number] => {
    const span = (w.dilation[i] as number) * (k - 1) + 1;
    const s = w.stride[i] as number;
    const extent = extents[i] as Dim;
    const to = wanted[i] ?? 0;
    if (to === 0 && !same) return explicit[i] ?? [0, 0];
    const total = to > 0 && isStatic(extent) ? s * (Number(extent) - 1) + span - to : span - s;
    if (total < 0) outputPadding[i] = -total;
    const front = Math.floor(Math.max(0, total) / 2);
    return [front, Math.max(0, total) - front];
  });
  return { padding, outputPadding };
}

const KINDS: readonly PoolKind[] = ['max', 'avg', 'lp'];

const pooling: Entry = {
  run: (n) => {
    const p = n.params;
    const kind = KINDS[p.int(1)] ?? 'max';
    return overSpatial(n.in(0), 2, (x) => {
      if (p.bool(60))
        return kind === 'lp' ? pool('lp', x, 2, { kernel: numbers(x.shape.slice(2)) }) : adaptivePool(kind, x, [1, 1]);
      const w: Windows = { kernel: two(p, 10, 3), stride: two(p, 20, 1), dilation: [1, 1] };
      const last = p.message(32);
      const padding =
        last === null
          ? padsOf(p, [30, 31], x.shape.slice(2), w)
          : two(last, 10, 0).map((a): [number, number] => [a, a]);
      return pool(kind, x, 2, {
        kernel: w.kernel,
        stride: w.stride,
        padding: padding as Padding,
        ceil: last !== null,
        countIncludePad: !p.bool(50),
      });
    });
  },
};

const numbers = (dims: readonly Dim[]): number[] => dims.map((d) => (isStatic(d) ? Number(d) : 1));

const three = (p: ProtoMessage, fields: readonly number[], otherwise: number): number[] =>
  fields.map((f) => p.int(f) || otherwise);

const pads3 = (
  p: ProtoMessage,
  type: number,
  first: number,
  extents: readonly Dim[],
  w: Windows,
): [number, number][] => {
  if (p.int(type) === 1) return w.kernel.map(() => [0, 0]);
  if (p.int(type) === 2) return samePadding(extents, w.kernel, w.stride, w.dilation);
  return w.kernel.map((_, i) => [p.int(first + 2 * i), p.int(first + 2 * i + 1)]);
};

const convolution3d: Entry = {
  weights: (p) => {
    const [outputs, inputs, groups] = [p.int(1), p.int(2), p.int(10) || 1];
    const kernel = three(p, [20, 21, 22], 1);
    return [
      {
        name: 'weights',
        params: p.message(60),
        shape: p.bool(86)
          ? [inputs, floorTo(outputs, groups), ...kernel]
          : [outputs, floorTo(inputs, groups), ...kernel],
      },
      { name: 'bias', params: p.bool(50) ? p.message(61) : null, shape: [outputs] },
    ];
  },
  run: (n) => {
    const p = n.params;
    const w: Windows = {
      kernel: three(p, [20, 21, 22], 1),
      stride: three(p, [31, 32, 33], 1),
      dilation: three(p, [40, 41, 42], 1),
    };
    const weight = n.blob('weights') ?? n.in(1);
    return overSpatial(n.in(0), 3, (x) => {
      const options = { ...w, padding: pads3(p, 70, 80, x.shape.slice(2), w), groups: p.int(10) || 1 };
      return p.bool(86) ? convTranspose(x, weight, n.blob('bias'), options) : conv(x, weight, n.blob('bias'), options);
    });
  },
};

const pooling3d: Entry = {
  run: (n) => {
    const p = n.params;
    const w: Windows = { kernel: three(p, [2, 3, 4], 3), stride: three(p, [5, 6, 7], 1), dilation: [1, 1, 1] };
    return overSpatial(n.in(0), 3, (x) =>
      pool(p.int(1) === 1 ? 'avg' : 'max', x, 3, {
        kernel: w.kernel,
        stride: w.stride,
        padding: pads3(p, 15, 8, x.shape.slice(2), w) as Padding,
        countIncludePad: !p.bool(14),
      }),
    );
  },
};

/** Height and width of the last two axes, made others. */
function resized(n: Layer, to: (extent: Dim, i: number) => Dim, linear: boolean): Effect {
  return overSpatial(n.in(0), 2, (x) =>
    resize(x, x.shape.slice(2).map(to), linear ? 'linear' : 'nearest', { spatial: true, axes: 2 }),
  );
}

const scaledBy = (n: Layer, extent: Dim, factor: number, what: string): Dim => {
  if (Number.isInteger(factor)) return mul(extent, factor);
  if (isStatic(extent)) return Math.floor(Number(extent) * factor);
  return Number.isInteger(1 / factor) ? floordiv(extent, 1 / factor) : n.fresh(what);
};

const upsample: Entry = {
  run: (n) => {
    const whole = n.params.ints(1);
    const factors = whole.length >= 2 ? whole : n.params.floats(7);
    return resized(n, (d, i) => scaledBy(n, d, factors[i] ?? 1, `dim${i}`), n.params.int(5) === 1);
  },
};

const cropResize: Entry = {
  run: (n) => {
    const [x, boxes] = [n.in(0), n.in(1)];
    const size = n.params.ints(1);
    // Each box is cut out of each image, but where the boxes say which image is theirs.
    const [count, lead] = [boxes.shape[0] ?? 1, x.shape.slice(0, -3)];
    const each = boxes.shape[2] === 5 ? 1 : product(lead);
    const effect = cropAndResize(
      { dtype: x.dtype, shape: [each, ...x.shape.slice(-3)] },
      { dtype: boxes.dtype, shape: [mul(count, each)] },
      size,
      true,
    );
    const shape = x.shape.length < 5 ? [mul(count, each)] : [count, each];
    return { ...effect, outputs: [{ dtype: x.dtype, shape: [...shape, x.shape.at(-3) as Dim, ...size] }] };
  },
};

/** Borders added to height and width, or taken from them. */
const borderRule = (field: number, sign: 1 | -1): Entry => ({
  run: (n) => {
    const x = n.in(0);
    const amounts = borders(n.params.message(field));
    const rank = x.shape.length;
    if (sign < 0 && n.data > 1) {
      const like = n.in(1);
      return copy(x, 'slice', [...x.shape.slice(0, rank - 2), ...like.shape.slice(-2)]);
    }
    return pad(
      x,
      x.shape.map((_, i): [number, number] => {
        const [front, behind] = amounts[i - (rank - 2)] ?? [0, 0];
        return [sign * front, sign * behind];
      }),
    );
  },
});

/** Positions become channels or the other way round. */
const reorganizeRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const block = n.params.int(2) || 1;
    const axis = n.channelAxis(x);
    const toDepth = n.params.int(1) === 0;
    const shape = x.shape.map((d, i) => {
      if (i < axis) return d;
      if (i === axis)
        return toDepth ? mul(d, block, block) : (exactdiv(d, block * block) ?? floordiv(d, block * block));
      return toDepth ? floordiv(d, block) : mul(d, block);
    });
    return copy(x, 'copy', shape);
  },
};

export const windows: Table = {
  convolution,
  convolution3d,
  pooling,
  pooling3d,
  globalPooling3d: {
    run: (n) => overSpatial(n.in(0), 3, (x) => adaptivePool(n.params.int(1) === 1 ? 'avg' : 'max', x, [1, 1, 1])),
  },
  upsample,
  resizeBilinear: { run: (n) => resized(n, (d, i) => n.params.ints(1)[i] ?? d, true) },
  cropResize,
  padding: borderRule(10, 1),
  crop: borderRule(1, -1),
  lrn: {
    run: (n) => {
      const x = n.in(0);
      return overSpatial(x, 2, (flat) => localResponseNorm(flat, n.params.int(3) || 5));
    },
  },
  reorganizeData: reorganizeRule,
  constantPad: {
    run: (n) => {
      const amounts = n.params.ints(2);
      const x = n.in(0);
      if (n.params.bool(3))
        return copy(
          x,
          'pad',
          x.shape.map((d, i) =>
            amounts[2 * i] || amounts[2 * i + 1] ? Math.max(amounts[2 * i] ?? 0, amounts[2 * i + 1] ?? 0) : d,
          ),
        );
      return copy(
        x,
        'pad',
        x.shape.map((d, i) => add(d, amounts[2 * i] ?? 0, amounts[2 * i + 1] ?? 0)),
      );
    },
  },
};
