import type { Dim } from '../dim/index.js';
import { type DType, numel, type TensorType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import { BINARY, type Binary, PER_ELEMENT, type PerElement, UNARY, type Unary } from './catalog/elementwise.js';
import type { ForeignOp, OpName } from './catalog/index.js';
import { type CostPerElement, type Effect, map, move, type OutputType, type Work } from './work.js';

/** Parts of an effect beside its operator, outputs and work. */
type Extra<N extends string> = Pick<Effect, 'readBytes' | 'leavesOut'> & { readonly attrs?: AttrsOf<N> };

/**
 * So much arithmetic for each element of `over`, by the catalogue; `outputs` where they are not `over` itself. `scaled`: a
 * factor that is not 1 multiplies each element once more.
 */
export function perElement<N extends PerElement | Unary | Binary>(
  op: N,
  over: TensorType,
  options: {
    readonly outputs?: readonly OutputType[];
    readonly dtype?: DType;
    readonly scaled?: boolean;
  } & Extra<N> = {},
): Effect {
  const { outputs, dtype, scaled, ...extra } = options;
  const each = costOf(op);
  return {
    op,
    outputs: outputs ?? [{ dtype: over.dtype, shape: over.shape }],
    work: map(dtype ?? over.dtype, numel(over.shape), scaled === true ? { ...each, mul: (each.mul ?? 0) + 1 } : each),
    ...extra,
  };
}

function costOf(op: PerElement | Unary | Binary): CostPerElement {
  if (op in UNARY) return UNARY[op as Unary].each;
  return op in BINARY ? BINARY[op as Binary].each : PER_ELEMENT[op as PerElement].each;
}

/** An operator that computes nothing and moves nothing worth counting. */
export function nothing<N extends OpName | ForeignOp>(
  op: N,
  outputs: readonly OutputType[],
  extra: Extra<N> = {},
): Effect {
  return { op, outputs, work: [], ...extra };
}

/** Views of one tensor: nothing moves. */
export function views<N extends OpName>(
  op: N,
  of: TensorType,
  outputs: readonly OutputType[],
  extra: Extra<N> = {},
): Effect {
  return { op, outputs, work: [move(of, 'view')], ...extra };
}

/** One output, made by moving data. */
export function moved<N extends OpName | ForeignOp>(
  op: N,
  out: OutputType,
  how: 'copy' | 'gather',
  extra: Extra<N> = {},
): Effect {
  return { op, outputs: [out], work: [move(out, how)], ...extra };
}

/** The same under the name of another operator, which does no more than this. */
export function renamed(effect: Effect, op: OpName | ForeignOp): Effect {
  return { ...effect, op };
}

/** An operator with others fused before it, whose results nobody else sees: its outputs, the work of all. */
export function precededBy(effect: Effect, ...parts: readonly Effect[]): Effect {
  return { ...effect, work: [...parts.flatMap((part) => part.work), ...effect.work] };
}

/** An operator with others fused after it: outputs of its shape, the work of all. */
export function followedBy(effect: Effect, ...parts: readonly Effect[]): Effect {
  return { ...effect, work: [...effect.work, ...parts.flatMap((part) => part.work)] };
}

/** The effect with outputs of another dtype: integers that stand for real numbers. */
export function typedAs(effect: Effect, dtype: DType): Effect {
  return { ...effect, outputs: effect.outputs.map((out) => ({ dtype, shape: out.shape })) };
}

/** One operator that does what several do: their work, in order, and outputs of its own. */
export function together<N extends OpName | ForeignOp>(
  op: N,
  outputs: readonly OutputType[],
  parts: readonly Effect[],
  extra: Extra<N> = {},
): Effect {
  const work: Work[] = [];
  for (const part of parts) work.push(...part.work);
  return { op, outputs, work, ...extra };
}

/** An operator whose shapes are known and whose work is not: why. */
export function unpriced(op: OpName | ForeignOp, outputs: readonly OutputType[], gap: string): Effect {
  return { op, outputs, work: [], gap };
}

/** A given number of a primitive for each of some elements, as a part of `together`. */
export function part<N extends OpName>(
  op: N,
  dtype: DType,
  elements: Dim,
  each: CostPerElement,
  attrs?: AttrsOf<N>,
): Effect {
  return { op, outputs: [], work: map(dtype, elements, each), ...(attrs === undefined ? {} : { attrs }) };
}

/** Columns summed back into the patches that they were cut from: an addition for each element of them. */
export function fold2d(columns: TensorType, shape: readonly Dim[]): Effect {
  return {
    op: 'fold',
    outputs: [{ dtype: columns.dtype, shape }],
    work: map(columns.dtype, numel(columns.shape), { add: 1 }),
  };
}
