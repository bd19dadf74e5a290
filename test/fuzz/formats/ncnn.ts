import type { FuzzFormat } from '../seeds.js';
import { encode, onBytes, TEXT } from '../text.js';

const DETECTOR = `7767517
12 14
Input data 0 1 data 0=32 1=32 2=3
Convolution conv1 1 1 data a 0=8 1=3 3=2 4=1 5=1 6=216 9=1
ConvolutionDepthWise dw 1 1 a b 0=8 1=3 4=1 5=1 6=72 7=8
Split split 1 2 b b0 b1
Convolution conv2 1 1 b0 c 0=8 1=1 6=64
BinaryOp add 2 1 c b1 d 0=0
Slice slice 1 2 d e f -23300=2,-233,-233 1=0
Concat cat 2 1 f e g 0=0
Interp up 1 1 g h 0=1 1=2.0 2=2.0
Crop crop 1 1 h i -23309=2,0,1 -23310=2,4,-233 -23311=2,0,1
Pooling pool 1 1 i j 0=1 1=3 2=2 5=0
Permute perm 1 1 j k 0=3
Reshape resh 1 1 k l 0=-1 1=4
InnerProduct fc 1 1 l m 0=10 1=1 2=1024
Softmax prob 1 1 m prob 0=0
`;

const DECODER = `7767517
9 12
Input in0 0 1 in0
Input in1 0 1 in1
Input in2 0 2 k0 v0
RMSNorm norm 1 1 in0 a 0=64 1=1e-5 2=1
Gemm q 1 1 a b 10=-1 2=0 3=1 4=0 5=1 6=1 7=0 8=64 9=64
Reshape r 1 1 b c 0=16 1=4 2=-1
Permute p 1 1 c d 0=2
SDPA s 6 3 d d d in1 k0 v0 e ck cv 5=1 6=0.25 7=1
LSTM l 1 1 b f 0=8 1=2048 2=0
`;

/** A small network in text and in binary. */
const ncnn: FuzzFormat = {
  id: 'ncnn',
  seeds: () => [
    { name: 'detector.param', bytes: encode(DETECTOR) },
    { name: 'decoder.param', bytes: encode(DECODER) },
    {
      name: 'net.param.bin',
      bytes: new Uint8Array(
        Int32Array.from([
          7767517, 3, 3, 16, 0, 1, 0, 0, 32, 1, 32, 2, 3, -233, 6, 1, 1, 0, 1, 0, 8, 1, 3, 4, 1, 6, 216, -233, 21, 1, 1,
          1, 2, 0, 1, 4, 1, -23310, 2, 5, 6, -233,
        ]).buffer,
      ),
    },
  ],
  mutations: TEXT.map(onBytes),
};

export default ncnn;
