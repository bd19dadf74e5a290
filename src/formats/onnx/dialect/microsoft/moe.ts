import { type Dim, equal, floordiv, mul } from '../../../../dim/index.js';
import { mixtureOfExperts, operands, type Unary } from '../../../../ops/index.js';
import { byName } from '../../../../source/by-name.js';
import { type DType, numel, type TensorType } from '../../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../../node.js';

const ACTIVATIONS: Readonly<Record<string, Unary | null>> = byName({
  relu: 'relu',
  gelu: 'gelu',
  silu: 'silu',
  swiglu: 'silu',
  identity: null,
});

/** Rows that a weight of an expert gives; it is stored as outputs × inputs, earlier as inputs × outputs. */
function outputsOf(weight: TensorType, inputs: Dim, pack: number): Dim {
  const [, rows, columns] = weight.shape as readonly [Dim, Dim, Dim];
  return equal(mul(columns, pack), inputs) || pack > 1 ? rows : columns;
}

/** A mixture of experts; each layer has a weight and a bias, the third only where the activation is gated by it. */
const mixture =
  (slots: {
    readonly fc1: readonly [number, number];
    readonly fc2: readonly [number, number];
    readonly fc3: readonly [number, number];
  }): Entry =>
  (n) => {
    const [x, router] = [n.in(0), n.in(1)];
    const hidden = x.shape.at(-1) as Dim;
    const tokens = floordiv(numel(x.shape), hidden);
    const chosen = n.int('k', 1);
    const bits = n.int('expert_weight_bits', 8);
    const first = n.in(slots.fc1[0]);
    const packed =
      slots.fc1[0] === 2 && n.proto.opType === 'QMoE' && n.text('quant_type', 'int') === 'int' ? 8 / bits : 1;
    const fused = outputsOf(first, hidden, packed);
    const gated = n.has(slots.fc3[0]);
    const name = n.text('activation_type', 'relu');
    const halved = name === 'swiglu' && !gated;
    const inter = halved ? floordiv(fused, 2) : fused;
    const activation = ACTIVATIONS[name];
    const effect = mixtureOfExperts({
      x,
      router,
      tokens,
      hidden,
      fused,
      inter,
      chosen,
      activation: activation ?? null,
      gated,
      halved,
      biases: [n.has(slots.fc1[1]), n.has(slots.fc2[1]), n.has(slots.fc3[1])],
    });
    const result = activation === undefined ? { ...effect, gap: `its activation ${name} has no formula` } : effect;
    return n.proto.opType === 'QMoE' ? operands(result, x.dtype, heldAs(n, first, bits)) : result;
  };

function heldAs(n: OnnxNode, weight: TensorType, bits: number): DType {
  if (n.text('quant_type', 'int') !== 'int') return weight.dtype === 'uint8' ? 'float4e2m1' : weight.dtype;
  return bits === 4 ? 'uint4' : bits === 2 ? 'uint2' : 'uint8';
}

export const experts: Dialect = byName({
  MoE: { weights: [2, 3, 4, 5, 6, 7], run: mixture({ fc1: [2, 3], fc2: [4, 5], fc3: [6, 7] }) },
  QMoE: { weights: [2, 4, 5, 7, 8, 10], scales: [3, 6, 9], run: mixture({ fc1: [2, 4], fc2: [5, 7], fc3: [8, 10] }) },
});
