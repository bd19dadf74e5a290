import type { Dim } from '../dim/index.js';
import type { Primitive, Work } from '../ops/index.js';
import { ModelError } from '../source/errors.js';
import type { TensorType } from '../tensor/index.js';

/** Axes of a tensor: as many as PyTorch and NumPy allow; real ones have some eight. */
const MAX_AXES = 64;

/** One more than the largest extent that a format or a framework can state. */
const MAX_EXTENT = 2n ** 63n;

/** No file may make a tensor of a negative or broken extent, or of axes without end: counts of it would be wrong, or never end. */
export function checkShape({ shape }: TensorType, name: string | null): void {
  let wrong = shape.length > MAX_AXES;
  let huge = false;
  for (let i = 0; i < shape.length && !wrong; i++) {
    const d = shape[i] as Dim;
    wrong = typeof d !== 'object' && !(d >= 0 && (typeof d === 'bigint' || Number.isSafeInteger(d)));
    if (typeof d === 'bigint' && d >= MAX_EXTENT) huge = true;
  }
  if (!wrong && !huge) return;
  const tensor = name === null ? 'a tensor' : `the tensor ${name}`;
  if (shape.length > MAX_AXES)
    throw new ModelError('limit', `${tensor} has ${shape.length} axes, more than ${MAX_AXES}`);
  if (!wrong) throw new ModelError('limit', `${tensor} has an extent of 2^63 or more`);
  throw new ModelError('malformed', `${tensor} has the shape ${shape.map(String).join('×')}`, {
    hint: 'extents are whole numbers from 0: export the model again',
  });
}

/**
 * No file may make work that is less than nothing: an attribute that is negative (the window of a norm, the heads of an
 * attention) would take away from the totals.
 */
export function checkWork(op: string, work: readonly Work[]): void {
  for (const piece of work)
    if (isLessThanNothing(piece))
      throw new ModelError(
        'malformed',
        `${op} comes to less than no work: an attribute or an extent of it is negative`,
        {
          hint: 'export the model again',
        },
      );
}

function isLessThanNothing(work: Work): boolean {
  switch (work.kind) {
    case 'contraction':
      return isNegative(work.products) || isNegative(work.outputs);
    case 'map':
      for (const primitive in work.each) if (isNegative(work.each[primitive as Primitive] ?? 0)) return true;
      return isNegative(work.elements);
    case 'reduction':
      return isNegative(work.elements) || isNegative(work.outputs);
    case 'move':
      return isNegative(work.bytes);
    case 'loop':
      return isNegative(work.times) || work.body.some(isLessThanNothing);
  }
}

function isNegative(count: Dim): boolean {
  return typeof count !== 'object' && !(count >= 0);
}
