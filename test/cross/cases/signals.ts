import * as nn from '../../../src/torch/nn/index.js';
import type { Case } from '../spell.js';

/** Transforms of signals, and conversions between floats and integers that stand for them. */
export const signals: Readonly<Record<string, Case>> = {
  'fourier transform of complex numbers': {
    inputs: [{ shape: [3, 16], dtype: 'complex64' }],
    aten: ['fft_fft', '$0', null, 1],
    onnx: { op: 'DFT', inputs: [[3, 16, 2]], with: { axis: 1 } },
    outputs: 0,
  },
  'fourier transform of real numbers': {
    inputs: [[3, 16]],
    aten: ['fft_rfft', '$0', null, 1],
    onnx: { op: 'DFT', inputs: [[3, 16, 1]], with: { axis: 1, onesided: 1 } },
    outputs: 0,
  },
  'fourier transform over two axes': {
    inputs: [[4, 16]],
    aten: ['fft_rfft2', '$0'],
    tflite: { op: 'RFFT2D', inputs: [[4, 16], { value: [4, 16] }] },
  },
  'real part of a fourier transform': {
    inputs: [[4, 16]],
    nn: (x) => nn.functional.fourier(x as nn.Tensor, [-2, -1]),
    aten: ['fft_fft2', '$0'],
  },
  'short transforms of a signal': {
    inputs: [[2, 64], [16]],
    aten: ['stft', '$0', 16, 8, 16, '$1', false, true, true],
    onnx: { op: 'STFT', inputs: [[2, 64, 1], { value: [8], shape: [] }, [16], { value: [16], shape: [] }] },
    outputs: 0,
  },
  'window of Hann': {
    inputs: [],
    aten: ['hann_window', 16],
    onnx: { op: 'HannWindow', inputs: [], further: [16] },
  },
  quantise: {
    inputs: [[3, 5]],
    aten: ['quantized_decomposed.quantize_per_tensor', '$0', 0.1, 3, -128, 127, 'int8'],
    onnx: { op: 'QuantizeLinear', inputs: [[3, 5], [], { shape: [], dtype: 'int8' }] },
    tflite: { op: 'QUANTIZE', dtype: 'int8' },
  },
  dequantise: {
    inputs: [{ shape: [3, 5], dtype: 'int8' }],
    aten: ['quantized_decomposed.dequantize_per_tensor', '$0', 0.1, 3, -128, 127, 'int8'],
    onnx: { op: 'DequantizeLinear', inputs: [{ shape: [3, 5], dtype: 'int8' }, [], { shape: [], dtype: 'int8' }] },
    tflite: { op: 'DEQUANTIZE', dtype: 'float32' },
  },
  'quantise without a zero point': {
    inputs: [[3, 5]],
    onnx: { op: 'QuantizeLinear', opset: 21, inputs: [[3, 5], []], with: { output_dtype: 3 } },
  },
  'dequantise without a zero point': {
    inputs: [[3, 5]],
    onnx: { op: 'DequantizeLinear', inputs: [{ shape: [3, 5], dtype: 'int8' }, []] },
  },
  'fourier transform over two axes of complex numbers': {
    inputs: [{ shape: [4, 16], dtype: 'complex64' }],
    outputs: 0,
    aten: ['fft_fft2', '$0'],
  },
  'quantise by the range of the tensor itself': {
    inputs: [[3, 5]],
    outputs: 0,
    aten: ['quantized_decomposed.choose_qparams', '$0', -128, 127, 1e-6, 'int8'],
    also: [['quantized_decomposed.quantize_per_tensor', '$0', 0.1, 3, -128, 127, 'int8']],
    onnx: { op: 'DynamicQuantizeLinear' },
  },
  'rounded to a grid': {
    inputs: [[3, 5]],
    aten: ['fake_quantize_per_tensor_affine', '$0', 0.1, 3, -128, 127],
    onnx: {
      op: 'Quant',
      domain: 'qonnx.custom_op.general',
      inputs: [[3, 5], [], [], []],
    },
  },
};
