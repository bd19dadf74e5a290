import { axis, constant, conv, dims, input, mnnFile } from '../../formats/mnn-build.js';
import { branchFile, commandFile, countedFile, loopFile } from '../../formats/mnn-control-build.js';
import { i32, table, u8 } from '../../wire/flat-build.js';
import { word } from '../flat.js';
import type { FuzzFormat } from '../seeds.js';

const NET = mnnFile(
  ['x', 'c', 'd', 'p', 'r', 'y', 'shape', 'j', 's', 't'],
  [
    { type: 'Input', out: [0], main: input(-1, 3, 16, 16), name: 'x' },
    { type: 'Convolution', in: [0], out: [1], main: conv({ kernel: 3, stride: 2, mode: 2, outputs: 8, relu: true }) },
    { type: 'ConvolutionDepthwise', in: [1], out: [2], main: conv({ kernel: 3, pad: 1, outputs: 8, groups: 8 }) },
    { type: 'Concat', in: [1, 2], out: [7], main: axis(1) },
    { type: 'Deconvolution', in: [7], out: [8], main: conv({ kernel: 4, stride: 2, pad: 1, outputs: 3 }) },
    { type: 'ConvertTensor', in: [8], out: [9], main: table({ 0: u8(2), 1: u8(1) }) },
    { type: 'Pooling', in: [2], out: [3], main: table({ 3: i32(2), 4: i32(2), 5: i32(2), 6: i32(2) }) },
    { type: 'Const', out: [6], main: constant([2], [-1, 128]) },
    { type: 'Reshape', in: [3, 6], out: [4], main: dims() },
    { type: 'InnerProduct', in: [4], out: [5], main: table({ 0: i32(10), 1: i32(1) }) },
  ],
  ['y', 't'],
);

/** A small network. */
const mnn: FuzzFormat = {
  id: 'mnn',
  seeds: () => [
    { name: 'net.mnn', bytes: NET },
    { name: 'loop.mnn', bytes: loopFile(3) },
    { name: 'counted.mnn', bytes: countedFile(3) },
    { name: 'branch.mnn', bytes: branchFile() },
    { name: 'commands.mnn', bytes: commandFile() },
  ],
  mutations: [word, word, word],
};

export default mnn;
