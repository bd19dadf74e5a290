import { type Dim, exactdiv } from '../dim/index.js';
import { type DType, isFloating, numel, promote, type TensorType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import { BINARY, type Binary, UNARY, type Unary } from './catalog/elementwise.js';
import type { ElementwiseInfo } from './catalog/types.js';
import { together } from './each.js';
import { identity } from './layout.js';
import { axisOf, broadcast, shapeError, show } from './shapes.js';
import { type CostPerElement, type Effect, map, move, type OutputType, written } from './work.js';

/** A function of each element of one tensor. */
export function unary<N extends Unary>(
  op: N,
  input: TensorType,
  options: { inplace?: boolean; dtype?: DType; attrs?: AttrsOf<N> } = {},
): Effect {
  const outputs = [written(options.dtype ?? input.dtype, input.shape, options.inplace)];
  const work = map(input.dtype, numel(input.shape), UNARY[op].each);
  return options.attrs === undefined ? { op, outputs, work } : { op, outputs, work, attrs: options.attrs };
}

/** A function of two tensors, element by element of the broadcast result; `scaled`: one of them times a factor first. */
export function binary(
  op: Binary,
  a: TensorType,
  b: TensorType,
  options: { inplace?: boolean; dtype?: DType; scaled?: boolean } = {},
): Effect {
  const rule: ElementwiseInfo = BINARY[op];
  const shape = broadcast([a.shape, b.shape], op);
  const promoted = promote(a.dtype, b.dtype);
  return {
    op,
    outputs: [written(rule.bool ? 'bool' : (options.dtype ?? promoted), shape, options.inplace)],
    work: map(promoted, numel(shape), options.scaled ? { ...rule.each, mul: (rule.each.mul ?? 0) + 1 } : rule.each),
  };
}

/** Half of an axis gates the other half: a·sigmoid(b). */
export function glu(input: TensorType, axis: number): Effect {
  const dim = axisOf(axis, input.shape.length, 'glu');
  const half = exactdiv(input.shape[dim] as Dim, 2);
  if (half === undefined) throw shapeError(`glu: axis ${dim} of ${show(input.shape)} does not divide into halves`);
  const out: TensorType = { dtype: input.dtype, shape: input.shape.map((d, i) => (i === dim ? half : d)) };
  const n = numel(out.shape);
  return {
    op: 'glu',
    outputs: [out],
    work: [...map(input.dtype, n, UNARY.sigmoid.each), ...map(input.dtype, n, { mul: 1 })],
    attrs: { dim },
  };
}

/** Chooses between two tensors by a third: data moves, nothing is computed. */
export function where(condition: TensorType, a: TensorType, b: TensorType): Effect {
  const out: TensorType = {
    dtype: promote(a.dtype, b.dtype),
    shape: broadcast([condition.shape, a.shape, b.shape], 'where'),
  };
  return { op: 'where', outputs: [out], work: [move(out, 'copy')] };
}

/** Another dtype for the same elements: a conversion, not arithmetic. */
export function cast(input: TensorType, dtype: DType): Effect {
  if (dtype === input.dtype) return { op: 'cast', outputs: [{ ...input, view: 0 }], work: [move(input, 'view')] };
  const keep =
    input.value !== undefined && !isFloating(input.dtype) && !isFloating(dtype) && dtype !== 'bool'
      ? { value: input.value }
      : {};
  const out: TensorType = { dtype, shape: input.shape, ...keep };
  return { op: 'cast', outputs: [out], work: [move(out, 'copy')] };
}

/** An operator that combines several tensors pairwise from left to right (`Sum`, `Max` of n tensors). */
export function fold(op: 'add' | 'maximum' | 'minimum', inputs: readonly TensorType[]): Effect {
  if (inputs.length === 0) throw shapeError(`${op}: there are no inputs`);
  const shape = broadcast(
    inputs.map((t) => t.shape),
    op,
  );
  const dtype = inputs.map((t) => t.dtype).reduce(promote);
  const each: CostPerElement = op === 'add' ? { add: inputs.length - 1 } : { cmp: inputs.length - 1 };
  return { op, outputs: [{ dtype, shape: shape as Dim[] }], work: map(dtype, numel(shape), each) };
}

/** The mean of several tensors, element by element. */
export function meanOf(inputs: readonly TensorType[]): Effect {
  const sum = fold('add', inputs);
  const [out] = sum.outputs as readonly [OutputType];
  return { ...sum, op: 'mean', work: [...sum.work, ...map(out.dtype, numel(out.shape), { div: 1 })] };
}

/**
 * x to a power. Where the exponent is known to be 2, 3, ½ or 1, as every runtime computes it: x·x, x·x·x, √x, x itself.
 * `attrs` then says which, since conventions ask.
 */
export function power(base: TensorType, exponent: TensorType, known: number | null, dtype: DType): Effect {
  const shape = broadcast([base.shape, exponent.shape], 'pow');
  const each = known === null ? undefined : KNOWN_POWERS[known];
  return {
    op: 'pow',
    outputs: [{ dtype, shape }],
    work: map(dtype, numel(shape), each ?? BINARY.pow.each),
    ...(each === undefined || known === null ? {} : { attrs: { exponent: known } }),
  };
}
const KNOWN_POWERS: Readonly<Record<number, CostPerElement>> = {
  2: { mul: 1 },
  3: { mul: 2 },
  0.5: { sqrt: 1 },
  1: {},
};

/** (scale·x + shift) to a power, as layers of older formats have it in one; steps that change nothing cost nothing. */
export function affinePower(
  x: TensorType,
  { scale, shift, exponent }: { readonly scale: number; readonly shift: number; readonly exponent: number },
): Effect {
  const one: TensorType = { dtype: x.dtype, shape: [] };
  const parts = [
    ...(scale === 1 ? [] : [binary('mul', x, one)]),
    ...(shift === 0 ? [] : [binary('add', x, one)]),
    ...(exponent === 1 ? [] : [power(x, one, exponent, x.dtype)]),
  ];
  const { attrs } = parts.at(-1) ?? {};
  return parts.length === 0 ? identity(x) : { ...together('pow', [x], parts), ...(attrs && { attrs }) };
}

/** One compare for each bound that is there. What is between 0 and 6 is PyTorch's ReLU6, and exported as this. */
export function clamp(
  input: TensorType,
  bounds: number,
  attrs: AttrsOf<'clamp'> = {},
  options: { readonly shape?: readonly Dim[]; readonly dtype?: DType } = {},
): Effect {
  const shape = options.shape ?? input.shape;
  const dtype = options.dtype ?? input.dtype;
  return { op: 'clamp', outputs: [{ dtype, shape }], work: map(dtype, numel(shape), { cmp: bounds }), attrs };
}

/**
 * Nothing at inference. In training a random number an element is compared with p, and the element multiplied by that and by
 * 1/(1 − p). `p` is the probability where the model says it, `channels` whether whole ones are dropped: what training would keep is known from it at inference too.
 */
export function dropout(
  input: TensorType,
  training: boolean,
  options: { readonly mask?: DType; readonly p?: number; readonly channels?: boolean } = {},
): Effect {
  const mask: readonly OutputType[] = options.mask === undefined ? [] : [{ dtype: options.mask, shape: input.shape }];
  const given = {
    ...(options.p === undefined ? {} : { p: options.p }),
    ...(options.channels ? { channels: true } : {}),
  };
  const attrs = Object.keys(given).length === 0 ? {} : { attrs: given };
  if (!training) {
    const kept = input.value === undefined ? {} : { value: input.value };
    const out: OutputType = { dtype: input.dtype, shape: input.shape, ...kept, view: 0 };
    return { op: 'dropout', outputs: [out, ...mask], work: [move(input, 'view')], ...attrs };
  }
  return {
    op: 'dropout',
    outputs: [{ dtype: input.dtype, shape: input.shape }, ...mask],
    work: map(input.dtype, numel(input.shape), { cmp: 1, mul: 2 }),
    ...attrs,
  };
}
