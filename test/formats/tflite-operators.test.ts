import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { readTflite } from '../../src/formats/tflite/read.js';
import { coverageOf, type Ledger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { i32, i64, longs, text, u8 } from '../wire/flat-build.js';
import { type G, INT32, int32, type N, RESOURCE, tfliteFile, zeros } from './tflite-build.js';

/** What is read of a file of such graphs. */
function tflite(...graphs: readonly G[]): Ledger {
  return readTflite(memorySource(tfliteFile(graphs), { name: 'x.tflite' }));
}

const say = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
function figures(ledger: Ledger): { macs: string; params: string; out: string[]; unknown: number } {
  const { macs, params } = totalsOf(ledger);
  return {
    macs: say(macs),
    params: say(params),
    out: ledger.outputs.map((o) => o.value.type?.shape.map(say).join('x') ?? '?'),
    unknown: coverageOf(ledger).unknown.length,
  };
}
const ONE = { inputs: ['x'], outputs: ['y'] };

describe('variables', () => {
  const init = (more: readonly N[] = []): G => ({
    tensors: [
      { name: 'h', shape: [], type: RESOURCE },
      { name: 'w', shape: [5, 4], data: zeros(20) },
    ],
    nodes: [
      { op: 'VAR_HANDLE', in: [], out: ['h'], options: { 1: text('kernel') } },
      { op: 'ASSIGN_VARIABLE', in: ['h', 'w'], out: [] },
      ...more,
    ],
    inputs: [],
    outputs: [],
  });
  const main: G = {
    tensors: [
      { name: 'x', shape: [2, 4] },
      { name: 'h', shape: [], type: RESOURCE },
      { name: 'w', shape: [5, 4] },
      { name: 'y', shape: [2, 5] },
    ],
    nodes: [
      { op: 'CALL_ONCE', in: [], out: [], options: { 0: i32(1) } },
      { op: 'VAR_HANDLE', in: [], out: ['h'], options: { 1: text('kernel') } },
      { op: 'READ_VARIABLE', in: ['h'], out: ['w'] },
      { op: 'FULLY_CONNECTED', in: ['x', 'w', ''], out: ['y'] },
    ],
    ...ONE,
  };

  test('what is assigned once, from the file, is a weight where it is read', () => {
    expect(figures(tflite(main, init()))).toEqual({ macs: '40', params: '20', out: ['2x5'], unknown: 0 });
  });

  test('the same with the operators that TensorFlow has for types which TensorFlow Lite lacks', () => {
    const flex = (graph: G): G => ({
      ...graph,
      nodes: graph.nodes.map(({ options, ...node }) => {
        const op = { VAR_HANDLE: 'VarHandleOp', READ_VARIABLE: 'ReadVariableOp', ASSIGN_VARIABLE: 'AssignVariableOp' };
        const name = op[node.op as keyof typeof op];
        return name === undefined ? { ...node, ...(options && { options }) } : { ...node, op: `Flex${name}` };
      }),
    });
    expect(figures(tflite(flex(main), flex(init())))).toEqual({ macs: '40', params: '20', out: ['2x5'], unknown: 0 });
  });

  test('a sparse weight: the dense product, and the bytes that are stored', () => {
    const tensors = [
      { name: 'x', shape: [2, 4] },
      { name: 'w', shape: [5, 4], data: zeros(3), sparse: true as const },
      { name: 'y', shape: [2, 5] },
    ];
    const ledger = tflite({ tensors, nodes: [{ op: 'FULLY_CONNECTED', in: ['x', 'w', ''], out: ['y'] }], ...ONE });
    expect(figures(ledger)).toMatchObject({ macs: '40', params: '20' });
    expect(totalsOf(ledger).weightBytes).toBe(12);
  });

  test('what is assigned twice is a state', () => {
    const again: N = { op: 'ASSIGN_VARIABLE', in: ['h', 'w'], out: [] };
    expect(figures(tflite(main, init([again])))).toEqual({ macs: '40', params: '0', out: ['2x5'], unknown: 0 });
  });

  test('a handle is followed into the graph of a call', () => {
    const body: G = { ...main, inputs: ['x', 'h'], nodes: main.nodes.slice(2) };
    const calls: G = {
      ...main,
      nodes: [
        { op: 'VAR_HANDLE', in: [], out: ['h'], options: { 1: text('kernel') } },
        { op: 'CALL', in: ['x', 'h'], out: ['y'], options: { 0: i32(2) } },
      ],
    };
    expect(figures(tflite(calls, init(), body))).toEqual({ macs: '40', params: '20', out: ['2x5'], unknown: 0 });
  });
});

describe('gates of LSTMs', () => {
  const lstm = (without: readonly number[], more: readonly number[] = []): G => {
    const [I, H] = [3, 5];
    const at = (i: number): string => `i${i}`;
    const shapeOf = (i: number): number[] => (i <= 4 ? [H, I] : i <= 8 ? [H, H] : [H]);
    const given = [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, ...more].filter((i) => !without.includes(i));
    return {
      tensors: [
        { name: 'x', shape: [1, 7, I] },
        { name: 'y', shape: [1, 7, H] },
        ...given.map((i) => ({ name: at(i), shape: shapeOf(i), data: zeros(shapeOf(i).reduce((a, b) => a * b)) })),
      ],
      nodes: [
        {
          op: 'UNIDIRECTIONAL_SEQUENCE_LSTM',
          in: ['x', ...Array.from({ length: 24 }, (_, i) => i + 1).map((i) => (given.includes(i) ? at(i) : ''))],
          out: ['y'],
        },
      ],
      ...ONE,
    };
  };
  const products = 7 * 5 * (3 + 5);
  test('plain, coupled, with views of the cell, normalised', () => {
    const flops = (g: G): number => Number(totalsOf(tflite(g)).flops);
    expect(figures(tflite(lstm([])))).toMatchObject({ macs: String(4 * products), unknown: 0 });
    expect(figures(tflite(lstm([1, 5, 12])))).toMatchObject({ macs: String(3 * products), unknown: 0 });
    const plain = flops(lstm([]));
    expect(flops(lstm([], [9, 10, 11])) - plain).toBe(7 * 5 * 6);
    expect(flops(lstm([], [20, 21, 22, 23]))).toBeGreaterThan(plain);
  });
});

describe('StableHLO', () => {
  test('products of any axes', () => {
    const g: G = {
      tensors: [
        { name: 'x', shape: [6, 2, 3, 4] },
        { name: 'w', shape: [2, 4, 5, 3], data: zeros(120) },
        { name: 'y', shape: [2, 6, 5] },
      ],
      nodes: [
        {
          op: 'STABLEHLO_DOT_GENERAL',
          in: ['x', 'w'],
          out: ['y'],
          options: { 0: longs(1), 1: longs(0), 2: longs(2, 3), 3: longs(3, 1) },
        },
      ],
      ...ONE,
    };
    expect(figures(tflite(g))).toEqual({ macs: String(2 * 6 * 5 * 3 * 4), params: '120', out: ['2x6x5'], unknown: 0 });
  });

  test('a convolution with axes in any order, in groups', () => {
    const g: G = {
      tensors: [
        { name: 'x', shape: [1, 8, 8, 4] },
        { name: 'w', shape: [3, 3, 2, 6], data: zeros(108) },
        { name: 'y', shape: [1, 4, 4, 6] },
      ],
      nodes: [
        {
          op: 'STABLEHLO_CONVOLUTION',
          in: ['x', 'w'],
          out: ['y'],
          options: {
            0: longs(2, 2),
            1: longs(1, 1, 1, 1),
            5: i64(0),
            6: i64(3),
            7: longs(1, 2),
            8: i64(2),
            9: i64(3),
            10: longs(0, 1),
            11: i64(0),
            12: i64(3),
            13: longs(1, 2),
            14: i64(2),
            15: i64(1),
          },
        },
      ],
      ...ONE,
    };
    expect(figures(tflite(g))).toEqual({ macs: String(16 * 6 * 2 * 9), params: '108', out: ['1x4x4x6'], unknown: 0 });
  });

  test('a reduction by the graph of its body; a body that is no single operator is named', () => {
    const body = (...ops: string[]): G => ({
      tensors: [
        { name: 'a', shape: [] },
        { name: 'b', shape: [] },
        { name: 'c', shape: [] },
      ],
      nodes: ops.map((op) => ({ op, in: ['a', 'b'], out: ['c'] })),
      inputs: ['a', 'b'],
      outputs: ['c'],
    });
    const main: G = {
      tensors: [
        { name: 'x', shape: [4, 6] },
        { name: 'zero', shape: [], data: zeros(1) },
        { name: 'y', shape: [4] },
      ],
      nodes: [{ op: 'STABLEHLO_REDUCE', in: ['x', 'zero'], out: ['y'], options: { 0: longs(1), 1: i32(1) } }],
      ...ONE,
    };
    const sum = tflite(main, body('STABLEHLO_ADD'));
    expect([Number(totalsOf(sum).flops), figures(sum).out]).toEqual([4 * 5, ['4']]);
    expect(figures(tflite(main, body('STABLEHLO_ADD', 'STABLEHLO_MULTIPLY')))).toMatchObject({ unknown: 1 });
  });
});

describe('further operators', () => {
  test.each<[string, G, Partial<ReturnType<typeof figures>> & { flops?: number }]>([
    [
      'sums by groups',
      {
        tensors: [
          { name: 'x', shape: [6, 3] },
          { name: 'ids', shape: [6], type: INT32, data: int32(0, 0, 1, 1, 2, 2) },
          { name: 'n', shape: [], type: INT32, data: int32(3) },
          { name: 'y', shape: [3, 3] },
        ],
        nodes: [{ op: 'UNSORTED_SEGMENT_SUM', in: ['x', 'ids', 'n'], out: ['y'] }],
        ...ONE,
      },
      { out: ['3x3'], flops: 18 },
    ],
    [
      'zeros between elements',
      {
        tensors: [
          { name: 'x', shape: [4, 3] },
          { name: 'steps', shape: [2], type: INT32, data: int32(2, 1) },
          { name: 'zero', shape: [], data: zeros(1) },
          { name: 'y', shape: [7, 3] },
        ],
        nodes: [{ op: 'DILATE', in: ['x', 'steps', 'zero'], out: ['y'] }],
        ...ONE,
      },
      { out: ['7x3'], flops: 0 },
    ],
    [
      'two plain recurrent networks',
      {
        tensors: [
          { name: 'x', shape: [1, 4, 3] },
          ...['wf', 'wb'].map((name) => ({ name, shape: [5, 3], data: zeros(15) })),
          ...['rf', 'rb'].map((name) => ({ name, shape: [5, 5], data: zeros(25) })),
          ...['bf', 'bb'].map((name) => ({ name, shape: [5], data: zeros(5) })),
          ...['hf', 'hb'].map((name) => ({ name, shape: [1, 5], data: zeros(5) })),
          { name: 'y', shape: [1, 4, 10] },
        ],
        nodes: [
          {
            op: 'BIDIRECTIONAL_SEQUENCE_RNN',
            in: ['x', 'wf', 'rf', 'bf', 'hf', 'wb', 'rb', 'bb', 'hb'],
            out: ['y'],
            options: { 2: u8(1) },
          },
        ],
        ...ONE,
      },
      { macs: String(2 * 4 * 5 * 8), out: ['1x4x10'] },
    ],
  ])('%s', (_, g, { flops, ...want }) => {
    const ledger = tflite(g);
    expect(figures(ledger)).toMatchObject({ ...want, unknown: 0 });
    if (flops !== undefined) expect(Number(totalsOf(ledger).flops)).toBe(flops);
  });
});

describe('operators of TensorFlow that the converter has left', () => {
  /** A vector of two texts as a FlexBuffer, all widths one byte. */
  function flexBuffer(name: string, node: readonly number[]): number[] {
    const first = [...new TextEncoder().encode(name)];
    const head = [first.length, ...first, 0, node.length, ...node, 0];
    const vector = head.length + 1;
    const second = first.length + 3;
    const TEXT = 5 << 2;
    return [...head, 2, vector - 1, vector + 1 - second, TEXT, TEXT, 4, 10 << 2, 1];
  }
  const field = (number: number, of: readonly number[]): number[] => [number * 8 + 2, of.length, ...of];
  const utf8 = (of: string): number[] => [...new TextEncoder().encode(of)];
  const attribute = (key: string, value: readonly number[]): number[] =>
    field(5, [...field(1, utf8(key)), ...field(2, value)]);
  const window = (key: string): number[] => attribute(key, field(1, field(3, [1, 2, 2, 2, 1])));

  test('a pooling over volumes, by its own node', () => {
    const node = [
      ...field(2, utf8('MaxPool3D')),
      ...window('ksize'),
      ...window('strides'),
      ...attribute('padding', field(2, utf8('VALID'))),
    ];
    const ledger = tflite({
      tensors: [
        { name: 'x', shape: [1, 4, 6, 6, 3] },
        { name: 'y', shape: [1, 2, 3, 3, 3] },
      ],
      nodes: [{ op: 'FlexMaxPool3D', in: ['x'], out: ['y'], custom: flexBuffer('MaxPool3D', node) }],
      ...ONE,
    });
    expect(figures(ledger)).toEqual({ macs: '0', params: '0', out: ['1x2x3x3x3'], unknown: 0 });
    // Eight elements are compared seven times.
    expect(Number(totalsOf(ledger).flops)).toBe(54 * 7);
  });

  test.each([
    ['without its node', []],
    ['cut short', flexBuffer('MaxPool3D', []).slice(3)],
  ])('one %s is a gap', (_, custom) => {
    const tensors = [
      { name: 'x', shape: [1, 4, 6, 6, 3] },
      { name: 'y', shape: [1, 2, 3, 3, 3] },
    ];
    const ledger = tflite({ tensors, nodes: [{ op: 'FlexMaxPool3D', in: ['x'], out: ['y'], custom }], ...ONE });
    expect(figures(ledger)).toEqual({ macs: '0', params: '0', out: ['1x2x3x3x3'], unknown: 1 });
  });
});

test('a list of tensors that the converter has left as TensorFlow’s grows by one and is stacked', () => {
  const ledger = tflite({
    tensors: [
      { name: 'x', shape: [1, 6] },
      { name: 'shape', shape: [2], type: 2, data: int32(1, 6) },
      { name: 'most', shape: [], type: 2, data: int32(-1) },
      { name: 'empty', shape: [] },
      { name: 'one', shape: [] },
      { name: 'y', shape: [1, 1, 6] },
    ],
    nodes: [
      { op: 'FlexEmptyTensorList', in: ['shape', 'most'], out: ['empty'] },
      { op: 'FlexTensorListPushBack', in: ['empty', 'x'], out: ['one'] },
      { op: 'FlexTensorListStack', in: ['one', 'shape'], out: ['y'] },
    ],
    ...ONE,
  });
  expect(figures(ledger)).toEqual({ macs: '0', params: '0', out: ['1x1x6'], unknown: 0 });
});

test('MediaPipe’s poolings that remember where the largest was, and the way back', () => {
  // SAME, strides of 2, windows of 2 × 2
  const custom = int32(1, 2, 2, 2, 2, 0);
  const ledger = tflite({
    tensors: [
      { name: 'x', shape: [1, 7, 8, 3] },
      { name: 'p', shape: [1, 4, 4, 3] },
      { name: 'at', shape: [1, 4, 4, 3] },
      { name: 'y', shape: [1, 8, 8, 3] },
    ],
    nodes: [
      { op: 'MaxPoolingWithArgmax2D', in: ['x'], out: ['p', 'at'], custom },
      { op: 'MaxUnpooling2D', in: ['p', 'at'], out: ['y'], custom },
    ],
    ...ONE,
  });
  expect(figures(ledger)).toEqual({ macs: '0', params: '0', out: ['1x8x8x3'], unknown: 0 });
});

test('a slice with fewer positions than axes is refused', () => {
  const slice = (): Ledger =>
    tflite({
      tensors: [
        { name: 'x', shape: [2, 6, 3] },
        { name: 'from', shape: [1], type: 2, data: int32(0) },
        { name: 'size', shape: [3], type: 2, data: int32(1, 2, 3) },
        { name: 'y', shape: [1, 2, 3] },
      ],
      nodes: [{ op: 'SLICE', in: ['x', 'from', 'size'], out: ['y'] }],
      ...ONE,
    });
  expect(slice).toThrow(/slice: 1 beginnings and 3 sizes for 3 axes/);
});
