import { add, type Dim, equal, floordiv, isStatic, lessEqual, max, min, requires, sub } from '../dim/index.js';
import { ModelError } from '../source/errors.js';
import type { Shape } from '../tensor/index.js';

/** Axes that a message shows; the most of a real tensor are some eight. */
const MAX_SHOWN = 16;

/** `1×3×224×224`, for messages. */
export function show(shape: Shape): string {
  if (shape.length > MAX_SHOWN) return `${show(shape.slice(0, MAX_SHOWN))}×… (${shape.length} axes)`;
  return shape.length === 0 ? 'scalar' : shape.map((d) => (isStatic(d) ? String(d) : d.key)).join('×');
}

/** Shapes that cannot meet: what was expected, what was found. */
export function shapeError(message: string, hint?: string): ModelError {
  return new ModelError('shape', message, hint === undefined ? {} : { hint });
}

/** Axis counted from the front; negative ones count from the back. Throws ModelError `shape`. */
export function axisOf(axis: number, rank: number, what: string): number {
  if (typeof axis !== 'number')
    throw new ModelError('argument', `${what}: an axis is a number, and ${kindOf(axis)} was given`);
  const found = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(found) || found < 0 || found >= Math.max(rank, 1))
    throw shapeError(`${what}: axis ${axis} is outside a tensor of rank ${rank}`);
  return found;
}

/** Extents that must be the same one; the known of the two wins. Throws ModelError `shape` if both are known and differ. */
export function same(a: Dim, b: Dim, what: string | (() => string)): Dim {
  if (equal(a, b)) return a;
  const message = `${typeof what === 'string' ? what : what()}: ${show([a])} and ${show([b])} should be equal`;
  if (!requires({ kind: 'equal', left: a, right: b, message })) throw shapeError(message);
  return isStatic(a) ? a : b;
}

/** Whether a count divides into equal parts. Throws ModelError `shape` if it certainly does not. */
export function divides(value: Dim, factor: Dim, message: string): void {
  if (!requires({ kind: 'multiple-of', value, factor, message })) throw shapeError(message);
}

/** A value with a lower bound. Throws ModelError `shape` if it is certainly below. */
export function atLeast(value: Dim, least: number, message: () => string): void {
  if (typeof value === 'number' && value >= least) return;
  const text = message();
  if (!requires({ kind: 'at-least', value, least, message: text })) throw shapeError(text);
}

/** Characters of the larger of two extents: where it would be longer, the shorter of the two stands for both. */
const MAX_LARGER = 256;

/** From so many shapes on, an extent that was joined before is passed over: each joining of formulas takes its time. */
const MANY = 16;

function isNew(seen: Set<string>, key: string): boolean {
  return seen.size < seen.add(key).size;
}

/** Shapes that are named where some do not fit. */
const MAX_SHAPES = 8;

function shown(shapes: readonly Shape[]): string {
  const first = shapes.slice(0, MAX_SHAPES).map(show).join(' and ');
  return shapes.length > MAX_SHAPES ? `${first} and ${shapes.length - MAX_SHAPES} more` : first;
}

/**
 * NumPy broadcasting. Two free extents are equal, or one of them is 1: the result is the one that cannot be 1, the shorter
 * formula where neither can, and else the larger. What is required of them is kept with the record.
 */
export function broadcast(shapes: readonly Shape[], what: string): Dim[] {
  // A join may have more shapes than a call takes arguments.
  const rank = shapes.reduce((most, shape) => Math.max(most, shape.length), 0);
  const out: Dim[] = new Array<Dim>(rank).fill(1);
  const joined = shapes.length > MANY ? new Set<string>() : null;
  for (const shape of shapes)
    for (let i = 0; i < shape.length; i++) {
      const axis = rank - shape.length + i;
      const a = out[axis] as Dim;
      const b = shape[i] as Dim;
      if (equal(a, b) || equal(b, 1)) continue;
      if (joined !== null && !isStatic(b) && !isNew(joined, `${axis} ${b.key}`)) continue;
      if (equal(a, 1) && isStatic(b)) out[axis] = b;
      else if (equal(a, 1)) out[axis] = atMostOne(b, what) ? 1 : b;
      else if (isStatic(a) && isStatic(b))
        throw shapeError(`${what}: ${shown(shapes)} do not broadcast (axis ${axis}: ${a} and ${b})`);
      else if (isStatic(a) || isStatic(b)) {
        const [fixed, free] = isStatic(a) ? [a, b] : [b, a];
        const message = `${what}: ${shown(shapes)} broadcast only where axis ${axis} is ${String(fixed)} or 1`;
        if (!requires({ kind: 'one-of', value: free, values: [fixed, 1], message })) throw shapeError(message);
        out[axis] = fixed;
      } else out[axis] = larger(a, b, `${what}: ${shown(shapes)} broadcast only where axis ${axis}`);
    }
  return out;
}

/** Of two free extents that meet, the one of the result. */
function larger(a: Dim, b: Dim, when: string): Dim {
  const [x, y] = [lessEqual(2, a) === true, lessEqual(2, b) === true];
  const shorter = String(b).length < String(a).length ? b : a;
  const both = (): Dim => {
    const message = `${when} is the same in both: ${show([a])} and ${show([b])}`;
    if (!requires({ kind: 'equal', left: a, right: b, message })) throw shapeError(message);
    return shorter;
  };
  if (x && y) return both();
  if (x !== y) {
    const [fixed, free] = x ? [a, b] : [b, a];
    if (atMostOne(free, when)) return fixed;
    const message = `${when} is ${show([fixed])} or 1`;
    if (!requires({ kind: 'one-of', value: free, values: [fixed, 1], message })) throw shapeError(message);
    return fixed;
  }
  if (atMostOne(a, when)) return b;
  if (atMostOne(b, when)) return a;
  const result = max(a, b);
  return String(result).length > MAX_LARGER ? both() : result;
}

/** An extent that is 1 or 0: 1, for with 0 there is nothing to compute. */
function atMostOne(d: Dim, what: string): boolean {
  if (lessEqual(d, 1) !== true) return false;
  return requires({ kind: 'equal', left: d, right: 1, message: `${what}: ${show([d])} is 1` });
}

/** Names, for a message, a value that plain JavaScript hands in where a number is needed. */
function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** A single value for all spatial axes, or one per axis, which the caller keeps. Throws ModelError `argument`. */
export function perAxis(value: number | readonly number[], axes: number, what: string): readonly number[] {
  if (typeof value === 'number') return repeated(value, axes);
  if (!Array.isArray(value))
    throw new ModelError('argument', `${what} is a number or ${axes} of them, and ${kindOf(value)} was given`);
  if (value.length === 1 && axes !== 1) return new Array<number>(axes).fill(value[0] as number);
  if (value.length !== axes)
    throw new ModelError('argument', `${what} has ${value.length} values for ${axes} spatial axes`);
  return value;
}

/** `[2, 2]`, frozen: kernels, strides and paddings are such lists of a few small numbers, and every layer has some. */
export function repeated(value: number, axes: number): readonly number[] {
  if (!(Number.isInteger(value) && value >= 0 && value < SMALL && axes >= 0 && axes <= 3))
    return new Array<number>(axes).fill(value);
  const at = value * 4 + axes;
  let list = lists[at];
  if (list === undefined) {
    list = Object.freeze(new Array<number>(axes).fill(value));
    lists[at] = list;
  }
  return list;
}
const SMALL = 16;
const lists: (readonly number[] | undefined)[] = [];

/** One axis of a sliding window. Padding is what is added before and after. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: readonly [number, number];
  readonly dilation: number;
}

/**
 * Extent of the output: ⌊(in + pads − dilation·(kernel − 1) − 1) / stride⌋ + 1; with `ceil`, rounded up, but without a
 * last window that would start beyond the input and its front padding (PyTorch's pooling rule).
 */
export function windowed(input: Dim, w: Window, what: string, ceil = false): Dim {
  if (!(w.stride >= 1 && w.kernel >= 1 && w.dilation >= 1))
    throw new ModelError(
      'argument',
      `${what}: kernel ${w.kernel}, stride ${w.stride}, dilation ${w.dilation} must be at least 1`,
    );
  const span = sub(add(input, w.padding[0] + w.padding[1]), w.dilation * (w.kernel - 1) + 1);
  const fits =
    typeof span === 'number'
      ? span >= 0
      : requires({ kind: 'at-least', value: span, least: 0, message: narrow(input, w, what) });
  if (!fits) throw shapeError(narrow(input, w, what), 'give a larger input');
  const out = add(floordiv(ceil ? add(span, w.stride - 1) : span, w.stride), 1);
  if (!ceil) return out;
  const startsInside = add(floordiv(add(input, w.padding[0] - 1), w.stride), 1);
  return min(out, startsInside);
}

function narrow(input: Dim, { kernel, dilation, padding }: Window, what: string): string {
  return `${what}: a window of ${dilation * (kernel - 1) + 1} does not fit into ${show([input])} + ${padding[0] + padding[1]} padding`;
}

/**
 * How many (output, tap) pairs of one axis meet the input itself and not its padding; undefined for free extents.
 * For tap k these are the outputs o with 0 ≤ o·stride + k·dilation − front < in. Linear in the kernel, not in extents.
 */
export function tapsInside(input: Dim, output: Dim, w: Window): number | undefined {
  if (typeof input !== 'number' || typeof output !== 'number' || w.kernel > 65_536) return undefined;
  let taps = 0;
  for (let k = 0; k < w.kernel; k++) {
    const shift = k * w.dilation - w.padding[0];
    const first = Math.max(0, Math.ceil(-shift / w.stride));
    const last = Math.min(output - 1, Math.floor((input - 1 - shift) / w.stride));
    if (last >= first) taps += last - first + 1;
  }
  return taps;
}
