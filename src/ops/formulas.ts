import { byName } from '../source/by-name.js';
import { BINARY, UNARY } from './elementwise.js';
import type { Each } from './work.js';

/** An operator's cost in words, and where the formula is from. */
export interface Formula {
  readonly macs: string;
  readonly flops: string;
  readonly source: string;
  /** What the number does not say. */
  readonly leavesOut?: string;
  readonly also?: readonly string[];
}

const DEFINITION = 'the definition of the operator: one product for every output and every input it is summed over';

/** By opcount's name of the operator; those of elementwise functions follow from their tables. */
const CONTRACTIONS: Readonly<Record<string, Formula>> = byName({
  conv: {
    macs: 'N · C_out · (C_in / groups) · ∏ kernel · ∏ output extents',
    flops: '2 · MACs, and with a bias one add per output',
    source: DEFINITION,
    leavesOut: 'nothing: products on zero padding are counted; `macsUnpadded` is the count without them',
    also: ['conv1d', 'conv2d', 'conv3d', 'convolution'],
  },
  conv_transpose: {
    macs: 'N · C_in · (C_out / groups) · ∏ kernel · ∏ input extents',
    flops: '2 · MACs, and with a bias one add per output',
    source:
      'the same products as the convolution of which it is the transpose: the positions that slide are those of the input',
    leavesOut: 'products that fall outside the output because of its padding are counted',
    also: ['convtranspose', 'deconvolution'],
  },
  linear: {
    macs: 'rows · in features · out features',
    flops: '2 · MACs, and with a bias one add per output',
    source: DEFINITION,
    also: ['gemm', 'addmm', 'dense', 'fc'],
  },
  matmul: {
    macs: 'batch · m · k · n for [m, k] × [k, n]',
    flops: '2 · MACs',
    source: DEFINITION,
    also: ['bmm', 'mm'],
  },
  einsum: {
    macs: 'operands from left to right; each pair: the product of the extents of all its labels',
    flops: '2 · MACs',
    source: DEFINITION,
    leavesOut: 'an order of contraction better than from left to right',
  },
  bilinear: {
    macs: 'rows · out · in₁ · in₂ + rows · out · in₁',
    flops: '2 · MACs, and with a bias one add per output',
    source: 'y = x₁ᵀ W x₂: first W x₂, then the product with x₁',
  },
  attention: {
    macs: 'Q·Kᵀ: heads · L_q · L_k · d, and A·V: heads · L_q · L_k · d_v',
    flops: '2 · MACs, scaling, mask and softmax',
    source: 'softmax(Q Kᵀ / √d) V as two matrix products',
    leavesOut:
      'nothing: masked and causal positions are computed, hence counted; --causal half counts the pairs that a causal mask leaves',
    also: ['sdpa', 'scaled_dot_product_attention'],
  },
  multi_head_attention: {
    macs: 'rows · inputs · (q + k + v features) for the merged projection, then as attention',
    flops: '2 · MACs, biases, rotation where it is fused, scaling, mask and softmax',
    source: 'com.microsoft Attention, QAttention, PackedAttention: docs/ContribOperators.md of ONNX Runtime',
    leavesOut: 'nothing: padded, packed and masked positions are computed, hence counted',
    also: ['qattention', 'packed_attention'],
  },
  linear_attention: {
    macs: 'per token: heads · d_k · d_v for the state’s update, as many again with the delta rule, and query heads · d_k · d_v to read it',
    flops:
      '2 · MACs, an exp per decay, a multiply per element of a decayed state, the delta’s subtract and rate, the scale',
    source:
      'the recurrence of LinearAttention (ONNX opset 27) step by step; chunked forms compute the same with other sums',
    also: ['gated_delta_net'],
  },
  moe: {
    macs: 'tokens · k · (hidden · fused + [gated: hidden · inter] + inter · hidden)',
    flops: '2 · MACs, biases, the router’s softmax and top-k, activations, and the weighted sum of k outputs',
    source: 'com.microsoft MoE and QMoE: docs/ContribOperators.md of ONNX Runtime',
    leavesOut: 'experts that a token is not sent to: they cost nothing',
    also: ['qmoe', 'mixture_of_experts'],
  },
  rnn: {
    macs: 'per step, row, layer and direction: gates · H · (X + H), gates 1 for RNN, 3 for GRU, 4 for LSTM; projected to P: gates · H · (X + P) + H · P',
    flops: '2 · MACs, biases, and per step the gates’ sigmoids, tanhs and products',
    source: 'the recurrences as PyTorch and ONNX define them',
    also: ['lstm', 'gru', 'rnn_tanh', 'rnn_relu'],
  },
});

const OTHERS: Readonly<Record<string, Formula>> = byName({
  batch_norm: {
    macs: '0',
    flops: '2 per element: a scale and a shift',
    source: 'at inference the statistics are constants and fold into one scale and one shift',
    leavesOut: 'the statistics that training computes',
  },
  layer_norm: {
    macs: '0',
    flops:
      'per set of n: mean (n − 1 adds, 1 divide), n subtracts, n squares, n − 1 adds, 1 divide, + ε, √, n divides; affine: n multiplies, n adds',
    source: '(x − mean) / √(variance + ε) · weight + bias',
    also: ['group_norm', 'instance_norm'],
  },
  rms_norm: {
    macs: '0',
    flops: 'per set of n: n squares, n − 1 adds, 1 divide, + ε, √, n divides; affine: n multiplies',
    source: 'x / √(mean(x²) + ε) · weight',
  },
  softmax: {
    macs: '0',
    flops: 'per row of n: n − 1 compares, n subtracts, n exps, n − 1 adds, n divides',
    source: 'exp(x − max) / Σ exp(x − max), the stable form that every runtime computes',
    also: ['log_softmax'],
  },
  max_pool: { macs: '0', flops: 'K − 1 compares per output, K the window’s elements', source: 'the definition' },
  avg_pool: {
    macs: '0',
    flops: 'K − 1 adds and 1 divide per output',
    source: 'the definition',
    also: ['adaptive_avg_pool', 'global_avg_pool'],
  },
  resize: {
    macs: '0',
    flops:
      'nearest 0; else one multiply per tap and taps − 1 adds per output: 2 taps an interpolated axis for linear, 4 for cubic',
    source: 'interpolation as a weighted sum of taps',
    leavesOut: 'working out the weights of the taps',
    also: ['upsample', 'interpolate'],
  },
  quantize: {
    macs: '0',
    flops: '5 per element: divide, round, add the zero point, clamp',
    source:
      'QuantizeLinear of ONNX; products of quantised operators are counted as those of floats, with `operands` naming their types',
    also: ['quantizelinear'],
  },
  dequantize: {
    macs: '0',
    flops: '2 per element: subtract the zero point, multiply by the scale',
    source: 'DequantizeLinear of ONNX',
    also: ['dequantizelinear'],
  },
  rotary_embedding: {
    macs: '0',
    flops: '3 per rotated element: two multiplies and an add',
    source: 'x·cos + rotated x·sin',
    leavesOut: 'the tables of sines and cosines',
  },
  gather: { macs: '0', flops: '0', source: 'a look-up moves data', also: ['embedding', 'index_select'] },
  reshape: {
    macs: '0',
    flops: '0',
    source: 'moves no data',
    also: ['view', 'flatten', 'transpose', 'permute', 'squeeze', 'unsqueeze'],
  },
  concat: { macs: '0', flops: '0', source: 'copies data', also: ['cat', 'stack', 'split', 'pad', 'slice'] },
});

/** One or two primitives with their number: `3 mul + 1 erf + 1 add`. */
export function eachText(each: Each): string {
  const parts = Object.entries(each).map(([primitive, n]) => `${n} ${primitive}`);
  return parts.length === 0 ? '0 (not floating point)' : parts.join(' + ');
}

function elementwise(each: Each, source: string): Formula {
  const total = Object.values(each).reduce((a, b) => a + b, 0);
  return {
    macs: '0',
    flops: total === 0 ? '0: logic on booleans and integers' : `${total} per element: ${eachText(each)}`,
    source,
    leavesOut: 'integers and booleans: index arithmetic is not floating point',
  };
}

/** Every operator that can be explained, with its other names pointing to the same formula. */
export function formulas(): ReadonlyMap<string, Formula> {
  const all = new Map<string, Formula>();
  for (const [name, each] of Object.entries(UNARY))
    all.set(name, elementwise(each, 'the function spelled out in primitives'));
  for (const [name, { each }] of Object.entries(BINARY))
    all.set(name, elementwise(each, 'the function spelled out in primitives, per element of the broadcast result'));
  for (const [name, formula] of Object.entries({ ...CONTRACTIONS, ...OTHERS })) {
    all.set(name, formula);
    for (const other of formula.also ?? []) all.set(other, formula);
  }
  return all;
}
