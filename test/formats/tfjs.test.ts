import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { detectFormat, type ReadOptions } from '../../src/formats/index.js';
import { manifestOf } from '../../src/formats/tfjs/manifest.js';
import { readTfjs } from '../../src/formats/tfjs/read.js';
import { coverageOf, type Ledger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import type { Source } from '../../src/source/source.js';
import { zipOf } from '../wire/zip-build.js';

const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const macs = (ledger: Ledger): string => text(totalsOf(ledger).macs);
const params = (ledger: Ledger): string => text(totalsOf(ledger).params);
const shapes = (ledger: Ledger): (string | undefined)[] =>
  ledger.outputs.map((o) => o.value.type?.shape.map(text).join('x'));

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const sourceOf = (json: unknown, files: Readonly<Record<string, Uint8Array>> = {}): Source => {
  const source = memorySource(encode(json), { name: 'model.json' });
  const sibling = (path: string): Source | undefined => {
    const bytes = Object.hasOwn(files, path) ? files[path] : undefined;
    return bytes === undefined ? undefined : memorySource(bytes, { name: path });
  };
  return Object.assign(Object.create(source), { sibling });
};
const read = (json: unknown, files: Readonly<Record<string, Uint8Array>> = {}, options: ReadOptions = {}): Ledger =>
  readTfjs(sourceOf(json, files), options);

/** Channels are padded by 4, as MediaPipe's detectors do, then a 1×1 convolution with an activation fused into it. */
const b64 = (s: string): string => btoa(s);
const GRAPH = {
  format: 'graph-model',
  generatedBy: '2.3.0',
  convertedBy: 'TensorFlow.js Converter v3.0',
  signature: {
    inputs: {
      'image:0': {
        name: 'image:0',
        dtype: 'DT_FLOAT',
        tensorShape: { dim: [{ size: '-1' }, { size: '8' }, { size: '8' }, { size: '4' }] },
      },
    },
    outputs: { 'Identity:0': { name: 'Identity:0', dtype: 'DT_FLOAT', tensorShape: {} } },
  },
  modelTopology: {
    node: [
      {
        name: 'image',
        op: 'Placeholder',
        attr: {
          dtype: { type: 'DT_FLOAT' },
          shape: { shape: { dim: [{ size: '-1' }, { size: '8' }, { size: '8' }, { size: '4' }] } },
        },
      },
      {
        name: 'paddings',
        op: 'Const',
        attr: {
          dtype: { type: 'DT_INT32' },
          value: { tensor: { dtype: 'DT_INT32', tensorShape: { dim: [{ size: '4' }, { size: '2' }] } } },
        },
      },
      {
        name: 'net/conv/kernel',
        op: 'Const',
        attr: {
          dtype: { type: 'DT_FLOAT' },
          value: {
            tensor: {
              dtype: 'DT_FLOAT',
              tensorShape: { dim: [{ size: '1' }, { size: '1' }, { size: '8' }, { size: '16' }] },
            },
          },
        },
      },
      { name: 'net/conv/bias', op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } },
      { name: 'net/pad', op: 'Pad', input: ['image', 'paddings'], attr: {} },
      {
        name: 'net/conv/Relu',
        op: '_FusedConv2D',
        input: ['net/pad', 'net/conv/kernel', 'net/conv/bias'],
        attr: {
          strides: { list: { i: ['1', '2', '2', '1'] } },
          padding: { s: b64('SAME') },
          data_format: { s: b64('NHWC') },
          fused_ops: { list: { s: [b64('BiasAdd'), b64('Relu')] } },
        },
      },
      { name: 'Identity', op: 'Identity', input: ['net/conv/Relu'], attr: {} },
    ],
    library: {},
    versions: {},
  },
  weightsManifest: [
    {
      paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'],
      weights: [
        {
          name: 'net/conv/kernel',
          shape: [1, 1, 8, 16],
          dtype: 'float32',
          quantization: { dtype: 'uint8', scale: 0.1, min: -1, original_dtype: 'float32' },
        },
        { name: 'paddings', shape: [4, 2], dtype: 'int32' },
        { name: 'net/conv/bias', shape: [16], dtype: 'float32' },
      ],
    },
  ],
};

/** 128 quantised bytes, the paddings, 16 floats: cut into two files within the paddings. */
function files(): Record<string, Uint8Array> {
  const all = new Uint8Array(128 + 32 + 64);
  const view = new DataView(all.buffer);
  for (const [i, v] of [0, 0, 0, 0, 0, 0, 0, 4].entries()) view.setInt32(128 + 4 * i, v, true);
  return { 'group1-shard1of2.bin': all.subarray(0, 150), 'group1-shard2of2.bin': all.subarray(150) };
}

describe('graph models', () => {
  test('small integers come from the weights’ files, across two of them', () => {
    const ledger = read(GRAPH, files());
    expect([macs(ledger), params(ledger), shapes(ledger)]).toEqual([
      `${4 * 4 * 16 * 8}*batch`,
      '144',
      ['batchx4x4x16'],
    ]);
    expect(coverageOf(ledger).unknown).toEqual([]);
    expect([ledger.format, ledger.inputs.map((i) => i.name), ledger.outputs.map((o) => o.name)]).toEqual([
      'tfjs',
      ['image'],
      ['Identity'],
    ]);
    expect(ledger.entries.find((e) => e.op === 'conv')?.call.path).toBe('net.conv');
  });

  test('a file of weights is looked for once, however many constants lie in it', () => {
    const looked: string[] = [];
    const siblings = (path: string): Uint8Array | undefined => {
      looked.push(path);
      return files()[path];
    };
    const { contents } = manifestOf(GRAPH.weightsManifest, memorySource(new Uint8Array(1), { siblings }));
    for (const name of ['paddings', 'net/conv/bias', 'paddings']) expect(contents(name)?.length).toBeGreaterThan(0);
    expect(looked).toEqual(['group1-shard1of2.bin', 'group1-shard2of2.bin']);
  });

  test('small constants between weights are read together, from a server over more between them, in any order', () => {
    const count = 120;
    const weights = Array.from({ length: 2 * count }, (_, i) =>
      i % 2 === 0
        ? { name: `shape${i / 2}`, shape: [2], dtype: 'int32' }
        : { name: `kernel${i}`, shape: [25 + i], dtype: 'float32' },
    );
    const file = new Int32Array(weights.reduce((n, w) => n + (w.shape[0] as number), 0));
    for (let at = 0, i = 0; i < weights.length; at += weights[i++]?.shape[0] as number)
      if (i % 2 === 0) file[at] = i / 2;
    const requestsAt = (reach: number | undefined, size: number): { requests: number; bytes: number } => {
      const weightsFile = memorySource(new Uint8Array(file.buffer), { name: 'w.bin' });
      const model = { ...memorySource(new Uint8Array(0)), size, sibling: () => weightsFile };
      const { contents } = manifestOf(
        [{ paths: ['w.bin'], weights }],
        reach === undefined ? model : { ...model, reach },
      );
      for (let i = 0; i < count; i++) {
        const at = (i * 7) % count;
        const bytes = contents(`shape${at}`) as Uint8Array;
        expect([...new Int32Array(bytes.buffer, bytes.byteOffset, 2)]).toEqual([at, 0]);
      }
      return { requests: weightsFile.requests, bytes: weightsFile.bytesRead };
    };
    expect(requestsAt(1 << 20, 1 << 20).requests).toBe(1);
    expect(requestsAt(undefined, 1 << 20).requests).toBe(count);
    // 25 + i numbers of 4 bytes lie after the constants before odd i: up to i = 103 they are at most 512 bytes
    expect(requestsAt(512, 1 << 20).requests).toBe(count - 52);
    // a budget: gaps of 104, 112, … bytes; the first 25 take all of it
    const { requests, bytes } = requestsAt(1 << 20, 5000);
    expect(requests).toBe(count - 25);
    expect(bytes).toBe(8 * count + 5000);
  });

  test('a quantised weight takes the bytes that it has in the file', () => {
    const kernel = read(GRAPH, files()).weights.find((w) => w.name === 'net.conv.kernel');
    expect([kernel?.dtype, kernel?.bytes]).toEqual(['float32', 128]);
  });

  test('in a zip', () => {
    const archive = zipOf([
      { name: 'web/model.json', data: JSON.stringify(GRAPH) },
      ...Object.entries(files()).map(([name, data]) => ({ name: `web/${name}`, data })),
    ]);
    const source = memorySource(archive, { name: 'model.zip' });
    expect(detectFormat(source).id).toBe('tfjs');
    expect(macs(readTfjs(source))).toBe(`${4 * 4 * 16 * 8}*batch`);
  });

  test('without the files: what depends on their contents is named, not guessed', () => {
    const ledger = read(GRAPH);
    // the channels of the convolution are free, and what it requires of them is kept
    expect(ledger.constraints.length).toBeGreaterThan(0);
  });
});

describe('layers models', () => {
  const keras = JSON.parse(readFileSync(new URL('../fixtures/keras/small_lstm.model.json', import.meta.url), 'utf8'));
  test.each([
    [
      'with the configuration under model_config',
      {
        format: 'layers-model',
        modelTopology: { keras_version: '2.2', backend: 'tensorflow', model_config: keras },
        weightsManifest: [],
      },
    ],
    ['with the configuration itself', { modelTopology: keras, weightsManifest: [] }],
  ])('%s', (_, json) => {
    const source = sourceOf(json);
    expect(detectFormat(source).id).toBe('tfjs');
    const ledger = readTfjs(source);
    expect([macs(ledger), params(ledger), shapes(ledger), ledger.format]).toEqual([
      '3441920*batch',
      '174602',
      ['batchx10'],
      'tfjs',
    ]);
  });
});

describe('manifests', () => {
  const groups = [{ weights: [{ name: 'dense/weights', shape: [3, 4], dtype: 'float32' }], paths: ['a.bin'] }];

  test('one by itself is a checkpoint', () => {
    const source = sourceOf(groups);
    expect(detectFormat(source).id).toBe('tfjs');
    expect(params(readTfjs(source))).toBe('12');
  });

  test('damaged ones are refused with a reason', () => {
    expect(() => read([{ weights: [{ name: 'x', shape: [-1], dtype: 'float32' }], paths: [] }])).toThrow(
      /no name, shape or dtype/,
    );
    expect(() => read([{ weights: [{ name: 'x', shape: [1], dtype: 'float7' }], paths: [] }])).toThrow(/float7/);
    expect(() => read({ weightsManifest: groups })).toThrow(/no modelTopology/);
    expect(() =>
      read({ ...GRAPH, modelTopology: { node: [{ name: 'x', op: 'Const', attr: { s: { s: '%%' } } }] } }),
    ).toThrow(/base64/);
  });
});
