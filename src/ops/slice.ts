import { add, type Dim, floordiv, isStatic, max, min, sub } from '../dim/index.js';
import { bytesOf, type TensorType } from '../tensor/index.js';
import { view } from './layout.js';
import { axisOf, shapeError } from './shapes.js';
import { type Effect, move } from './work.js';

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
    if (position >= FAR) return high;
    if (position <= -FAR) return low;
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
