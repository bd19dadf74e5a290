import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { isModelError, type ModelError, memorySource, profile } from '../../src/index.js';
import * as ops from '../../src/ops/index.js';
import { int, join, len } from '../wire/encode.js';
import { type Flat, flatFile, ints as flatInts, i32, list, repeated, table, text, u8 } from '../wire/flat-build.js';
import { input, mnnFile } from './mnn-build.js';
import { attributes, ints, modelOf, node } from './onnx-build.js';

const failure = async (bytes: Uint8Array, name: string): Promise<ModelError> => {
  try {
    await profile(memorySource(bytes, { name }));
  } catch (error) {
    if (isModelError(error)) return error;
    throw error;
  }
  throw new Error('no error');
};

/** A function of one node that calls the next one. */
const link = (i: number, of: number): Uint8Array =>
  len(
    25,
    len(1, `f${i}`),
    len(4, 'x'),
    len(5, 'y'),
    len(7, node(i + 1 < of ? `f${i + 1}` : 'Relu', ['x'], ['y'], ...(i + 1 < of ? [len(7, 'd')] : []))),
    len(10, 'd'),
  );

describe('small files that would take memory or time without end', () => {
  test('modules within modules by the names of nodes', async () => {
    const name = `${'/m'.repeat(5000)}/Relu`;
    const bytes = modelOf({
      nodes: [node('Relu', ['x'], ['y'], len(3, name))],
      inputs: { x: [1, 2] },
      outputs: ['y'],
    });
    expect((await failure(bytes, 'deep.onnx')).message).toContain('5000 modules deep, more than 200');
  });

  test('FlatBuffers whose references lead to one place again and again', async () => {
    const tensor = (...shape: number[]) => table({ 0: flatInts(...shape), 2: i32(0), 3: text('t') });
    const file = (tensors: Flat, operators: Flat, graphs = 1): Uint8Array =>
      flatFile(
        table({
          0: i32(3),
          1: list(table({ 0: u8(0) })),
          2: repeated(table({ 0: tensors, 1: flatInts(0), 2: flatInts(1), 3: operators }), graphs),
          4: list(table({})),
        }),
        'TFL3',
      );
    const two = list(tensor(1, 2), tensor(1, 2));
    const add = (inputs: number) => table({ 1: flatInts(...new Array<number>(inputs).fill(0)), 2: flatInts(1) });
    expect((await profile(memorySource(file(two, list(add(2))), { name: 'm.tflite' }))).coverage.nodes).toBe(1);
    for (const bytes of [
      file(two, repeated(add(20_000), 50_000)),
      file(repeated(tensor(...new Array<number>(20_000).fill(1)), 50_000), list(add(2))),
      file(two, repeated(add(2), 50_000), 4000),
    ]) {
      const error = await failure(bytes, 'm.tflite');
      expect([error.code, error.format]).toEqual(['limit', 'tflite']);
      expect(error.message).toContain('says the same again and again');
    }
  });

  test('functions that call functions', async () => {
    const functions = Array.from({ length: 3000 }, (_, i) => link(i, 3000));
    const parts = { nodes: [node('f0', ['x'], ['y'], len(7, 'd'))], inputs: { x: [1, 2] }, outputs: ['y'] };
    const error = await failure(modelOf(parts, 17, ...functions, len(8, join(len(1, 'd'), int(2, 1)))), 'calls.onnx');
    expect([error.code, error.format]).toEqual(['limit', 'onnx']);
    expect(error.message).toContain('more than 200 deep');
  });

  test('a shape that grows with every node', async () => {
    const n = 6000;
    const nodes = Array.from({ length: n }, (_, i) =>
      node('Concat', [i === 0 ? 'one' : `c${i - 1}`, 'one'], [`c${i}`], attributes({ axis: 0 })),
    );
    const { coverage } = await profile(
      memorySource(modelOf({ nodes, initializers: [ints('one', [1], [1])], outputs: [`c${n - 1}`] }), {
        name: 'g.onnx',
      }),
    );
    expect(coverage.nodes).toBe(n);
  });

  test('a node with very many outputs or inputs', async () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `o${i}`);
    const nodes = [node('Split', ['x'], names), node('Concat', names, ['y'], attributes({ axis: 0 }))];
    const { outputs } = await profile(
      memorySource(modelOf({ nodes, inputs: { x: [100_000, 2] }, outputs: ['y'] }), { name: 'wide.onnx' }),
    );
    expect(outputs.map((o) => o.shape)).toEqual([[100_000, 2]]);
  });

  test('a configuration that asks for more blocks than any model has', async () => {
    const config = { model_type: 'resnet', depths: [3, 10 ** 7, 6, 3], hidden_sizes: [8, 8, 8, 8], embedding_size: 8 };
    const error = await failure(new TextEncoder().encode(JSON.stringify(config)), 'config.json');
    expect([error.code, error.message.includes('modules')]).toEqual(['limit', true]);
    for (const model_type of ['llama', 'qwen2', 'gemma2', 'modernbert', 'lfm2', 'bamba', 'gpt2', 't5', 'encodec']) {
      const many = {
        num_hidden_layers: 2 ** 31 - 1,
        n_layer: 2 ** 31 - 1,
        num_layers: 2 ** 31,
        num_lstm_layers: 2 ** 31,
      };
      const sizes = { hidden_size: 64, num_attention_heads: 4, intermediate_size: 64, vocab_size: 100 };
      const text = JSON.stringify({ model_type, ...sizes, ...many });
      expect((await failure(new TextEncoder().encode(text), 'config.json')).message).toMatch(/layers/);
    }
  });

  test('JSON that unfolds to a thousand times its size, or is nested without bound', async () => {
    const packed = (json: Uint8Array): Uint8Array =>
      zipSync({ 'm/models/model.json': json, 'm/archive_format': new TextEncoder().encode('pt2') }, { level: 9 });
    const spaces = await failure(packed(new Uint8Array(40 * 2 ** 20).fill(32)), 'spaces.pt2');
    expect([spaces.code, spaces.message.includes('unfolds')]).toEqual(['limit', true]);
    const brackets = await failure(packed(new Uint8Array(2 ** 20).fill(91)), 'brackets.pt2');
    expect([brackets.code, brackets.message.includes('levels deep')]).toEqual(['limit', true]);
    const header = new TextEncoder().encode(`{"a":${'['.repeat(100_000)}`);
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
    expect((await failure(join(length, header), 'h.safetensors')).code).toBe('limit');
  });
});

test('a pipeline without models is no network of no operations', async () => {
  const described = len(2, len(1, len(1, 'x'), len(3, len(5, int(1, 1)))), len(10, len(1, 'y'), len(3, len(2))));
  for (const content of [len(202), len(200), len(200, len(1))])
    expect(await failure(join(int(1, 4), described, content), 'm.mlmodel')).toMatchObject({
      code: 'malformed',
      message: 'the pipeline holds no models',
    });
});

describe('lists longer than a call takes arguments', () => {
  const many = 200_000;
  const again = (bytes: Uint8Array): Uint8Array => {
    const all = new Uint8Array(many * bytes.length);
    for (let i = 0; i < many; i++) all.set(bytes, i * bytes.length);
    return all;
  };

  test('inputs of one node whose contents are known', async () => {
    const counted = async (op: string, rest: Uint8Array = new Uint8Array()): Promise<unknown> => {
      const nodes = [node(op, [], ['y'], again(len(1, 'two')), rest)];
      const bytes = modelOf({ nodes, initializers: [ints('two', [1], [2])], outputs: ['y'] });
      return (await profile(memorySource(bytes, { name: 'wide.onnx' }))).outputs.map((o) => o.shape);
    };
    expect(await counted('Concat', attributes({ axis: 0 }))).toEqual([[many]]);
    expect(await counted('Max')).toEqual([[1]]);
  });

  test('rows of a linear model of Core ML', async () => {
    const described = len(2, len(1, len(1, 'x'), len(3, len(5, int(1, 1)))), len(10, len(1, 'y'), len(3, len(2))));
    const bytes = join(int(1, 4), described, len(300, again(len(1, len(1, new Uint8Array(8))))));
    expect((await profile(memorySource(bytes, { name: 'm.mlmodel' }))).totals.params).toBe(BigInt(many));
  });
});

describe('formulas of free dimensions', () => {
  const free = (rank: number): string[] => Array.from({ length: rank }, (_, i) => `d${i}`);

  test('that grow with every node are refused, with the way out', async () => {
    const nodes = Array.from({ length: 1200 }, (_, i) =>
      node(i % 2 === 0 ? 'Add' : 'Mul', [i === 0 ? 's' : `v${i - 1}`, 's'], [`v${i}`]),
    );
    const parts = { nodes: [node('Shape', ['x'], ['s']), ...nodes], inputs: { x: free(60) }, outputs: ['v1199'] };
    const error = await failure(modelOf(parts), 'grows.onnx');
    expect([error.code, error.format]).toEqual(['limit', 'onnx']);
    expect(error.message).toContain('out of proportion');
    expect(error.hint).toContain('--bind');
  });

  test('whose names are longer than any are refused', async () => {
    const long = 'n'.repeat(2000);
    const parts = { nodes: [node('Relu', ['x'], ['y'])], inputs: { x: [long, 2] }, outputs: ['y'] };
    expect(await failure(modelOf(parts), 'names.onnx')).toMatchObject({
      code: 'limit',
      message: expect.stringContaining('2000 characters'),
    });
  });

  test('that are a thousand at every moment leave the peak of memory open, and nothing else', async () => {
    const n = 900;
    const nodes = Array.from({ length: n }, (_, i) => node('Relu', [`x${i}`], [`y${i}`]));
    const inputs = Object.fromEntries(nodes.map((_, i) => [`x${i}`, [`size${i}`]]));
    const parts = { nodes, inputs, outputs: nodes.map((_, i) => `y${i}`) };
    const { totals } = await profile(memorySource(modelOf(parts), { name: 'wide.onnx' }));
    expect(totals.peakActivationBytes).toBe(null);
    expect(String(totals.flops).split(' + ').length).toBe(n);
  });

  test('are multiplied all at once', async () => {
    const shape = free(64);
    const parts = { nodes: [node('Relu', ['x'], ['y'])], inputs: { x: shape }, outputs: ['y'] };
    const { totals } = await profile(memorySource(modelOf(parts), { name: 'rank.onnx' }));
    expect(totals.flops).toBe([...shape].sort().join('*'));
  });
});

test('an MNN input of more axes than any tensor has is refused before its size is worked out', async () => {
  const axes = new Array<number>(5000).fill(-1);
  const file = mnnFile(['x'], [{ type: 'Input', out: [0], main: input(...axes), name: 'x' }], ['x']);
  expect(await failure(file, 'axes.mnn')).toMatchObject({
    code: 'limit',
    message: expect.stringContaining('5000 axes, more than 64'),
  });
});

test('a hundred thousand equal layers of Keras in a few hundred thousand bytes', async () => {
  const dense = { class_name: 'Dense', config: { name: 'd', units: 8, build_config: { input_shape: [null, 8] } } };
  const config = { name: 's', layers: Array.from({ length: 100_000 }, () => dense) };
  const written = new TextEncoder().encode(JSON.stringify({ class_name: 'Sequential', config }));
  const file = zipSync({ 'config.json': written, 'metadata.json': new TextEncoder().encode('{}') });
  expect(file.length).toBeLessThan(400_000);
  expect(await failure(file, 'many.keras')).toMatchObject({
    code: 'limit',
    message: expect.stringMatching(/config\.json has \d+ values/),
  });
});

test('a convolution that is handed the end of the input before it costs no tool a negative number', async () => {
  const nodes = [node('CausalConvWithState', ['x', 'w', '', 'past'], ['y', 'present'], len(7, 'com.microsoft'))];
  const inputs = { x: [2, 4, 1], w: [4, 1, 4], past: [2, 4, 3] };
  const parts = { nodes, inputs, outputs: ['y'] };
  const source = memorySource(modelOf(parts, 17, len(8, join(len(1, 'com.microsoft'), int(2, 1)))), {
    name: 'step.onnx',
  });
  const { totals, conventions } = await profile(source, { conventions: ['deepspeed'] });
  expect([totals.macs, conventions['deepspeed']?.counts]).toEqual([32n, { flops: 64n, macs: 32n }]);
});

test('counts that a file states are bounded before anything is made of them', () => {
  const x = { dtype: 'float32', shape: [3, 4, 5] } as const;
  const wrong = [
    () => ops.rnn(x, { kind: 'lstm', hidden: 8, layers: 4_294_967_295 }),
    () => ops.rnn(x, { kind: 'gru', hidden: 8, layers: 0 }),
    () => ops.equalParts(2 ** 31 - 1, 1, 'split'),
    () => ops.equalParts(-1, 1, 'split'),
    () => ops.fold('minimum', []),
  ];
  for (const make of wrong) expect(make).toThrow(expect.objectContaining({ code: 'shape' }));
  expect(ops.equalParts(3, 2, 'split')).toEqual([2, 2, 2]);
});

test('extents beyond 2^53 are read exactly', async () => {
  const huge = 2 ** 62;
  const nodes = [node('Relu', ['x'], ['y'])];
  const { totals } = await profile(memorySource(modelOf({ nodes, inputs: { x: [huge, huge] }, outputs: ['y'] }), {}));
  expect(totals.flops).toBe(2n ** 124n);
});
