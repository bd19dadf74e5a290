import { expect, test } from 'vitest';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { detectFormat } from '../../src/formats/index.js';
import { readOrt } from '../../src/formats/ort/read.js';
import { coverageOf, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { attribute, graph, info, model, network, node, tensor } from './ort-build.js';

const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));

test('a graph of ONNX: its operators, those of the runtime, bodies of branches, free sizes by name', () => {
  const source = memorySource(network(), { name: 'model.ort' });
  expect(detectFormat(source).id).toBe('ort');
  const ledger = readOrt(source);
  // 8×8 positions of 8×27 and 4×8 products, and 256×10 in whichever arm
  expect(text(totalsOf(ledger).macs)).toBe(`${64 * 8 * 27 + 64 * 4 * 8 + 2560}*batch`);
  expect(totalsOf(ledger).params).toBe(8 * 27 + 8 + 32 + 2 * 2560);
  expect(ledger.outputs.map((o) => o.value.type?.shape.map(text))).toEqual([['batch', '10']]);
  expect([ledger.format, coverageOf(ledger).unknown]).toEqual(['ort', []]);
  expect(text(totalsOf(readOrt(source, { inputs: [{ shape: [2, 3, 8, 8] }] })).macs)).toBe('36864');
});

test('weights are not read', () => {
  const zeros = new Array<number>(4 * 256 * 1024).fill(0);
  const whole = model(
    graph({
      initializers: [tensor('w', [256, 1024], 1, zeros)],
      infos: [info('x', [1, 256])],
      nodes: [node('MatMul', ['x', 'w'], ['y'])],
      inputs: ['x'],
      outputs: ['y'],
    }),
  );
  const ledger = readOrt(memorySource(whole));
  expect(ledger.file?.bytesRead).toBeLessThan(1.2 * (whole.length - zeros.length) + 512);
  expect(totalsOf(ledger).macs).toBe(256 * 1024);
});

test('what was optimised for one kind of processor says so', () => {
  const x = info('x', [1, 8, 4, 4]);
  const blocked = model(
    graph({
      initializers: [tensor('w', [8, 8, 1, 1])],
      infos: [x],
      nodes: [
        node('ReorderInput', ['x'], ['r'], [], 'com.microsoft.nchwc'),
        node('Conv', ['r', 'w'], ['c'], [attribute.int('group', 1)], 'com.microsoft.nchwc'),
        node('ReorderOutput', ['c'], ['y'], [attribute.int('channels', 4)], 'com.microsoft.nchwc'),
      ],
      inputs: ['x'],
      outputs: ['y'],
    }),
  );
  const ledger = readOrt(memorySource(blocked));
  expect(ledger.notes.map((n) => n.code)).toContain('compiled-layout');
  expect(ledger.outputs[0]?.value.type?.shape).toEqual([1, 4, 4, 4]);
});

test('cut short anywhere: an error with a reason', () => {
  const whole = network();
  for (let n = 8; n < whole.length - 1; n += 61) {
    let code = 'none';
    try {
      readOrt(memorySource(whole.subarray(0, n)));
    } catch (error) {
      code = (error as { code: string }).code;
    }
    expect(['truncated', 'malformed', 'limit', 'wrong-format', 'shape', 'unsupported', 'none']).toContain(code);
  }
  expect(() => readOrt(memorySource(whole.subarray(0, 40)))).toThrow();
});
