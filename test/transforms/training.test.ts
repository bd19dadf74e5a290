import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { torchFlopCounter } from '../../src/conventions/torch-flop-counter.js';
import { builtin } from '../../src/models/registry.js';
import * as nn from '../../src/torch/nn/index.js';
import { type TrainingOptions, trainingOf } from '../../src/transforms/training/index.js';

interface Golden {
  readonly forwardMacs: number;
  readonly backwardMacs: number;
  readonly savedBytes?: number;
  readonly savedStorages?: number;
}
const goldens = JSON.parse(readFileSync(new URL('../fixtures/training.json', import.meta.url), 'utf8')) as {
  torchvision: Record<string, Golden & { input: number[] }>;
  layers: Record<string, Golden & { inputs: number[][] }>;
  amp: Record<string, Golden & { input: number[] }>;
};

function step(model: nn.AnyModule, shapes: readonly (readonly number[])[], options: TrainingOptions = {}) {
  const inputs = shapes.map((shape) => ({ shape }));
  const t = trainingOf(nn.readModule(model, inputs, { train: true }), options);
  return {
    forwardMacs: Number(t.forward?.macs),
    backwardMacs: Number(t.backward?.macs),
    savedBytes: Number(t.savedBytes),
    savedStorages: t.keptBy.reduce((n, { tensors }) => n + tensors, 0),
    unknown: t.unknown,
  };
}

test.each(Object.entries(goldens.torchvision))('%s trains as PyTorch does', async (name, { input, ...golden }) => {
  const model = (await builtin(name).load())();
  expect(step(model, [input])).toEqual({ ...golden, unknown: [] });
});

const LAYERS: Readonly<Record<string, () => nn.AnyModule>> = {
  LSTM_128_256_T20: () => new nn.LSTM(128, 256),
  GRU_128_256_2l_bi_T20: () => new nn.GRU(128, 256, { num_layers: 2, bidirectional: true }),
  MultiheadAttention_256_8_L64: () => new nn.MultiheadAttention(256, 8, { batch_first: true }),
  TransformerEncoderLayer_256_8_2048: () => new nn.TransformerEncoderLayer(256, 8, 2048, { batch_first: true }),
  Linear_64_32: () => new nn.Linear(64, 32),
  Conv2d_8_16_3: () => new nn.Conv2d(8, 16, 3, { padding: 1 }),
  ConvTranspose2d: () => new nn.ConvTranspose2d(8, 16, 4, { stride: 2, padding: 1 }),
  mlp_relu_inplace: () =>
    new nn.Sequential(new nn.Linear(64, 128), new nn.ReLU({ inplace: true }), new nn.Linear(128, 10)),
  mlp_gelu_dropout: () =>
    new nn.Sequential(new nn.Linear(64, 128), new nn.GELU(), new nn.Dropout(0.1), new nn.Linear(128, 10)),
  bn_relu_conv: () => new nn.Sequential(new nn.BatchNorm2d(8), new nn.ReLU(), new nn.Conv2d(8, 8, 3)),
  layernorm_linear: () => new nn.Sequential(new nn.LayerNorm(64), new nn.Linear(64, 64)),
  softmax_linear: () => new nn.Sequential(new nn.Softmax(-1), new nn.Linear(64, 8)),
};

test.each(Object.entries(goldens.layers))('layer %s trains as PyTorch does', (name, { inputs, ...golden }) => {
  const build = LAYERS[name];
  if (build === undefined) throw new Error(`no layer for ${name}`);
  expect(step(build(), inputs)).toMatchObject({ ...golden, unknown: [] });
});

test.each(Object.entries(goldens.amp))(
  '%s keeps under automatic casts what PyTorch does',
  async (name, { input, ...golden }) => {
    const model = (await builtin(name).load())();
    expect(step(model, [input], { precision: 'amp' })).toMatchObject({ ...golden, unknown: [] });
  },
);

test.each(Object.entries(goldens.torchvision))(
  '%s: FlopCounterMode with the backward pass prints twice the products of both',
  async (name, { input, forwardMacs, backwardMacs }) => {
    const ledger = nn.readModule((await builtin(name).load())(), [{ shape: input }], { train: true });
    const [note] = torchFlopCounter.run(ledger).notes.filter(({ code }) => code === 'with-backward');
    expect(note?.message).toMatch(new RegExp(` ${2 * (forwardMacs + backwardMacs)}$`));
  },
);
