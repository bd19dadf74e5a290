import type { Dim } from '../dim/index.js';
import type { DType, TensorType } from '../tensor/index.js';
import type { Binary, Unary } from './catalog/elementwise.js';
import { binary, power, unary } from './elementwise.js';
import { concat, split } from './join.js';
import { gather } from './slice.js';
import { foldUnary } from './unary-values.js';
import { withValue } from './values.js';
import { foldBinary } from './values-arithmetic.js';
import { foldConcat, foldGather } from './values-moves.js';
import type { Effect } from './work.js';

// Operators that shapes are worked out with: where the contents of what they take are known, so are those of what they make.

export function unaryWithValue(op: Unary, x: TensorType, options?: Parameters<typeof unary>[2]): Effect {
  return withValue(unary(op, x, options), foldUnary(op, x));
}

export function binaryWithValue(
  op: Binary,
  a: TensorType,
  b: TensorType,
  options?: Parameters<typeof binary>[3],
): Effect {
  const effect = binary(op, a, b, options);
  return withValue(effect, foldBinary(op, a, b, effect.outputs[0]?.shape ?? []));
}

/** `known`: see `power`. */
export function powerWithValue(base: TensorType, exponent: TensorType, known: number | null, dtype: DType): Effect {
  const effect = power(base, exponent, known, dtype);
  return withValue(effect, foldBinary('pow', base, exponent, effect.outputs[0]?.shape ?? []));
}

export function concatWithValue(parts: readonly TensorType[], axis: number): Effect {
  const effect = concat(parts, axis);
  return withValue(effect, foldConcat(parts, axis, effect.outputs[0]?.shape ?? []));
}

export function gatherWithValue(table: TensorType, indices: TensorType, axis: number): Effect {
  const effect = gather(table, indices, axis);
  return withValue(effect, foldGather(table, indices, axis, effect.outputs[0]?.shape ?? []));
}

/** Parts of a vector whose contents are known have theirs: shapes are taken apart so. */
export function splitWithValue(x: TensorType, sizes: readonly Dim[], axis: number): Effect {
  const effect = split(x, sizes, axis);
  const known = x.value;
  if (known === undefined || x.shape.length !== 1 || !sizes.every((d) => typeof d === 'number')) return effect;
  let at = 0;
  return {
    ...effect,
    outputs: effect.outputs.map((out, i) => {
      const from = at;
      at += Number(sizes[i]);
      return { ...out, value: known.slice(from, at) };
    }),
  };
}
