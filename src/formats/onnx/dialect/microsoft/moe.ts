import { type Dim, equal, floordiv, mul } from '../../../../dim/index.js';
import { type CostPerElement, contraction, type Effect, map, softmax, topk, UNARY } from '../../../../ops/index.js';
import { byName } from '../../../../source/by-name.js';
import { type DType, numel, type TensorType } from '../../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../../node.js';
import { operands } from '../quant.js';

const ACTIVATIONS: Readonly<Record<string, CostPerElement>> = byName({
  relu: UNARY.relu.each,
  gelu: UNARY.gelu.each,
  silu: UNARY.silu.each,
  swiglu: UNARY.silu.each,
  identity: {},
});

/** Rows that a weight of an expert gives; it is stored as outputs × inputs, earlier as inputs × outputs. */
function outputsOf(weight: TensorType, inputs: Dim, pack: number): Dim {
  const [, rows, columns] = weight.shape as readonly [Dim, Dim, Dim];
  return equal(mul(columns, pack), inputs) || pack > 1 ? rows : columns;
}

/**
 * A mixture of experts: each token goes through the `k` experts that the router gives it, of two layers with an activation
 * between them, or three where the activation is gated. Experts that a token is not sent to cost nothing, however many
 * there are. products = tokens · k · (hidden·(fused) + inter·hidden [+ hidden·inter]).
 */
const mixture =
  (slots: {
    readonly fc1: readonly [number, number];
    readonly fc2: readonly [number, number];
    readonly fc3: readonly [number, number];
  }): Entry =>
  (n): Effect => {
    const [x, router] = [n.in(0), n.in(1)];
    const { dtype } = x;
    const hidden = x.shape.at(-1) as Dim;
    const tokens = floordiv(numel(x.shape), hidden);
    const chosen = n.int('k', 1);
    const rows = mul(tokens, chosen);
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
    const between = mul(rows, inter);
    const result: Effect = {
      op: 'moe',
      outputs: [{ dtype, shape: x.shape }],
      work: [
        ...softmax(router, -1).work,
        ...topk(router, chosen, -1).work,
        contraction(mul(rows, hidden, fused), mul(rows, fused), n.has(slots.fc1[1])),
        ...(gated ? [contraction(mul(rows, hidden, inter), between, n.has(slots.fc3[1]))] : []),
        ...map(dtype, between, activation ?? {}),
        ...(gated || halved ? map(dtype, between, { mul: 1 }) : []),
        contraction(mul(rows, inter, hidden), mul(rows, hidden), n.has(slots.fc2[1])),
        // the outputs of a token's experts, weighted and summed
        ...map(dtype, mul(rows, hidden), { mul: 1 }),
        { kind: 'reduction', elements: mul(rows, hidden), outputs: mul(tokens, hidden), by: 'add' },
      ],
      attrs: { experts: router.shape.at(-1) ?? 1, k: chosen, hidden, inter, tokens },
      ...(activation === undefined ? { gap: `its activation ${name} has no formula` } : {}),
    };
    return n.proto.opType === 'QMoE' ? operands(result, dtype, heldAs(n, first, bits)) : result;
  };

function heldAs(n: OnnxNode, weight: TensorType, bits: number): DType {
  if (n.text('quant_type', 'int') !== 'int') return weight.dtype === 'uint8' ? 'float4e2m1' : weight.dtype;
  return bits === 4 ? 'uint4' : bits === 2 ? 'uint2' : 'uint8';
}

export const experts: Dialect = byName({
  MoE: mixture({ fc1: [2, 3], fc2: [4, 5], fc3: [6, 7] }),
  QMoE: mixture({ fc1: [2, 4], fc2: [5, 7], fc3: [8, 10] }),
});
