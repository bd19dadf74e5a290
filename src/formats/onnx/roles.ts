import { isFloating } from '../../tensor/index.js';
import { dtypeOf } from './dtype.js';
import type { NodeProto, TensorProto } from './schema.js';

/** What a stored tensor is to the model; ONNX itself does not say. */
export type Role = 'parameter' | 'buffer' | 'constant';

/** Inputs that are weights by the operator's definition, and those that are running statistics. */
const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  ConvInteger: [1],
  DeformConv: [1, 3],
  QLinearConv: [3, 8],
  FusedConv: [1, 2],
  NhwcConv: [1, 2],
  Gemm: [0, 1, 2],
  FusedGemm: [0, 1, 2],
  MatMul: [0, 1],
  FusedMatMul: [0, 1],
  MatMulInteger: [0, 1],
  QLinearMatMul: [0, 3],
  MatMulNBits: [1, 2, 3, 4],
  DynamicQuantizeMatMul: [1, 4],
  Einsum: [0, 1, 2, 3],
  BatchNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2],
  SimplifiedLayerNormalization: [1],
  RMSNormalization: [1],
  SkipLayerNormalization: [2, 3, 4],
  SkipSimplifiedLayerNormalization: [2, 3],
  EmbedLayerNormalization: [2, 3, 4, 5, 6],
  GroupNormalization: [1, 2],
  PRelu: [1],
  LSTM: [1, 2, 3, 7],
  GRU: [1, 2, 3],
  RNN: [1, 2, 3],
  Attention: [1, 2],
  BiasGelu: [1],
  FastGelu: [1],
};
const STATISTICS: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4] };

/** Operators that hand their first input on (Concat all of them): what their result is used as, the input is. */
const PASS = new Set(
  'Identity Transpose Reshape Flatten Squeeze Unsqueeze Cast DequantizeLinear QuantizeLinear Slice Split Expand Pad Concat'.split(
    ' ',
  ),
);
/** Inputs that steer an operator and are no data of the model, though they may be floating point. */
const SETTINGS: Readonly<Record<string, readonly number[]>> = {
  Resize: [1, 2],
  Upsample: [1],
  Clip: [1, 2],
  Range: [0, 1, 2],
  QuantizeLinear: [1],
  DequantizeLinear: [1],
  OneHot: [2],
  Pad: [2],
  NonMaxSuppression: [3, 4],
};

/**
 * What each stored tensor is, by what reads it: weights by the operator's definition, also through operators that only
 * hand them on; else initializers in floating point with more than one element (exporters write the constants of formulas
 * as Constant nodes or scalars). Shapes, axes, indices, settings and scalars are constants.
 */
export function rolesOf(
  nodes: readonly NodeProto[],
  initializers: ReadonlyMap<string, TensorProto>,
  constants: ReadonlyMap<string, TensorProto>,
): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  const raise = (name: string, role: Role): void => {
    const before = roles.get(name);
    if (before !== 'parameter' && (before === undefined || role !== 'constant')) roles.set(name, role);
  };
  const learnable = (name: string): boolean => {
    const tensor = initializers.get(name);
    if (tensor === undefined) return false;
    const dtype = dtypeOf(tensor.dataType);
    return dtype !== undefined && isFloating(dtype) && tensor.dims.map(Number).reduce((n, d) => n * d, 1) > 1;
  };
  // From the back, so that what is handed on is known by its use.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as NodeProto;
    const weights = WEIGHTS[node.opType] ?? [];
    const statistics = STATISTICS[node.opType] ?? [];
    const settings = SETTINGS[node.opType] ?? [];
    const [handed] = PASS.has(node.opType)
      ? node.output.map((o) => roles.get(o)).filter((r) => r === 'parameter' || r === 'buffer')
      : [];
    for (const [k, name] of node.input.entries()) {
      if (name === '') continue;
      if (weights.includes(k)) raise(name, 'parameter');
      else if (statistics.includes(k)) raise(name, 'buffer');
      else if ((k === 0 || node.opType === 'Concat') && handed !== undefined) raise(name, handed);
      else if (!settings.includes(k) && learnable(name)) raise(name, 'parameter');
      else raise(name, 'constant');
    }
  }
  // A scalar that is handed to a weight's place is one all the same; text never is.
  for (const [name, tensor] of [...initializers, ...constants])
    if (dtypeOf(tensor.dataType) === 'string') roles.set(name, 'constant');
  return roles;
}
