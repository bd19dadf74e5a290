import { mutateProtobuf } from '../protobuf.js';
import type { FuzzFormat } from '../seeds.js';
import { encode, onBytes, TEXT } from '../text.js';

const NET = `name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: 2 dim: 3 dim: 16 dim: 16 } } }
layer { name: "b/conv" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 8 kernel_size: 3 pad: 1 stride: 1 } }
layer { name: "b/bn" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "b/scale" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }
layer { name: "b/relu" type: "ReLU" bottom: "c" top: "c" }
layer { name: "b/pool" type: "Pooling" bottom: "c" top: "p" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "b/slice" type: "Slice" bottom: "p" top: "s1" top: "s2" slice_param { axis: 1 slice_point: 3 } }
layer { name: "b/cat" type: "Concat" bottom: "s2" bottom: "s1" top: "cat" }
layer { name: "b/up" type: "Deconvolution" bottom: "cat" top: "up" convolution_param { num_output: 4 kernel_size: 4 stride: 2 pad: 1 group: 2 } }
layer { name: "b/crop" type: "Crop" bottom: "up" bottom: "c" top: "crop" crop_param { axis: 2 offset: 0 } }
layer { name: "b/perm" type: "Permute" bottom: "crop" top: "perm" permute_param { order: 0 order: 2 order: 3 order: 1 } }
layer { name: "b/resh" type: "Reshape" bottom: "perm" top: "resh" reshape_param { shape { dim: 0 dim: -1 dim: 4 } } }
layer { name: "b/fc" type: "InnerProduct" bottom: "p" top: "f" inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "f" top: "prob" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "f" bottom: "label" top: "loss" include { phase: TRAIN } }
`;

const OLD = `input: "data" input_dim: 2 input_dim: 3 input_dim: 16 input_dim: 16
layers { bottom: "data" top: "c" name: "conv" type: CONVOLUTION convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }
layers { layer { name: "pool" type: "pool" pool: AVE kernelsize: 3 stride: 2 } bottom: "c" top: "p" }
layers { bottom: "p" top: "e" name: "sum" type: ELTWISE eltwise_param { operation: PROD } }
`;

/** name, an Input of 1×3×8×8, a convolution of four filters, in binary. */
const BINARY = Uint8Array.from([
  10, 1, 110, 0xa2, 6, 26, 10, 1, 100, 18, 5, 73, 110, 112, 117, 116, 34, 1, 100, 0xfa, 8, 8, 10, 6, 10, 4, 1, 3, 8, 8,
  0xa2, 6, 32, 10, 1, 99, 18, 11, 67, 111, 110, 118, 111, 108, 117, 116, 105, 111, 110, 26, 1, 100, 34, 1, 99, 0xd2, 6,
  6, 8, 4, 32, 3, 24, 1,
]);

const caffe: FuzzFormat = {
  id: 'caffe',
  seeds: () => [
    { name: 'deploy.prototxt', bytes: encode(NET) },
    { name: 'old.prototxt', bytes: encode(OLD) },
    { name: 'net.caffemodel', bytes: BINARY },
  ],
  mutations: [...TEXT.map(onBytes), mutateProtobuf],
};

export default caffe;
