import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, substitute } from '../../src/dim/index.js';
import { type ProfileOptions, profile } from '../../src/node.js';
import { type ReportCount, render } from '../../src/report/index.js';
import { memorySource } from '../../src/source/index.js';
import { attributes, external, graph, model, node } from '../formats/onnx-build.js';

const fixtures = resolve(import.meta.dirname, '../fixtures');
const CARD = 'card: 100T bf16, 50T fp32, 1000GB/s, 24GB';
const GB24 = 24e9;

async function train(model: string, options: ProfileOptions = {}) {
  const { training } = await profile(model, { training: true, rows: false, ...options });
  if (training === undefined) throw new Error('no training step');
  return training;
}

const at = (count: ReportCount | null, sizes: Readonly<Record<string, number>>): number =>
  Number(substitute(parse(String(count)), new Map(Object.entries(sizes))));

describe('free sizes', () => {
  // Of a batch of one, reshapes of swin copy less: an axis of one element fits any stride.
  test.each([
    ['resnet18', [1, 2, 7]],
    ['vit_b_32', [1, 2, 7]],
    ['swin_t', [2, 7]],
  ])('%s: formulas in the batch give the numbers of each batch', async (name, batches) => {
    const free = await train(name, { inputs: [['batch', 3, 224, 224]] });
    for (const batch of batches) {
      const fixed = await train(name, { inputs: [[batch, 3, 224, 224]] });
      for (const key of ['forwardMacs', 'backwardMacs', 'savedBytes', 'peakBytes', 'backwardFlops'] as const)
        expect(at(free[key], { batch }), `${key} at ${batch}`).toBe(Number(fixed[key]));
    }
  });

  test('a language model is a formula in batch and sequence, and nothing goes before its tokens', async () => {
    const free = await train('llama-3.2-1b');
    const fixed = await train('llama-3.2-1b', { bind: { batch: 3, sequence: 160, past: 0 } });
    for (const key of ['forwardMacs', 'backwardMacs', 'savedBytes', 'peakBytes'] as const)
      expect(at(free[key], { batch: 3, sequence: 160 }), key).toBe(Number(fixed[key]));
  });
});

test('a decoder keeps what was measured of transformers: 16h + 8 + 4·(a + k)·d + 4a + 8·ff bytes a token and layer', async () => {
  const sequence = 96;
  const { savedBytes, attention } = await train('llama-3.1-8b', { bind: { batch: 1, sequence, past: 0 } });
  const [h, a, k, d, ff, layers] = [4096, 32, 8, 128, 14336, 32];
  const layer = 16 * h + 8 + 4 * a * d + 4 * k * d + 4 * a + 8 * ff;
  // Besides the layers the last norm, and cosines and sines once.
  expect(attention).toBe('fused');
  expect(Number(savedBytes)).toBe(sequence * (layers * layer + 8 * h + 4 + 2 * 2 * d));
});

describe('the largest batch', () => {
  test.each(['resnet50', 'vit_b_16'])('%s: one more does not fit', async (name) => {
    const options = { devices: [CARD], training: { precision: 'amp', optimizer: 'adamw' } } as const;
    const [fit] = (await train(name, options)).fits;
    const most = fit?.largestBatch ?? 0;
    expect(most).toBeGreaterThan(100);
    const peak = async (batch: number) => Number((await train(name, { ...options, batch })).peakBytes);
    expect(await peak(most)).toBeLessThanOrEqual(GB24);
    expect(await peak(most + 1)).toBeGreaterThan(GB24);
  });

  test('the report can be of it', async () => {
    const report = await profile('resnet18', { training: true, batch: 'largest', devices: [CARD] });
    expect(report.inputs[0]?.shape?.[0]).toBe(report.training?.fits[0]?.largestBatch);
    expect(report.training?.fits[0]?.fits).toBe(true);
  });

  test('where not one fits, that is said', async () => {
    const options = { devices: ['small: 1T fp32, 1GB/s, 100MB'] };
    expect((await train('resnet18', options)).fits[0]).toMatchObject({ fits: false, largestBatch: 0 });
    await expect(train('resnet18', { ...options, batch: 'largest' })).rejects.toThrow(/not even a batch of one/);
  });
});

describe('states', () => {
  const PARAMS = 11_689_512n;
  test.each([
    ['sgd', 0n],
    ['sgd-momentum', 4n * PARAMS],
    ['adamw', 8n * PARAMS],
    ['lion', 4n * PARAMS],
  ] as const)('%s keeps %s bytes for resnet18', async (optimizer, optimizerBytes) => {
    expect(await train('resnet18', { training: { optimizer } })).toMatchObject({
      optimizerBytes,
      gradientBytes: 4n * PARAMS,
      trainableParams: PARAMS,
    });
  });

  test('precisions', async () => {
    const of = (precision: 'fp32' | 'bf16' | 'amp' | 'mixed') => train('resnet18', { training: { precision } });
    expect(await of('bf16')).toMatchObject({
      gradientBytes: 2n * PARAMS,
      optimizerBytes: 4n * PARAMS,
      masterBytes: 0n,
    });
    expect(await of('mixed')).toMatchObject({
      gradientBytes: 2n * PARAMS,
      optimizerBytes: 8n * PARAMS,
      masterBytes: 4n * PARAMS,
    });
    expect(await of('amp')).toMatchObject({ gradientBytes: 4n * PARAMS, optimizerBytes: 8n * PARAMS, masterBytes: 0n });
    const [fp32, bf16] = [await of('fp32'), await of('bf16')];
    expect(fp32.savedBytes).toBe((await train('resnet18')).savedBytes);
    expect(Number(bf16.savedBytes)).toBeLessThan(0.6 * Number(fp32.savedBytes));
    expect(bf16.forwardMacs).toBe(fp32.forwardMacs);
  });

  test('stages of ZeRO divide states, then gradients, then weights', async () => {
    const of = (zero: 0 | 1 | 2 | 3) => train('resnet18', { training: { zero, devices: 8 } });
    const [whole, states, gradients, weights] = [await of(0), await of(1), await of(2), await of(3)];
    expect(states).toMatchObject({
      optimizerBytes: PARAMS,
      gradientBytes: 4n * PARAMS,
      weightBytes: whole.weightBytes,
    });
    expect(gradients).toMatchObject({ optimizerBytes: PARAMS, gradientBytes: PARAMS / 2n });
    expect(weights.weightBytes).toBe(((whole.weightBytes as bigint) + 7n) / 8n);
    expect(weights.savedBytes).toBe(whole.savedBytes);
  });
});

describe('checkpointing', () => {
  test('keeps what goes into blocks, and computes them again', async () => {
    const plain = await train('resnet50');
    const kept = await train('resnet50', { training: { checkpointing: true } });
    expect(kept).toMatchObject({ checkpointedBlocks: 16, forwardMacs: plain.forwardMacs, withCheckpointing: null });
    expect(plain.withCheckpointing).toEqual({
      blocks: 16,
      savedBytes: kept.savedBytes,
      peakBytes: kept.peakBytes,
      recomputedMacs: kept.recomputedMacs,
    });
    expect(Number(kept.savedBytes)).toBeLessThan(Number(plain.savedBytes) / 2);
    expect(Number(kept.recomputedMacs)).toBeGreaterThan(0.9 * Number(plain.forwardMacs));
    expect(Number(kept.recomputedMacs)).toBeLessThan(Number(plain.forwardMacs));
  });

  test('of named modules alone', async () => {
    const one = await train('resnet50', { training: { checkpointing: ['layer4'] } });
    const each = await train('resnet50', { training: { checkpointing: ['layer4.*'] } });
    expect([one.checkpointedBlocks, each.checkpointedBlocks]).toEqual([1, 3]);
    expect(Number(one.savedBytes)).toBeLessThan(Number(each.savedBytes));
  });

  test('refuses names that mean nothing, and models without blocks', async () => {
    await expect(train('resnet18', { training: { checkpointing: ['layer9'] } })).rejects.toThrow(/no module/);
    await expect(train('alexnet', { training: { checkpointing: true } })).rejects.toThrow(/no block/);
  });
});

describe('what is trained', () => {
  test('frozen parameters need no gradient, nor does what lies in front of the first that is trained', async () => {
    const head = await train('resnet18', { training: { freeze: ['conv1', 'bn1', 'layer*'] } });
    expect(head).toMatchObject({ trainableParams: 513_000n, backwardMacs: 512_000n, savedBytes: 2048n });
    await expect(train('resnet18', { training: { freeze: ['conv9'] } })).rejects.toThrow(/name of nothing/);
  });

  test('adapters have r·(in + out) parameters; all else is frozen', async () => {
    const bind = { batch: 1, sequence: 64, past: 0 };
    const two = await train('llama-3.1-8b', { bind, training: { lora: { rank: 16, targets: ['q_proj', 'v_proj'] } } });
    expect(two.trainableParams).toBe(32n * 16n * (4096n + 4096n + 4096n + 1024n));
    const all = await train('llama-3.1-8b', { bind, training: { lora: { rank: 16, targets: null } } });
    expect(all.trainableParams).toBe(32n * 16n * (2n * 8192n + 2n * 5120n + 3n * 18432n));
    expect(all.unknown).toEqual([]);
    const full = await train('llama-3.1-8b', { bind });
    expect(Number(all.backwardMacs)).toBeLessThan(0.6 * Number(full.backwardMacs));
    await expect(train('llama-3.1-8b', { bind, training: { lora: { rank: 4, targets: ['x'] } } })).rejects.toThrow(
      /no linear layer/,
    );
  });
});

describe('formats', () => {
  test('.pt2 has all that training needs', async () => {
    const [own, builtin] = [
      await train(join(fixtures, 'pt2/resnet50.dyn.pt2'), { batch: 2 }),
      await train('resnet50', { batch: 2 }),
    ];
    for (const key of ['forwardMacs', 'backwardMacs', 'savedBytes', 'trainableParams'] as const)
      expect(own[key], key).toBe(builtin[key]);
  });

  test('an export to ONNX has its batch norms folded away', async () => {
    const [own, builtin] = [await train(join(fixtures, 'onnx/resnet18.legacy17.onnx')), await train('resnet18')];
    for (const key of ['forwardMacs', 'backwardMacs'] as const) expect(own[key], key).toBe(builtin[key]);
    expect(own.unknown).toEqual([]);
    expect(Number(own.savedBytes)).toBeLessThan(Number(builtin.savedBytes));
  });

  test('a file of weights has states and no activations', async () => {
    const t = await train(join(fixtures, 'pth/resnet18.state_dict.pth'), { devices: [CARD] });
    expect(t).toMatchObject({ forwardMacs: null, savedBytes: null, peakBytes: null, gradientBytes: 4n * 11_689_512n });
    expect(t.fits[0]).toMatchObject({ largestBatch: null, why: 'the file has no graph' });
  });

  test('operators whose gradient is not known are named', async () => {
    const bytes = model(
      graph({
        nodes: [
          node('Conv', ['x', 'w'], ['h']),
          node('MaxRoiPool', ['h', 'rois'], ['y'], attributes({ pooled_shape: [2, 2] })),
        ],
        inputs: { x: [1, 3, 8, 8], rois: [2, 5] },
        outputs: ['y'],
        initializers: [external('w', [4, 3, 3, 3], 1, 'weights.bin')],
      }),
    );
    const { training } = await profile(bytes, { training: true });
    expect(training?.unknown).toEqual([
      { op: 'MaxRoiPool', nodes: 1, why: expect.stringMatching(/runtimes for inference/) },
    ]);
  });
});

test('an operator that has no formula is named on the screen, also where no gradient goes through it', async () => {
  const bytes = model(
    graph({
      nodes: [node('MatMul', ['x', 'w'], ['y']), node('Mystery', ['x'], ['z'])],
      inputs: { x: [2, 8] },
      outputs: ['y', 'z'],
      initializers: [external('w', [8, 4], 1, 'weights.bin')],
    }),
  );
  const report = await profile(memorySource(bytes, { name: 'gap.onnx' }), { training: true });
  expect(report.training?.unknown).toEqual([]);
  expect(render(report, 'table', { only: 'training' })).toMatch(/NOT COUNTED: 1 of 2 operators.*\n {2}1 × Mystery: /);
});
