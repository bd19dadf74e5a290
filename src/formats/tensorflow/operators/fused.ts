import { batchNorm, binary, type Effect, nothing, together, unary } from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Operator } from '../operator.js';

/** Effect of an operator that is fused after another one; null for one that has no formula. */
function activationOf(name: string, out: TensorType): Effect | null {
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

/** An operator with what the attribute `fused_ops` names after it: a bias, a batch norm, an activation. */
export function withFused(n: Operator, effect: Effect): Effect {
  const [out] = effect.outputs;
  if (out === undefined) return effect;
  const names = n.texts('fused_ops');
  const parts = names.map((name) => activationOf(name, out));
  if (parts.some((part) => part === null))
    return { ...effect, gap: `what is fused into it (${names.join(', ')}) has no formula` };
  return together(
    effect.op,
    effect.outputs,
    [effect, ...parts.filter((part) => part !== null)],
    effect.attrs === undefined ? {} : { attrs: effect.attrs },
  );
}
