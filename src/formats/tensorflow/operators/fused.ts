import { batchNorm, binary, type Effect, nothing, unary } from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';

/** What an operator does that is fused after another one; null for one that has no formula. */
export function activationOf(name: string, out: TensorType): Effect | null {
  switch (name) {
    case 'BiasAdd':
    case 'Add':
      return binary('add', out, { dtype: out.dtype, shape: [] });
    case 'FusedBatchNorm':
      return batchNorm(
        { dtype: out.dtype, shape: [1, 1, ...out.shape] },
        { weight: null, bias: null },
        { batchStatistics: false },
      );
    case 'Relu':
      return unary('relu', out);
    case 'Relu6':
      return unary('relu6', out);
    case 'Elu':
      return unary('elu', out);
    case 'LeakyRelu':
      return unary('leaky_relu', out);
    case 'Prelu':
      return unary('prelu', out);
    case 'Tanh':
      return unary('tanh', out);
    case 'Sigmoid':
      return unary('sigmoid', out);
    case 'GeluExact':
      return unary('gelu', out);
    case 'GeluApproximate':
      return unary('gelu_tanh', out);
    case 'Identity':
    case 'Dequantize':
      return nothing('identity', []);
    default:
      return null;
  }
}
