import { type Dim, equal, mul, sum } from '../dim/index.js';
import { MAX_KNOWN_ELEMENTS, type TensorType, tensor } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import { axisOf, same, shapeError, show } from './shapes.js';
import { type Effect, move } from './work.js';

function joined(parts: readonly TensorType[]): readonly Dim[] {
  return parts.flatMap((p) => p.value ?? []);
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
            // The message lists all tensors: it is made only if it is needed.
            equal(known, p.shape[i] as Dim)
              ? known
              : same(
                  known,
                  p.shape[i] as Dim,
                  () => `concat along axis ${dim}: axis ${i} of ${parts.map((q) => show(q.shape)).join(', ')}`,
                ),
          d,
        ),
  );
  const elements = parts.reduce((n, p) => n + (p.value?.length ?? Number.POSITIVE_INFINITY), 0);
  const value = dim === 0 && elements <= MAX_KNOWN_ELEMENTS ? joined(parts) : undefined;
  const out = tensor(shape, first.dtype, value);
  return { op: 'concat', outputs: [out], work: [move(out, 'copy')], attrs: { dim } satisfies AttrsOf<'concat'> };
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

/** More parts than this no model makes; a file may ask for two thousand million. */
const MOST_PARTS = 65_536;

/** This many parts of one size, for `split`. Throws ModelError `shape` for a number of parts that cannot be. */
export function equalParts(count: number, size: Dim, op: string): Dim[] {
  if (!Number.isInteger(count) || count < 0 || count > MOST_PARTS)
    throw shapeError(`${op}: ${count} parts: from 0 to ${MOST_PARTS} were expected`);
  return new Array<Dim>(count).fill(size);
}

/** Parts of an axis, one view each. */
export function split(input: TensorType, sizes: readonly Dim[], axis: number): Effect {
  const dim = axisOf(axis, input.shape.length, 'split');
  const extent = input.shape[dim] as Dim;
  same(extent, sum(sizes), () => `split of axis ${dim} of ${show(input.shape)}`);
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

/** Copies `input` `repeats` times along each axis. */
export function tile(input: TensorType, repeats: readonly Dim[]): Effect {
  const rank = Math.max(repeats.length, input.shape.length);
  const shape = Array.from({ length: rank }, (_, i) =>
    mul(input.shape[i - rank + input.shape.length] ?? 1, repeats[i - rank + repeats.length] ?? 1),
  );
  const out = tensor(shape, input.dtype);
  return { op: 'tile', outputs: [out], work: [move(out, 'copy')] };
}
