import * as nn from '../../../src/torch/nn/index.js';
import type { Case } from '../spell.js';

const F = nn.functional;
type Tensor = nn.Tensor;
const IMAGE = [2, 4, 9, 8] as const;

/** Normalisation, softmax and losses. */
export const norms: Readonly<Record<string, Case>> = {
  'batch norm at inference': {
    inputs: [IMAGE, [4], [4], [4], [4]],
    layer: () => new nn.BatchNorm2d(4),
    aten: ['batch_norm', '$0', '$1', '$2', '$3', '$4', false, 0.1, 1e-5, true],
    onnx: { op: 'BatchNormalization' },
  },
  'batch norm in training': {
    inputs: [IMAGE, [4], [4], [4], [4]],
    aten: ['batch_norm', '$0', '$1', '$2', '$3', '$4', true, 0.1, 1e-5, true],
    onnx: { op: 'BatchNormalization', with: { training_mode: 1 } },
  },
  'batch norm without running statistics': {
    inputs: [IMAGE, [4], [4]],
    layer: () => new nn.BatchNorm2d(4, { track_running_stats: false }),
    aten: ['batch_norm', '$0', '$1', '$2', null, null, true, 0.1, 1e-5, true],
  },
  'layer norm': {
    inputs: [[3, 5, 6], [6], [6]],
    nn: (x, weight, bias) => F.layer_norm(x as Tensor, [6], { weight: weight as Tensor, bias: bias as Tensor }),
    aten: ['layer_norm', '$0', [6], '$1', '$2'],
    onnx: { op: 'LayerNormalization' },
  },
  'layer norm over two axes, without bias': {
    inputs: [
      [3, 5, 6],
      [5, 6],
    ],
    nn: (x, weight) => F.layer_norm(x as Tensor, [5, 6], { weight: weight as Tensor }),
    aten: ['layer_norm', '$0', [5, 6], '$1', null],
    onnx: { op: 'LayerNormalization', with: { axis: 1 } },
  },
  'rms norm': {
    inputs: [[3, 5, 6], [6]],
    nn: (x, weight) => F.rms_norm(x as Tensor, [6], weight as Tensor),
    aten: ['rms_norm', '$0', [6], '$1'],
    onnx: { op: 'RMSNormalization', opset: 23 },
  },
  'group norm': {
    inputs: [IMAGE, [4], [4]],
    nn: (x, weight, bias) => F.group_norm(x as Tensor, 2, { weight: weight as Tensor, bias: bias as Tensor }),
    aten: ['group_norm', '$0', 2, '$1', '$2'],
    onnx: { op: 'GroupNormalization', opset: 21, with: { num_groups: 2 } },
  },
  'instance norm': {
    inputs: [IMAGE, [4], [4]],
    layer: () => new nn.InstanceNorm2d(4, { affine: true }),
    aten: ['instance_norm', '$0', '$1', '$2', null, null, true, 0.1, 1e-5, true],
    onnx: { op: 'InstanceNormalization' },
  },
  'mean and variance taken out': {
    inputs: [IMAGE],
    onnx: { op: 'MeanVarianceNormalization', with: { axes: [2, 3] } },
  },
  'mean taken out': { inputs: [IMAGE] },
  'local response norm': {
    inputs: [IMAGE],
    onnx: { op: 'LRN', with: { size: 5 } },
    tflite: { op: 'LOCAL_RESPONSE_NORMALIZATION', inputs: [[2, 9, 8, 4]], options: { 0: 2 } },
  },
  'vectors of length 1': {
    inputs: [[3, 5]],
    nn: (x) => F.normalize(x as Tensor, 2, -1),
    onnx: { op: 'LpNormalization' },
    tflite: { op: 'L2_NORMALIZATION' },
  },
  'vectors of length 1, scaled': { inputs: [IMAGE] },
  softmax: {
    inputs: [[3, 5]],
    nn: (x) => F.softmax(x as Tensor, -1),
    aten: ['softmax', '$0', -1],
    onnx: { op: 'Softmax', with: { axis: -1 } },
    tflite: { op: 'SOFTMAX' },
  },
  'log softmax': {
    inputs: [[3, 5]],
    nn: (x) => F.log_softmax(x as Tensor, -1),
    aten: ['log_softmax', '$0', -1],
    onnx: { op: 'LogSoftmax', with: { axis: -1 } },
    tflite: { op: 'LOG_SOFTMAX' },
  },
  'cross entropy': {
    inputs: [[6, 5], { shape: [6], dtype: 'int64' }],
    aten: ['cross_entropy_loss', '$0', '$1'],
    onnx: { op: 'SoftmaxCrossEntropyLoss' },
  },
  'cross entropy of each row': {
    inputs: [[6, 5], { shape: [6], dtype: 'int64' }],
    aten: ['cross_entropy_loss', '$0', '$1', null, 0],
    onnx: { op: 'SoftmaxCrossEntropyLoss', with: { reduction: 'none' } },
  },
  'loss of classes': {
    inputs: [[6, 5], { shape: [6], dtype: 'int64' }],
    aten: ['nll_loss', '$0', '$1', null, 2],
    onnx: { op: 'NegativeLogLikelihoodLoss', with: { reduction: 'sum' } },
  },
};
