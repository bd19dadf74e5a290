import { add, type Dim } from '../dim/index.js';
import { type DType, parseDType } from '../tensor/index.js';
import { costsOf, type OpCost } from './costs.js';
import { times } from './folds.js';
import type { AnyLedger, OpEntry } from './types.js';

/**
 * MACs by the types of what is multiplied: `float32×float32`, `uint8×int8`. Of a quantised operator those that it says
 * itself, of any other the types of its first two inputs (data and weight). What hardware can do in a cycle, and
 * bit-operations (MACs × both widths), follow from this.
 */
export function macsByOperands(ledger: AnyLedger): ReadonlyMap<string, Dim> {
  const found = new Map<string, Dim>();
  const { operators } = costsOf(ledger);
  for (let i = 0; i < operators.length; i++) {
    const { entry, tally, copies } = operators[i] as OpCost;
    if (tally.macs === 0) continue;
    const key = operandsOf(entry);
    found.set(key, add(found.get(key) ?? 0, times(copies, tally.macs)));
  }
  return found;
}

function operandsOf(entry: OpEntry): string {
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
