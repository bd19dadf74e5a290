import { type Dim, equal, exactdiv, floordiv, mul, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  cast,
  concatWithValue,
  copy,
  expand,
  foldCast,
  foldExpand,
  foldPermute,
  nothing,
  permute,
  reshape,
  splitWithValue,
  squeeze,
  tile,
  unsqueeze,
  view,
  withValue,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Entry, Operator, Table } from '../operator.js';

/** −1 is what is left; with `special_zero` 0 is the extent of the input. */
const reshapeRule: Entry = {
  passes: true,
  settings: [1],
  run: (n) => {
    const x = n.in(0);
    const target = n.value(1);
    if (target === undefined) return view('reshape', x, n.stated(0, true));
    const shape = target.map((d, i) => (n.flag('special_zero') && equal(d, 0) ? (x.shape[i] ?? 0) : d));
    return withValue(reshape(x, shape), x.value);
  },
};

/** An order that is not there is the one that the stated extents tell, in their own order where several would do. */
function orderOf(n: Operator, x: TensorType): number[] {
  const known = n.known(1);
  if (known !== undefined) return known.length === 0 ? x.shape.map((_, i) => x.shape.length - 1 - i) : known;
  const out = n.stated();
  const left = new Set(x.shape.keys());
  const order = out.map((d) => {
    const axis = [...left].find((i) => equal(x.shape[i] as Dim, d));
    if (axis !== undefined) left.delete(axis);
    return axis;
  });
  if (order.length !== x.shape.length || order.includes(undefined))
    throw new Unsupported('its order of axes is in the .bin beside the .xml: put it there', 1);
  return order as number[];
}

const transposeRule: Entry = {
  passes: true,
  settings: [1],
  run: (n) => {
    const x = n.in(0);
    const order = orderOf(n, x);
    return withValue(permute(x, order), foldPermute(x, order));
  },
};

const concatRule: Entry = {
  run: (n) => {
    const parts = n.all();
    const axis = axisOf(n.int('axis'), parts[0]?.shape.length ?? 1, 'Concat');
    return concatWithValue(parts, axis);
  },
};

/** The axis that is taken apart, or the one along which the stated parts differ from the whole. */
function splitAxis(n: Operator, x: TensorType): number {
  const [known] = n.known(1) ?? [];
  if (known !== undefined) return axisOf(known, x.shape.length, n.opType);
  const out = n.ports();
  const axis = x.shape.findIndex((d, i) => (out?.[i] ?? -1) >= 0 && !equal(d, out?.[i] as number));
  if (axis < 0) throw new Unsupported('its axis is in the .bin beside the .xml: put it there', 1);
  return axis;
}

const MAX_PARTS = 1 << 16;

const splitRule: Entry = {
  settings: [1],
  run: (n) => {
    const x = n.in(0);
    const axis = splitAxis(n, x);
    const count = n.int('num_splits', 1);
    if (!(count >= 1 && count <= MAX_PARTS)) throw n.error(`it has ${count} parts`);
    const size = exactdiv(x.shape[axis] as Dim, count) ?? floordiv(x.shape[axis] as Dim, count);
    const sizes = new Array<Dim>(count).fill(size);
    return splitWithValue(x, sizes, axis);
  },
};

const variadicSplit: Entry = {
  settings: [1, 2],
  run: (n) => {
    const x = n.in(0);
    const axis = splitAxis(n, x);
    const lengths = n.value(2) ?? n.node.layer.outputs.map((_, i) => n.stated(i)[axis] as Dim);
    const known = lengths.filter((s) => !equal(s, -1)).reduce<Dim>((a, b) => sub(a, b), x.shape[axis] as Dim);
    const parts = lengths.map((s) => (equal(s, -1) ? known : s));
    return splitWithValue(x, parts, axis);
  },
};

const squeezeRule: Entry = {
  passes: true,
  settings: [1],
  run: (n) => {
    const x = n.in(0);
    if (n.has(1) && n.known(1) === undefined) return view('squeeze', x, n.stated(0, true));
    const axes = n.has(1) ? n.numbers(1, 'axes') : null;
    return withValue(squeeze(x, axes?.length === 0 ? null : axes), x.value);
  },
};

const unsqueezeRule: Entry = {
  passes: true,
  settings: [1],
  run: (n) => {
    const x = n.in(0);
    const axes = n.known(1);
    if (axes === undefined) return view('unsqueeze', x, n.stated(0, true));
    return withValue(unsqueeze(x, axes), x.value);
  },
};

/** To a shape: axes fit from behind, or where `axes_mapping` says. */
const broadcastRule: Entry = {
  settings: [1, 2],
  run: (n) => {
    const x = n.in(0);
    const target = n.value(1) ?? n.stated();
    const mode = n.text('mode', 'numpy').toLowerCase();
    if (mode === 'explicit') return view('expand', x, [...target], null);
    const rank = Math.max(target.length, x.shape.length);
    const shape = Array.from({ length: rank }, (_, i): Dim => {
      const [own, to] = [x.shape[i - rank + x.shape.length] ?? 1, target[i - rank + target.length] ?? 1];
      return equal(to, 1) ? own : to;
    });
    const effect = expand(x, shape);
    return withValue(effect, foldExpand(x, shape));
  },
};

const tileRule: Entry = {
  settings: [1],
  run: (n) => {
    const x = n.in(0);
    const repeats = n.value(1);
    if (repeats === undefined) return copy(x, 'tile', n.stated());
    const rank = Math.max(repeats.length, x.shape.length);
    const padded = [...new Array<Dim>(rank - x.shape.length).fill(1), ...x.shape];
    return tile({ dtype: x.dtype, shape: padded }, [...new Array<Dim>(rank - repeats.length).fill(1), ...repeats]);
  },
};

const convertRule: Entry = {
  passes: true,
  run: (n) => {
    const dtype = n.dtype('destination_type', n.portType(0, n.in(0).dtype));
    return withValue(cast(n.in(0), dtype), foldCast(n.in(0), dtype));
  },
};

const copyRule: Entry = { settings: [1, 2], run: (n) => copy(n.in(0)) };

/** A variable is what it begins with, or what the file states of it: what earlier runs have left is free. */
const readValue: Entry = {
  run: (n) => {
    const spelled = n.text('variable_shape');
    const dims =
      spelled === '' ? n.ports() : spelled.split(',').map((part) => (/^\d+$/.test(part.trim()) ? Number(part) : -1));
    if (n.has(0) && (dims === null || !dims.includes(-1))) return view('identity', n.in(0), n.in(0).shape);
    const own = n.has(0) ? n.in(0).shape : [];
    const shape = (dims ?? []).map(
      (d, i): Dim => (d >= 0 ? d : i === 0 && own[0] !== undefined ? own[0] : n.fresh(i === 0 ? 'batch' : 'past')),
    );
    const dtype = n.portType(0, 'float32');
    return nothing('identity', [{ dtype, shape }]);
  },
};

export const layout: Table = {
  Reshape: reshapeRule,
  Transpose: transposeRule,
  Concat: concatRule,
  Split: splitRule,
  VariadicSplit: variadicSplit,
  Squeeze: squeezeRule,
  Unsqueeze: unsqueezeRule,
  Broadcast: broadcastRule,
  Tile: tileRule,
  Convert: convertRule,
  ConvertLike: { passes: true, run: (n) => cast(n.in(0), n.in(1).dtype) },
  Reverse: copyRule,
  ReverseSequence: copyRule,
  Roll: copyRule,
  ReadValue: readValue,
  Assign: { passes: true, run: (n) => view('identity', n.in(0), n.in(0).shape) },
  Identity: { passes: true, run: (n) => view('identity', n.in(0), n.in(0).shape) },
  Col2Im: {
    settings: [1, 2],
    run: (n) =>
      copy(
        n.in(0),
        'copy',
        n.stated().map((d) => mul(d, 1)),
      ),
  },
};
