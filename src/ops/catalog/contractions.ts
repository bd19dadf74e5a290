import { type Dim, equal, isDim } from '../../dim/index.js';
import type { DimFactor, OpTable, OpView } from './types.js';

const DEFINITION = 'the definition of the operator: one product for every output and every input it is summed over';
/** Labels for the spatial axes of an output, from the last: width, height, depth. */
const SPATIAL = ['width', 'height', 'depth'] as const;

const rnn = { term: 'gates', module: () => 'torch.nn.RNN' } as const;
const cell = { term: 'gates' } as const;
const axes = (kernel: unknown): number => (Array.isArray(kernel) ? kernel.length : 2);

/** Operators with multiply-accumulates. */
export const CONTRACTIONS = {
  conv: {
    term: 'other',
    module: (a) => `torch.nn.Conv${axes(a['kernel'])}d`,
    factors: (op) => windows(op, op.outputs[0], 'out'),
    formula: {
      macs: 'N · C_out · (C_in / groups) · ∏ kernel · ∏ output extents',
      flops: '2 · MACs, and with a bias one add per output',
      source: DEFINITION,
      leavesOut: 'nothing: products on zero padding are counted; `macsUnpadded` is the count without them',
      also: ['conv1d', 'conv2d', 'conv3d', 'convolution'],
    },
  },
  conv_transpose: {
    term: 'other',
    module: (a) => `torch.nn.ConvTranspose${axes(a['kernel'])}d`,
    factors: (op) => windows(op, op.inputs[0], 'in'),
    formula: {
      macs: 'N · C_in · (C_out / groups) · ∏ kernel · ∏ input extents',
      flops: '2 · MACs, and with a bias one add per output',
      source:
        'the same products as the convolution of which it is the transpose: the positions that slide are those of the input',
      leavesOut: 'products that fall outside the output because of its padding are counted',
      also: ['convtranspose', 'deconvolution'],
    },
  },
  deform_conv: {
    term: 'other',
    formula: {
      macs: 'as conv',
      flops:
        '2 · MACs, a bias add per output, and per tap and input channel 4 multiplies and 3 adds, one multiply more with a mask',
      source: 'a convolution with taps that each are at a place of their own',
    },
  },
  linear: {
    term: 'other',
    module: () => 'torch.nn.Linear',
    factors: ({ attrs, inputs }) => {
      const rows = inputs[0]?.slice(0, -1);
      const { in_features: from, out_features: to } = attrs;
      if (rows === undefined || !isDim(from) || !isDim(to)) return null;
      return [...rows.map((dim) => ({ label: 'rows', dim })), { label: 'in', dim: from }, { label: 'out', dim: to }];
    },
    formula: {
      macs: 'rows · in features · out features',
      flops: '2 · MACs, and with a bias one add per output',
      source: DEFINITION,
      also: ['gemm', 'addmm', 'dense', 'fc'],
    },
  },
  matmul: {
    term: 'other',
    factors: ({ inputs, outputs }) => {
      const out = outputs[0];
      const k = inputs[0]?.at(-1);
      if (!out || k === undefined) return null;
      const labels = ['n', 'm'];
      return [...out.map((dim, i) => ({ label: labels[out.length - 1 - i] ?? 'batch', dim })), { label: 'k', dim: k }];
    },
    formula: {
      macs: 'batch · m · k · n for [m, k] × [k, n]',
      flops: '2 · MACs',
      source: DEFINITION,
      also: ['bmm', 'mm'],
    },
  },
  addmm: {
    term: 'other',
    formula: {
      macs: 'm · k · n',
      flops: '2 · MACs, an add per output, and a multiply per output for each factor that is not 1',
      source: 'β · x + α · (a × b)',
      also: ['addmv', 'baddbmm', 'addbmm'],
    },
  },
  addmv: { term: 'other' },
  baddbmm: { term: 'other' },
  addbmm: { term: 'other' },
  einsum: {
    term: 'other',
    formula: {
      macs: 'operands from left to right; each pair: the product of the extents of all its labels',
      flops: '2 · MACs',
      source: DEFINITION,
      leavesOut: 'an order of contraction better than from left to right',
    },
  },
  bilinear: {
    term: 'other',
    formula: {
      macs: 'rows · out · in₁ · in₂ + rows · out · in₁',
      flops: '2 · MACs, and with a bias one add per output',
      source: 'y = x₁ᵀ W x₂: first W x₂, then the product with x₁',
    },
  },
  attention: {
    term: 'scaling',
    factors: ({ attrs }) => {
      const { batch, lq, lk, d, dv } = attrs;
      if (!Array.isArray(batch) || !isDim(lq) || !isDim(lk) || !isDim(d) || !isDim(dv) || !equal(d, dv)) return null;
      return [
        { label: 'Q·Kᵀ and A·V', dim: 2 },
        ...batch.filter(isDim).map((dim) => ({ label: 'batch, heads', dim })),
        { label: 'queries', dim: lq },
        { label: 'keys', dim: lk },
        { label: 'depth', dim: d },
      ];
    },
    formula: {
      macs: 'Q·Kᵀ: heads · L_q · L_k · d, and A·V: heads · L_q · L_k · d_v',
      flops: '2 · MACs, scaling, mask and softmax',
      source: 'softmax(Q Kᵀ / √d) V as two matrix products',
      leavesOut:
        'nothing: masked and causal positions are computed, hence counted; --causal half counts the pairs that a causal mask leaves',
      also: ['sdpa', 'scaled_dot_product_attention'],
    },
  },
  multi_head_attention: {
    term: 'other',
    formula: {
      macs: 'rows · inputs · (q + k + v features) for the merged projection, then as attention',
      flops: '2 · MACs, biases, rotation where it is fused, scaling, mask and softmax',
      source: 'com.microsoft Attention, QAttention, PackedAttention: docs/ContribOperators.md of ONNX Runtime',
      leavesOut: 'nothing: padded, packed and masked positions are computed, hence counted',
      also: ['qattention', 'packed_attention'],
    },
  },
  native_multi_head_attention: {
    term: 'other',
    formula: {
      macs: 'rows · embed · 3 · embed for the merged projection, as attention, and rows · embed · embed',
      flops: '2 · MACs, biases, scaling, mask and softmax',
      source: 'torch._native_multi_head_attention',
    },
  },
  transformer_encoder_layer: {
    term: 'other',
    formula: {
      macs: 'as its attention, and two linear layers',
      flops: '2 · MACs, biases, activation, sums and norms',
      source: 'torch._transformer_encoder_layer_fwd',
    },
  },
  qkv_projection: {
    term: 'other',
    formula: {
      macs: 'rows · inputs · (q + k + v features)',
      flops: '2 · MACs, biases, and a norm where one is fused before it',
      source: 'com.microsoft MatMulNBitsQkv',
      also: ['matmulnbitsqkv'],
    },
  },
  gated_mlp: {
    term: 'other',
    formula: {
      macs: '2 · rows · inputs · features',
      flops: '2 · MACs, biases, the activation and a multiply per output',
      source: 'com.microsoft MatMulNBitsMlp: gate and up projection',
      also: ['matmulnbitsmlp'],
    },
  },
  linear_attention: {
    term: 'other',
    formula: {
      macs: 'per token: heads · d_k · d_v for the state’s update, as many again with the delta rule, and query heads · d_k · d_v to read it',
      flops:
        '2 · MACs, an exp per decay, a multiply per element of a decayed state, the delta’s subtract and rate, the scale',
      source:
        'the recurrence of LinearAttention (ONNX opset 27) step by step; chunked forms compute the same with other sums',
      also: ['gated_delta_net'],
    },
  },
  selective_scan: {
    term: 'other',
    formula: {
      macs: 'step by step: steps · heads · depth · state; in n chunks of L steps: n · (L² · heads · (state + depth) + 2 · L · heads · depth · state) + (n + 1)² · heads · depth · state',
      flops: '2 · MACs, and the decays, gates and sums of the recurrence, an exp for each decay',
      source:
        'Mamba (arXiv 2312.00752), Mamba 2 (arXiv 2405.21060); chunks as the reference implementation computes them',
      leavesOut: 'nothing: a last chunk that is not full is filled up and computed',
      also: ['mamba', 'state_space_scan'],
    },
  },
  linear_recurrence: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per element: 5 multiplies, an exp, 2 adds, a root',
      source: 'h ← a·h + √(1 − a²)·x with a = exp(−c·gate), step by step',
    },
  },
  gated_delta_rule: {
    term: 'other',
    formula: {
      macs: 'in n chunks of L steps: n · heads · (2 · L² · d_k + L² · d_v + 3 · L · d_k · d_v); a single step is elementwise',
      flops: '2 · MACs, decays and rates',
      source: 'Gated Delta Networks (arXiv 2412.06464), chunks as the reference implementation computes them',
      leavesOut: 'the triangular system of each chunk, which is solved by substitution',
    },
  },
  lightning_attention: {
    term: 'other',
    formula: {
      macs: 'in blocks of B steps: heads · (2 · B² · d a block + 2 · steps · d²); a single step: heads · d²',
      flops: '2 · MACs and the decays',
      source: 'Lightning Attention (arXiv 2401.04658), blocks as the reference implementation computes them',
    },
  },
  moe: {
    term: 'other',
    formula: {
      macs: 'tokens · k · (hidden · fused + [gated: hidden · inter] + inter · hidden)',
      flops: '2 · MACs, biases, the router’s softmax and top-k, activations, and the weighted sum of k outputs',
      source: 'com.microsoft MoE and QMoE: docs/ContribOperators.md of ONNX Runtime',
      leavesOut: 'experts that a token is not sent to: they cost nothing',
      also: ['qmoe', 'mixture_of_experts'],
    },
  },
  rnn_tanh: rnn,
  rnn_relu: rnn,
  gru: { term: 'gates', module: () => 'torch.nn.GRU' },
  lstm: {
    term: 'gates',
    module: () => 'torch.nn.LSTM',
    formula: {
      macs: 'per step, row, layer and direction: gates · H · (X + H), gates 1 for RNN, 3 for GRU, 4 for LSTM; projected to P: gates · H · (X + P) + H · P',
      flops: '2 · MACs, biases, and per step the gates’ sigmoids, tanhs and products',
      source: 'the recurrences as PyTorch and ONNX define them',
      also: [...['rnn', 'gru', 'rnn_tanh', 'rnn_relu'], ...['lstm_cell', 'gru_cell', 'rnn_tanh_cell', 'rnn_relu_cell']],
    },
  },
  rnn_tanh_cell: cell,
  rnn_relu_cell: cell,
  gru_cell: cell,
  lstm_cell: cell,
  linear_classifier: {
    term: 'other',
    formula: {
      macs: 'rows · features · scores',
      flops: '2 · MACs, an add per score, and what makes scores probabilities',
      source: 'ai.onnx.ml',
      also: ['linear_regressor'],
    },
  },
  linear_regressor: { term: 'other' },
  svm_classifier: {
    term: 'other',
    formula: {
      macs: 'rows · vectors · features, and rows · vectors · (classes − 1)',
      flops: '2 · MACs, the kernel of each pair, and an add per decision',
      source: 'ai.onnx.ml: kernels with all support vectors, then one class against each other',
      also: ['svm_regressor'],
    },
  },
  svm_regressor: { term: 'other' },
  embed_layer_norm: {
    term: 'other',
    formula: {
      macs: '0',
      flops: '2 adds per element for the sum of words, positions and segments, then as layer_norm',
      source: 'com.microsoft EmbedLayerNormalization',
    },
  },
  relative_position_bias: {
    term: 'other',
    formula: { macs: '0', flops: '0', source: 'a look-up of a table by the distance of two positions' },
  },
  gated_relative_position_bias: {
    term: 'other',
    formula: {
      macs: 'rows · depth · 2·k',
      flops: '2 · MACs, biases and sums of the projected query, two sigmoids, and a multiply per output',
      source: 'WavLM: bias · (u · (r · a − 1) + 2)',
    },
  },
  linear_attention_gate: {
    term: 'other',
    formula: {
      macs: '0',
      flops: 'per element: an add, a softplus (an exp, an add, a logarithm) and a multiply; a sigmoid for the rate',
      source: 'scale · softplus(a + bias), sigmoid(b)',
    },
  },
} as const satisfies OpTable;

/** The weight is C_out × C_in/groups × kernel, or for a transposed one C_in × C_out/groups × kernel. */
function windows(
  { attrs, inputs }: OpView,
  shape: OpView['inputs'][number] | undefined,
  side: 'in' | 'out',
): DimFactor[] | null {
  const { kernel } = attrs;
  const weight = inputs[1];
  if (!Array.isArray(kernel) || !weight || !shape) return null;
  const n = kernel.length;
  const [first, second] = weight;
  if (first === undefined || second === undefined) return null;
  const [outer, inner] = side === 'out' ? (['C_out', 'C_in'] as const) : (['C_in', 'C_out'] as const);
  const extents = (label: string, dims: readonly Dim[]): DimFactor[] => dims.map((dim) => ({ label, dim }));
  return [
    ...extents('batch', shape.slice(0, -n - 1)),
    { label: outer, dim: first },
    { label: attrs['groups'] === 1 ? inner : `${inner}/groups`, dim: second },
    ...extents('kernel', kernel.filter(isDim)),
    ...shape.slice(-n).map((dim, i) => {
      const axis = SPATIAL[n - 1 - i];
      return { label: axis === undefined ? side : `${side} ${axis}`, dim };
    }),
  ];
}
