import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { readCoreml } from '../../src/formats/coreml/read.js';
import { detectFormat, type ReadOptions } from '../../src/formats/index.js';
import { coverageOf, type Ledger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { zipOf } from '../wire/zip-build.js';
import { controlled, network, pipeline, program, trees } from './coreml-build.js';

const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const read = (bytes: Uint8Array, options: ReadOptions = {}): Ledger =>
  readCoreml(memorySource(bytes, { name: 'model.mlmodel' }), options);
const macs = (ledger: Ledger): string => text(totalsOf(ledger).macs);
const shapes = (ledger: Ledger): (string | undefined)[] =>
  ledger.outputs.map((o) => o.value.type?.shape.map(text).join('x'));
const whole = (ledger: Ledger): readonly unknown[] => [...coverageOf(ledger).unknown, ...ledger.notes];

describe('neural networks', () => {
  test('shapes are worked out from the image; weights are as they are stored', () => {
    const ledger = read(network());
    expect([macs(ledger), shapes(ledger), whole(ledger)]).toEqual([String(64 * 8 * 27 + 1280), ['10'], []]);
    expect(totalsOf(ledger).params).toBe(8 * 27 + 8 + 1280 + 10);
    expect(ledger.weights.map((w) => w.dtype)).toEqual(['float16', 'float16', 'uint8', 'float32']);
    expect(ledger.entries[0]?.call.path).toBe('block');
  });

  test('recurrent layers, loops and branches', () => {
    const ledger = read(controlled());
    // 5 steps of four gates, 5×5 products of 16 and four squares of 5×5 matrices
    expect(macs(ledger)).toBe(String(5 * 4 * 16 * (6 + 16) + 25 * 16 + 4 * 125));
    expect(totalsOf(ledger).params).toBe(4 * 16 * (6 + 16 + 1));
    expect([shapes(ledger), coverageOf(ledger).unknown]).toEqual([['5x5'], []]);
  });
});

describe('programs', () => {
  test('types of results are held against those that are stated; compressed weights are as they are stored', () => {
    const ledger = read(program(1));
    expect([macs(ledger), shapes(ledger)]).toEqual([String(64 * 8 * 27 + 5120), ['1x10']]);
    expect(totalsOf(ledger).params).toBe(8 * 27 + 8 + 5120);
    expect(ledger.weights.map((w) => w.dtype)).toEqual(['float16', 'float16', 'uint2']);
    expect([coverageOf(ledger).unknown, ledger.notes.map((n) => n.code)]).toEqual([[], ['unknown-branch']]);
    // what it works on comes first, in whatever order the file has its arguments
    const convolved = ledger.entries.find((e) => e.op === 'conv');
    expect(convolved?.inputs[0]?.type?.shape).toEqual([1, 3, 16, 16]);
  });

  test('a free batch, and another size', () => {
    expect(macs(read(program()))).toBe(`${64 * 8 * 27 + 5120}*batch`);
    expect(macs(read(program(), { inputs: [{ shape: [4, 3, 16, 16] }] }))).toBe(String(4 * (64 * 8 * 27 + 5120)));
  });
});

test('pipelines: models one after the other, each a module', () => {
  const ledger = read(pipeline());
  expect([macs(ledger), totalsOf(ledger).params, whole(ledger)]).toEqual(['2', 3, []]);
  expect(ledger.entries.map((e) => [e.type, e.call.path])).toEqual([
    ['FeatureVectorizer', 'join'],
    ['Scaler', 'scale'],
    ['GLMRegressor', 'line'],
  ]);
});

test('trees go as deep as they are', () => {
  const ledger = read(trees());
  expect([ledger.entries[0]?.op, macs(ledger), text(totalsOf(ledger).flops)]).toEqual(['tree_ensemble', '0', '4']);
});

describe('files', () => {
  test('are detected by their fields, a package by what it holds', () => {
    for (const bytes of [network(), controlled(), pipeline(), trees(), program()])
      expect(detectFormat(memorySource(bytes, { name: 'a.bin' })).id).toBe('coreml');
    const packed = zipOf([
      { name: 'a.mlpackage/Manifest.json', data: '{}' },
      { name: 'a.mlpackage/Data/com.apple.CoreML/model.mlmodel', data: program(1), deflate: true },
    ]);
    const source = memorySource(packed, { name: 'a.zip' });
    expect([detectFormat(source).id, macs(readCoreml(source))]).toEqual(['coreml', String(64 * 8 * 27 + 5120)]);
  });

  test('cut short anywhere: an error with a reason, or what is left', () => {
    for (const bytes of [network(), controlled(), pipeline(), program(1)])
      for (let n = 3; n < bytes.length; n += 41) {
        let code = 'none';
        try {
          read(bytes.subarray(0, n));
        } catch (error) {
          code = (error as { code: string }).code;
        }
        expect(['truncated', 'malformed', 'limit', 'shape', 'unsupported', 'none']).toContain(code);
      }
  });

  test('weights are not read', () => {
    const bytes = network();
    const ledger = read(bytes);
    const stored = 2 * (8 * 27 + 8) + 1280 + 40;
    expect(ledger.file?.bytesRead).toBeLessThan(1.2 * (bytes.length - stored) + 512);
  });
});
