import { Unsupported } from '../../graph/errors.js';
import { type DType, isFloating, parseDType, promote, type TensorType } from '../../tensor/index.js';
import { type Arg, isFloat, isValue } from './types.js';

/** PyTorch's numbers of its dtypes (c10::ScalarType), as TorchScript writes them. */
const NUMBERED: readonly (DType | null)[] = [
  'uint8',
  'int8',
  'int16',
  'int32',
  'int64',
  'float16',
  'float32',
  'float64',
  null, // complex of halves
  'complex64',
  'complex128',
  'bool',
  'int8', // qint8
  'uint8', // quint8
  'int32', // qint32
  'bfloat16',
];

/** A dtype by its name or PyTorch's number; null for None. */
export function dtypeOf(arg: Arg): DType | null {
  if (arg === null) return null;
  if (typeof arg === 'number') {
    const found = NUMBERED[arg];
    if (found) return found;
    throw new Unsupported(`it asks for a dtype numbered ${arg}, which is not known`);
  }
  if (typeof arg === 'string') return parseDType(arg);
  throw new Unsupported('its dtype is not known');
}

const RANK = { bool: 0, integer: 1, floating: 2, complex: 3 } as const;

function rankOf(dtype: DType): number {
  if (dtype === 'bool') return RANK.bool;
  if (dtype.startsWith('complex')) return RANK.complex;
  return isFloating(dtype) ? RANK.floating : RANK.integer;
}

/** A number of the program as a tensor of no axes, with the dtype that it would have on its own. */
export function scalarType(arg: Arg): TensorType {
  if (typeof arg === 'boolean') return { dtype: 'bool', shape: [], value: [Number(arg)] };
  if (isFloat(arg)) return { dtype: 'float32', shape: [], value: [arg.float] };
  if (typeof arg === 'number' && !Number.isInteger(arg))
    return Number.isFinite(arg) ? { dtype: 'float32', shape: [], value: [arg] } : { dtype: 'float32', shape: [] };
  if (typeof arg === 'string' || arg === null || Array.isArray(arg) || isValue(arg))
    throw new Unsupported('a number was expected');
  return { dtype: 'int64', shape: [], value: [arg as number] };
}

/** An operand of an elementwise operator: `number` marks a number of the program, not a tensor. */
export interface Operand {
  readonly type: TensorType;
  readonly number: boolean;
}

/**
 * PyTorch's promotion: the highest category wins; within it tensors with axes go before those without, and these before
 * numbers of the program.
 */
export function promoted(operands: readonly Operand[]): DType {
  const priority = (o: Operand): number => (o.number ? 0 : o.type.shape.length === 0 ? 1 : 2);
  const best: (DType | null)[] = [null, null, null];
  for (const operand of operands) {
    const level = priority(operand);
    const before = best[level] ?? null;
    best[level] = before === null ? operand.type.dtype : promote(before, operand.type.dtype);
  }
  let result: DType | null = null;
  for (const level of [2, 1, 0]) {
    const dtype = best[level] ?? null;
    if (dtype !== null && (result === null || rankOf(dtype) > rankOf(result))) result = dtype;
  }
  return result ?? 'float32';
}

/** The dtype of a function that makes floats of integers (`exp`, `mean`, true division). */
export function floatOf(dtype: DType): DType {
  return isFloating(dtype) ? dtype : 'float32';
}

/** The dtype of a sum or product: integers and booleans are summed in 64 bits. */
export function sumOf(dtype: DType): DType {
  return isFloating(dtype) ? dtype : 'int64';
}
