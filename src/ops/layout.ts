import { type Dim, equal, exactdiv, floordiv, product, requires } from '../dim/index.js';
import { type DType, numel, type TensorType, tensor } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import type { OpName } from './catalog/index.js';
import { axisOf, broadcast, divides, shapeError, show } from './shapes.js';
import { type Effect, move } from './work.js';

/** The same elements in another shape; `-1` stands for what is left. Throws ModelError `shape` if it cannot be. */
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
export function view<N extends OpName>(
  op: N,
  input: TensorType,
  shape: readonly Dim[],
  value: readonly Dim[] | null | undefined = input.value,
  attrs?: AttrsOf<N>,
): Effect {
  const out = { ...tensor(shape, input.dtype, value ?? undefined), view: 0 };
  return { op, outputs: [out], work: [move(out, 'view')], ...(attrs === undefined ? {} : { attrs }) };
}
