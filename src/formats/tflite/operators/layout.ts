import { add, type Dim, equal, floordiv, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  cast,
  concatWithValue,
  copy,
  type Effect,
  equalParts,
  expand,
  foldCast,
  pad,
  reshape,
  split,
  squeeze,
  stack,
  tile,
  unsqueeze,
  view,
  withValue,
} from '../../../ops/index.js';
import { reshapeToFree, transposeByInput } from '../../view-rules.js';
import { activated, type Entry, type Table } from '../operator.js';

const reshapeRule: Entry = {
  passes: true,
  run: (n) => {
    const target = n.value(1) ?? (n.has(1) ? undefined : n.ints(0));
    if (target !== undefined) return reshape(n.in(0), target);
    const given = n.ints(0);
    if (given.length > 0) return reshape(n.in(0), given);
    return reshapeToFree(n);
  },
};

const transposeRule: Entry = { passes: true, run: transposeByInput };

const concatRule: Entry = {
  run: (n) => {
    const parts = n.all();
    const axis = axisOf(n.i32(0), parts[0]?.shape.length ?? 1, 'CONCATENATION');
    return activated(n, concatWithValue(parts, axis), 1);
  },
};

/** Parts of one axis; more than this are not parts of a layer. */
const MAX_PARTS = 4096;

function partsOf(count: number): number {
  if (!(count >= 0 && count <= MAX_PARTS)) throw new Unsupported(`it has ${count} parts`);
  return count;
}

/** Equal parts; the axis comes first. */
const splitRule: Entry = {
  run: (n) => {
    const x = n.in(1);
    const [axis = 0] = n.numbers(0, 'axis');
    const count = partsOf(n.i32(0, 1));
    const dim = axisOf(axis, x.shape.length, 'SPLIT');
    const size = floordiv(x.shape[dim] as Dim, count);
    return from(1, split(x, equalParts(count, size, 'SPLIT'), dim));
  },
};

const splitVRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const [axis = 0] = n.numbers(2, 'axis');
    const dim = axisOf(axis, x.shape.length, 'SPLIT_V');
    const sizes = n.dims(1, 'sizes');
    const known = sizes.filter((s) => !equal(s, -1)).reduce((a, b) => add(a, b), 0);
    return split(
      x,
      sizes.map((s) => (equal(s, -1) ? sub(x.shape[dim] as Dim, known) : s)),
      dim,
    );
  },
};

/** An effect whose first operand is another input than the first. */
export function from(input: number, effect: Effect): Effect {
  return {
    ...effect,
    outputs: effect.outputs.map((out) => (out.view === undefined ? out : { ...out, view: input })),
  };
}

const packRule: Entry = {
  run: (n) => {
    const all = n.all();
    const axis = axisOf(n.i32(1), (all[0]?.shape.length ?? 0) + 1, 'PACK');
    const effect = stack(all, axis);
    return withValue(
      effect,
      axis === 0 && all.every((t) => t.value !== undefined) ? all.flatMap((t) => t.value ?? []) : undefined,
    );
  },
};

const unpackRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const count = partsOf(n.i32(0));
    const axis = axisOf(n.i32(1), x.shape.length, 'UNPACK');
    const shape = x.shape.filter((_, i) => i !== axis);
    const effect = split(x, equalParts(count, 1, 'UNPACK'), axis);
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
  (mode: string): Entry['run'] =>
  (n) => {
    const x = n.in(0);
    const amounts = n.dims(1, 'paddings');
    return pad(
      x,
      x.shape.map((_, i) => [amounts[2 * i] ?? 0, amounts[2 * i + 1] ?? 0] as const),
      mode,
    );
  };

export const identityRule: Entry = { run: (n) => copy(n.in(0)) };

export const layout: Table = {
  REAL: { run: (n) => view('real', { ...n.in(0), dtype: n.dtype('float32') }, n.in(0).shape) },
  IMAG: { run: (n) => view('imag', { ...n.in(0), dtype: n.dtype('float32') }, n.in(0).shape) },
  RESHAPE: reshapeRule,
  TRANSPOSE: transposeRule,
  CONCATENATION: concatRule,
  SPLIT: splitRule,
  SPLIT_V: splitVRule,
  PACK: packRule,
  UNPACK: unpackRule,
  PAD: { run: padRule('constant') },
  PADV2: { run: padRule('constant') },
  MIRROR_PAD: { run: padRule('reflect') },
  TILE: { run: (n) => tile(n.in(0), n.dims(1, 'repeats')) },
  EXPAND_DIMS: { run: (n) => unsqueeze(n.in(0), n.numbers(1, 'axis')) },
  SQUEEZE: {
    run: (n) => {
      const axes = n.ints(0);
      return squeeze(n.in(0), axes.length === 0 ? null : axes);
    },
  },
  BROADCAST_TO: { run: (n) => expand(n.in(0), n.dims(1, 'shape')) },
  REVERSE_V2: { run: (n) => copy(n.in(0), 'flip') },
  REVERSE_SEQUENCE: { run: (n) => copy(n.in(0), 'reverse_sequence') },
  CAST: {
    passes: true,
    run: (n) => {
      const dtype = n.dtype(n.in(0).dtype);
      return withValue(cast(n.in(0), dtype), foldCast(n.in(0), dtype));
    },
  },
  BITCAST: { run: (n) => view('bit_cast', { ...n.in(0), dtype: n.dtype(n.in(0).dtype) }, n.in(0).shape) },
  MATRIX_DIAG: { run: (n) => copy(n.in(0), 'diag_embed', [...n.in(0).shape, n.in(0).shape.at(-1) as Dim]) },
  MATRIX_SET_DIAG: identityRule,
};
