import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { torchFlopCounter } from '../../src/conventions/torch-flop-counter.js';
import { format, substitute, sym } from '../../src/dim/index.js';
import { readGguf } from '../../src/formats/gguf/read.js';
import type { Ledger } from '../../src/ledger/index.js';
import { builtin } from '../../src/models/by-name.js';
import { memorySource } from '../../src/source/memory.js';
import * as nn from '../../src/torch/nn/index.js';
import { bindLedger } from '../../src/transforms/index.js';
import { stepTimeline, type TrainingOptions, trainingOf } from '../../src/transforms/training/index.js';

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

/** Measured in PyTorch 2.13 by saved-tensor hooks on the meta device: 20 steps of 4 rows with 128 features, 256 hidden units. */
const KEPT_BY_RECURRENCE: readonly (readonly [string, () => nn.AnyModule, readonly number[], number])[] = [
  ['LSTM', () => new nn.LSTM(128, 256), [20, 4, 128], 573_440],
  ['LSTM, rows first', () => new nn.LSTM(128, 256, { batch_first: true }), [4, 20, 128], 573_440],
  ['LSTM, one row', () => new nn.LSTM(128, 256), [20, 128], 143_360],
  ['LSTM without biases', () => new nn.LSTM(128, 256, { bias: false }), [20, 4, 128], 573_440],
  ['LSTM, 2 layers', () => new nn.LSTM(128, 256, { num_layers: 2 }), [20, 4, 128], 1_228_800],
  [
    'LSTM, 2 layers both ways',
    () => new nn.LSTM(128, 256, { num_layers: 2, bidirectional: true }),
    [20, 4, 128],
    2_457_600,
  ],
  ['LSTM with a projection', () => new nn.LSTM(128, 256, { proj_size: 64 }), [20, 4, 128], 593_920],
  ['LSTM with dropout', () => new nn.LSTM(128, 256, { num_layers: 2, dropout: 0.5 }), [20, 4, 128], 1_310_720],
  ['GRU', () => new nn.GRU(128, 256), [20, 4, 128], 573_440],
  [
    'GRU, 2 layers both ways',
    () => new nn.GRU(128, 256, { num_layers: 2, bidirectional: true }),
    [20, 4, 128],
    2_457_600,
  ],
  ['GRU with dropout', () => new nn.GRU(128, 256, { num_layers: 2, dropout: 0.5 }), [20, 4, 128], 1_310_720],
  ['RNN', () => new nn.RNN(128, 256), [20, 4, 128], 86_016],
  ['RNN, 2 layers', () => new nn.RNN(128, 256, { num_layers: 2, nonlinearity: 'relu' }), [20, 4, 128], 253_952],
  ['LSTMCell', () => new nn.LSTMCell(128, 256), [4, 128], 24_576],
  ['GRUCell', () => new nn.GRUCell(128, 256), [4, 128], 28_672],
  ['RNNCell', () => new nn.RNNCell(128, 256), [4, 128], 8192],
];

test.each(KEPT_BY_RECURRENCE)('%s keeps what PyTorch keeps', (_, build, shape, savedBytes) => {
  expect(step(build(), [shape])).toMatchObject({ savedBytes, unknown: [] });
});

/** A recurrent layer whose first states come from outside, given or made by a layer that is trained. */
class WithState extends nn.Module<nn.Tensor[], nn.Tensor> {
  readonly m: nn.AnyModule;
  readonly before: nn.Linear | null;
  constructor(m: nn.AnyModule, before: nn.Linear | null = null) {
    super();
    this.m = m;
    this.before = before;
  }
  forward(x: nn.Tensor, first: nn.Tensor, ...more: nn.Tensor[]): nn.Tensor {
    const h = this.before === null ? first : this.before(first).unsqueeze(0);
    const layer = this.m as unknown as (x: nn.Tensor, state: unknown) => unknown;
    const lstm = this.m instanceof nn.LSTM || this.m instanceof nn.LSTMCell;
    const out = layer(x, lstm ? [h, more[0] ?? h.tanh()] : h);
    return (Array.isArray(out) ? out[0] : out) as nn.Tensor;
  }
}

/** Measured in the same way: 7 steps of 3 rows with 16 features, 32 hidden units; forward, backward, kept. */
const X = [7, 3, 16];
const STATES: readonly (readonly [string, () => nn.AnyModule, number[][], number[]])[] = [
  ['LSTM', () => new nn.LSTM(16, 32), [X, [1, 3, 32], [1, 3, 32]], [129_024, 202_752, 18_048]],
  ['GRU', () => new nn.GRU(16, 32), [X, [1, 3, 32]], [96_768, 152_064, 18_432]],
  ['RNN', () => new nn.RNN(16, 32), [X, [1, 3, 32]], [32_256, 50_688, 2688]],
  [
    'LSTM, 2 layers both ways',
    () => new nn.LSTM(16, 32, { num_layers: 2, bidirectional: true }),
    [X, [4, 3, 32], [4, 3, 32]],
    [774_144, 1_413_120, 77_568],
  ],
  ['GRU, 2 layers', () => new nn.GRU(16, 32, { num_layers: 2 }), [X, [2, 3, 32]], [225_792, 400_896, 39_552]],
  [
    'LSTM, projected',
    () => new nn.LSTM(16, 32, { proj_size: 8 }),
    [X, [1, 3, 8], [1, 3, 32]],
    [69_888, 93_696, 19_008],
  ],
  [
    'LSTMCell',
    () => new nn.LSTMCell(16, 32),
    [
      [3, 16],
      [3, 32],
      [3, 32],
    ],
    [18_432, 18_432, 1920],
  ],
  [
    'GRUCell',
    () => new nn.GRUCell(16, 32),
    [
      [3, 16],
      [3, 32],
    ],
    [13_824, 13_824, 2304],
  ],
  [
    'RNNCell',
    () => new nn.RNNCell(16, 32),
    [
      [3, 16],
      [3, 32],
    ],
    [4608, 4608, 384],
  ],
];
test.each(STATES)('%s with states that are given trains as in PyTorch', (_, build, inputs, want) => {
  const { forwardMacs, backwardMacs, savedBytes, unknown } = step(new WithState(build()), inputs);
  expect([forwardMacs, backwardMacs, savedBytes, unknown]).toEqual([...want, []]);
});

test('first states that a trained layer makes need a gradient at the first step too', () => {
  const model = new WithState(new nn.LSTM(16, 32), new nn.Linear(8, 32));
  expect(step(model, [X, [3, 8]])).toMatchObject({ forwardMacs: 129_792, backwardMacs: 215_808, savedBytes: 18_816 });
});

/** A layer in front of it makes the input an activation, which is kept too; frozen, the layer keeps no state that weights need. */
test.each([
  { freeze: [], savedBytes: 614_400 },
  { freeze: ['1.*'], savedBytes: 491_520 },
])('LSTM behind a layer, frozen: $freeze', ({ freeze, savedBytes }) => {
  const model = new nn.Sequential(new nn.Linear(128, 128), new nn.LSTM(128, 256));
  expect(step(model, [[20, 4, 128]], { freeze })).toMatchObject({ savedBytes, unknown: [] });
});

test('a recurrence is kept by formula where steps and rows are free', () => {
  const inputs = [{ shape: [sym('steps'), sym('batch'), 128] }];
  const ledger = nn.readModule(new nn.LSTM(128, 256), inputs, { train: true });
  const { savedBytes } = trainingOf(ledger, {});
  const at = bindLedger(
    ledger,
    new Map([
      ['steps', 20],
      ['batch', 4],
    ]),
  );
  expect(format(savedBytes ?? 0)).toMatch(/batch/);
  expect(Number(trainingOf(at, {}).savedBytes)).toBe(573_440);
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

test.each([
  ['resnet18', {}],
  ['resnet18', { precision: 'amp', optimizer: 'sgd' }],
  ['resnet50', { checkpointing: true }],
  ['vit_b_16', { freeze: ['encoder.layers.encoder_layer_0'] }],
] as [string, TrainingOptions][])(
  '%s with %j: the highest moment of its timeline is the peak',
  async (name, options) => {
    const model = (await builtin(name).load())();
    const input = { shape: [sym('batch'), 3, 224, 224] };
    const ledger = bindLedger(nn.readModule(model, [input], { train: true }), new Map([['batch', 4]]));
    const t = trainingOf(ledger, options);
    const { moments, spans } = stepTimeline(ledger, options) ?? { moments: [], spans: [] };
    const at = (role: string | null): number[] =>
      moments.map((_, i) =>
        spans
          .filter((s) => s.from <= i && i <= s.to && (role === null || s.role === role))
          .reduce((sum, { bytes }) => sum + Number(bytes), 0),
      );
    const all = at(null);
    const highest = Math.max(...all);
    expect(highest).toBe(Number(t.activationPeakBytes));
    const { phase, path, op } = t.peakAt ?? {};
    expect(moments[all.indexOf(highest)]).toEqual({ phase, path, op });
    // What is saved is all there between the passes, and falls to nothing.
    const saved = at('saved');
    expect(Math.max(...saved)).toBe(Number(t.savedBytes));
    expect(saved.at(-1)).toBeLessThan(Number(t.savedBytes) / 4);
    const turn = moments.findIndex((m) => m.phase === 'backward');
    expect(turn * 2).toBe(moments.length);
    for (let i = turn + 1; i < moments.length; i++) expect(saved[i]).toBeLessThanOrEqual(saved[i - 1] ?? 0);
  },
);

test('a timeline is the same whether sizes are bound before it or after', async () => {
  const model = (await builtin('resnet18').load())();
  const free = nn.readModule(model, [{ shape: [sym('batch'), 3, 224, 224] }], { train: true });
  const bind = new Map([['batch', 4]]);
  const open = stepTimeline(free, { checkpointing: true });
  const bound = stepTimeline(bindLedger(free, bind), { checkpointing: true });
  expect(open?.spans.some(({ bytes }) => String(bytes).includes('batch'))).toBe(true);
  expect(open?.spans.map((span) => ({ ...span, bytes: Number(substitute(span.bytes, bind)) }))).toEqual(
    bound?.spans.map((span) => ({ ...span, bytes: Number(span.bytes) })),
  );
});

test('of a GGUF file tensors of plain numbers are trained, and what is packed in blocks is not', () => {
  const trained = (file: string): number => {
    const bytes = readFileSync(new URL(`../fixtures/gguf/${file}`, import.meta.url));
    const bind = new Map([
      ['batch', 1],
      ['sequence', 8],
      ['past', 0],
    ]);
    return Number(trainingOf(readGguf(memorySource(bytes, { name: file }), { bind }) as Ledger, {}).trainableParams);
  };
  expect(trained('qwen2-0.5b-bf16-tied.gguf')).toBe(494_032_768);
  // 45 norms of 2,048 in single precision
  expect(trained('tinyllama-1.1b-q4_0.gguf')).toBe(45 * 2048);
});
