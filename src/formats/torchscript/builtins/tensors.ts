import { type Dim, mul, product } from '../../../dim/index.js';
import { ModelRaised } from '../../../graph/errors.js';
import { axisOf } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { bitsOf } from '../../../tensor/dtype.js';
import { type DType, isFloating, type TensorType } from '../../../tensor/index.js';
import { typeOf } from '../../../torch/operators/index.js';
import { isInt, isKind, list, type ScriptValue, UNKNOWN_BOOL } from '../data.js';
import { dependsOnUnsupported, malformed, needsNumber } from '../errors.js';
import type { Interpreter } from '../interpreter.js';
import { needInt, toFloat, toInt } from '../scalars.js';
import { truth } from '../truth.js';
import type { Builtin } from './types.js';

/** PyTorch's numbers of dtypes, as its code has them: https://github.com/pytorch/pytorch/blob/main/torch/headeronly/core/ScalarType.h */
const NUMBERS: Readonly<Partial<Record<DType, number>>> = {
  uint8: 0,
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  float16: 5,
  float32: 6,
  float64: 7,
  complex64: 9,
  complex128: 10,
  bool: 11,
  bfloat16: 15,
  float8e5m2: 23,
  float8e4m3fn: 24,
  float8e5m2fnuz: 25,
  float8e4m3fnuz: 26,
  uint16: 27,
  uint32: 28,
  uint64: 29,
};

const ofTensor = (d: ScriptValue | undefined): TensorType | null => {
  if (!isKind(d, 'tensor')) throw malformed('a tensor was expected');
  return typeOf(d.value);
};

const known = (d: ScriptValue | undefined): TensorType => {
  const type = ofTensor(d);
  if (type !== null) return type;
  throw dependsOnUnsupported('the shape of a tensor is needed and not known');
};

/** An extent that is not known. */
const free = (m: Interpreter): Dim => m.symbol('size', { min: 0 });

const no: Builtin = () => false;

/** Strides of a tensor that is in memory row by row. */
function strides(shape: readonly Dim[]): Dim[] {
  return shape.map((_, i) => product(shape.slice(i + 1)));
}

/** Methods of a tensor whose results are not tensors. */
export const QUERIES: Readonly<Record<string, Builtin>> = byName({
  size: (m, [x, axis]) => {
    if (axis === undefined) return list([...known(x).shape]);
    const type = ofTensor(x);
    if (type === null) return free(m);
    const at = axisOf(Number(needInt(axis, 'an axis')), type.shape.length, 'size');
    return type.shape[at] as Dim;
  },
  sym_size: (m, args, named) => QUERIES['size']?.(m, args, named) ?? null,
  shape: (_, [x]) => list([...known(x).shape]),
  dim: (m, [x]) => ofTensor(x)?.shape.length ?? free(m),
  ndimension: (m, [x]) => ofTensor(x)?.shape.length ?? free(m),
  len: (m, [x]) => {
    const type = ofTensor(x);
    if (type === null) return free(m);
    const [first] = type.shape;
    if (first === undefined) throw new ModelRaised('the length of a tensor without axes');
    return first;
  },
  numel: (m, [x]) => {
    const type = ofTensor(x);
    return type === null ? free(m) : product(type.shape);
  },
  stride: (_, [x, axis]) => {
    const all = strides(known(x).shape);
    if (axis === undefined) return list(all);
    return all[axisOf(Number(needInt(axis, 'an axis')), all.length, 'stride')] as Dim;
  },
  storage_offset: () => 0,
  element_size: (_, [x]) => Math.ceil(bitsOf(ofTensor(x)?.dtype ?? 'float32') / 8),
  nbytes: (_, [x]) => mul(product(known(x).shape), Math.ceil(bitsOf(known(x).dtype) / 8)),
  item: (m, [x = null]) => scalar(m, x),
  tolist: (_, [x = null]) => items(x),
  Int: (m, [x = null]) => toInt(m, x),
  Float: (_, [x = null]) => toFloat(x),
  Bool: (_, [x = null]) => truth(x) ?? UNKNOWN_BOOL,
  IntImplicit: (m, [x = null]) => toInt(m, x),
  FloatImplicit: (_, [x = null]) => toFloat(x),
  ScalarImplicit: (m, [x = null]) => scalar(m, x),
  is_nonzero: (_, [x = null]) => truth(x) ?? UNKNOWN_BOOL,
  is_floating_point: (_, [x]) => {
    const dtype = ofTensor(x)?.dtype;
    return dtype === undefined ? UNKNOWN_BOOL : isFloating(dtype) && !dtype.startsWith('complex');
  },
  is_complex: (_, [x]) => ofTensor(x)?.dtype.startsWith('complex') ?? UNKNOWN_BOOL,
  is_signed: (_, [x]) => !/^(u|bool)/.test(ofTensor(x)?.dtype ?? 'u'),
  is_contiguous: () => true,
  is_same_size: (_, [a, b]) => {
    const [p, q] = [known(a).shape, known(b).shape];
    return p.length === q.length && p.every((d, i) => String(d) === String(q[i]));
  },
  equal: () => UNKNOWN_BOOL,
  allclose: () => UNKNOWN_BOOL,
  get_device: () => -1,
  dtype: (_, [x]) => NUMBERS[ofTensor(x)?.dtype ?? 'float32'] ?? 6,
  device: () => ({ kind: 'device', name: 'cpu' }),
  layout: () => 0,
  requires_grad: (_, [x]) => (isKind(x, 'tensor') ? (x.value.weight?.trainable ?? false) : false),
  is_leaf: () => true,
  is_cpu: () => true,
  is_cuda: no,
  is_xpu: no,
  is_mps: no,
  is_meta: no,
  is_sparse: no,
  is_sparse_csr: no,
  is_mkldnn: no,
  is_vulkan: no,
  is_quantized: no,
  is_nested: no,
  is_pinned: no,
  is_inference: no,
  is_conj: no,
  is_neg: no,
  data: (_, [x = null]) => x,
  grad: () => null,
});

/** The number that a tensor of one element holds. */
function scalar(m: Interpreter, x: ScriptValue): ScriptValue {
  const type = ofTensor(x);
  if (type === null || isFloating(type.dtype)) return toFloat(x);
  if (type.dtype === 'bool') return truth(x) ?? UNKNOWN_BOOL;
  return toInt(m, x);
}

function items(x: ScriptValue): ScriptValue {
  const type = known(x);
  const { value } = type;
  if (value === undefined || type.shape.length > 1)
    throw needsNumber('a tensor is made a list, and what is in it depends on data');
  const all = value.map(
    (d): ScriptValue => (isFloating(type.dtype) ? toFloat(d) : type.dtype === 'bool' ? d !== 0 : d),
  );
  return type.shape.length === 0 ? (all[0] ?? null) : list(all);
}

/** The dtype of a number of the program, as a tensor has it. */
export function numberType(d: ScriptValue): TensorType | null {
  if (typeof d === 'boolean') return { dtype: 'bool', shape: [], value: [Number(d)] };
  if (isInt(d)) return { dtype: 'int64', shape: [], value: [d] };
  if (!isKind(d, 'float')) return null;
  return d.value === null || !Number.isFinite(d.value)
    ? { dtype: 'float32', shape: [] }
    : { dtype: 'float32', shape: [], value: [d.value] };
}
