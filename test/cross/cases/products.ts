import * as nn from '../../../src/torch/nn/index.js';
import type { Case } from '../spell.js';

const F = nn.functional;
type Tensor = nn.Tensor;
const IMAGE = [2, 4, 9, 8] as const;
const LAST = [2, 9, 8, 4] as const; // the same with channels behind

/** A recurrent network of PyTorch: weights of one layer in the order of its operators. */
const weights = (gates: number, x: number, h: number) => [[gates * h, x], [gates * h, h], [gates * h], [gates * h]];
const recurrent = (gates: number, make: () => nn.AnyModule, aten: string, onnx: string, attributes = {}): Case => ({
  inputs: [[7, 2, 5], [1, 2, 6], ...weights(gates, 5, 6)],
  layer: make,
  aten: [aten, '$0', aten === 'lstm' ? ['$1', '$1'] : '$1', ['$2', '$3', '$4', '$5'], true, 1, 0, false, false, false],
  onnx: {
    op: onnx,
    with: { hidden_size: 6, ...attributes },
    inputs: [
      [7, 2, 5],
      [1, gates * 6, 5],
      [1, gates * 6, 6],
      [1, 2 * gates * 6],
    ],
  },
});
const cell = (gates: number, make: () => nn.AnyModule, aten: string): Case => ({
  inputs: [[2, 5], [2, 6], ...weights(gates, 5, 6)],
  layer: make,
  aten: [aten, '$0', aten === 'lstm_cell' ? ['$1', '$1'] : '$1', '$2', '$3', '$4', '$5'],
});

/** Operators with multiply-accumulates. */
export const products: Readonly<Record<string, Case>> = {
  conv: {
    inputs: [IMAGE, [6, 2, 3, 3], [6]],
    nn: (x, w, b) => F.conv2d(x as Tensor, w as Tensor, b as Tensor, { stride: 2, padding: 1, dilation: 2, groups: 2 }),
    aten: ['conv2d', '$0', '$1', '$2', [2, 2], [1, 1], [2, 2], 2],
    onnx: { op: 'Conv', with: { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [2, 2], group: 2 } },
  },
  'conv without padding': {
    inputs: [IMAGE, [6, 4, 3, 3], [6]],
    nn: (x, w, b) => F.conv2d(x as Tensor, w as Tensor, b as Tensor, { stride: [2, 1] }),
    aten: ['conv2d', '$0', '$1', '$2', [2, 1]],
    onnx: { op: 'Conv', with: { strides: [2, 1] } },
    tflite: { op: 'CONV_2D', inputs: [LAST, [6, 3, 3, 4], [6]], options: { 0: 1, 1: 1, 2: 2 } },
  },
  'conv with the padding SAME': {
    inputs: [IMAGE, [6, 4, 3, 3], [6]],
    onnx: { op: 'Conv', with: { strides: [2, 2], auto_pad: 'SAME_UPPER' } },
    tflite: { op: 'CONV_2D', inputs: [LAST, [6, 3, 3, 4], [6]], options: { 0: 0, 1: 2, 2: 2 } },
  },
  'depthwise conv': {
    inputs: [IMAGE, [8, 1, 3, 3], [8]],
    nn: (x, w, b) => F.conv2d(x as Tensor, w as Tensor, b as Tensor, { groups: 4 }),
    aten: ['conv2d', '$0', '$1', '$2', [1, 1], [0, 0], [1, 1], 4],
    onnx: { op: 'Conv', with: { group: 4 } },
    tflite: { op: 'DEPTHWISE_CONV_2D', inputs: [LAST, [1, 3, 3, 8], [8]], options: { 0: 1, 3: 2 } },
  },
  'conv of volumes': {
    inputs: [[2, 4, 5, 6, 7], [3, 4, 2, 3, 3], [3]],
    nn: (x, w, b) => F.conv3d(x as Tensor, w as Tensor, b as Tensor),
    aten: ['conv3d', '$0', '$1', '$2'],
    onnx: { op: 'Conv' },
    tflite: { op: 'CONV_3D', inputs: [[2, 5, 6, 7, 4], [2, 3, 3, 4, 3], [3]], options: { 0: 1 } },
  },
  'conv with a fused activation': {
    inputs: [IMAGE, [6, 4, 3, 3], [6]],
    nn: (x, w, b) => F.conv2d(x as Tensor, w as Tensor, b as Tensor).relu(),
    onnx: { op: 'FusedConv', domain: 'com.microsoft', with: { activation: 'Relu' } },
    tflite: { op: 'CONV_2D', inputs: [LAST, [6, 3, 3, 4], [6]], options: { 0: 1, 3: 1 } },
  },
  'conv without bias': {
    inputs: [IMAGE, [6, 4, 3, 3]],
    nn: (x, w) => F.conv2d(x as Tensor, w as Tensor, null, { stride: 2, padding: 1, dilation: 2 }),
    aten: ['conv2d', '$0', '$1', null, [2, 2], [1, 1], [2, 2]],
    onnx: { op: 'Conv', with: { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [2, 2] } },
  },
  'grouped conv without bias': {
    inputs: [IMAGE, [6, 2, 3, 3]],
    nn: (x, w) => F.conv2d(x as Tensor, w as Tensor, null, { groups: 2 }),
    aten: ['conv2d', '$0', '$1', null, [1, 1], [0, 0], [1, 1], 2],
    onnx: { op: 'Conv', with: { group: 2 } },
  },
  'transposed conv with a bias': {
    inputs: [IMAGE, [4, 3, 3, 3], [3]],
    nn: (x, w, b) => F.conv_transpose2d(x as Tensor, w as Tensor, b as Tensor, { stride: 2, padding: 1 }),
    aten: ['conv_transpose2d', '$0', '$1', '$2', [2, 2], [1, 1]],
    onnx: { op: 'ConvTranspose', with: { strides: [2, 2], pads: [1, 1, 1, 1] } },
  },
  'transposed conv': {
    inputs: [IMAGE, [4, 3, 3, 3]],
    nn: (x, w) => F.conv_transpose2d(x as Tensor, w as Tensor, null, { stride: 2, padding: 1 }),
    aten: ['conv_transpose2d', '$0', '$1', null, [2, 2], [1, 1]],
    onnx: { op: 'ConvTranspose', with: { strides: [2, 2], pads: [1, 1, 1, 1] } },
    tflite: {
      op: 'TRANSPOSE_CONV',
      inputs: [{ value: [2, 17, 15, 3] }, [3, 3, 3, 4], LAST],
      options: { 0: 1, 1: 2, 2: 2 },
    },
  },
  'transposed conv without padding': {
    inputs: [IMAGE, [4, 3, 3, 3]],
    nn: (x, w) => F.conv_transpose2d(x as Tensor, w as Tensor, null, { stride: 2 }),
    aten: ['conv_transpose2d', '$0', '$1', null, [2, 2]],
    onnx: { op: 'ConvTranspose', with: { strides: [2, 2] } },
  },
  'deformable conv': {
    inputs: [IMAGE, [6, 4, 3, 3], [2, 18, 9, 8]],
    aten: ['torchvision.deform_conv2d', '$0', '$1', '$2', '$2', null, 1, 1, 1, 1, 1, 1, 1, 1, false],
    onnx: { op: 'DeformConv', with: { pads: [1, 1, 1, 1] }, opset: 19 },
  },
  'linear of an image': {
    inputs: [[5, 2, 3, 1], [5, 6], [3, 6], [3]],
    outputs: 0,
    aten: ['reshape', '$0', [5, 6]],
    also: [['linear', '$1', '$2', '$3']],
  },
  'products of rows': {
    inputs: [
      [2, 4, 9, 8],
      [144, 4],
    ],
    outputs: 0,
    aten: ['einsum', 'bc,bc->b', ['$1', '$1']],
  },
  linear: {
    inputs: [[5, 7], [3, 7], [3]],
    nn: (x, w, b) => F.linear(x as Tensor, w as Tensor, b as Tensor),
    aten: ['linear', '$0', '$1', '$2'],
    onnx: { op: 'Gemm', with: { transB: 1 } },
    tflite: { op: 'FULLY_CONNECTED' },
  },
  'linear without bias': {
    inputs: [
      [5, 7],
      [3, 7],
    ],
    nn: (x, w) => F.linear(x as Tensor, w as Tensor),
    aten: ['linear', '$0', '$1'],
    onnx: { op: 'Gemm', with: { transB: 1 } },
    tflite: { op: 'FULLY_CONNECTED' },
  },
  matmul: {
    inputs: [
      [2, 5, 7],
      [2, 7, 3],
    ],
    nn: (a, b) => F.matmul(a as Tensor, b as Tensor),
    aten: ['matmul', '$0', '$1'],
    onnx: { op: 'MatMul' },
    tflite: { op: 'BATCH_MATMUL' },
  },
  addmm: {
    inputs: [
      [5, 3],
      [5, 7],
      [7, 3],
    ],
    nn: (x, a, b) => F.addmm(x as Tensor, a as Tensor, b as Tensor),
    aten: ['addmm', '$0', '$1', '$2'],
  },
  baddbmm: {
    inputs: [
      [2, 5, 3],
      [2, 5, 7],
      [2, 7, 3],
    ],
    nn: (x, a, b) => F.baddbmm(x as Tensor, a as Tensor, b as Tensor),
    aten: ['baddbmm', '$0', '$1', '$2'],
  },
  einsum: {
    inputs: [
      [2, 5, 7],
      [2, 3, 7],
    ],
    nn: (a, b) => F.einsum('bik,bjk->bij', a as Tensor, b as Tensor),
    aten: ['einsum', 'bik,bjk->bij', ['$0', '$1']],
    onnx: { op: 'Einsum', with: { equation: 'bik,bjk->bij' } },
  },
  bilinear: {
    inputs: [[5, 3], [5, 4], [2, 3, 4], [2]],
    nn: (a, b, w, bias) => F.bilinear(a as Tensor, b as Tensor, w as Tensor, bias as Tensor),
    aten: ['bilinear', '$0', '$1', '$2', '$3'],
  },
  attention: {
    inputs: [
      [2, 3, 5, 8],
      [2, 3, 7, 8],
      [2, 3, 7, 4],
    ],
    nn: (q, k, v) => F.scaled_dot_product_attention(q as Tensor, k as Tensor, v as Tensor),
    aten: ['scaled_dot_product_attention', '$0', '$1', '$2'],
    onnx: { op: 'Attention', opset: 23 },
  },
  'attention, heads behind positions': {
    inputs: [
      [2, 3, 5, 8],
      [2, 3, 7, 8],
      [2, 3, 7, 4],
    ],
    aten: ['scaled_dot_product_attention', '$0', '$1', '$2'],
  },
  'causal attention, heads behind positions': {
    inputs: [
      [2, 3, 7, 8],
      [2, 3, 7, 8],
      [2, 3, 7, 8],
    ],
    aten: ['scaled_dot_product_attention', '$0', '$1', '$2', null, 0, true],
  },
  'attention, heads joined': {
    inputs: [
      [2, 3, 5, 8],
      [2, 3, 7, 8],
      [2, 3, 7, 4],
    ],
    outputs: 0,
    aten: ['scaled_dot_product_attention', '$0', '$1', '$2'],
  },
  'attention with a mask': {
    inputs: [
      [2, 3, 5, 8],
      [2, 3, 7, 8],
      [2, 3, 7, 8],
      [5, 7],
    ],
    nn: (q, k, v, m) =>
      F.scaled_dot_product_attention(q as Tensor, k as Tensor, v as Tensor, { attn_mask: m as Tensor }),
    aten: ['scaled_dot_product_attention', '$0', '$1', '$2', '$3'],
    onnx: { op: 'Attention', opset: 23 },
  },
  'causal attention': {
    inputs: [
      [2, 3, 7, 8],
      [2, 3, 7, 8],
      [2, 3, 7, 8],
    ],
    nn: (q, k, v) => F.scaled_dot_product_attention(q as Tensor, k as Tensor, v as Tensor, { is_causal: true }),
    aten: ['scaled_dot_product_attention', '$0', '$1', '$2', null, 0, true],
    onnx: { op: 'Attention', opset: 23, with: { is_causal: 1 } },
  },
  rnn: {
    ...recurrent(1, () => new nn.RNN(5, 6), 'rnn_tanh', 'RNN'),
  },
  'rnn with relu': recurrent(1, () => new nn.RNN(5, 6, { nonlinearity: 'relu' }), 'rnn_relu', 'RNN', {
    activations: ['Relu'],
  }),
  'rnn with a matrix of its outputs': {
    inputs: [[7, 2, 5], [1, 2, 6], [6, 5], [6, 6], [7, 2, 6], [6]],
    aten: ['rnn_tanh', '$0', '$1', ['$2', '$3'], false, 1, 0, false, false, false],
    also: [
      ['add', '$4', '$4'],
      ['linear', '$4', '$3', '$5'],
      ['tanh', '$4'],
    ],
  },
  gru: recurrent(3, () => new nn.GRU(5, 6), 'gru', 'GRU'),
  lstm: {
    ...recurrent(4, () => new nn.LSTM(5, 6), 'lstm', 'LSTM'),
  },
  'a step of rnn': {
    ...cell(1, () => new nn.RNNCell(5, 6), 'rnn_tanh_cell'),
  },
  'a step of rnn with relu': cell(1, () => new nn.RNNCell(5, 6, { nonlinearity: 'relu' }), 'rnn_relu_cell'),
  'a step of gru': cell(3, () => new nn.GRUCell(5, 6), 'gru_cell'),
  'a step of lstm': {
    ...cell(4, () => new nn.LSTMCell(5, 6), 'lstm_cell'),
  },
  'rnn, one bias': {
    inputs: [[7, 2, 5]],
    tflite: {
      op: 'UNIDIRECTIONAL_SEQUENCE_RNN',
      inputs: [[7, 2, 5], [6, 5], [6, 6], [6], [2, 6]],
      options: { 0: true },
    },
  },
  'lstm, one bias': {
    inputs: [[7, 2, 5]],
    tflite: {
      op: 'UNIDIRECTIONAL_SEQUENCE_LSTM',
      inputs: [[7, 2, 5], ...new Array(4).fill([6, 5]), ...new Array(4).fill([6, 6])],
      options: { 3: true },
    },
  },
  'a step of rnn, one bias': {
    inputs: [[2, 5]],
    tflite: { op: 'RNN', inputs: [[2, 5], [6, 5], [6, 6], [6], [2, 6]] },
  },
  'a step of lstm, one bias': {
    inputs: [[2, 5]],
    tflite: { op: 'LSTM', inputs: [[2, 5], [2, 6], [24, 11], [24], [2, 6]], options: { 3: 1 } },
  },
  'a step of gru, one bias': { inputs: [[2, 5]] },
  'a step of rnn with relu, one bias': {
    inputs: [
      [2, 5],
      [2, 6],
      [6, 5],
      [6, 6],
    ],
    aten: ['rnn_relu_cell', '$0', '$1', '$2', '$3'],
    also: [['add', '$1', '$1']],
  },
  'rnn with relu, one bias': { inputs: [[7, 2, 5]] },
  'gru, one bias': { inputs: [[7, 2, 5]] },
  'gru, a bias more where it resets': { inputs: [[7, 2, 5]] },
  'lstm without bias': {
    inputs: [
      [7, 2, 5],
      [1, 2, 6],
      [24, 5],
      [24, 6],
    ],
    layer: () => new nn.LSTM(5, 6, { bias: false }),
    aten: ['lstm', '$0', ['$1', '$1'], ['$2', '$3'], false, 1, 0, false, false, false],
    onnx: {
      op: 'LSTM',
      with: { hidden_size: 6 },
      inputs: [
        [7, 2, 5],
        [1, 24, 5],
        [1, 24, 6],
      ],
    },
  },
  'gru without bias': {
    inputs: [
      [7, 2, 5],
      [1, 2, 6],
      [18, 5],
      [18, 6],
    ],
    layer: () => new nn.GRU(5, 6, { bias: false }),
    aten: ['gru', '$0', '$1', ['$2', '$3'], false, 1, 0, false, false, false],
    onnx: {
      op: 'GRU',
      with: { hidden_size: 6 },
      inputs: [
        [7, 2, 5],
        [1, 18, 5],
        [1, 18, 6],
      ],
    },
  },
  'rotary embedding': {
    inputs: [[2, 3, 5, 8]],
    nn: (x) => F.rotary(x as Tensor),
    onnx: {
      op: 'RotaryEmbedding',
      opset: 23,
      inputs: [
        [2, 3, 5, 8],
        [5, 4],
        [5, 4],
      ],
    },
  },
};
