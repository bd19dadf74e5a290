import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic, substitute } from '../../src/dim/index.js';
import { readModel } from '../../src/formats/onnx/model.js';
import type { Ledger } from '../../src/ledger/index.js';
import { totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { int, join, len } from '../wire/encode.js';
import { attributes, graph, ints, modelOf, node, tensor, tensorType } from './onnx-build.js';

const read = (bytes: Uint8Array, bind: Readonly<Record<string, Dim>> = {}): Ledger =>
  readModel(memorySource(bytes), { bind: new Map(Object.entries(bind)) });
const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const shape = (ledger: Ledger, k = 0): string | undefined => ledger.outputs[k]?.value.type?.shape.map(text).join('x');
const macs = (ledger: Ledger): string => text(totalsOf(ledger).macs);

const scalar = (elemType: number): Uint8Array => tensorType(elemType, []);
const weight = (name: string, ...dims: readonly number[]): Uint8Array => tensor(name, dims, 1);
/** A product with an 8×8 matrix that the graph around has. */
const multiply = (x: string, y: string): Uint8Array => node('MatMul', [x, 'w'], [y]);

describe('If', () => {
  const branches = attributes({
    then_branch: graph({ nodes: [multiply('x', 'h'), multiply('h', 'a')], outputs: ['a'] }),
    else_branch: graph({ nodes: [multiply('x', 'b')], outputs: ['b'] }),
  });
  const parts = { outputs: ['y'], initializers: [weight('w', 8, 8)], nodes: [node('If', ['c'], ['y'], branches)] };

  test('a condition that is known takes one branch', () => {
    for (const [flag, products] of [[1, 2 * 3 * 64] as const, [0, 3 * 64] as const]) {
      const c = tensor('c', [], 9, int(5, flag));
      const ledger = read(modelOf({ ...parts, inputs: { x: [3, 8] }, initializers: [...parts.initializers, c] }));
      expect(macs(ledger)).toBe(String(products));
      expect(shape(ledger)).toBe('3x8');
    }
  });

  test('one that the caller gives is a choice of its name, exact for either', () => {
    const file = modelOf({ ...parts, inputs: { x: [3, 8], c: scalar(9) } });
    expect(macs(read(file))).toBe('192*c + 192');
    expect(macs(read(file, { c: 1 }))).toBe('384');
    expect(macs(read(file, { c: 0 }))).toBe('192');
    expect(read(file).notes.map((n) => n.code)).toContain('unknown-branch');
  });

  test('one that data decide is a symbol of 0 or 1, and a weight of both branches is counted once', () => {
    const less = [node('ReduceSum', ['x'], ['s'], attributes({ keepdims: 0 })), node('Less', ['s', 's'], ['c'])];
    const ledger = read(modelOf({ ...parts, nodes: [...less, ...parts.nodes], inputs: { x: [3, 8] } }));
    expect(macs(ledger)).toBe('192*y.then + 192');
    expect(totalsOf(ledger).params).toBe(64);
  });

  test('branches of other extents give a formula', () => {
    const cut = attributes({
      then_branch: graph({ nodes: [multiply('x', 'a')], outputs: ['a'] }),
      else_branch: graph({ nodes: [node('Concat', ['x', 'x'], ['b'], attributes({ axis: 0 }))], outputs: ['b'] }),
    });
    const ledger = read(
      modelOf({ ...parts, nodes: [node('If', ['c'], ['y'], cut)], inputs: { x: [3, 8], c: scalar(9) } }),
    );
    const [rows] = ledger.outputs[0]?.value.type?.shape ?? [];
    expect([0, 1].map((c) => substitute(rows as Dim, new Map([['c', c]])))).toEqual([6, 3]);
  });
});

describe('Loop', () => {
  const body = (nodes: readonly Uint8Array[], outputs: readonly string[]): Uint8Array =>
    graph({ nodes, outputs, inputs: { i: scalar(7), go: scalar(9), s: [3, 8] } });
  const steady = attributes({
    body: body(
      [node('Identity', ['go'], ['on']), multiply('s', 't'), node('Identity', ['t'], ['part'])],
      ['on', 't', 'part'],
    ),
  });
  const flag = tensor('yes', [], 9, int(5, 1));

  test('rounds that are identical are recorded once and counted as often as they run', () => {
    const ledger = read(
      modelOf({
        nodes: [node('Loop', ['n', 'yes', 'x'], ['y', 'all'], steady)],
        inputs: { x: [3, 8] },
        outputs: ['y', 'all'],
        initializers: [weight('w', 8, 8), flag, ints('n', [], [1_000_000])],
      }),
    );
    expect(macs(ledger)).toBe(String(1_000_000 * 3 * 64));
    expect([shape(ledger, 0), shape(ledger, 1)]).toEqual(['3x8', '1000000x3x8']);
    expect(ledger.entries.filter((e) => e.type === 'MatMul')).toHaveLength(1);
  });

  test('a number of rounds that the caller gives is a formula in it', () => {
    const file = modelOf({
      nodes: [node('Loop', ['n', 'yes', 'x'], ['y', 'all'], steady)],
      inputs: { x: [3, 8], n: scalar(7) },
      outputs: ['y', 'all'],
      initializers: [weight('w', 8, 8), flag],
    });
    const symbolic = totalsOf(read(file)).macs;
    expect([0, 1, 7].map((n) => substitute(symbolic, new Map([['n', n]])))).toEqual([0, 192, 7 * 192]);
    expect(macs(read(file, { n: 7 }))).toBe(String(7 * 192));
  });

  test('a state that grows: each round as large as it is', () => {
    const grown = attributes({
      body: graph({
        inputs: { i: scalar(7), go: scalar(9), s: [null, 8] },
        nodes: [
          node('Identity', ['go'], ['on']),
          node('Concat', ['s', 'x'], ['t'], attributes({ axis: 0 })),
          multiply('t', 'u'),
        ],
        outputs: ['on', 'u'],
      }),
    });
    const file = (
      limit: readonly Uint8Array[],
      inputs: Readonly<Record<string, readonly number[] | Uint8Array>>,
    ): Uint8Array =>
      modelOf({
        nodes: [node('Loop', ['n', 'yes', 'x'], ['y'], grown)],
        inputs,
        outputs: ['y'],
        initializers: [weight('w', 8, 8), flag, ...limit],
      });
    const known = read(file([ints('n', [], [4])], { x: [3, 8] }));
    expect(shape(known)).toBe('15x8');
    expect(macs(known)).toBe(String((6 + 9 + 12 + 15) * 64));
    const open = read(file([], { x: [3, 8], n: scalar(7) }));
    const [rows] = open.outputs[0]?.value.type?.shape ?? [];
    expect(substitute(rows as Dim, new Map([['n', 4]]))).toBe(15);
  });

  test('how long it runs where data decide is a symbol, and said', () => {
    const until = attributes({
      body: body(
        [
          node('ReduceSum', ['s'], ['r'], attributes({ keepdims: 0 })),
          node('Less', ['r', 'r'], ['on']),
          multiply('s', 't'),
        ],
        ['on', 't'],
      ),
    });
    const ledger = read(
      modelOf({
        nodes: [node('Loop', ['', 'yes', 'x'], ['y'], until)],
        inputs: { x: [3, 8] },
        outputs: ['y'],
        initializers: [weight('w', 8, 8), flag],
      }),
    );
    expect(macs(ledger)).toBe('192*y.trips');
    expect(ledger.notes.map((n) => n.code)).toContain('unknown-trip-count');
  });

  test('loops within loops multiply; functions of bodies see the names around them', () => {
    const inner = node(
      'Loop',
      ['n', 'yes', 's'],
      ['t'],
      attributes({ body: body([node('Identity', ['go'], ['on']), multiply('s', 't')], ['on', 't']) }),
    );
    const ledger = read(
      modelOf({
        nodes: [
          node(
            'Loop',
            ['n', 'yes', 'x'],
            ['y'],
            attributes({ body: body([node('Identity', ['go'], ['on2']), inner], ['on2', 't']) }),
          ),
        ],
        inputs: { x: [3, 8] },
        outputs: ['y'],
        initializers: [weight('w', 8, 8), flag, ints('n', [], [2000])],
      }),
    );
    expect(macs(ledger)).toBe(String(2000 * 2000 * 192));
  });
});

test('Scan: a body over slices, states passed on, outputs stacked', () => {
  const body = graph({
    inputs: { s: [2, 8], piece: [2, 8] },
    nodes: [node('Add', ['s', 'piece'], ['t']), multiply('t', 'u'), node('Identity', ['u'], ['out'])],
    outputs: ['u', 'out'],
  });
  const ledger = read(
    modelOf({
      nodes: [node('Scan', ['s0', 'x'], ['s1', 'all'], attributes({ body, num_scan_inputs: 1 }))],
      inputs: { s0: [2, 8], x: ['time', 2, 8] },
      outputs: ['s1', 'all'],
      initializers: [weight('w', 8, 8)],
    }),
  );
  expect([shape(ledger, 0), shape(ledger, 1)]).toEqual(['2x8', 'timex2x8']);
  expect(macs(ledger)).toBe('128*time');
});

describe('lists and optionals', () => {
  const one = (
    nodes: readonly Uint8Array[],
    inputs: Readonly<Record<string, readonly (number | string)[] | Uint8Array>>,
    more: readonly Uint8Array[] = [],
  ): Ledger => read(modelOf({ nodes, inputs, outputs: ['y'], initializers: more }));

  test('a list remembers each item', () => {
    const nodes = [
      node('SequenceConstruct', ['a', 'b'], ['l']),
      node('SequenceInsert', ['l', 'c', 'zero'], ['m']),
      node('SequenceErase', ['m', 'last'], ['k']),
      node('ConcatFromSequence', ['k'], ['y'], attributes({ axis: 0 })),
    ];
    const position = [ints('zero', [], [0]), ints('last', [], [-1])];
    expect(shape(one(nodes, { a: [2, 3], b: [4, 3], c: [5, 3] }, position))).toBe('7x3');
  });

  test('a split of equal parts, and one item of it', () => {
    const nodes = [
      node('SplitToSequence', ['a', 'two'], ['l'], attributes({ axis: 1 })),
      node('SequenceAt', ['l', 'two'], ['y']),
    ];
    expect(shape(one(nodes, { a: [2, 7] }, [ints('two', [], [2])]))).toBe('2x2');
    const slices = [
      node('SplitToSequence', ['a'], ['l'], attributes({ axis: 1, keepdims: 0 })),
      node('SequenceAt', ['l', 'two'], ['y']),
    ];
    expect(shape(one(slices, { a: [2, 7] }, [ints('two', [], [2])]))).toBe('2');
  });

  test('a list of unknown length that is an input', () => {
    const list = len(4, len(1, tensorType(1, [2, 3])));
    const nodes = [node('ConcatFromSequence', ['l'], ['y'], attributes({ axis: 0, new_axis: 1 }))];
    expect(shape(one(nodes, { l: list }))).toBe('l.lengthx2x3');
  });

  test('SequenceMap counts its body for every item', () => {
    const body = graph({ inputs: { e: [2, 8] }, nodes: [multiply('e', 'f')], outputs: ['f'] });
    const nodes = [
      node('SequenceConstruct', ['a', 'b'], ['l']),
      node('SequenceMap', ['l'], ['m'], attributes({ body })),
      node('ConcatFromSequence', ['m'], ['y'], attributes({ axis: 0 })),
    ];
    const ledger = one(nodes, { a: [2, 8], b: [3, 8] }, [weight('w', 8, 8)]);
    expect(shape(ledger)).toBe('5x8');
    expect(macs(ledger)).toBe(String(5 * 64));
  });

  test('an optional that holds something, and what it holds', () => {
    const nodes = [node('Optional', ['a'], ['o']), node('OptionalGetElement', ['o'], ['y'])];
    expect(shape(one(nodes, { a: [2, 8] }))).toBe('2x8');
  });
});

describe('functions of the file', () => {
  const f = len(
    25,
    len(1, 'Block'),
    len(4, 'a'),
    len(4, 'm'),
    len(5, 'r'),
    len(6, 'axis'),
    len(7, node('MatMul', ['a', 'm'], ['p'])),
    len(7, join(node('Concat', ['p', 'p'], ['r']), len(5, len(1, 'axis'), int(20, 2), len(21, 'axis')))),
    len(9, int(2, 17)),
    len(10, 'mine'),
  );
  const call = join(node('Block', ['x', 'w'], ['y'], attributes({ axis: 1 })), len(7, 'mine'));
  const file = (functions: Uint8Array): Uint8Array =>
    modelOf(
      { nodes: [call], inputs: { x: [3, 8] }, outputs: ['y'], initializers: [weight('w', 8, 8)] },
      17,
      len(8, len(1, 'mine'), int(2, 1)),
      functions,
    );

  test('run in place of the call, with its attributes; what they multiply by is a weight', () => {
    const ledger = read(file(f));
    expect(shape(ledger)).toBe('3x16');
    expect(macs(ledger)).toBe(String(3 * 64));
    expect(totalsOf(ledger).params).toBe(64);
  });

  test('one that calls itself is refused', () => {
    const itself = len(
      25,
      len(1, 'Block'),
      len(4, 'a'),
      len(5, 'r'),
      len(7, join(node('Block', ['a'], ['r']), len(7, 'mine'))),
      len(10, 'mine'),
    );
    expect(() => read(file(itself))).toThrow(expect.objectContaining({ code: 'cycle', format: 'onnx' }));
  });
});
