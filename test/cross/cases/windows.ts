import * as nn from '../../../src/torch/nn/index.js';
import type { Case } from '../spell.js';

const F = nn.functional;
type Tensor = nn.Tensor;
const IMAGE = [2, 4, 9, 8] as const;
const LAST = [2, 9, 8, 4] as const; // the same with channels behind

/** An image resized to 18×16, by what each format calls the interpolation. */
const resize = (mode: 'nearest' | 'bilinear' | 'bicubic', onnx: string, tflite: string): Case => ({
  inputs: [IMAGE],
  nn: (x) => F.interpolate(x as Tensor, { size: [18, 16], mode }),
  aten: mode === 'nearest' ? ['upsample_nearest2d', '$0', [18, 16]] : [`upsample_${mode}2d`, '$0', [18, 16], false],
  onnx: { op: 'Resize', with: { mode: onnx }, inputs: [IMAGE, null, null, { value: [2, 4, 18, 16] }] },
  ...(tflite === '' ? {} : { tflite: { op: tflite, inputs: [LAST, { value: [18, 16] }] } }),
});

/** Pooling, resizing, sampling, and windows cut out or put together. */
export const windows: Readonly<Record<string, Case>> = {
  'max pool': {
    inputs: [IMAGE],
    nn: (x) => F.max_pool2d(x as Tensor, 3, { stride: 2, padding: 1 }),
    aten: ['max_pool2d', '$0', [3, 3], [2, 2], [1, 1]],
    onnx: { op: 'MaxPool', with: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
  },
  'max pool without padding': {
    inputs: [IMAGE],
    nn: (x) => F.max_pool2d(x as Tensor, [3, 2], { stride: 2 }),
    aten: ['max_pool2d', '$0', [3, 2], [2, 2]],
    onnx: { op: 'MaxPool', with: { kernel_shape: [3, 2], strides: [2, 2] } },
    tflite: { op: 'MAX_POOL_2D', inputs: [LAST], options: { 0: 1, 1: 2, 2: 2, 3: 2, 4: 3 } },
  },
  'max pool with places': {
    inputs: [IMAGE],
    outputs: 2,
    aten: ['max_pool2d_with_indices', '$0', [3, 3], [2, 2]],
    onnx: { op: 'MaxPool', with: { kernel_shape: [3, 3], strides: [2, 2] } },
  },
  'average pool': {
    inputs: [IMAGE],
    nn: (x) => F.avg_pool2d(x as Tensor, 2),
    aten: ['avg_pool2d', '$0', [2, 2]],
    onnx: { op: 'AveragePool', with: { kernel_shape: [2, 2], strides: [2, 2] } },
    tflite: { op: 'AVERAGE_POOL_2D', inputs: [LAST], options: { 0: 1, 1: 2, 2: 2, 3: 2, 4: 2 } },
  },
  'pool of powers': {
    inputs: [IMAGE],
    onnx: { op: 'LpPool', with: { kernel_shape: [2, 2], strides: [2, 2] } },
    tflite: { op: 'L2_POOL_2D', inputs: [LAST], options: { 0: 1, 1: 2, 2: 2, 3: 2, 4: 2 } },
  },
  'global average pool': {
    inputs: [IMAGE],
    nn: (x) => F.adaptive_avg_pool2d(x as Tensor, 1),
    aten: ['adaptive_avg_pool2d', '$0', [1, 1]],
    onnx: { op: 'GlobalAveragePool' },
  },
  'global max pool': {
    inputs: [IMAGE],
    nn: (x) => F.adaptive_max_pool2d(x as Tensor, 1),
    aten: ['adaptive_max_pool2d', '$0', [1, 1]],
    onnx: { op: 'GlobalMaxPool' },
  },
  'adaptive average pool, uneven': {
    inputs: [IMAGE],
    nn: (x) => F.adaptive_avg_pool2d(x as Tensor, [4, 3]),
    aten: ['adaptive_avg_pool2d', '$0', [4, 3]],
  },
  'adaptive max pool, uneven': {
    inputs: [IMAGE],
    nn: (x) => F.adaptive_max_pool2d(x as Tensor, [4, 3]),
    aten: ['adaptive_max_pool2d', '$0', [4, 3]],
  },
  'max unpool': {
    inputs: [IMAGE, { shape: IMAGE, dtype: 'int64' }],
    nn: (x, places) => F.max_unpool2d(x as Tensor, places as Tensor, 2),
    aten: ['max_unpool2d', '$0', '$1', [18, 16]],
    onnx: { op: 'MaxUnpool', with: { kernel_shape: [2, 2], strides: [2, 2] } },
  },
  'resize to the nearest': resize('nearest', 'nearest', 'RESIZE_NEAREST_NEIGHBOR'),
  'resize, linear': resize('bilinear', 'linear', 'RESIZE_BILINEAR'),
  'resize, cubic': resize('bicubic', 'cubic', ''),
  'grid of samples': {
    inputs: [IMAGE, [2, 5, 6, 2]],
    aten: ['grid_sampler', '$0', '$1', 0, 0, false],
    onnx: { op: 'GridSample', opset: 16 },
  },
  'grid of samples, cubic': {
    inputs: [IMAGE, [2, 5, 6, 2]],
    aten: ['grid_sampler', '$0', '$1', 2, 0, false],
    onnx: { op: 'GridSample', opset: 20, with: { mode: 'cubic' } },
  },
  'affine grid': {
    inputs: [[2, 2, 3]],
    aten: ['affine_grid_generator', '$0', [2, 3, 5, 6], false],
    onnx: { op: 'AffineGrid', opset: 20, further: [[2, 3, 5, 6]] },
  },
  'regions, aligned': {
    inputs: [IMAGE, [5, 5]],
    aten: ['torchvision.roi_align', '$0', '$1', 1, 3, 3, 2, false],
    onnx: {
      op: 'RoiAlign',
      with: { output_height: 3, output_width: 3, sampling_ratio: 2 },
      inputs: [IMAGE, [5, 4], { shape: [5], dtype: 'int64' }],
    },
  },
  'regions, cut out and resized': {
    inputs: [IMAGE, [5, 4], { shape: [5], dtype: 'int32' }],
    onnx: {
      op: 'CropAndResize',
      domain: 'com.microsoft',
      inputs: [IMAGE, [5, 4], { shape: [5], dtype: 'int32' }, { value: [3, 6] }],
    },
  },
  'regions, pooled': {
    inputs: [IMAGE, [5, 5]],
    aten: ['torchvision.roi_pool', '$0', '$1', 1, 3, 3],
    onnx: { op: 'MaxRoiPool', with: { pooled_shape: [3, 3] } },
  },
  unfold: {
    inputs: [IMAGE],
    layer: () => new nn.Unfold([3, 3]),
    aten: ['im2col', '$0', [3, 3], [1, 1], [0, 0], [1, 1]],
    outputs: 0,
    onnx: { op: 'Im2Col', domain: 'qonnx.custom_op.general', with: { kernel_size: [3, 3] }, inputs: [[2, 9, 8, 4]] },
  },
  fold: {
    inputs: [[2, 36, 42]],
    layer: () => new nn.Fold([9, 8], [3, 3]),
    aten: ['col2im', '$0', [9, 8], [3, 3], [1, 1], [0, 0], [1, 1]],
    onnx: {
      op: 'Col2Im',
      opset: 18,
      further: [
        [9, 8],
        [3, 3],
      ],
    },
  },
  pad: {
    inputs: [[2, 4, 9]],
    nn: (x) => F.pad(x as Tensor, [1, 2]),
    aten: ['pad', '$0', [1, 2]],
    onnx: { op: 'Pad', further: [[0, 0, 1, 0, 0, 2]] },
    tflite: { op: 'PAD', inputs: [[2, 4, 9], { value: [0, 0, 0, 0, 1, 2] }] },
  },
  'pixels from channels': {
    inputs: [[2, 8, 3, 5]],
    layer: () => new nn.PixelShuffle(2),
    aten: ['pixel_shuffle', '$0', 2],
    onnx: { op: 'DepthToSpace', with: { blocksize: 2 } },
    tflite: { op: 'DEPTH_TO_SPACE', inputs: [[2, 3, 5, 8]], options: { 0: 2 } },
  },
  'channels from pixels': {
    inputs: [[2, 2, 6, 4]],
    layer: () => new nn.PixelUnshuffle(2),
    aten: ['pixel_unshuffle', '$0', 2],
    onnx: { op: 'SpaceToDepth', with: { blocksize: 2 } },
    tflite: { op: 'SPACE_TO_DEPTH', inputs: [[2, 6, 4, 2]], options: { 0: 2 } },
  },
  'channels, shuffled': {
    inputs: [[2, 8, 3, 5]],
    layer: () => new nn.ChannelShuffle(4),
    aten: ['channel_shuffle', '$0', 4],
  },
};
