import { expect, test } from 'vitest';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { readPte } from '../../src/formats/executorch/read.js';
import { detectFormat } from '../../src/formats/index.js';
import { coverageOf, type Ledger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { call, compiled, delegated, jump, mapped, network, program, value, whileProgram } from './executorch-build.js';

const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const read = (bytes: Uint8Array): Ledger => readPte(memorySource(bytes, { name: 'model.pte' }));
const shapes = (ledger: Ledger): (string | undefined)[] =>
  ledger.outputs.map((o) => o.value.type?.shape.map(text).join('x'));

test('operators of ATen that write into results; jumps forward are branches', () => {
  const source = memorySource(network(), { name: 'model.pte' });
  expect(detectFormat(source).id).toBe('executorch');
  const ledger = readPte(source);
  expect(text(totalsOf(ledger).macs)).toBe(String(16 * 4 * 27 + 640));
  expect(totalsOf(ledger).params).toBe(4 * 27 + 4 + 640 + 10);
  expect([shapes(ledger), coverageOf(ledger).unknown]).toEqual([['1x10'], []]);
  expect(ledger.notes.map((n) => n.code)).toEqual(['unknown-branch']);
});

test('what a backend has compiled is named, and what follows goes on with the shapes that the file states', () => {
  const ledger = read(delegated());
  expect(coverageOf(ledger).unknown).toEqual([
    { op: 'XnnpackBackend', nodes: 1, why: expect.stringContaining('without to_backend') },
  ]);
  expect([shapes(ledger), text(totalsOf(ledger).flops)]).toEqual([['2x32'], '64']);
});

test('what XNNPACK has compiled is read from its graph', () => {
  const ledger = read(compiled());
  expect(text(totalsOf(ledger).macs)).toBe(String(16 * 8 * 27 + 1280));
  expect(totalsOf(ledger).params).toBe(8 * 27 + 8 + 1280);
  expect([shapes(ledger), coverageOf(ledger).unknown]).toEqual([['1x10'], []]);
  // one bound is a compare for each result of the convolution
  expect(ledger.entries.map((e) => e.type)).toEqual([
    'xnnpack.Conv2d',
    'xnnpack.StaticReshape',
    'xnnpack.FullyConnected',
    'aten::relu.out',
  ]);
  expect(ledger.weights.map((w) => w.dtype)).toEqual(['float32', 'float32', 'int8']);
});

test('kernels of a library of their own: weights behind channels', () => {
  const ledger = read(
    program({
      values: [
        value.tensor([1, 4, 6, 6], 0, 1),
        value.tensor([8, 1, 1, 4], 1, 1),
        value.tensor([8], 2, 3),
        value.int(1),
        value.ints(3, 3),
        value.int(0),
        value.ints(5, 5),
        value.tensor([8], 3, 3), // multipliers
        value.tensor([1, 8, 6, 6], 0, 1),
      ],
      inputs: [0],
      outputs: [8],
      operators: ['cortex_m::quantized_conv2d.out'],
      instructions: [call(0, 0, 1, 2, 4, 6, 4, 5, 5, 5, 7, 7, 8, 8)],
    }),
  );
  expect([text(totalsOf(ledger).macs), totalsOf(ledger).params]).toEqual([String(36 * 32), 32 + 8]);
  expect(ledger.outputs[0]?.value.type?.dtype).toBe('int8');
});

test('a jump back is a loop: map, as often as there are rows', () => {
  const ledger = read(mapped(6));
  expect([text(totalsOf(ledger).macs), shapes(ledger), coverageOf(ledger).unknown]).toEqual([
    String(6 * 64),
    ['6x1x8'],
    [],
  ]);
});

test('a loop that asks before each round', () => {
  const ledger = read(whileProgram(true));
  expect([text(totalsOf(ledger).macs), shapes(ledger), coverageOf(ledger).unknown]).toEqual([
    String(5 * 64),
    ['1x8'],
    [],
  ]);
});

test('one whose end is computed from data runs as often as a symbol says', () => {
  const ledger = read(whileProgram(false));
  expect([text(totalsOf(ledger).macs), coverageOf(ledger).unknown]).toEqual(['64*loop_0.trips', []]);
  expect(ledger.notes.map((n) => n.code)).toEqual(['unknown-trip-count']);
});

test('a jump into the middle of a loop is a gap', () => {
  const values = [value.tensor([1, 8]), value.tensor([], 0, 11), value.tensor([1, 8])];
  const parts = { values, inputs: [0, 1], outputs: [2], operators: ['aten::relu.out'] };
  const ledger = read(program({ ...parts, instructions: [call(0, 0, 2, 2), jump(1, 0)] }));
  expect(coverageOf(ledger).unknown).toEqual([{ op: 'jump', nodes: 1, why: expect.stringContaining('jumps') }]);
});

test('jumps back within each other are looked at once each, however deep; one that nothing in its rounds decides is a gap', () => {
  const depth = 60;
  const values = [value.tensor([1, 8]), value.tensor([], 0, 11), value.tensor([1, 8])];
  const instructions = [
    ...Array.from({ length: depth }, () => call(0, 0, 2, 2)),
    ...Array.from({ length: depth }, (_, i) => jump(1, depth - 1 - i)),
  ];
  const ledger = read(program({ values, inputs: [0, 1], outputs: [2], operators: ['aten::relu.out'], instructions }));
  expect(coverageOf(ledger).unknown).toEqual([{ op: 'jump', nodes: depth, why: expect.stringContaining('jumps') }]);
  expect(text(totalsOf(ledger).flops)).toBe(String(depth * 8));
});

test('a long list that thousands of instructions take, and a list of lists, are refused', () => {
  const many = Array.from({ length: 2_000 }, () => call(0, 1, 0, 2));
  const parts = { inputs: [0], outputs: [2], operators: ['aten::cat.out'] };
  const tensors = value.tensors(...Array.from({ length: 2_000 }, () => 0));
  const long = [value.tensor([1, 8]), tensors, value.tensor([1, 8])];
  expect(() => read(program({ ...parts, values: long, instructions: many }))).toThrow(
    /lists of more than 1048576 items/,
  );
  const nested = [value.tensor([1, 8]), value.tensors(3, 3), value.tensor([1, 8]), value.tensors(0, 0)];
  expect(() => read(program({ ...parts, values: nested, instructions: many.slice(0, 1) }))).toThrow(/holds a list/);
});

test('cut short anywhere: an error with a reason', () => {
  const whole = network();
  for (let n = 8; n < whole.length - 8; n += 53) {
    let code = 'none';
    try {
      read(whole.subarray(0, n));
    } catch (error) {
      code = (error as { code: string }).code;
    }
    expect(['truncated', 'malformed', 'limit', 'shape']).toContain(code);
  }
});
