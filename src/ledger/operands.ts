import { type DType, parseDType } from '../tensor/index.js';
import type { OpEntry } from './types.js';

/** The types of what an operator multiplies, as `Sums.macsByOperands` names them. */
export function operandsOf(entry: OpEntry): string {
  const stated = entry.attrs.operands;
  if (Array.isArray(stated)) return stated.map(String).join('×');
  const a = entry.inputs[0]?.type?.dtype;
  if (a === undefined) return 'unknown';
  const b = entry.inputs[1]?.type?.dtype ?? a;
  const both = PAIRS.get(a)?.get(b);
  if (both !== undefined) return both;
  const text = `${a}×${b}`;
  PAIRS.set(a, (PAIRS.get(a) ?? new Map<DType, string>()).set(b, text));
  return text;
}
/** Texts of two types: few, and asked for again with each operator. */
const PAIRS = new Map<DType, Map<DType, string>>();

/** The types of what an operator computes with: two where it says so or has this many inputs; none if they are unknown. */
export function operandTypes(entry: OpEntry): readonly DType[] {
  const stated = entry.attrs.operands;
  if (Array.isArray(stated)) return stated.filter((type) => type !== 'unknown').map((type) => parseDType(String(type)));
  const [a, b] = entry.inputs.map((value) => value?.type?.dtype);
  return a === undefined ? [] : b === undefined ? [a] : [a, b];
}
