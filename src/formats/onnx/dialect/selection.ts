import { type Dim, equal, isStatic } from '../../../dim/index.js';
import { axisOf, copy, type Effect, nonzero, unique, withValue } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { numel, type TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';

/** Operators with a result as large as the data make it: exact where the file holds the data, else a new free dimension. */

/** Numbers that an input holds, all of them; undefined where one is not known. */
function known(n: OnnxNode, i: number): readonly Dim[] | undefined {
  const value = n.value(i);
  return value?.every(isStatic) ? value : undefined;
}

/** How many positions are not zero depends on the data. */
const nonZero: Entry = (n) => {
  const x = n.in(0);
  const rank = Math.max(1, x.shape.length);
  const found = known(n, 0)?.flatMap((v, i) => (equal(v, 0) ? [] : [i]));
  const shape = found === undefined ? [rank, ...n.fresh(1)] : [rank, found.length];
  return withValue(nonzero(x, shape), rank === 1 ? found : undefined);
};

const compress: Entry = (n) => {
  const x = n.in(0);
  const axis = n.int('axis');
  const at = axis === null ? null : axisOf(axis, x.shape.length, 'Compress');
  // Elements beyond the end of the condition are left out.
  const chosen = known(n, 1)?.filter((v, i) => {
    const extent = at === null ? numel(x.shape) : (x.shape[at] as Dim);
    return !equal(v, 0) && (typeof extent !== 'number' || i < extent);
  });
  const left = chosen?.length ?? (n.fresh(1)[0] as Dim);
  return copy(x, 'compress', at === null ? [left] : x.shape.map((d, i) => (i === at ? left : d)));
};

/** As many different elements, or slices of an axis, as the data have. */
const uniqueRule: Entry = (n): Effect => {
  const x = n.in(0);
  const axis = n.int('axis');
  const at = axis === null ? null : axisOf(axis, x.shape.length, 'Unique');
  const count = distinct(n, at) ?? (n.fresh(1)[0] as Dim);
  const first = { dtype: x.dtype, shape: at === null ? [count] : x.shape.map((d, i) => (i === at ? count : d)) };
  const whole = at === null ? numel(x.shape) : (x.shape[at] as Dim);
  const rest = (shape: readonly Dim[]): TensorType => ({ dtype: 'int64', shape });
  return unique(x, [first, rest([count]), rest([whole]), rest([count])]);
};

function distinct(n: OnnxNode, axis: number | null): number | undefined {
  const values = n.in(0).dtype === 'string' ? n.texts(0) : known(n, 0)?.map(String);
  const { shape } = n.in(0);
  if (values === undefined || !shape.every((d) => typeof d === 'number')) return undefined;
  if (axis === null) return new Set(values).size;
  const extents = shape as readonly number[];
  const inner = extents.slice(axis + 1).reduce((a, b) => a * b, 1);
  const along = extents[axis] ?? 1;
  // Of nothing all slices are alike.
  if (along > values.length) return Math.min(along, 1);
  const slices = Array.from({ length: along }, (): string[] => []);
  for (const [i, value] of values.entries()) slices[Math.floor(i / inner) % slices.length]?.push(value);
  return new Set(slices.map((s) => s.join('\n'))).size;
}

export const selection: Dialect = byName({
  NonZero: { settings: [0], run: nonZero },
  Compress: { settings: [1], run: compress },
  Unique: { settings: [0], run: uniqueRule },
});
