import * as nn from '../../../src/torch/nn/index.js';
import type { Case } from '../spell.js';

const F = nn.functional;
type Tensor = nn.Tensor;
const X = [2, 3, 4] as const;
const indices = (...shape: number[]) => ({ shape, dtype: 'int64' }) as const;

/** Operators that move data, or only say how it is read: they cost nothing, in every format. */
export const moves: Readonly<Record<string, Case>> = {
  reshape: {
    inputs: [X],
    nn: (x) => (x as Tensor).reshape(6, 4),
    aten: ['reshape', '$0', [6, 4]],
    onnx: { op: 'Reshape', further: [[6, 4]] },
    tflite: { op: 'RESHAPE', inputs: [X, { value: [6, 4] }] },
  },
  'reshape of each row': { inputs: [[2, 3, 4]], aten: ['reshape', '$0', [2, 12]] },
  'rows repeated': { inputs: [[2, 1, 4]], aten: ['repeat', '$0', [1, 3, 1]] },
  cropped: { inputs: [[2, 9, 4]], aten: ['slice', '$0', 1, 1, -1] },
  hashed: {
    inputs: [indices(2, 3)],
    onnx: { op: 'MurmurHash3', domain: 'com.microsoft' },
  },
  flatten: {
    inputs: [X],
    nn: (x) => (x as Tensor).flatten(1),
    aten: ['flatten', '$0', 1],
    onnx: { op: 'Flatten' },
  },
  permute: {
    inputs: [X],
    nn: (x) => (x as Tensor).permute(2, 0, 1),
    aten: ['permute', '$0', [2, 0, 1]],
    onnx: { op: 'Transpose', with: { perm: [2, 0, 1] } },
    tflite: { op: 'TRANSPOSE', inputs: [X, { value: [2, 0, 1] }] },
  },
  squeeze: {
    inputs: [[2, 1, 4]],
    nn: (x) => (x as Tensor).squeeze(1),
    aten: ['squeeze', '$0', 1],
    onnx: { op: 'Squeeze', further: [[1]] },
    tflite: { op: 'SQUEEZE', options: { 0: [1] } },
  },
  unsqueeze: {
    inputs: [X],
    nn: (x) => (x as Tensor).unsqueeze(1),
    aten: ['unsqueeze', '$0', 1],
    onnx: { op: 'Unsqueeze', further: [[1]] },
    tflite: { op: 'EXPAND_DIMS', inputs: [X, { value: [1], shape: [] }] },
  },
  expand: {
    inputs: [[2, 1, 4]],
    nn: (x) => (x as Tensor).expand(2, 3, 4),
    aten: ['expand', '$0', [2, 3, 4]],
    onnx: { op: 'Expand', further: [[2, 3, 4]] },
    tflite: { op: 'BROADCAST_TO', inputs: [[2, 1, 4], { value: [2, 3, 4] }] },
  },
  concat: {
    inputs: [X, [2, 5, 4]],
    nn: (a, b) => F.cat([a as Tensor, b as Tensor], 1),
    aten: ['cat', ['$0', '$1'], 1],
    onnx: { op: 'Concat', with: { axis: 1 } },
    tflite: { op: 'CONCATENATION', options: { 0: 1 } },
  },
  stack: {
    inputs: [X, X],
    nn: (a, b) => F.stack([a as Tensor, b as Tensor], 1),
    aten: ['stack', ['$0', '$1'], 1],
    tflite: { op: 'PACK', options: { 0: 2, 1: 1 } },
  },
  split: {
    inputs: [[2, 6, 4]],
    outputs: 2,
    nn: (x) => (x as Tensor).split(3, 1),
    aten: ['split', '$0', 3, 1],
    onnx: { op: 'Split', with: { axis: 1 } },
    tflite: { op: 'SPLIT', inputs: [{ value: [1], shape: [] }, [2, 6, 4]], options: { 0: 2 } },
  },
  'split, uneven': {
    inputs: [[2, 6, 4]],
    outputs: 2,
    nn: (x) => (x as Tensor).split([2, 4], 1),
    aten: ['split_with_sizes', '$0', [2, 4], 1],
    onnx: { op: 'Split', with: { axis: 1 }, further: [[2, 4]] },
    tflite: { op: 'SPLIT_V', inputs: [[2, 6, 4], { value: [2, 4] }, { value: [1], shape: [] }] },
  },
  unbind: {
    inputs: [[2, 3, 4]],
    outputs: 3,
    nn: (x) => (x as Tensor).unbind(1),
    aten: ['unbind', '$0', 1],
    tflite: { op: 'UNPACK', options: { 0: 3, 1: 1 } },
  },
  slice: {
    inputs: [[2, 9, 4]],
    nn: (x) => (x as Tensor).slice(1, 1, 8, 2),
    aten: ['slice', '$0', 1, 1, 8, 2],
    onnx: { op: 'Slice', further: [[1], [8], [1], [2]] },
    tflite: {
      op: 'STRIDED_SLICE',
      inputs: [[2, 9, 4], { value: [0, 1, 0] }, { value: [2, 8, 4] }, { value: [1, 2, 1] }],
    },
  },
  'the first of a stack': {
    inputs: [[2, 9, 4], indices()],
    nn: (x) => (x as Tensor).select(0, 0),
    aten: ['select', '$0', 0, 0],
    onnx: { op: 'LoopIndexTensor' },
  },
  select: {
    inputs: [[2, 9, 4]],
    nn: (x) => (x as Tensor).select(1, 3),
    aten: ['select', '$0', 1, 3],
    tflite: {
      op: 'STRIDED_SLICE',
      inputs: [[2, 9, 4], { value: [0, 3, 0] }, { value: [2, 4, 4] }, { value: [1, 1, 1] }],
      options: { 4: 2 },
    },
  },
  'one axis repeated': { inputs: [X], aten: ['repeat', '$0', [1, 2, 1]] },
  tile: {
    inputs: [X],
    nn: (x) => (x as Tensor).repeat(1, 2, 3),
    aten: ['repeat', '$0', [1, 2, 3]],
    onnx: { op: 'Tile', further: [[1, 2, 3]] },
    tflite: { op: 'TILE', inputs: [X, { value: [1, 2, 3] }] },
  },
  zeros: {
    inputs: [],
    nn: () => F.zeros([2, 3]),
    aten: ['zeros', [2, 3]],
    onnx: { op: 'ConstantOfShape', inputs: [], further: [[2, 3]] },
    tflite: { op: 'FILL', inputs: [{ value: [2, 3] }, []] },
  },
  'tables of boxes': { inputs: [] },
  range: {
    inputs: [],
    nn: () => F.arange(5),
    aten: ['arange', 5],
    onnx: { op: 'Range', inputs: [], further: [0, 5, 1] },
    tflite: {
      op: 'RANGE',
      inputs: [
        { value: [0], shape: [] },
        { value: [5], shape: [] },
        { value: [1], shape: [] },
      ],
    },
  },
  meshgrid: {
    inputs: [[3], [4]],
    outputs: 2,
    nn: (a, b) => F.meshgrid(a as Tensor, b as Tensor),
    aten: ['meshgrid', ['$0', '$1']],
  },
  'look up rows': {
    inputs: [[10, 4], indices(3)],
    nn: (x, i) => (x as Tensor).index_select(0, i as Tensor),
    aten: ['index_select', '$0', 0, '$1'],
    onnx: { op: 'Gather' },
    tflite: { op: 'GATHER' },
  },
  embedding: {
    inputs: [[10, 4], indices(3, 2)],
    nn: (w, i) => F.embedding(i as Tensor, w as Tensor),
    aten: ['embedding', '$0', '$1'],
    onnx: { op: 'Gather' },
    tflite: { op: 'EMBEDDING_LOOKUP', inputs: [indices(3, 2), [10, 4]] },
  },
  'embedding with a bias': {
    inputs: [[10, 4], indices(3, 2), [3, 2, 4]],
    aten: ['embedding', '$0', '$1'],
    also: [['add', '$2', '$2']],
  },
  'sums of embeddings': {
    inputs: [indices(3, 2), [10, 4]],
    layer: () => new nn.EmbeddingBag(10, 4, { mode: 'sum' }),
    aten: ['embedding_bag', '$1', '$0', null, false, 0],
  },
  'tensor joined to itself': {
    inputs: [[3, 4]],
    aten: ['cat', ['$0', '$0'], 0],
    onnx: {
      op: 'Concat',
      with: { axis: 0 },
      inputs: [
        [3, 4],
        [3, 4],
      ],
    },
  },
  'a half of the channels': { inputs: [[2, 4, 9, 8]], aten: ['slice', '$0', 1, 2, 4] },
  'gather elements': {
    inputs: [[3, 5], indices(3, 2)],
    aten: ['gather', '$0', 1, '$1'],
    onnx: { op: 'GatherElements', with: { axis: 1 } },
  },
  'gather by places of several axes': {
    inputs: [[3, 5, 4], indices(7, 2)],
    onnx: { op: 'GatherND' },
    tflite: { op: 'GATHER_ND' },
  },
  'scatter elements': {
    inputs: [[3, 5], indices(3, 2), [3, 2]],
    aten: ['scatter', '$0', 1, '$1', '$2'],
    onnx: { op: 'ScatterElements', with: { axis: 1 } },
  },
  'scatter elements, added': {
    inputs: [[3, 5], indices(3, 2), [3, 2]],
    aten: ['scatter_add', '$0', 1, '$1', '$2'],
    onnx: { op: 'ScatterElements', with: { axis: 1, reduction: 'add' } },
  },
  'rows put at places': {
    inputs: [
      [3, 5],
      [2, 5],
    ],
    nn: (x, rows) => F.scattered(x as Tensor, rows as Tensor),
    onnx: { op: 'Scatter', opset: 9, inputs: [[3, 5], indices(2, 5), [2, 5]] },
  },
  'put at places': {
    inputs: [[3, 5, 4], indices(7, 1), [7, 5, 4]],
    onnx: { op: 'ScatterND' },
    tflite: { op: 'SCATTER_ND', inputs: [indices(7, 1), [7, 5, 4], { value: [3, 5, 4] }] },
  },
  'one of many': {
    inputs: [indices(3)],
    aten: ['one_hot', '$0', 5],
    onnx: { op: 'OneHot', inputs: [indices(3)], further: [5, [0, 1]] },
    tflite: { op: 'ONE_HOT', inputs: [indices(3), { value: [5], shape: [] }, [], []] },
  },
  diagonal: { inputs: [[4, 5]], aten: ['diagonal', '$0'] },
  triangle: { inputs: [[4, 5]], aten: ['tril', '$0'], onnx: { op: 'Trilu', with: { upper: 0 } } },
  'upper triangle': { inputs: [[4, 5]], aten: ['triu', '$0'], onnx: { op: 'Trilu' } },
  'places that are not zero': {
    inputs: [[4, 5]],
    outputs: 0,
    aten: ['nonzero', '$0'],
    onnx: { op: 'NonZero' },
    tflite: { op: 'WHERE' },
  },
  shape: {
    inputs: [X],
    aten: ['_shape_as_tensor', '$0'],
    onnx: { op: 'Shape' },
    tflite: { op: 'SHAPE' },
  },
  identity: {
    inputs: [X],
    layer: () => new nn.Identity(),
    aten: ['identity', '$0'],
    tflite: { op: 'READ_VARIABLE', dtype: 'float32', states: X },
    onnx: { op: 'Identity' },
  },
  contiguous: { inputs: [X], nn: (x) => (x as Tensor).contiguous(), aten: ['contiguous', '$0'] },
  clone: { inputs: [X], nn: (x) => (x as Tensor).clone(), aten: ['clone', '$0'] },
  detach: { inputs: [X], nn: (x) => (x as Tensor).detach(), aten: ['detach', '$0'] },
  roll: { inputs: [X], nn: (x) => (x as Tensor).roll(1, 1), aten: ['roll', '$0', [1], [1]] },
  flip: {
    inputs: [X],
    nn: (x) => (x as Tensor).flip([1]),
    aten: ['flip', '$0', [1]],
    tflite: { op: 'REVERSE_V2', inputs: [X, { value: [1] }] },
  },
  'reversed by length': {
    inputs: [[4, 3, 5], indices(3)],
    onnx: { op: 'ReverseSequence' },
    tflite: { op: 'REVERSE_SEQUENCE', options: { 0: 0, 1: 1 } },
  },
  'boxes that overlap no better one': {
    inputs: [[7, 4], [7]],
    outputs: 0,
    aten: ['torchvision.nms', '$0', '$1', 0.5],
    onnx: {
      op: 'NonMaxSuppression',
      inputs: [
        [1, 7, 4],
        [1, 1, 7],
      ],
    },
    tflite: { op: 'NON_MAX_SUPPRESSION_V4' },
  },
  'state of a generator': { inputs: [[3]], outputs: 0, aten: ['uniform', '$0'] },
  'random numbers': {
    inputs: [],
    aten: ['randn', [2, 3]],
    onnx: { op: 'RandomNormal', inputs: [], with: { shape: [2, 3] } },
    tflite: { op: 'RANDOM_STANDARD_NORMAL', inputs: [{ value: [2, 3] }] },
  },
  multinomial: {
    inputs: [[3, 5]],
    aten: ['multinomial', '$0', 2],
    onnx: { op: 'Multinomial', with: { sample_size: 2 } },
    tflite: { op: 'MULTINOMIAL', inputs: [[3, 5], { value: [2], shape: [] }] },
  },
  'complex from parts': {
    inputs: [
      [3, 5],
      [3, 5],
    ],
    aten: ['complex', '$0', '$1'],
  },
  size: { inputs: [X], onnx: { op: 'Size' } },
  'real parts': {
    inputs: [{ shape: [3, 5], dtype: 'complex64' }],
    aten: ['real', '$0'],
    tflite: { op: 'REAL', dtype: 'float32' },
  },
  'imaginary parts': {
    inputs: [{ shape: [3, 5], dtype: 'complex64' }],
    aten: ['imag', '$0'],
    tflite: { op: 'IMAG', dtype: 'float32' },
  },
  'one of many categories': {
    inputs: [indices(3)],
    aten: ['one_hot', '$0', 4],
    onnx: { op: 'OneHotEncoder', domain: 'ai.onnx.ml', with: { cats_int64s: [1, 2, 3, 4] } },
  },
  'diagonal matrices': {
    inputs: [[3, 5]],
    aten: ['diag_embed', '$0'],
    tflite: { op: 'MATRIX_DIAG' },
  },
  'the same bits as another type': {
    inputs: [[3, 5]],
    onnx: { op: 'BitCast', opset: 26, with: { to: 6 } },
    tflite: { op: 'BITCAST', dtype: 'int32' },
  },
  copy: {
    inputs: [[3, 5]],
    aten: ['copy', '$0', '$0'],
    onnx: { op: 'SampleOp', domain: 'com.microsoft' },
    tflite: { op: 'DENSIFY' },
  },
};
