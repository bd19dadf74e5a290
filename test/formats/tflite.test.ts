import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { detectFormat, type ReadOptions } from '../../src/formats/index.js';
import { readTflite } from '../../src/formats/tflite/read.js';
import { coverageOf, type Ledger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { readChanged, refusal } from '../refusal.js';
import { zipOf } from '../wire/zip-build.js';

/** Models that TensorFlow converted, contents of their weights left out. MACs are those of TensorFlow's own graph. */
const bytesOf = (name: string): Uint8Array =>
  readFileSync(new URL(`../fixtures/tflite/${name}.tflite`, import.meta.url));
const read = (name: string, options: ReadOptions = {}): Ledger =>
  readTflite(memorySource(bytesOf(name), { name: `${name}.tflite` }), options);
const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const macs = (ledger: Ledger): string => text(totalsOf(ledger).macs);
const shapes = (ledger: Ledger): (string | undefined)[] =>
  ledger.outputs.map((o) => o.value.type?.shape.map(text).join('x'));

describe('converted models', () => {
  test.each([
    ['mnist_sequential.fp16', '2440960', '1x10'],
    ['lstm_single.fp32', '1967360', '1x10'],
    ['small_lstm.fp32', '3441920', '1x10'],
    ['mixed_layers.fp32', '35511676', '1x5'],
    ['mixed_layers.int8', '35511676', '1x5'],
  ])('%s', (name, expected, shape) => {
    const ledger = read(name);
    expect(macs(ledger)).toBe(expected);
    expect(shapes(ledger)).toEqual([shape]);
    expect(coverageOf(ledger).unknown).toEqual([]);
    // every shape is the one that the file states
    expect(ledger.notes.map((n) => n.code)).toEqual([]);
  });

  test('a free batch is a formula, and a number for it the same as in the file', () => {
    expect(macs(read('mobilenet_v2_035.fp32-dynbatch'))).toBe('59285808*batch');
    expect(macs(read('mobilenet_v2_035.fp32-dynbatch', { bind: new Map([['batch', 3]]) }))).toBe(String(3 * 59285808));
  });

  test('loops over a free batch keep lists of tensors', () => {
    const ledger = read('small_lstm.fp32-dynbatch');
    expect([macs(ledger), shapes(ledger)]).toEqual(['3441920*batch', ['batchx10']]);
    expect(coverageOf(ledger).unknown).toEqual([]);
  });

  test('another size is worked out anew', () => {
    const ledger = read('mobilenet_v2_035.fp32-dynbatch', { inputs: [{ shape: [2, 448, 448, 3] }] });
    // all convolutions have four times the positions, and the classifier as many products as before
    expect(macs(ledger)).toBe(String(2 * (4 * (59285808 - 1280 * 1000) + 1280 * 1000)));
    expect([shapes(ledger), ledger.notes.map((n) => n.code)]).toEqual([
      ['2x1000'],
      ['input-overridden', 'input-overridden'],
    ]);
    expect(() => read('mnist_sequential.fp16', { inputs: [{ shape: [2, 28, 28, 1] }] })).toThrow(
      expect.objectContaining({ code: 'shape' }), // it reshapes to one row
    );
    expect(() => read('mnist_sequential.fp16', { inputs: [{ shape: [28, 28] }] })).toThrow(/4 axes, 2 are given/);
  });

  test('an LSTM that became a loop: its body is recorded once, and runs as often as there are steps', () => {
    const ledger = read('lstm_single.fp32');
    const products = ledger.entries.filter((e) => e.op === 'linear' && e.call.path.includes('lstm_cell'));
    expect(products).toHaveLength(2);
    // 98,816 = 4·128·(64 + 128) and 4·128 biases, 1,280 = 128·10
    expect(totalsOf(ledger).params).toBe(98_816 + 1_280);
  });

  test('weights of half precision count once, and making them floats costs nothing', () => {
    const ledger = read('mnist_sequential.fp16');
    expect(totalsOf(ledger).params).toBe(3 * 3 * 32 + 32 + 3 * 3 * 32 * 64 + 64 + 1600 * 10);
    expect(new Set(ledger.weights.map((w) => w.dtype))).toEqual(new Set(['float16']));
    expect(ledger.entries.filter((e) => e.type === 'DEQUANTIZE').map((e) => e.op)).not.toContain('dequantize');
  });

  test('modules are those of the names', () => {
    const ledger = read('mnist_sequential.fp16');
    expect(ledger.modules).toBe('names');
    expect(ledger.entries.find((e) => e.op === 'conv')?.call.path).toBe('mnist_sequential_1.conv2d_1');
  });
});

describe('files', () => {
  test('in a bundle: the one model that it holds, stored or compressed; of several their names', () => {
    const data = bytesOf('mnist_sequential.fp16');
    const words = { name: 'labels.txt', data: 'zero' };
    for (const deflate of [false, true]) {
      const bundle = memorySource(zipOf([words, { name: 'model.tflite', data, deflate }]), { name: 'digits.task' });
      expect(detectFormat(bundle).id).toBe('tflite');
      expect(macs(readTflite(bundle))).toBe('2440960');
    }
    const two = zipOf([
      { name: 'a.tflite', data },
      { name: 'b.tflite', data },
    ]);
    expect(() => readTflite(memorySource(two))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('a.tflite, b.tflite') }),
    );
  });

  test('are detected by their first bytes', () => {
    expect(detectFormat(memorySource(bytesOf('mnist_sequential.fp16'), { name: 'model.bin' })).id).toBe('tflite');
  });

  test('cut short anywhere: an error with a reason', () => {
    const whole = bytesOf('lstm_single.fp32');
    for (let n = 8; n < whole.length - 1; n += 97) {
      const error = refusal(() => readTflite(memorySource(whole.subarray(0, n))));
      expect(['truncated', 'malformed', 'limit', 'read']).toContain(error);
    }
  });

  test('a changed byte: read, or refused with a reason', () => {
    readChanged(bytesOf('small_lstm.fp32'), (bytes) => readTflite(memorySource(bytes)), 300);
  });

  test('another version of the format is named', () => {
    const bytes = bytesOf('mnist_sequential.fp16').slice();
    const view = new DataView(bytes.buffer);
    const root = view.getUint32(0, true);
    const vtable = root - view.getInt32(root, true);
    view.setUint32(root + view.getUint16(vtable + 4, true), 2, true);
    expect(() => readTflite(memorySource(bytes))).toThrow(/version 2/);
  });
});
