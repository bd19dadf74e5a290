import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTorchScript } from '../../src/formats/torchscript/read.js';
import { type ProfileOptions, profile, read } from '../../src/node.js';
import { memorySource } from '../../src/source/memory.js';

const folder = join(import.meta.dirname, '../fixtures/torchscript');
const file = (name: string): string => join(folder, name);

const IMAGE = [1, 3, 224, 224];

/**
 * Real archives of torch.jit.save with their MACs (every matrix product and convolution that PyTorch ran on these inputs),
 * parameters and elements of buffers. Traces say what their inputs were; others have to be told.
 */
const MODELS: readonly (readonly [string, NonNullable<ProfileOptions['inputs']> | null, bigint, bigint, bigint])[] = [
  ['alexnet.script.pt', [IMAGE], 714_188_480n, 61_100_840n, 0n],
  ['resnet50.trace.pt', null, 4_089_184_256n, 25_557_032n, 53_173n],
  ['resnet50.script.pt', [IMAGE], 4_089_184_256n, 25_557_032n, 53_173n],
  // Frozen: batch norm is folded into the convolutions, 53,120 of its parameters became 26,560 biases.
  ['resnet50.trace.freeze.pt', [IMAGE], 4_089_184_256n, 25_530_472n, 0n],
  ['resnet50.script.freeze.pt', [IMAGE], 4_089_184_256n, 25_530_472n, 0n],
  ['lstm.script.pt', [[1, 20, 128]], 18_352_640n, 924_170n, 0n],
  ['lstm.trace.pt', null, 18_352_640n, 924_170n, 0n],
  ['bilstm.trace.pt', null, 47_191_040n, 2_372_618n, 0n],
  ['transformer_encoder.script.pt', [[1, 20, 512]], 379_944_960n, 18_914_304n, 0n],
  ['transformer_encoder.trace.pt', null, 379_944_960n, 18_914_304n, 0n],
  // One kernel a layer: the fast path.
  ['transformer_encoder.trace.nograd.pt', null, 379_944_960n, 18_914_304n, 0n],
  ['swin_t.script.pt', [IMAGE], 4_490_566_656n, 28_288_354n, 28_812n],
  ['gpt2.trace.pt', null, 3_971_899_392n, 124_439_808n, 0n],
  ['timm_deit_tiny_patch16_224.script.pt', [IMAGE], 1_253_683_200n, 5_717_416n, 0n],
  ['yolov5s.trace.pt', null, 8_216_780_800n, 7_225_885n, 18n],
  // Small modules for single features of the language.
  ['cellular.script.pt', [[7, 2, 16]], 66_752n, 4_965n, 0n],
  ['classy.script.pt', [[2, 8]], 384n, 216n, 0n],
  ['forky.script.pt', [[2, 8]], 384n, 72n, 0n],
  ['raise.script.pt', [[2, 8]], 128n, 72n, 0n],
  ['train.script.pt', [[1, 3, 8, 8]], 7_776n, 240n, 17n],
  ['lnlstm.script.pt', [[5, 3, 8]], 74_880n, 5_632n, 0n],
  ['einsum.trace.pt', null, 2_496n, 192n, 0n],
  ['frozen.trace.pt', null, 37_792n, 554n, 21n],
  [
    'lists.script.pt',
    [
      [3, 8, 8],
      [3, 9, 7],
    ],
    7_668n,
    112n,
    0n,
  ],
  // Quantised: weights are packed into objects of C++, and are the layers' all the same.
  ['quantized_static.script.pt', [[1, 3, 8, 8]], 18_944n, 5_354n, 2n],
  ['quantized_lstm.script.pt', [[5, 2, 8]], 15_360n, 1_664n, 0n],
  ['named.script.pt', { 'batch.x': [2, 8], 'batch.y': [3, 8] }, 112n, 54n, 0n],
];

test.each(MODELS)(
  '%s: MACs, parameters and buffers as PyTorch counted them',
  async (name, inputs, macs, params, buffers) => {
    const { totals, coverage, model } = await profile(file(name), inputs === null ? {} : { inputs });
    expect(model.format).toBe('torchscript');
    expect([totals.macs, totals.params, totals.bufferElements]).toEqual([macs, params, buffers]);
    expect(coverage.unknown).toEqual([]);
  },
);

test('a frozen model says what its parameters are', async () => {
  const { notes, totals } = await profile(file('frozen.freeze.pt'), { inputs: [[1, 3, 8, 8]] });
  expect(totals.macs).toBe(37_792n);
  expect(notes.map((n) => n.code)).toContain('frozen');
});

test('a trace and a script of one model are the same operators', async () => {
  const of = async (name: string): Promise<string[]> =>
    (await read(file(name), { inputs: [IMAGE] })).entries.map((e) => `${e.call.path} ${e.op}`);
  expect(await of('resnet50.trace.pt')).toEqual(await of('resnet50.script.pt'));
});

test('modules with their classes, their calls numbered, tied weights once', async () => {
  const { root, modules, weights } = await read(file('resnet50.trace.pt'));
  expect(modules).toBe('exact');
  expect(root.module.type).toBe('torchvision.models.resnet.ResNet');
  const block = root.module.children.find((c) => c.name === 'layer1')?.module.children[0]?.module;
  const relu = block?.children.find((c) => c.name === 'relu')?.module;
  expect([block?.type, relu?.type, relu?.calls.length]).toEqual([
    'torchvision.models.resnet.Bottleneck',
    'torch.nn.ReLU',
    3,
  ]);
  expect(weights[0]).toMatchObject({ name: 'conv1.weight', kind: 'parameter', trainable: true });
  const gpt = await read(file('gpt2.trace.pt'));
  expect(gpt.weights.filter((w) => w.aliases.length > 0).map((w) => [w.name, ...w.aliases])).toEqual([
    ['model.transformer.wte.weight', 'model.lm_head.weight'],
  ]);
});

test('conventions of tools that hook modules see what they saw', async () => {
  for (const name of ['resnet50.trace.pt', 'resnet50.script.pt']) {
    const { conventions } = await profile(file(name), { inputs: [IMAGE], conventions: ['thop', 'torchstat'] });
    expect(conventions['thop']?.counts).toEqual({ macs: 4_133_742_592n });
    expect(conventions['thop']?.params).toBe(25_557_032n);
    expect(conventions['torchstat']?.counts).toMatchObject({
      madd: 8_219_637_272n,
      flops: 4_118_537_216n,
      mem_read_B: 217_841_824n,
      mem_write_B: 115_007_392n,
    });
  }
});

describe('free dimensions', () => {
  const formula = async (name: string, ...inputs: (string | number)[][]): Promise<unknown> =>
    (await profile(file(name), { inputs })).totals.macs;

  test('stay formulas through traces, scripts and frozen models', async () => {
    for (const name of ['resnet50.trace.pt', 'resnet50.script.pt', 'resnet50.trace.freeze.pt'])
      expect(await formula(name, ['batch', 3, 224, 224])).toBe('4089184256*batch');
    expect(await formula('swin_t.script.pt', ['batch', 3, 224, 224])).toBe('4490566656*batch');
    expect(await formula('yolov5s.trace.pt', ['batch', 3, 640, 640])).toBe('8216780800*batch');
  });

  test('of sequences', async () => {
    expect(await formula('lstm.script.pt', ['batch', 'length', 128])).toBe('917504*batch*length + 2560*batch');
    expect(await formula('transformer_encoder.script.pt', ['batch', 'length', 512])).toBe(
      '6144*batch*length**2 + 18874368*batch*length',
    );
    expect(await formula('gpt2.trace.pt', ['batch', 'length'], ['batch', 'length'])).toBe(
      '18432*batch*length**2 + 123532032*batch*length',
    );
  });

  test('of a loop over time, whose list of results grows with it', async () => {
    const { totals, outputs } = await profile(file('cellular.script.pt'), { inputs: [['time', 2, 16]] });
    expect(totals.macs).toBe('9536*time');
    expect(outputs.map((o) => o.shape)).toEqual([
      ['time', 2, 5],
      [2, 32],
    ]);
  });

  test('a number that forward takes is one, and can be bound', async () => {
    expect((await profile(file('int.script.pt'), { inputs: [[2, 8]] })).totals.macs).toBe('128*n');
    expect((await profile(file('int.script.pt'), { inputs: [[2, 8]], bind: { n: 3 } })).totals.macs).toBe(384n);
  });

  test('a branch and a loop that depend on data are counted as often as they are taken', async () => {
    const { totals, notes } = await profile(file('dataful.script.pt'), { inputs: [[2, 8]] });
    expect(totals.macs).toMatch(/^128\*(rounds\d+) \+ 128$/);
    expect(notes.map((n) => n.code).sort()).toEqual(['unknown-branch', 'unknown-trip-count']);
  });
});

describe('inputs', () => {
  test('what is needed is said where the file does not say it', async () => {
    await expect(profile(file('multi.script.pt'))).rejects.toThrow(
      expect.objectContaining({
        code: 'argument',
        message: expect.stringContaining('img: Tensor, sig: Tensor, ids: Tensor, scale: float (may be left out)'),
        hint: expect.stringContaining('--input img='),
      }),
    );
  });

  test('by name and in order, with dtypes; outputs by their keys', async () => {
    const { totals, outputs } = await profile(file('multi.script.pt'), {
      inputs: { sig: [1, 2, 9], img: [1, 3, 8, 8], ids: { shape: [2, 5], dtype: 'int64' } },
    });
    expect(totals.macs).toBe(21_336n);
    expect(outputs.map((o) => [o.name, ...(o.shape ?? [])])).toEqual([
      ['i', 1, 4, 14, 14],
      ['s', 1, 4, 7],
      ['e', 2, 5, 6],
    ]);
  });

  test.each([
    ['a name that it does not have', 'resnet50.trace.pt', { image: IMAGE }, /no input "image"/],
    ['one too many', 'resnet50.trace.pt', [IMAGE, IMAGE], /more shapes/],
    ['another rank', 'resnet50.trace.pt', [[1, 3, 224]], /has 4 axes, 3 are given/],
    ['an empty list', 'lists.script.pt', [], /how large its inputs are/],
  ] as const)('%s', async (_, name, inputs, message) => {
    await expect(
      profile(file(name), { inputs: inputs as unknown as NonNullable<ProfileOptions['inputs']> }),
    ).rejects.toThrow(message);
  });

  test('what the model itself refuses is said with its own words and its place', async () => {
    await expect(profile(file('raise.script.pt'), { inputs: [[6, 8]] })).rejects.toThrow(
      expect.objectContaining({
        code: 'shape',
        message: expect.stringContaining('ValueError: too many rows: 6'),
        at: expect.objectContaining({ field: expect.stringMatching(/^code\/__torch__\.py:\d+$/) }),
      }),
    );
  });

  test('a model that was saved in training mode is counted as at inference', async () => {
    const { notes } = await profile(file('train.script.pt'), { inputs: [[1, 3, 8, 8]] });
    expect(notes.map((n) => n.code)).toContain('saved-in-training');
  });
});

test('weights are not read', () => {
  const bytes = readFileSync(file('lstm.trace.pt'));
  const source = memorySource(bytes, { name: 'lstm.trace.pt' });
  readTorchScript(source);
  expect(source.bytesRead).toBeLessThan(bytes.length * 1.2);
});
