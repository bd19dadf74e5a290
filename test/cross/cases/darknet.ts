import type { DarknetCase } from '../spell-layers.js';

const X = [2, 3, 4] as const;
const MAP = [4, 9, 8] as const; // one image of the cases
const section = (name: string, settings: DarknetCase['with'] = {}, input: readonly number[] = MAP): DarknetCase => ({
  section: name,
  with: settings,
  input,
  images: input.length === 3 ? [2] : [7, 2],
});
const activation = (name: string): DarknetCase => ({
  section: 'activation',
  with: { activation: name },
  input: [6, 5, 1],
  images: [2],
});
const conv = (settings: DarknetCase['with'], input: readonly number[] = MAP): DarknetCase =>
  section('convolutional', { filters: 6, size: 3, activation: 'linear', ...settings }, input);

/** The cases of the other files as sections of Darknet, on one image. */
export const darknet: Readonly<Record<string, DarknetCase>> = {
  relu: activation('relu'),
  relu6: activation('relu6'),
  sigmoid: activation('logistic'),
  tanh: activation('tanh'),
  elu: activation('elu'),
  selu: activation('selu'),
  'gelu by tanh': activation('gelu'),
  leaky_relu: activation('leaky'),
  hardtanh: activation('hardtan'),
  silu: activation('swish'),
  mish: activation('mish'),
  floor: activation('stair'),
  'conv without padding': conv({ stride_y: 2, stride_x: 1 }),
  'conv with a fused activation': conv({ activation: 'relu' }),
  'depthwise conv': conv({ filters: 8, groups: 4 }),
  'transposed conv with a bias': section('deconvolutional', {
    filters: 3,
    size: 3,
    stride: 2,
    padding: 1,
    activation: 'linear',
  }),
  'linear of an image': {
    section: 'connected',
    with: { output: 3, activation: 'linear' },
    input: [2, 3, 1],
    images: [5],
  },
  linear: { section: 'connected', with: { output: 3, activation: 'linear' }, input: [7], images: [5] },
  gru: section('gru', { output: 6 }, [5]),
  lstm: section('lstm', { output: 6 }, [5]),
  'add, one shape': { section: 'shortcut', with: { from: -2 }, input: [3, 5, 1], images: [2], before: 2 },
  'multiply, one shape': { section: 'sam', with: { from: -2 }, input: [3, 5, 1], images: [2], before: 2 },
  'tensor joined to itself': { section: 'route', with: { layers: '-1,-2' }, input: [3, 4, 1], before: 2 },
  'a half of the channels': {
    section: 'route',
    with: { layers: -1, groups: 2, group_id: 1 },
    input: MAP,
    images: [2],
    before: 1,
  },
  identity: { section: 'empty', input: X },
  'average pool': section('local_avgpool', { size: 2, stride: 2, padding: 0 }),
  'max pool': section('maxpool', { size: 3, stride: 2, padding: 2 }),
  'global average pool': section('avgpool'),
  'resize to the nearest': section('upsample', { stride: 2 }),
  'pixels from channels': section('reorg', { stride: 2, reverse: 1 }, [8, 3, 5]),
  'channels from pixels': section('reorg', { stride: 2 }, [2, 6, 4]),
  'batch norm at inference': section('batchnorm'),
  'local response norm': section('normalization', { size: 5 }),
  'dropout at inference': { section: 'dropout', input: [3, 4, 1] },
  softmax: { section: 'softmax', input: [5], images: [3] },
};
