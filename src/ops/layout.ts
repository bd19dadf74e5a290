import {
  add,
  type Dim,
  equal,
  exactdiv,
  floordiv,
  isStatic,
  max,
  min,
  mul,
  product,
  requires,
  sub,
  sum,
} from '../dim/index.js';
import { bytesOf, type DType, MAX_KNOWN_ELEMENTS, numel, type TensorType, tensor } from '../tensor/index.js';
import type { OpName } from './catalog/index.js';
import { axisOf, broadcast, divides, same, shapeError, show } from './shapes.js';
import { type Attr, type Effect, move } from './work.js';

/** The same elements in another shape; `-1` stands for what is left. Throws ModelError `shape` where it cannot be. */
export function reshape(input: TensorType, target: readonly Dim[]): Effect {
  const total = numel(input.shape);
  const open = target.indexOf(-1);
  const known = product(target.filter((_, i) => i !== open));
  if (open >= 0 && target.some((d, i) => i !== open && d === -1))
    throw shapeError('reshape: only one extent can be -1');
  const rest = open >= 0 ? leftOver(total, known, input, target) : 0;
  if (open < 0 && !equal(total, known)) {
    const message = `reshape: ${show(input.shape)} has ${show([total])} elements, ${show(target)} has ${show([known])}`;
    if (!requires({ kind: 'equal', left: total, right: known, message })) throw shapeError(message);
  }
  const shape = target.map((d, i) => (i === open ? rest : d));
  return view('reshape', input, shape);
}

function leftOver(total: Dim, known: Dim, input: TensorType, target: readonly Dim[]): Dim {
  const rest = equal(known, 0) ? 0 : exactdiv(total, known);
  if (rest !== undefined) return rest;
  divides(
    total,
    known,
    `reshape: the ${show([total])} elements of ${show(input.shape)} do not divide into ${show(target)}`,
  );
  return floordiv(total, known);
}

/** Axes `start` … `end` as one. */
export function flatten(input: TensorType, start = 0, end = -1): Effect {
  const rank = input.shape.length;
  if (rank === 0) return view('flatten', input, [1]);
  const first = axisOf(start, rank, 'flatten');
  const last = axisOf(end, rank, 'flatten');
  return view('flatten', input, [
    ...input.shape.slice(0, first),
    product(input.shape.slice(first, last + 1)),
    ...input.shape.slice(last + 1),
  ]);
}

/** Axes in another order: output axis i is input axis `order[i]`. A view. */
export function permute(input: TensorType, order: readonly number[]): Effect {
  const rank = input.shape.length;
  const axes = order.map((a) => axisOf(a, rank, 'permute'));
  if (axes.length !== rank || new Set(axes).size !== rank)
    throw shapeError(`permute: [${order.join(', ')}] does not order the ${rank} axes of ${show(input.shape)}`);
  return view(
    'permute',
    input,
    axes.map((a) => input.shape[a] as Dim),
    rank <= 1 ? input.value : undefined,
    { order: axes },
  );
}

export function transpose(input: TensorType, a: number, b: number): Effect {
  const rank = input.shape.length;
  const order = [...input.shape.keys()];
  const i = axisOf(a, rank, 'transpose');
  const j = axisOf(b, rank, 'transpose');
  order[i] = j;
  order[j] = i;
  return permute(input, order);
}

/** Axes of extent 1 put in at `axes` of the result. */
export function unsqueeze(input: TensorType, axes: readonly number[]): Effect {
  const rank = input.shape.length + axes.length;
  const at = new Set(axes.map((a) => axisOf(a, rank, 'unsqueeze')));
  const rest = [...input.shape];
  return view(
    'unsqueeze',
    input,
    Array.from({ length: rank }, (_, i) => (at.has(i) ? 1 : (rest.shift() as Dim))),
    input.value,
    { dims: [...at] },
  );
}

/** Axes of extent 1 taken out: those given, or all that are 1. */
export function squeeze(input: TensorType, axes: readonly number[] | null): Effect {
  const at = axes === null ? null : new Set(axes.map((a) => axisOf(a, input.shape.length, 'squeeze')));
  const gone = [...input.shape.keys()].filter((i) => equal(input.shape[i] as Dim, 1) && (at === null || at.has(i)));
  return view(
    'squeeze',
    input,
    input.shape.filter((_, i) => !gone.includes(i)),
    input.value,
    { dims: gone },
  );
}

/** Repeats axes of extent 1 to `target` without copying; `-1` keeps an extent. */
export function expand(input: TensorType, target: readonly Dim[]): Effect {
  const shape = target.map((d, i) => (d === -1 ? (input.shape[i - target.length + input.shape.length] ?? 1) : d));
  return view('expand', input, broadcast([input.shape, shape], 'expand'), null);
}

function joined(parts: readonly TensorType[]): readonly Dim[] {
  const none: readonly Dim[] = [];
  return none.concat(...parts.map((p) => p.value ?? none));
}

/** Tensors joined along an axis. */
export function concat(inputs: readonly TensorType[], axis: number): Effect {
  const parts = inputs.filter((t) => !(t.shape.length === 1 && t.shape[0] === 0)); // PyTorch lets an empty vector join anything
  const first = parts[0] ?? inputs[0];
  if (first === undefined) throw shapeError('concat: no tensors given');
  const rank = first.shape.length;
  const dim = axisOf(axis, rank, 'concat');
  for (const part of parts)
    if (part.shape.length !== rank)
      throw shapeError(`concat: ${parts.map((p) => show(p.shape)).join(' and ')} differ in rank`);
  const shape = first.shape.map((d, i) =>
    i === dim
      ? sum(parts.map((p) => p.shape[i] as Dim))
      : parts.reduce(
          (known: Dim, p) =>
            // The message lists all tensors: it is made only where it is needed.
            equal(known, p.shape[i] as Dim)
              ? known
              : same(
                  known,
                  p.shape[i] as Dim,
                  `concat along axis ${dim}: axis ${i} of ${parts.map((q) => show(q.shape)).join(', ')}`,
                ),
          d,
        ),
  );
  const elements = parts.reduce((n, p) => n + (p.value?.length ?? Number.POSITIVE_INFINITY), 0);
  const value = dim === 0 && elements <= MAX_KNOWN_ELEMENTS ? joined(parts) : undefined;
  const out = tensor(shape, first.dtype, value);
  return { op: 'concat', outputs: [out], work: [move(out, 'copy')], attrs: { dim } };
}

/** Tensors of one shape joined along a new axis. */
export function stack(inputs: readonly TensorType[], axis: number): Effect {
  const first = inputs[0];
  if (first === undefined) throw shapeError('stack: no tensors given');
  const rank = first.shape.length + 1;
  const dim = axisOf(axis, rank, 'stack');
  const shape = [...first.shape.slice(0, dim), inputs.length, ...first.shape.slice(dim)];
  const out = tensor(
    shape,
    first.dtype,
    dim === 0 && inputs.every((p) => p.value) ? inputs.flatMap((p) => p.value ?? []) : undefined,
  );
  return { op: 'stack', outputs: [out], work: [move(out, 'copy')], attrs: { dim } };
}

/** Parts of an axis, one view each. */
export function split(input: TensorType, sizes: readonly Dim[], axis: number): Effect {
  const dim = axisOf(axis, input.shape.length, 'split');
  const extent = input.shape[dim] as Dim;
  same(extent, sum(sizes), `split of axis ${dim} of ${show(input.shape)}`);
  return {
    op: 'split',
    outputs: sizes.map((size) => ({
      dtype: input.dtype,
      shape: input.shape.map((d, i) => (i === dim ? size : d)),
      view: 0,
    })),
    work: [move(input, 'view')],
    attrs: { dim },
  };
}

/** One axis of a slice, in Python's semantics: negative positions count from the end, both ends are clamped. */
export interface Range {
  readonly axis: number;
  readonly start: Dim | null;
  readonly end: Dim | null;
  readonly step: number;
}

/** Extent of `range` over an axis of `extent` elements. Positions at or beyond 2^62 mean "to the end". */
export function rangeExtent(extent: Dim, range: Range): Dim {
  const { step } = range;
  if (step === 0) throw shapeError('slice: the step is 0');
  const forward = step > 0;
  const low = forward ? 0 : -1;
  const high = forward ? extent : sub(extent, 1);
  const start = range.start === null ? (forward ? low : high) : clamp(range.start, extent, low, high);
  const end = range.end === null ? (forward ? high : low) : clamp(range.end, extent, low, high);
  const length = forward ? sub(end, start) : sub(start, end);
  const pace = Math.abs(step);
  return max(0, pace === 1 ? length : floordiv(add(length, pace - 1), pace));
}

const FAR = 2n ** 31n - 2n;

function clamp(position: Dim, extent: Dim, low: Dim, high: Dim): Dim {
  if (isStatic(position)) {
    if (BigInt(position) >= FAR) return high;
    if (BigInt(position) <= -FAR) return low;
    const fromFront = position < 0 ? add(extent, position) : position;
    return min(max(fromFront, low), high);
  }
  return min(max(position, low), high);
}

/** Slices of several axes: a view. */
export function slice(input: TensorType, ranges: readonly Range[]): Effect {
  const shape = [...input.shape];
  const steps = shape.map(() => 1);
  for (const range of ranges) {
    const dim = axisOf(range.axis, shape.length, 'slice');
    shape[dim] = rangeExtent(shape[dim] as Dim, range);
    steps[dim] = (steps[dim] as number) * range.step;
  }
  return view('slice', input, shape, null, { steps });
}

/** One position of an axis: the axis is gone. A view. */
export function select(input: TensorType, axis: number): Effect {
  const dim = axisOf(axis, input.shape.length, 'select');
  return view(
    'select',
    input,
    input.shape.filter((_, i) => i !== dim),
    null,
    { dim },
  );
}

/** Rows of `table` chosen by integers: reads what it gathers, not the table. */
export function gather(table: TensorType, indices: TensorType, axis: number): Effect {
  const dim = axisOf(axis, table.shape.length, 'gather');
  const out: TensorType = {
    dtype: table.dtype,
    shape: [...table.shape.slice(0, dim), ...indices.shape, ...table.shape.slice(dim + 1)],
  };
  return {
    op: 'gather',
    outputs: [out],
    work: [move(out, 'gather')],
    attrs: { dim },
    readBytes: add(bytesOf(out), bytesOf(indices)),
  };
}

/** Copies `input` `repeats` times along each axis. */
export function tile(input: TensorType, repeats: readonly Dim[]): Effect {
  const rank = Math.max(repeats.length, input.shape.length);
  const shape = Array.from({ length: rank }, (_, i) =>
    mul(input.shape[i - rank + input.shape.length] ?? 1, repeats[i - rank + repeats.length] ?? 1),
  );
  const out = tensor(shape, input.dtype);
  return { op: 'tile', outputs: [out], work: [move(out, 'copy')] };
}

/** A tensor of which only the shape matters is made: zeros, ones, a range. */
export function fill(shape: readonly Dim[], dtype: DType, value?: readonly Dim[]): Effect {
  const out = tensor(shape, dtype, value);
  return { op: 'fill', outputs: [out], work: [move(out, 'copy')], readBytes: 0 };
}

/** The same elements in the same places: identity, dropout at inference. */
export function identity(input: TensorType, op: OpName = 'identity'): Effect {
  return view(op, input, input.shape);
}

/** The same elements in a new place (`contiguous`, roll, flip, a strided layout made dense). */
export function copy(input: TensorType, op: OpName = 'copy', shape: readonly Dim[] = input.shape): Effect {
  const out = tensor(shape, input.dtype);
  return { op, outputs: [out], work: [move(out, 'copy')] };
}

/** A view keeps known contents unless told otherwise (null). */
export function view(
  op: OpName,
  input: TensorType,
  shape: readonly Dim[],
  value: readonly Dim[] | null | undefined = input.value,
  attrs?: Readonly<Record<string, Attr>>,
): Effect {
  const out = { ...tensor(shape, input.dtype, value ?? undefined), view: 0 };
  return { op, outputs: [out], work: [move(out, 'view')], ...(attrs === undefined ? {} : { attrs }) };
}
