import { add, type Dim, equal, mul, sub } from '../dim/index.js';
import type { Trace, Value } from '../ledger/index.js';
import { sameShape, type TensorType } from '../tensor/index.js';
import { type GraphValue, isDim, isList, isSequence, isTensor } from './values.js';

/** One of two sizes: `a` where the symbol `taken` is 1, `b` where it is 0. */
export function eitherDim(a: Dim, b: Dim, taken: Dim): Dim {
  return equal(a, b) ? a : add(b, mul(taken, sub(a, b)));
}

/** One of two types: extents differ by the symbol that chooses; null where ranks or dtypes differ. */
export function eitherType(a: TensorType | null, b: TensorType | null, taken: Dim): TensorType | null {
  if (a === null || b === null || !areAlike(a, b)) return null;
  const shape = a.shape.map((d, i) => eitherDim(d, b.shape[i] as Dim, taken));
  const [known, other] = [contents(a), contents(b)];
  const whole = known !== undefined && other?.length === known.length && [...known, ...other].every(isWhole);
  const value = whole ? known.map((d, i) => eitherDim(d, other[i] as Dim, taken)) : undefined;
  return { dtype: a.dtype, shape, ...(value === undefined ? {} : { value }) };
}

/** Whether two types can be one whose extents are formulas. */
export function areAlike(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && a.shape.length === b.shape.length;
}

/** One of two values, as far as it can be told without knowing which. */
export function either(a: GraphValue, b: GraphValue, taken: Dim, trace: Trace): GraphValue {
  if (a === b) return a;
  if (isTensor(a) && isTensor(b)) return trace.alias(a.name, eitherType(a.type, b.type, taken), a);
  if (isDim(a) && isDim(b)) return eitherDim(a, b, taken);
  if (isList(a) && isList(b) && a.length === b.length)
    return a.map((x, i) => either(x, b[i] as GraphValue, taken, trace));
  if (isSequence(a) && isSequence(b)) {
    const same = a.item !== null && b.item !== null && sameShape(a.item.shape, b.item.shape);
    const length = eitherDim(a.length, b.length, taken);
    return { kind: 'sequence', items: null, length, item: same ? a.item : null };
  }
  return trace.opaque(null);
}

/** Whether two tensors of known types can be one value. */
export function canMerge(a: GraphValue | undefined, b: GraphValue | undefined): boolean {
  const [s, t]: (Value['type'] | undefined)[] = [a, b].map((v) => (isTensor(v) ? v.type : undefined));
  return !s || !t || areAlike(s, t);
}

function contents(type: TensorType): readonly Dim[] | undefined {
  return 'value' in type ? type.value : undefined;
}

function isWhole(d: Dim): boolean {
  return typeof d !== 'number' || Number.isInteger(d);
}
