import { type Dim, equal, isStatic, lessEqual, mul } from '../dim/index.js';
import { attrsAs, BINARY, UNARY } from '../ops/index.js';
import { type Shape, sameShape } from '../tensor/index.js';
import { equationOf } from './einsum.js';
import { perLedger } from './per-ledger.js';
import type { Ledger, OpEntry, Value } from './types.js';

/** Distance in elements between neighbours of each axis, as PyTorch lays tensors out on a CPU. */
export type Strides = readonly Dim[];

/** Row-major: the last axis is the fastest. */
export function rowMajor(shape: Shape): Dim[] {
  return inOrder(
    shape,
    shape.map((_, i) => shape.length - 1 - i),
  );
}

/** Dense with the axes in an order, the fastest first. */
function inOrder(shape: Shape, order: readonly number[]): Dim[] {
  const strides: Dim[] = new Array<Dim>(shape.length).fill(1);
  let step: Dim = 1;
  for (const axis of order) {
    strides[axis] = step;
    step = mul(step, shape[axis] as Dim);
  }
  return strides;
}

function laidOut(shape: Shape, strides: Strides, order: readonly number[]): boolean {
  let step: Dim = 1;
  for (const axis of order) {
    const extent = shape[axis] as Dim;
    if (equal(extent, 1)) continue;
    if (!equal(strides[axis] as Dim, step)) return false;
    step = mul(step, extent);
  }
  return true;
}

/** `is_contiguous`: axes of one element may have any stride. */
export function isContiguous(shape: Shape, strides: Strides): boolean {
  return laidOut(
    shape,
    strides,
    shape.map((_, i) => shape.length - 1 - i),
  );
}

/**
 * N×H×W×C in memory under an N×C×H×W shape: PyTorch keeps it through convolutions, norms and pools. Axes of one element are
 * looked at as well (`is_channels_last_strides_2d`): a batch of one whose stride is short, as a reshape may leave it, is not.
 */
function isChannelsLast(shape: Shape, strides: Strides): boolean {
  if (shape.length < 4 || shape.length > 5 || isContiguous(shape, strides)) return false;
  let least: Dim = 0;
  for (const axis of channelsLast(shape)) {
    const stride = strides[axis] as Dim;
    if (less(stride, least) || (axis === 0 && equal(least, strides[1] as Dim))) return false;
    least = mul(stride, shape[axis] as Dim);
  }
  return true;
}

function channelsLast(shape: Shape): number[] {
  return [1, ...shape.map((_, i) => shape.length - 1 - i).filter((i) => i > 1), 0];
}

/**
 * The strides of every tensor of a model, from the operators that made them. The rules are those of ATen: views move strides
 * about, elementwise operators keep the order of their operands' axes, layers of pictures keep channels last, and all else
 * makes row-major results.
 */
export const stridesOf = perLedger((ledger: Ledger): ((value: Value) => Strides) => {
  const known = new Map<number, Strides>();
  const of = (value: Value): Strides => known.get(value.id) ?? rowMajor(value.type?.shape ?? []);
  const done = new Map<OpEntry['result'], Laid>();
  for (const entry of ledger.entries) {
    const given = entry.inputs.map((value) => (value === null ? undefined : known.get(value.id)));
    const before = done.get(entry.result);
    const laid = before !== undefined && isLaidAlike(before, entry, given) ? before : layOut(entry, given, of);
    if (laid !== before) done.set(entry.result, laid);
    for (let i = 0; i < laid.strides.length; i++) {
      const strides = laid.strides[i];
      if (strides != null) known.set((entry.outputs[i] as Value).id, strides);
    }
  }
  return of;
});

/** How an operator's results lie, and from what that follows: operators of equal layers share it all. */
interface Laid {
  readonly entry: OpEntry;
  /** Strides of the inputs; undefined for row-major ones. */
  readonly given: readonly (Strides | undefined)[];
  /** Of the outputs; null for row-major ones. */
  readonly strides: readonly (Strides | null)[];
}

function layOut(entry: OpEntry, given: Laid['given'], of: (value: Value) => Strides): Laid {
  const strides = entry.outputs.map((out, i) =>
    out.type === null ? null : outputStrides(entry, i, out.type.shape, of),
  );
  return { entry, given, strides };
}

function isLaidAlike({ entry, given }: Laid, other: OpEntry, otherGiven: Laid['given']): boolean {
  return (
    entry.op === other.op &&
    entry.attrs === other.attrs &&
    entry.inputs.length === other.inputs.length &&
    entry.outputs.length === other.outputs.length &&
    entry.inputs.every((v, i) => v?.type === other.inputs[i]?.type && given[i] === otherGiven[i]) &&
    entry.outputs.every((v, i) => v.type === other.outputs[i]?.type && sharesAlike(entry, other, i))
  );
}

/** Whether an output is in the memory of the first input in both, or in neither. */
function sharesAlike(a: OpEntry, b: OpEntry, i: number): boolean {
  return (a.outputs[i]?.storage === a.inputs[0]?.storage) === (b.outputs[i]?.storage === b.inputs[0]?.storage);
}

const ELEMENTWISE = new Set([
  ...Object.keys(UNARY),
  ...Object.keys(BINARY),
  ...['where', 'cast', 'masked_fill', 'addcmul', 'dropout'],
]);
const KEEP_CHANNELS_LAST = new Set([
  ...['conv', 'conv_transpose', 'batch_norm', 'group_norm', 'max_pool', 'avg_pool', 'adaptive_avg_pool'],
  ...['adaptive_max_pool', 'resize', 'pad', 'concat'],
]);

/** Null for row-major, which most operators make. */
function outputStrides(entry: OpEntry, i: number, shape: Shape, of: (value: Value) => Strides): Strides | null {
  const [source] = entry.inputs;
  const from = source?.type?.shape;
  if (source === null || source === undefined || from === undefined) return null;
  if (/^(rnn_tanh|rnn_relu|gru|lstm)$/.test(entry.op))
    return entry.attrs.batch_first === true && i === 0 && shape.length === 3 ? swapped(shape) : null;
  // The kernel writes batch × length × heads × depth.
  if (entry.op === 'attention') return shape.length === 4 ? inOrder(shape, [3, 1, 2, 0]) : null;
  if (entry.op === 'einsum') return einsum(entry, shape);
  if (ELEMENTWISE.has(entry.op)) return elementwise(entry, shape, of);
  if (KEEP_CHANNELS_LAST.has(entry.op)) {
    const tensors = entry.op === 'concat' ? entry.inputs : [source];
    const keep = tensors.every((v) => v !== null && v.type !== null && isChannelsLast(v.type.shape, of(v)));
    return keep && shape.length === from.length ? inOrder(shape, channelsLast(shape)) : null;
  }
  if (entry.outputs[i]?.storage === source.storage) return viewStrides(entry, from, of(source), shape);
  return null;
}

/** A product of two becomes a bmm: what both have, then what only the left has, then what only the right has. */
function einsum(entry: OpEntry, shape: Shape): Strides | null {
  const equation = equationOf(entry);
  const [left = '', right = '', ...more] = equation?.inputs ?? [];
  if (equation === null || more.length > 0 || right === '') return null;
  const output = [...equation.output];
  const where = (keep: (l: string) => boolean): number[] => output.flatMap((l, i) => (keep(l) ? [i] : []));
  const memory = [
    ...where((l) => left.includes(l) && right.includes(l)),
    ...where((l) => left.includes(l) && !right.includes(l)),
    ...where((l) => !left.includes(l)),
  ];
  return memory.length === shape.length ? inOrder(shape, memory.reverse()) : null;
}

/** Batch first over a sequence that is computed length first. */
function swapped(shape: Shape): Strides {
  return inOrder(shape, [2, 0, 1]);
}

function viewStrides(entry: OpEntry, from: Shape, strides: Strides, shape: Shape): Strides | null {
  switch (entry.op) {
    case 'permute':
      return (attrsAs('permute', entry).order ?? []).map((a) => strides[a] ?? 1);
    case 'contiguous':
      return null;
    case 'unsqueeze': {
      const rest = [...strides];
      const { dims } = attrsAs('unsqueeze', entry);
      return shape.map((_, i) => (dims?.includes(i) ? 1 : (rest.shift() ?? 1)));
    }
    case 'squeeze':
      return strides.filter((_, i) => !attrsAs('squeeze', entry).dims?.includes(i));
    case 'select':
    case 'unbind':
      return strides.filter((_, i) => i !== attrsAs('select', entry).dim);
    case 'slice': {
      const { steps } = attrsAs('slice', entry);
      return strides.map((s, i) => mul(s, steps?.[i] ?? 1));
    }
    case 'split':
      return strides;
    case 'expand': {
      const lead = shape.length - from.length;
      return shape.map((d, i) => (i < lead || !equal(d, from[i - lead] as Dim) ? 0 : (strides[i - lead] as Dim)));
    }
    default:
      return sameShape(from, shape) ? strides : reshaped(from, strides, shape);
  }
}

/**
 * Strides of another shape over the same memory, or null if that cannot be and the data is copied: runs of axes that are
 * dense among themselves are taken together, and each must be a product of new axes (`at::detail::computeStride`).
 */
function reshaped(from: Shape, strides: Strides, shape: Shape): Strides | null {
  if (isContiguous(from, strides)) return null;
  const result: Dim[] = new Array<Dim>(shape.length).fill(1);
  let at = shape.length - 1;
  let [elements, base]: [Dim, Dim] = [1, strides.at(-1) ?? 1];
  let covered: Dim = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    elements = mul(elements, from[axis] as Dim);
    const next = axis - 1;
    const joins = next >= 0 && (equal(from[next] as Dim, 1) || equal(strides[next] as Dim, mul(elements, base)));
    if (next >= 0 && joins) continue;
    while (at >= 0 && (less(covered, elements) || equal(shape[at] as Dim, 1))) {
      result[at] = mul(covered, base);
      covered = mul(covered, shape[at] as Dim);
      at--;
    }
    if (!equal(covered, elements)) return null;
    if (next >= 0) [elements, base, covered] = [1, strides[next] as Dim, 1];
  }
  return at < 0 ? result : null;
}

function less(a: Dim, b: Dim): boolean {
  return isStatic(a) && isStatic(b) ? a < b : lessEqual(a, b) === true && !equal(a, b);
}

/**
 * Whether a tensor of these strides, seen with its axes in an order, repeated to a shape and then taken to another one, is
 * still the same memory; else PyTorch copies it.
 */
export function isViewAs(
  shape: Shape,
  strides: Strides,
  as: { readonly order?: readonly number[]; readonly repeated?: Shape; readonly folded: Shape },
): boolean {
  const order = as.order ?? [...shape.keys()];
  const turned = order.map((axis) => shape[axis] ?? 1);
  const steps = order.map((axis) => strides[axis] ?? 1);
  const wide = as.repeated ?? turned;
  const lead = wide.length - turned.length;
  const over = wide.map((d, i) => (i < lead || !equal(d, turned[i - lead] as Dim) ? 0 : (steps[i - lead] as Dim)));
  return isContiguous(wide, over) || sameShape(wide, as.folded) || reshaped(wide, over, as.folded) !== null;
}

/** Whether an operator that gives another view of its input has to copy it instead. */
export function copiesInput(entry: OpEntry, strides: (value: Value) => Strides): boolean {
  const [source] = entry.inputs;
  const [from, shape] = [source?.type?.shape, entry.outputs[0]?.type?.shape];
  if (source == null || from === undefined || shape === undefined) return false;
  if (entry.op === 'contiguous') return !isContiguous(from, strides(source));
  return VIEWED_ANEW.has(entry.op) && !isViewAs(from, strides(source), { folded: shape });
}
const VIEWED_ANEW = new Set(['reshape', 'flatten', 'view']);

/**
 * The order of axes that most operands agree on, the first having the last word (`TensorIterator::reorder_dimensions`);
 * in place, the strides of what is overwritten.
 */
function elementwise(entry: OpEntry, shape: Shape, of: (value: Value) => Strides): Strides | null {
  const [first] = entry.inputs;
  if (first && entry.outputs[0]?.storage === first.storage) return of(first);
  const operands = entry.inputs.flatMap((v): Strides[] => {
    const own = v?.type?.shape;
    if (v === null || own === undefined || own.length === 0) return [];
    const strides = of(v);
    const lead = shape.length - own.length;
    return [shape.map((_, i) => (i < lead || equal(own[i - lead] as Dim, 1) ? 0 : (strides[i - lead] as Dim)))];
  });
  const order = shape.map((_, i) => shape.length - 1 - i);
  const compare = (a: number, b: number): number => {
    for (const strides of operands) {
      const [x, y] = [strides[a] as Dim, strides[b] as Dim];
      if (equal(x, 0) || equal(y, 0)) continue;
      if (less(x, y)) return -1;
      if (less(y, x)) return 1;
      if (less(shape[b] as Dim, shape[a] as Dim)) return 1;
    }
    return 0;
  };
  for (let i = 1; i < order.length; i++)
    for (let j = i - 1, k = i; j >= 0; j--) {
      const c = compare(order[j] as number, order[k] as number);
      if (c < 0) break;
      if (c === 0) continue;
      [order[j], order[k]] = [order[k] as number, order[j] as number];
      k = j;
    }
  return inOrder(shape, order);
}
