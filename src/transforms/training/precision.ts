import type { Autocast } from '../../ops/index.js';
import { bitsOf, type DType, isFloating, promote } from '../../tensor/index.js';
import type { Precision } from './types.js';

/** A real floating-point type: what a precision changes. */
export function isReal(dtype: DType): boolean {
  return isFloating(dtype) && !dtype.startsWith('complex') && bitsOf(dtype) >= 16;
}

/** The type that a weight or an input has in a step of a precision; as the model has it without one. */
export function heldAs(dtype: DType, precision: Precision | null): DType {
  if (precision === null || !isReal(dtype)) return dtype;
  return precision === 'bf16' || precision === 'mixed' ? 'bfloat16' : 'float32';
}

/** The type that an operator takes a tensor in, given what it has; null if it takes it as it is. */
export function castTo(dtype: DType, rule: Autocast | undefined, precision: Precision | null): DType | null {
  if (precision !== 'amp' || !isReal(dtype) || dtype === 'float64') return null;
  if (rule === 'lower') return dtype === 'bfloat16' ? null : 'bfloat16';
  if (rule === 'float32') return dtype === 'float32' ? null : 'float32';
  return null;
}

/**
 * The type of a result: that of the ledger as the precision has it; under automatic casts what the rule says, or the widest of
 * what comes in.
 */
export function resultAs(
  stated: DType,
  rule: Autocast | undefined,
  taken: readonly DType[],
  precision: Precision | null,
): DType {
  if (precision === null || !isReal(stated)) return stated;
  if (precision !== 'amp') return heldAs(stated, precision);
  if (rule === 'lower') return 'bfloat16';
  if (rule === 'float32') return 'float32';
  const real = taken.filter(isReal);
  if (rule === 'as-first') return real[0] ?? 'float32';
  return real.length === 0 ? 'float32' : real.reduce(promote);
}
