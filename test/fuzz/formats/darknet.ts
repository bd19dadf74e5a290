import type { FuzzFormat } from '../seeds.js';
import { encode, onBytes, TEXT } from '../text.js';

const DETECTOR = `[net]
width=32
height=32
channels=3
[convolutional]
batch_normalize=1
filters=8
size=3
stride=1
pad=1
activation=leaky
[maxpool]
size=2
stride=2
antialiasing=1
[convolutional]
filters=8
size=3
pad=1
groups=2
dilation=2
activation=mish
[shortcut]
from=-2
weights_type=per_channel
[upsample]
stride=2
[route]
layers=-1,0
[reorg3d]
stride=2
[local]
filters=2
size=1
[scale_channels]
from=-3
[avgpool]
[connected]
output=10
[yolo]
mask=0,1
classes=2
`;

const RECURRENT = `[net]
inputs=10
time_steps=5
[rnn]
hidden=6
output=4
batch_normalize=1
[lstm]
output=8
[gru]
output=8
[softmax]
[cost]
`;

const darknet: FuzzFormat = {
  id: 'darknet',
  seeds: () => [
    { name: 'detector.cfg', bytes: encode(DETECTOR) },
    { name: 'recurrent.cfg', bytes: encode(RECURRENT) },
  ],
  mutations: TEXT.map(onBytes),
};

export default darknet;
