import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { detectFormat, type ReadOptions } from '../../src/formats/index.js';
import { readKeras } from '../../src/formats/keras/read.js';
import { coverageOf, type Ledger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { readChanged, refusal, withOtherValues } from '../refusal.js';

/** Models that Keras saved, without their weights where the format lets one leave them out. */
const bytesOf = (name: string): Uint8Array => readFileSync(new URL(`../fixtures/keras/${name}`, import.meta.url));
const read = (name: string, options: ReadOptions = { bind: new Map([['batch', 1]]) }): Ledger =>
  readKeras(memorySource(bytesOf(name), { name }), options);
const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const shapes = (ledger: Ledger): (string | undefined)[] =>
  ledger.outputs.map((o) => o.value.type?.shape.map(text).join('x'));
const params = (ledger: Ledger): string => text(totalsOf(ledger).params);
const macs = (ledger: Ledger): string => text(totalsOf(ledger).macs);

/** A model of Keras 1 or 2 as JSON. */
const readJson = (model: object, options: ReadOptions = { bind: new Map([['batch', 1]]) }): Ledger =>
  readKeras(memorySource(new TextEncoder().encode(JSON.stringify(model)), { name: 'model.json' }), options);

describe('saved models: MACs of TensorFlow’s own graph, parameters that Keras counts', () => {
  test.each([
    ['unet_small.keras', '8847360', '7218', ['1x64x64x2', '1x128x128x2']],
    ['conv3d_separable.keras', '1803264', '3392', ['1x384']],
    ['bilstm_embedding.keras', '1612960', '96869', ['1x5']],
    ['mha_encoder.keras', '27264256', '397834', ['1x10']],
    ['ConvNeXtTiny.keras', '4455531264', '28589128', ['1x1000']],
    ['mixed_layers.keras', '35511676', '13089', ['1x5']],
    ['lstm_single.h5', '1967360', '100106', ['1x10']],
    ['mnist_sequential.h5', '2440960', '34826', ['1x10']],
    ['latest_dense.h5', '192', '240', ['1x4']], // written with libver="latest", links and attributes in the dense form
    ['small_lstm.model.json', '3441920', '174602', ['1x10']],
  ])('%s', (name, expected, weights, outputs) => {
    const ledger = read(name);
    expect([macs(ledger), params(ledger), shapes(ledger)]).toEqual([expected, weights, outputs]);
    expect(coverageOf(ledger).unknown).toEqual([]);
    // every shape is the one that the file states
    expect(ledger.notes).toEqual([]);
  });

  test('a free batch is a formula; another size is worked out anew', () => {
    expect(macs(read('unet_small.keras', {}))).toBe('8847360*batch');
    const larger = read('unet_small.keras', { inputs: [{ shape: [2, 128, 64, 3] }] });
    expect([macs(larger), shapes(larger)[0], larger.notes.map((n) => n.code)]).toEqual([
      String(4 * 8847360),
      '2x128x64x2',
      ['input-overridden'],
    ]);
  });

  test('layers are modules, and their weights have their names', () => {
    const ledger = read('mnist_sequential.h5');
    expect(ledger.weights.map((w) => `${w.name} ${w.shape.join('x')}`)).toEqual([
      'conv2d.kernel 3x3x1x32',
      'conv2d.bias 32',
      'conv2d_1.kernel 3x3x32x64',
      'conv2d_1.bias 64',
      'dense.kernel 1600x10',
      'dense.bias 10',
    ]);
    expect(ledger.entries.find((e) => e.op === 'conv')?.call.path).toBe('conv2d');
  });
});

describe('configurations of earlier versions', () => {
  test('Keras 1: sequential layers in the place of a configuration, and other names', () => {
    const ledger = readJson({
      class_name: 'Sequential',
      keras_version: '1.2.2',
      config: [
        {
          class_name: 'Convolution2D',
          config: {
            name: 'c',
            batch_input_shape: [null, 1, 28, 28],
            nb_filter: 32,
            nb_row: 3,
            nb_col: 3,
            border_mode: 'valid',
            subsample: [1, 1],
            dim_ordering: 'th',
            activation: 'relu',
            bias: true,
          },
        },
        { class_name: 'MaxPooling2D', config: { name: 'p', pool_size: [2, 2], strides: [2, 2], dim_ordering: 'th' } },
        { class_name: 'Dropout', config: { name: 'd', p: 0.25 } },
        { class_name: 'Flatten', config: { name: 'f' } },
        { class_name: 'Dense', config: { name: 'o', output_dim: 10, activation: 'softmax', bias: true } },
      ],
    });
    // 26² · 32 · 9 and 13² · 32 · 10 products
    expect([macs(ledger), params(ledger), shapes(ledger)]).toEqual([
      String(26 * 26 * 32 * 9 + 13 * 13 * 32 * 10),
      String(32 * 9 + 32 + 13 * 13 * 32 * 10 + 10),
      ['1x10'],
    ]);
  });

  test('Keras 2: calls as lists, a model within a model whose calls are counted from 1', () => {
    const ledger = readJson({
      class_name: 'Model',
      keras_version: '2.2.4',
      config: {
        name: 'pair',
        layers: [
          {
            name: 'a',
            class_name: 'InputLayer',
            config: { batch_input_shape: [null, 6], name: 'a' },
            inbound_nodes: [],
          },
          {
            name: 'b',
            class_name: 'InputLayer',
            config: { batch_input_shape: [null, 6], name: 'b' },
            inbound_nodes: [],
          },
          {
            name: 'tower',
            class_name: 'Sequential',
            config: {
              name: 'tower',
              layers: [
                {
                  class_name: 'Dense',
                  config: { name: 'd', units: 4, batch_input_shape: [null, 6], activation: 'relu' },
                },
              ],
            },
            inbound_nodes: [[['a', 0, 0, {}]], [['b', 0, 0, {}]]],
          },
          {
            name: 'both',
            class_name: 'Merge',
            config: { name: 'both', mode: 'concat', concat_axis: -1 },
            inbound_nodes: [
              [
                ['tower', 1, 0, {}],
                ['tower', 2, 0, {}],
              ],
            ],
          },
        ],
        input_layers: [
          ['a', 0, 0],
          ['b', 0, 0],
        ],
        output_layers: [['both', 0, 0]],
      },
    });
    // the tower runs twice, and has its weights once
    expect([macs(ledger), params(ledger), shapes(ledger)]).toEqual(['48', '28', ['1x8']]);
  });

  test('TF 2: functions as layers, constants and keyword tensors', () => {
    const call = (name: string, fn: string, inbound: unknown) => ({
      name,
      class_name: 'TFOpLambda',
      config: { name, function: fn },
      inbound_nodes: [inbound],
    });
    const ledger = readJson({
      class_name: 'Functional',
      config: {
        name: 'm',
        layers: [
          {
            name: 'x',
            class_name: 'InputLayer',
            config: { batch_input_shape: [null, 4, 6], name: 'x' },
            inbound_nodes: [],
          },
          call('scaled', 'math.multiply', ['x', 0, 0, { y: 2, name: null }]),
          call('summed', '__operators__.add', ['x', 0, 0, { y: ['scaled', 0, 0] }]),
          call('product', 'linalg.matmul', ['summed', 0, 0, { b: ['x', 0, 0], transpose_b: true }]),
          call('mean', 'math.reduce_mean', ['product', 0, 0, { axis: 1 }]),
        ],
        input_layers: [['x', 0, 0]],
        output_layers: [['mean', 0, 0]],
      },
    });
    expect([macs(ledger), shapes(ledger)]).toEqual([String(4 * 4 * 6), ['1x4']]);
  });
});

describe('what cannot be counted is named', () => {
  const withLambda = {
    class_name: 'Sequential',
    config: {
      name: 's',
      layers: [
        { class_name: 'InputLayer', config: { batch_shape: [null, 8], name: 'x' } },
        { class_name: 'Lambda', config: { name: 'mine' } },
        { class_name: 'Dense', config: { name: 'd', units: 2 } },
      ],
    },
  };

  test('a function of the user’s own is a gap, and what depends on its shape too', () => {
    const unknown = coverageOf(readJson(withLambda)).unknown;
    expect(unknown.map((u) => u.op)).toEqual(['Lambda', 'Dense']);
    expect(unknown[0]?.why).toMatch(/--formulas/);
  });

  test('a formula for it, with its shape, makes the model whole', () => {
    const ledger = readJson(withLambda, {
      bind: new Map([['batch', 1]]),
      formulas: { Lambda: { macs: '3*in', outputs: [['in.0', 5]] } },
    });
    expect([macs(ledger), coverageOf(ledger).unknown]).toEqual([String(3 * 8 + 5 * 2), []]);
  });

  test('a class of the user’s own that bears the name of one of Keras’ is not taken for it', () => {
    const ledger = readJson({
      class_name: 'Sequential',
      config: {
        name: 's',
        layers: [
          { class_name: 'InputLayer', config: { batch_shape: [null, 8], name: 'x' } },
          { module: 'my.layers', class_name: 'Dense', registered_name: 'my>Dense', config: { name: 'd', units: 2 } },
        ],
      },
    });
    expect(coverageOf(ledger).unknown.map((u) => u.op)).toEqual(['Dense']);
  });

  test('a model of a class of its own keeps no graph', () => {
    expect(() => readJson({ module: 'my', class_name: 'Net', config: { width: 3 } })).toThrow(
      /Net, which keeps no graph/,
    );
  });
});

describe('weights alone', () => {
  const named = (ledger: Ledger): string[] => ledger.weights.map((w) => `${w.name} ${w.kind} ${w.shape.join('x')}`);

  test('of Keras 3: by the names of their layers, statistics apart', () => {
    const ledger = read('small.weights.h5', {});
    expect(named(ledger)).toEqual([
      'norm.0 parameter 3',
      'norm.1 parameter 3',
      'norm.2 buffer 3',
      'norm.3 buffer 3',
      'first.kernel parameter 4x3',
      'first.bias parameter 3',
      'last.kernel parameter 3x2',
      'last.bias parameter 2',
    ]);
    expect(ledger.entries).toEqual([]);
  });

  test('as earlier versions kept them, in the order of the layers', () => {
    const ledger = read('legacy.weights.h5', {});
    expect([params(ledger), ledger.weights.map((w) => w.name.split('.')[0])]).toEqual([
      '29',
      ['first', 'first', 'norm', 'norm', 'norm', 'norm', 'last', 'last'],
    ]);
    expect(ledger.weights.filter((w) => w.kind === 'buffer').map((w) => w.name.split('.').at(-1))).toEqual([
      'moving_mean',
      'moving_variance',
    ]);
  });

  test('of a model whose class keeps no graph, with a note of it', () => {
    const ledger = read('subclass.keras', {});
    expect([params(ledger), ledger.notes.map((n) => n.code)]).toEqual(['21', ['absent-part']]);
    expect(ledger.notes[0]?.message).toMatch(/^Net is a class of the user's own/);
  });
});

describe('files', () => {
  test('are detected by their bytes', () => {
    expect(detectFormat(memorySource(bytesOf('unet_small.keras'), { name: 'x.zip' })).id).toBe('keras');
    expect(detectFormat(memorySource(bytesOf('lstm_single.h5'), { name: 'x.bin' })).id).toBe('keras');
    expect(detectFormat(memorySource(bytesOf('small_lstm.model.json'), { name: 'x' })).id).toBe('keras');
  });

  test('cut short anywhere: an error with a reason', () => {
    for (const name of ['lstm_single.h5', 'unet_small.keras', 'small_lstm.model.json']) {
      const whole = bytesOf(name);
      for (let n = 8; n < whole.length - 1; n += 97)
        expect(['truncated', 'malformed', 'limit', 'wrong-format', 'read', 'unsupported']).toContain(
          refusal(() => readKeras(memorySource(whole.subarray(0, n)))),
        );
    }
  });

  test('a changed byte: read, or refused with a reason', () => {
    for (const name of ['lstm_single.h5', 'small_lstm.model.json'])
      readChanged(bytesOf(name), (bytes) => readKeras(memorySource(bytes)), 200);
  });

  test('a value of another kind at any place: read, or refused with a reason', () => {
    const model = JSON.parse(new TextDecoder().decode(bytesOf('small_lstm.model.json')));
    const outcomes = [...withOtherValues(model)].map((changed) => refusal(() => readJson(changed as object)));
    expect(outcomes).toContain('read');
    expect(outcomes).toContain('malformed');
  });
});
