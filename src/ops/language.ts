import { type Dim, isStatic, min, mul, sum } from '../dim/index.js';
import { bytesOf, type DType, numel, type TensorType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import { perElement } from './each.js';
import { shapeError, show } from './shapes.js';
import { contraction, type Effect } from './work.js';

/** Rotary position embedding of this many elements of tensors. */
export function rotated(
  outputs: readonly TensorType[],
  dtype: DType,
  elements: Dim,
  attrs?: AttrsOf<'rotary_embedding'>,
): Effect {
  return perElement(
    'rotary_embedding',
    { dtype, shape: [elements] },
    {
      outputs: outputs.map((out) => ({ dtype: out.dtype, shape: out.shape })),
      ...(attrs === undefined ? {} : { attrs }),
    },
  );
}

/** Rotary position embedding of `dims` of the last axis: x·cos + rotated x·sin, two multiplies and an add an element. */
export function rotary(x: TensorType, dims: Dim): Effect {
  const rows = numel(x.shape.slice(0, -1));
  return rotated([x], x.dtype, mul(rows, dims), { dims });
}

/**
 * Rows of x, each with one of the E matrices of `weight`: (…, in) × (E, in, out) → (…, out), or (E, out, in) where the
 * matrices are transposed. Products: rows · in · out, whichever expert a row goes to. Of the weight at most as many matrices
 * are read as there are rows.
 */
export function expertProduct(x: TensorType, weight: TensorType, bias: TensorType | null, transposed: boolean): Effect {
  const [experts, a, b] = weight.shape as readonly [Dim, Dim, Dim];
  const [inner, out] = transposed ? [b, a] : [a, b];
  if (weight.shape.length !== 3 || (isStatic(inner) && isStatic(x.shape.at(-1) as Dim) && inner !== x.shape.at(-1)))
    throw shapeError(`experts: rows of ${show(x.shape)} do not fit matrices of ${show(weight.shape)}`);
  const rows = numel(x.shape.slice(0, -1));
  const shape = [...x.shape.slice(0, -1), out];
  const used = min(rows, experts);
  const one = bytesOf({ dtype: weight.dtype, shape: [a, b] });
  return {
    op: 'matmul',
    outputs: [{ dtype: x.dtype, shape }],
    work: [contraction(mul(rows, inner, out), numel(shape), bias !== null)],
    attrs: { bias: bias !== null, experts } satisfies AttrsOf<'matmul'>,
    readBytes: sum([
      bytesOf(x),
      mul(used, one),
      bias === null ? 0 : mul(used, bytesOf({ dtype: bias.dtype, shape: [out] })),
    ]),
  };
}
