import * as nn from '../../../src/torch/nn/index.js';
import type { Case } from '../spell.js';

const F = nn.functional;
type Tensor = nn.Tensor;
const MATRIX = [3, 5] as const;

/** Over the second axis, which goes. */
const reduction = (run: ((x: Tensor) => Tensor) | null, aten: Case['aten'], onnx: string, tflite = ''): Case => ({
  inputs: [MATRIX],
  ...(run === null ? {} : { nn: run as NonNullable<Case['nn']> }),
  ...(aten === undefined ? {} : { aten }),
  onnx:
    onnx === 'ReduceSum'
      ? { op: onnx, with: { keepdims: 0 }, further: [[1]] }
      : { op: onnx, with: { axes: [1], keepdims: 0 } },
  ...(tflite === '' ? {} : { tflite: { op: tflite, inputs: [MATRIX, { value: [1] }] } }),
});
const best = (run: (x: Tensor) => Tensor, aten: string, onnx: string, tflite: string): Case => ({
  inputs: [MATRIX],
  nn: run as NonNullable<Case['nn']>,
  aten: [aten, '$0', 1],
  onnx: { op: onnx, with: { axis: 1, keepdims: 0 } },
  tflite: { op: tflite, inputs: [MATRIX, { value: [1], shape: [] }] },
});

/** Reductions, running ones, and what sorts or chooses. */
export const reductions: Readonly<Record<string, Case>> = {
  sum: reduction((x) => x.sum(1), ['sum', '$0', [1]], 'ReduceSum', 'SUM'),
  mean: reduction((x) => x.mean(1), ['mean', '$0', [1]], 'ReduceMean', 'MEAN'),
  prod: reduction((x) => x.prod(1), ['prod', '$0', 1], 'ReduceProd', 'REDUCE_PROD'),
  max: reduction((x) => x.amax(1), ['amax', '$0', [1]], 'ReduceMax', 'REDUCE_MAX'),
  min: reduction((x) => x.amin(1), ['amin', '$0', [1]], 'ReduceMin', 'REDUCE_MIN'),
  any: {
    inputs: [{ shape: MATRIX, dtype: 'bool' }],
    aten: ['any', '$0', 1],
    tflite: { op: 'REDUCE_ANY', inputs: [{ shape: MATRIX, dtype: 'bool' }, { value: [1] }] },
  },
  all: {
    inputs: [{ shape: MATRIX, dtype: 'bool' }],
    aten: ['all', '$0', 1],
    tflite: { op: 'REDUCE_ALL', inputs: [{ shape: MATRIX, dtype: 'bool' }, { value: [1] }] },
  },
  'l1 norm': reduction((x) => x.norm(1, 1), ['linalg_vector_norm', '$0', 1, [1]], 'ReduceL1'),
  'l2 norm': reduction((x) => x.norm(2, 1), ['linalg_vector_norm', '$0', 2, [1]], 'ReduceL2'),
  logsumexp: reduction(null, ['logsumexp', '$0', [1]], 'ReduceLogSumExp'),
  'norm of another order': { inputs: [MATRIX], aten: ['linalg_vector_norm', '$0', 3, [1]] },
  'sum of squares': reduction(null, undefined, 'ReduceSumSquare'),
  'logarithm of the sum': reduction(null, undefined, 'ReduceLogSum'),
  'rows in order': {
    inputs: [MATRIX],
    outputs: 1,
    nn: (x) => (x as Tensor).sort(1)[0],
    aten: ['sort', '$0', 1],
    tflite: { op: 'STABLEHLO_SORT', options: { 0: 1 } },
  },
  'places in order': { inputs: [MATRIX], aten: ['argsort', '$0', 1] },
  'greatest of all': { inputs: [MATRIX], outputs: 0, aten: ['argmax', '$0'] },
  argmax: best((x) => x.argmax(1), 'argmax', 'ArgMax', 'ARG_MAX'),
  argmin: best((x) => x.argmin(1), 'argmin', 'ArgMin', 'ARG_MIN'),
  var: { inputs: [MATRIX], nn: (x) => (x as Tensor).var(1), aten: ['var', '$0', [1]] },
  std: { inputs: [MATRIX], nn: (x) => (x as Tensor).std(1), aten: ['std', '$0', [1]] },
  'running sum': {
    inputs: [MATRIX],
    nn: (x) => (x as Tensor).cumsum(1),
    aten: ['cumsum', '$0', 1],
    onnx: { op: 'CumSum', further: [1] },
    tflite: { op: 'CUMSUM', inputs: [MATRIX, { value: [1], shape: [] }] },
  },
  'running product': {
    inputs: [MATRIX],
    aten: ['cumprod', '$0', 1],
    onnx: { op: 'CumProd', opset: 26, further: [1] },
  },
  'top k': {
    inputs: [[3, 9]],
    outputs: 2,
    nn: (x) => (x as Tensor).topk(2),
    aten: ['topk', '$0', 2],
    onnx: { op: 'TopK', further: [[2]] },
    tflite: { op: 'TOPK_V2', inputs: [[3, 9], { value: [2], shape: [] }] },
  },
  unique: {
    inputs: [[7]],
    outputs: 0,
    aten: ['_unique2', '$0'],
    onnx: { op: 'Unique' },
    tflite: { op: 'UNIQUE' },
  },
  'all distances': {
    inputs: [
      [5, 3],
      [7, 3],
    ],
    nn: (a, b) => F.cdist(a as Tensor, b as Tensor),
    aten: ['cdist', '$0', '$1'],
    onnx: { op: 'CDist', domain: 'com.microsoft', with: { metric: 'euclidean' } },
  },
  'distances of all pairs': { inputs: [[5, 3]], nn: (x) => F.pdist(x as Tensor), aten: ['pdist', '$0'] },
  determinant: { inputs: [[2, 4, 4]], aten: ['linalg_det', '$0'], onnx: { op: 'Det' } },
  inverse: { inputs: [[2, 4, 4]], aten: ['linalg_inv', '$0'], onnx: { op: 'Inverse', domain: 'com.microsoft' } },
  'places among edges': {
    inputs: [[3, 5], [4]],
    aten: ['bucketize', '$0', '$1'],
    tflite: { op: 'BUCKETIZE', inputs: [[3, 5]], options: { 0: [1, 2, 3, 4] } },
  },
};
