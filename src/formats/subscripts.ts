import { add, type Dim, equal } from '../dim/index.js';
import { type Effect, foldSlice, type Range, rangeExtent, shapeError, slice, view, withValue } from '../ops/index.js';
import type { TensorType } from '../tensor/index.js';

/** Masks of a strided slice: bit i stands for subscript i. */
export interface SubscriptMasks {
  readonly begin: number;
  readonly end: number;
  readonly ellipsis: number;
  readonly newAxis: number;
  readonly shrink: number;
  /** Ends count from the beginnings. */
  readonly offset?: boolean;
}

/**
 * From `begin` on, `size` elements of each axis; −1 is what is left. Contents are not known where the beginnings are not.
 * Throws ModelError `shape` for more or fewer positions than axes.
 */
export function sliceBySize(x: TensorType, begin: readonly Dim[] | undefined, size: readonly Dim[]): Effect {
  const rank = x.shape.length;
  if ((begin?.length ?? rank) !== rank || size.length !== rank)
    throw shapeError(`slice: ${begin?.length ?? rank} beginnings and ${size.length} sizes for ${rank} axes`);
  const ranges = x.shape.map((d, axis) => {
    const start = begin?.[axis] ?? 0;
    const length = size[axis] as Dim;
    return { axis, start, end: equal(length, -1) ? d : add(start, length), step: 1 };
  });
  return withValue(slice(x, ranges), begin === undefined ? undefined : foldSlice(x, ranges));
}

/** How long a stretch is whose ends are not known. */
export type FreeExtent = () => Dim;

/** Python's subscripts as TensorFlow writes them: lists of beginnings, ends and steps, with masks for what is special. */
export function stridedSlice(
  x: TensorType,
  begin: readonly (Dim | undefined)[],
  end: readonly (Dim | undefined)[],
  steps: readonly number[],
  masks: SubscriptMasks,
  free?: FreeExtent,
): Effect {
  const { ranges, gone, added, freed } = placesOf(x.shape.length, begin, end, steps, masks, free);
  const cut = x.shape.map((d, k) => {
    const r = ranges.find((own) => own.axis === k);
    return r === undefined ? (freed.get(k) ?? d) : gone.includes(k) ? 1 : rangeExtent(d, r);
  });
  const shape = cut.filter((_, k) => !gone.includes(k));
  for (const at of added) shape.splice(at, 0, 1);
  const strides = x.shape.map((_, k) => ranges.find((r) => r.axis === k)?.step ?? 1);
  const unknown = free !== undefined && (begin.length === 0 || freed.size > 0);
  return view('slice', x, shape, unknown ? null : (foldSlice(x, ranges) ?? null), { steps: strides });
}

interface Places {
  readonly ranges: readonly Range[];
  /** Axes that one element is taken of. */
  readonly gone: readonly number[];
  /** New axes, by their places in the result. */
  readonly added: readonly number[];
  /** Axes of which it is not known where a stretch begins or ends, each with the extent of it. */
  readonly freed: ReadonlyMap<number, Dim>;
}

/** Goes through the subscripts: which axis each is of, and which are of none. */
function placesOf(
  rank: number,
  begin: readonly (Dim | undefined)[],
  end: readonly (Dim | undefined)[],
  steps: readonly number[],
  masks: SubscriptMasks,
  free: FreeExtent | undefined,
): Places {
  const has = (mask: number, i: number): boolean => (mask >> i) % 2 !== 0;
  const plain = steps.map((_, i) => i).filter((i) => !has(masks.newAxis, i) && !has(masks.ellipsis, i)).length;
  const ranges: Range[] = [];
  const gone: number[] = [];
  const freed = new Map<number, Dim>();
  const added: number[] = [];
  let axis = 0;
  let place = 0; // in the result
  for (const [i, step] of steps.entries()) {
    if (has(masks.ellipsis, i)) {
      const skipped = rank - plain;
      axis += skipped;
      place += skipped;
      continue;
    }
    if (has(masks.newAxis, i)) {
      added.push(place++);
      continue;
    }
    // The beginning or the end is not known: neither is what is between.
    const open = (begin[i] === undefined && !has(masks.begin, i)) || (end[i] === undefined && !has(masks.end, i));
    if (open && free !== undefined && !has(masks.shrink, i)) {
      freed.set(axis++, free());
      place++;
      continue;
    }
    const start = begin[i] ?? 0;
    if (has(masks.shrink, i)) {
      ranges.push({ axis, start, end: equal(start, -1) ? null : add(start, 1), step: 1 });
      gone.push(axis++);
      continue;
    }
    const stop = masks.offset === true ? add(start, end[i] ?? 0) : (end[i] ?? null);
    ranges.push({ axis, start: has(masks.begin, i) ? null : start, end: has(masks.end, i) ? null : stop, step });
    axis++;
    place++;
  }
  return { ranges, gone, added, freed };
}
