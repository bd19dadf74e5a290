import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { comparedSizes } from '../../src/api/compare.js';
import { profileOf } from '../../src/api/profile.js';
import { isStatic, substitute } from '../../src/dim/index.js';
import { readModel } from '../../src/formats/onnx/model.js';
import { type Ledger, totalsOf } from '../../src/ledger/index.js';
import { read } from '../../src/node.js';
import { PLAIN } from '../../src/report/grid.js';
import { compareText, render } from '../../src/report/index.js';
import { memorySource } from '../../src/source/memory.js';
import { bindLedger, shownSizes } from '../../src/transforms/index.js';
import { attributes, ints, modelOf, node, tensor, tensorType } from '../formats/onnx-build.js';
import { len } from '../wire/encode.js';

const fixtures = join(import.meta.dirname, '../fixtures');
const file = (name: string): string => join(fixtures, name);
const sizesOf = (ledger: Ledger): Record<string, string> =>
  Object.fromEntries([...(shownSizes(ledger) ?? [])].map(([name, { size, from }]) => [name, `${size} ${from}`]));
const onnx = (parts: Parameters<typeof modelOf>[0]): Ledger => readModel(memorySource(modelOf(parts)));

describe('sizes that numbers are shown at', () => {
  test('a batch is 1 by name or place, images are 224, lengths 128', () => {
    const sizes = (shape: readonly (string | number)[]): Record<string, string> =>
      sizesOf(onnx({ nodes: [node('Relu', ['x'], ['y'])], inputs: { x: shape }, outputs: ['y'] }));
    expect(sizes(['n', 3, 'h', 'w'])).toEqual({ n: '1 batch', h: '224 choice', w: '224 choice' });
    expect(sizes(['unk__17', 3, 'unk__18', 'unk__19'])).toMatchObject({ unk__17: '1 batch', unk__18: '224 choice' });
    expect(sizes(['s0', 's1', 's2', 3])).toEqual({ s0: '1 batch', s1: '224 choice', s2: '224 choice' });
    expect(sizes(['sequence', 'my_batch', 16])).toEqual({ sequence: '128 choice', my_batch: '1 batch' });
    expect(sizes(['samples'])).toEqual({ samples: '128 choice' });
  });

  test('windows fit: no count is negative', async () => {
    const ledger = await read(file('onnx/cases/approx_below_window.onnx'));
    const sizes = shownSizes(ledger);
    expect(sizes?.get('samples')?.size).toBeGreaterThanOrEqual(512);
    const macs = substitute(totalsOf(ledger).macs, new Map([...(sizes ?? [])].map(([name, { size }]) => [name, size])));
    expect(isStatic(macs) && macs >= 2048).toBe(true);
    const text = render(await profileOf(ledger), 'tree');
    expect(text).toContain('chosen by opcount');
    expect(text).not.toMatch(/[≈~] *[-−]/);
  });

  test('a branch is taken or not', () => {
    const body = (op: string, name: string): Uint8Array =>
      Uint8Array.from([...len(1, node(op, ['x'], [name])), ...len(2, name), ...len(12, len(1, name))]);
    const ledger = onnx({
      nodes: [
        node('ReduceMax', ['x'], ['m'], attributes({ keepdims: 0 })),
        node('Greater', ['m', 'zero'], ['c']),
        node(
          'If',
          ['c'],
          ['y'],
          len(3, 'choice'),
          attributes({ then_branch: body('Exp', 'a'), else_branch: body('Relu', 'b') }),
        ),
      ],
      inputs: { x: [4] },
      initializers: [tensor('zero', [], 1)],
      outputs: ['y'],
    });
    expect(sizesOf(ledger)).toEqual({ 'choice.then': '1 choice' });
  });

  test('what the model requires is kept to', () => {
    // 12 heads of a width, rows in groups of 7
    const ledger = onnx({
      nodes: [node('Reshape', ['x', 'shape'], ['y'])],
      inputs: { x: ['rows', 'width'] },
      initializers: [ints('shape', [3], [-1, 7, 12])],
      outputs: ['y'],
    });
    const sizes = shownSizes(ledger);
    const [rows, width] = ['rows', 'width'].map((name) => sizes?.get(name)?.size ?? 0) as [number, number];
    expect((rows * width) % 84).toBe(0);
  });

  test('an image that is cut into blocks of 64 keeps its two sides alike', () => {
    const ledger = onnx({
      nodes: [
        node('Shape', ['x'], ['all']),
        node('Slice', ['all', 'first', 'end'], ['sides']),
        node('Div', ['sides', 'block'], ['grid']),
        node('Mul', ['grid', 'block'], ['kept']),
        node('Concat', ['kept', 'one'], ['shape'], attributes({ axis: 0 })),
        node('Reshape', ['x', 'shape'], ['y']),
      ],
      inputs: { x: [1, 1, 'height', 'width'] },
      initializers: [ints('first', [1], [2]), ints('end', [1], [4]), ints('block', [1], [64]), ints('one', [1], [1])],
      outputs: ['y'],
    });
    expect(sizesOf(ledger)).toEqual({ height: '256 choice', width: '256 choice' });
  });

  test('sizes that must add up do', () => {
    const ledger = onnx({
      nodes: [node('Split', ['x', 'parts'], ['y', 'z'], attributes({ axis: 0 }))],
      inputs: { x: [7, 2], parts: tensorType(7, [2]) },
      outputs: ['y', 'z'],
    });
    const sizes = [...(shownSizes(ledger)?.values() ?? [])].map(({ size }) => size);
    expect(sizes).toHaveLength(2);
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(7);
  });

  test('a graph that only passes its inputs on is not taken for a file of weights', async () => {
    const identity = onnx({ nodes: [node('SequenceConstruct', ['x'], ['y'])], inputs: { x: [3] }, outputs: ['y'] });
    const text = render(await profileOf(identity), 'tree');
    expect(text).toContain('The graph has no operators');
    expect(text).not.toContain('holds weights');
  });

  test('the file’s own example, where it has one', () => {
    const stated = len(13, Uint8Array.from([...len(1, 'h'), ...len(2, tensorType(1, [1, 400]))]));
    const graph = [
      ...len(1, node('Relu', ['x'], ['h'])),
      ...len(1, node('Neg', ['h'], ['y'])),
      ...len(2, 'g'),
      ...len(11, Uint8Array.from([...len(1, 'x'), ...len(2, tensorType(1, ['b', 'frames']))])),
      ...len(12, len(1, 'y')),
      ...stated,
    ];
    const whole = Uint8Array.from([8, 8, ...len(7, Uint8Array.from(graph)), ...len(8, Uint8Array.from([16, 17]))]);
    expect(sizesOf(readModel(memorySource(whole)))).toEqual({ b: '1 batch', frames: '400 file' });
  });

  const free = ['onnx', 'pt2'].flatMap((folder) =>
    readdirSync(file(folder))
      .filter((name) => /\.dyn(-auto)?\.(onnx|pt2)$/.test(name) && !/swin/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  test.each(free)('%s runs at the sizes that are shown', async (name) => {
    const ledger = await read(file(name));
    const sizes = shownSizes(ledger);
    expect(sizes).not.toBeNull();
    const bound = bindLedger(ledger, new Map([...(sizes ?? [])].map(([symbol, { size }]) => [symbol, size])));
    expect(isStatic(totalsOf(bound).macs)).toBe(true);
    for (const entry of bound.entries)
      for (const { type } of entry.outputs)
        for (const d of type?.shape ?? []) expect(Number(d)).toBeGreaterThanOrEqual(0);
  });
});

describe('two spellings of one model', () => {
  const compared = async (a: string, b: string): Promise<string> => {
    const [left, right] = [await read(a), await read(b)];
    const sizes = comparedSizes(left, right);
    const reports = [await profileOf(left, { wanted: sizes.a }), await profileOf(right, { wanted: sizes.b })] as const;
    return compareText(reports[0], reports[1], 0, 'auto', PLAIN);
  };
  test('free and fixed batches are compared at one batch', async () => {
    const text = await compared(file('onnx/resnet50.legacy17.onnx'), file('onnx/resnet50.legacy17.dyn.onnx'));
    expect(text).toMatch(/^MACs .* = +1\.000×$/m);
    expect(text).toContain('resnet50.legacy17.dyn.onnx at batch = 1');
    expect(await compared(file('pt2/resnet50.dyn.pt2'), 'resnet50')).toMatch(/^MACs .* = +1\.000×$/m);
  });
  test('a number in one is the size in the other', async () => {
    const text = await compared(file('pt2/gpt2.dyn.pt2'), file('onnx/gpt2.legacy17.onnx'));
    expect(text).toMatch(/^MACs .* = +1\.000×$/m);
    expect(text).toContain('s43 = 1, s53 = 32');
  });
  test('formulas divide exactly', async () => {
    const conv = (channels: number): Ledger =>
      onnx({
        nodes: [node('MatMul', ['x', 'w'], ['y'])],
        inputs: { x: ['n', 4] },
        initializers: [tensor('w', [4, channels], 1)],
        outputs: ['y'],
      });
    const text = compareText(await profileOf(conv(8)), await profileOf(conv(24)), 0, 'auto', PLAIN);
    expect(text).toMatch(/^MACs .*3\.000×$/m);
  });
});
