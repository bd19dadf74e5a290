import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { readModel } from '../../src/formats/onnx/model.js';
import type { InputOverride } from '../../src/formats/types.js';
import { profile } from '../../src/index.js';
import { coverageOf, type Ledger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { int } from '../wire/encode.js';
import { attributes, graph, ints, modelOf, node, tensor, tensorType } from './onnx-build.js';

/** Sizes that the caller gives decide branches, loops and slices while the graph is read. */

const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const shape = (ledger: Ledger): string | undefined => ledger.outputs[0]?.value.type?.shape.map(text).join('x');
const macs = (ledger: Ledger): string => text(totalsOf(ledger).macs);
const codes = (ledger: Ledger): string[] => ledger.notes.map((n) => n.code);
const bytesOf = (name: string): Uint8Array =>
  readFileSync(new URL(`../fixtures/onnx/cases/${name}.onnx`, import.meta.url));
const x = (...dims: readonly Dim[]): InputOverride => ({ name: 'x', shape: dims });
const read = (
  bytes: Uint8Array,
  bind: Readonly<Record<string, Dim>> = {},
  ...inputs: readonly InputOverride[]
): Ledger => readModel(memorySource(bytes), { bind: new Map(Object.entries(bind)), inputs });

describe('a branch on an integer input', () => {
  const file = bytesOf('sample_rate_branch');

  test('its number decides the branch', () => {
    expect([macs(read(file, { sr: 16000 }, x(1, 32))), macs(read(file, { sr: 8000 }, x(1, 16)))]).toEqual([
      '512',
      '448',
    ]);
    const given = read(file, {}, x(1, 32), { name: 'sr', shape: [16000] });
    expect([macs(given), codes(given)]).toEqual(['512', []]);
  });

  test('so does that of its symbol', () => {
    expect(macs(read(file, { 'If_sr.then': 0 }, x(1, 16)))).toBe('448');
  });

  test('an arm that cannot run at these sizes is left out, and a note says so', () => {
    const ledger = read(file, {}, x(1, 32));
    expect([macs(ledger), shape(ledger), codes(ledger)]).toEqual(['512', '1x8', ['branch-excluded']]);
  });

  test('at a free size both are kept, and each squeezes what it has to', () => {
    const ledger = read(file);
    expect(codes(ledger)).toContain('unknown-branch');
    expect(codes(ledger)).not.toContain('branch-excluded');
    expect(shape(ledger)).toBe('batchx8');
    const at = (then: number, sequence: number): string => macs(read(file, { batch: 1, sequence, 'If_sr.then': then }));
    expect([at(1, 32), at(0, 16)]).toEqual(['512', '448']);
  });

  test('neither running is an error of the file’s sizes', () => {
    expect(() => read(file, { sr: 16000 }, x(1, 128))).toThrow(expect.objectContaining({ code: 'shape' }));
  });

  test('names of bindings that decide while reading are known, others are not', async () => {
    const { macs: found } = await profile(file, { inputs: { x: [1, 32] }, bind: { sr: 16000 } });
    expect(found).toBe(512n);
    await expect(profile(file, { inputs: { x: [1, 32] }, bind: { rate: 16000 } })).rejects.toThrow(/"rate"/);
  });
});

describe('PyTorch’s squeeze of a free length', () => {
  const file = bytesOf('squeeze_if_free_length');

  test('takes the arm that the rest of the graph can use', () => {
    const ledger = read(file);
    expect([shape(ledger), codes(ledger)]).toEqual(['batchx8', ['branch-chosen']]);
    expect(coverageOf(ledger).unknown).toEqual([]);
    expect(macs(read(file, { batch: 1, sequence: 16 }))).toBe('448');
  });

  test('where any rest can use either, takes nothing for granted', () => {
    const squeezed = attributes({
      then_branch: graph({ nodes: [node('Squeeze', ['x', 'last'], ['a'])], outputs: ['a'] }),
      else_branch: graph({ nodes: [node('Identity', ['x'], ['b'])], outputs: ['b'] }),
    });
    const nodes = [
      node('Shape', ['x'], ['s'], attributes({ start: -1 })),
      node('Equal', ['s', 'one'], ['c']),
      node('If', ['c'], ['h'], squeezed),
      node('Relu', ['h'], ['y']),
    ];
    const initializers = [ints('one', [1], [1]), ints('last', [1], [-1])];
    const made = read(modelOf({ nodes, initializers, inputs: { x: [4, 'n'] }, outputs: ['y'] }));
    expect([shape(made), codes(made)]).toEqual(['4xn', ['branch-chosen']]);
  });
});

describe('a slice of a loop’s row', () => {
  test.each(['loop_row_slice_const', 'loop_row_slice_vec'])('%s: one row in every round', (name) => {
    const ledger = read(bytesOf(name));
    expect([macs(ledger), shape(ledger)]).toEqual(['160', '5x1x4']);
    expect(coverageOf(ledger).unknown).toEqual([]);
    expect(ledger.entries.filter((e) => e.op === 'matmul' || e.op === 'linear')).toHaveLength(1);
  });

  test('of a free number of rows, one in every round too', () => {
    const body = attributes({
      body: graph({
        inputs: { i: tensorType(7, []), go: tensorType(9, []) },
        nodes: [
          node('Identity', ['go'], ['on']),
          node('Reshape', ['i', 'vector'], ['from']),
          node('Add', ['from', 'vector'], ['to']),
          node('Slice', ['x', 'from', 'to', 'zero'], ['row']),
          node('MatMul', ['row', 'w'], ['t']),
        ],
        outputs: ['on', 't'],
      }),
    });
    const nodes = [
      node('Shape', ['x'], ['s'], attributes({ end: 1 })),
      node('Squeeze', ['s'], ['n']),
      node('Loop', ['n', 'yes'], ['y'], body),
    ];
    const initializers = [
      tensor('yes', [], 9, int(5, 1)),
      ints('zero', [1], [0]),
      ints('vector', [1], [1]),
      tensor('w', [8, 4], 1),
    ];
    const ledger = read(modelOf({ nodes, initializers, inputs: { x: ['rows', 8] }, outputs: ['y'] }));
    expect([macs(ledger), shape(ledger)]).toEqual(['32*rows', 'rowsx1x4']);
    expect(coverageOf(ledger).unknown).toEqual([]);
  });

  test('rows up to the loop’s own are as many as they are, round by round', () => {
    const body = attributes({
      body: graph({
        inputs: { i: tensorType(7, []), go: tensorType(9, []) },
        nodes: [
          node('Identity', ['go'], ['on']),
          node('Add', ['i', 'one'], ['next']),
          node('Reshape', ['next', 'vector'], ['end']),
          node('Slice', ['x', 'zero', 'end'], ['rows']),
          node('MatMul', ['rows', 'w'], ['t']),
          node('ReduceSum', ['t'], ['sum'], attributes({ keepdims: 0 })),
        ],
        outputs: ['on', 'sum'],
      }),
    });
    const initializers = [
      tensor('yes', [], 9, int(5, 1)),
      ints('n', [], [5]),
      ints('one', [], [1]),
      ints('zero', [1], [0]),
      ints('vector', [1], [1]),
      tensor('w', [8, 4], 1),
    ];
    const ledger = read(
      modelOf({
        nodes: [node('Loop', ['n', 'yes'], ['y'], body)],
        initializers,
        inputs: { x: [5, 8] },
        outputs: ['y'],
      }),
    );
    expect([macs(ledger), shape(ledger)]).toEqual([String((1 + 2 + 3 + 4 + 5) * 32), '5']);
  });
});

describe('free extents that meet', () => {
  /** One token with a cache, as GPT-2 is exported: the mask’s row is a slice from `past` to `past + 1`. */
  const masked = (layers: number): Uint8Array => {
    const layer = (k: number): Uint8Array[] => [
      node('MatMul', [`h${k}`, 'keys'], [`s${k}`]),
      node('Where', ['mask', `s${k}`, 'low'], [`w${k}`]),
      node('Softmax', [`w${k}`], [`p${k}`]),
      node('MatMul', [`p${k}`, 'values'], [`h${k + 1}`]),
    ];
    const nodes = [
      node('Shape', ['values'], ['length'], attributes({ start: 2, end: 3 })),
      node('Sub', ['length', 'one'], ['past']),
      node('Slice', ['bias', 'past', 'length', 'two'], ['row']),
      node('Slice', ['row', 'zero', 'length', 'three'], ['mask']),
      node('Transpose', ['values'], ['keys'], attributes({ perm: [0, 1, 3, 2] })),
      ...Array.from({ length: layers }, (_, k) => layer(k)).flat(),
    ];
    const initializers = [
      tensor('bias', [1, 1, 1024, 1024], 9),
      ints('zero', [1], [0]),
      ints('one', [1], [1]),
      ints('two', [1], [2]),
      ints('three', [1], [3]),
      tensor('low', [], 1),
    ];
    return modelOf({
      nodes,
      initializers,
      inputs: { h0: ['batch', 1, 1, 4], values: ['batch', 1, 'length', 4] },
      outputs: [`h${layers}`],
    });
  };

  test('an extent of 1 or 0 is 1, and formulas stay short through any number of layers', () => {
    const ledger = read(masked(24));
    expect(shape(ledger)).toBe('batchx1x1x4');
    expect(macs(ledger)).toBe(`${24 * 8}*batch*length`);
    expect(ledger.constraints.length).toBeLessThan(16);
  });

  test('two that cannot be 1 are equal: the shorter stands for both, and what is required is kept', () => {
    const nodes = [node('Concat', ['a', 'a'], ['aa'], attributes({ axis: 0 })), node('Add', ['aa', 'b'], ['y'])];
    const file = (rows: string): Uint8Array =>
      modelOf({ nodes, inputs: { a: ['n', 4], b: [rows, 4] }, outputs: ['y'] });
    expect(shape(read(file('m')))).toBe('2*nx4');
    const both = modelOf({
      nodes: [
        ...nodes.slice(0, 1),
        node('Concat', ['b', 'b'], ['bb'], attributes({ axis: 0 })),
        node('Add', ['aa', 'bb'], ['y']),
      ],
      inputs: { a: ['n', 4], b: ['m', 4] },
      outputs: ['y'],
    });
    expect(shape(read(both))).toBe('2*nx4');
    expect(read(both).constraints.map((c) => c.kind)).toContain('equal');
    expect(() => read(both, { n: 2, m: 3 })).toThrow(/do not broadcast/);
  });
});
