import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic, substitute, symbols } from '../../src/dim/index.js';
import { readModel } from '../../src/formats/onnx/model.js';
import type { Ledger } from '../../src/ledger/index.js';
import { coverageOf, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { int, join, len } from '../wire/encode.js';
import { attributes, type GraphParts, graph, ints, modelOf, node, tensor, tensorType } from './onnx-build.js';

/** Numbers here are worked out by hand from the operators' definitions (docs/ContribOperators.md of ONNX Runtime). */

const MICROSOFT = len(8, len(1, 'com.microsoft'), int(2, 1));
const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;

type Shapes = GraphParts['inputs'];
interface One {
  readonly op: string;
  readonly domain?: string;
  /** Shapes by name in the order of the node's inputs; '' leaves one out. */
  readonly inputs: Shapes;
  readonly stored?: readonly Uint8Array[];
  readonly order: readonly string[];
  readonly outputs?: number;
  readonly attrs?: Parameters<typeof attributes>[0];
}

/** A model of one node. */
function one({ op, domain = 'com.microsoft', inputs, stored = [], order, outputs = 1, attrs = {} }: One): Ledger {
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const only = join(node(op, order, names, attributes(attrs)), ...(domain === '' ? [] : [len(7, domain)]));
  return readModel(
    memorySource(modelOf({ nodes: [only], inputs: inputs ?? {}, outputs: names, initializers: stored }, 21, MICROSOFT)),
  );
}
const shapes = (ledger: Ledger): (string | undefined)[] =>
  ledger.outputs.map((o) => o.value.type?.shape.map(text).join('x'));
const total = (ledger: Ledger): { macs: string; flops: string; params: string } => {
  const { macs, flops, params } = totalsOf(ledger);
  return { macs: text(macs), flops: text(flops), params: text(params) };
};
const w = (name: string, ...dims: readonly number[]): Uint8Array => tensor(name, dims, FLOAT);
const typed = (elemType: number, ...dims: readonly number[]): Uint8Array => tensorType(elemType, dims);

describe('fused operators', () => {
  test('FusedConv: a convolution, the sum with a fourth input, an activation', () => {
    const ledger = one({
      op: 'FusedConv',
      inputs: { x: [1, 4, 9, 9], z: [1, 6, 7, 7] },
      stored: [w('w', 6, 4, 3, 3), w('b', 6)],
      order: ['x', 'w', 'b', 'z'],
      attrs: { activation: 'Relu' },
    });
    const out = 6 * 7 * 7;
    expect(shapes(ledger)).toEqual(['1x6x7x7']);
    // bias, sum and ReLU take one operation an output each
    expect(total(ledger)).toEqual({ macs: `${out * 36}`, flops: `${2 * out * 36 + 3 * out}`, params: '222' });
  });

  test('NhwcConv: the same products with the channels last', () => {
    const ledger = one({
      op: 'NhwcConv',
      inputs: { x: [1, 9, 9, 4] },
      stored: [w('w', 6, 4, 3, 3)],
      order: ['x', 'w'],
    });
    expect(shapes(ledger)).toEqual(['1x7x7x6']);
    expect(total(ledger).macs).toBe(`${6 * 49 * 36}`);
  });

  test('FusedMatMul turns its operands, FusedGemm adds its bias', () => {
    const turned = one({
      op: 'FusedMatMul',
      inputs: { a: [2, 4, 3], b: [2, 5, 4] },
      order: ['a', 'b'],
      attrs: { transA: 1, transB: 1, alpha: { float: 0.5 } },
    });
    expect(shapes(turned)).toEqual(['2x3x5']);
    expect(total(turned)).toMatchObject({ macs: '120', flops: '270' });
    const batches = one({
      op: 'FusedMatMul',
      inputs: { a: [3, 2, 6, 4], b: [2, 6, 4, 5] },
      order: ['a', 'b'],
      attrs: { transBatchA: 1 },
    });
    expect(shapes(batches)).toEqual(['2x6x3x5']);
    const gemm = one({
      op: 'FusedGemm',
      inputs: { a: [3, 4] },
      stored: [w('b', 5, 4), w('c', 5)],
      order: ['a', 'b', 'c'],
      attrs: { transB: 1, activation: 'Relu' },
    });
    expect(total(gemm)).toEqual({ macs: '60', flops: '150', params: '25' });
  });

  test('activations cost what they cost in several nodes', () => {
    const of = (op: string, bias: boolean): string =>
      total(one({ op, inputs: { x: [2, 3, 4] }, stored: bias ? [w('b', 4)] : [], order: bias ? ['x', 'b'] : ['x'] }))
        .flops;
    expect([of('BiasGelu', true), of('FastGelu', true), of('FastGelu', false), of('QuickGelu', false)]).toEqual(
      [6, 10, 9, 6].map((each) => `${each * 24}`),
    );
  });

  test('an activation without a rule is a gap', () => {
    const ledger = one({
      op: 'FusedConv',
      inputs: { x: [1, 4, 9, 9] },
      stored: [w('w', 6, 4, 3, 3)],
      order: ['x', 'w'],
      attrs: { activation: 'Odd' },
    });
    expect(ledger.entries[0]?.result).toMatchObject({ kind: 'gap', why: expect.stringContaining('Odd') });
  });
});

describe('norms', () => {
  test('SkipLayerNormalization: one add, or two with a bias, then a layer norm; the sum is an output', () => {
    const ledger = one({
      op: 'SkipLayerNormalization',
      inputs: { x: [2, 3, 8], s: [2, 3, 8] },
      stored: [w('g', 8), w('b', 8), w('c', 8)],
      order: ['x', 's', 'g', 'b', 'c'],
      outputs: 4,
    });
    expect(shapes(ledger)).toEqual(['2x3x8', '2x3x1', '2x3x1', '2x3x8']);
    const [n, rows] = [48, 6];
    const norm = 2 * (n - rows) + 2 * rows + n + n + 2 * rows + n + 2 * n; // two means, −, ², √ and +ε, ÷, · and +
    expect(total(ledger)).toEqual({ macs: '0', flops: `${2 * n + norm}`, params: '24' });
  });

  test('SimplifiedLayerNormalization, which the optimizer writes into ONNX’s own domain', () => {
    const ledger = one({
      op: 'SimplifiedLayerNormalization',
      domain: '',
      inputs: { x: [2, 3, 8] },
      stored: [w('g', 8)],
      order: ['x', 'g'],
    });
    const [n, rows] = [48, 6];
    expect(total(ledger).flops).toBe(`${n + (n - rows) + rows + 2 * rows + n + n}`);
  });

  test('EmbedLayerNormalization: looks up three tables, adds them, norms', () => {
    const ids = typed(6, 2, 5);
    const ledger = one({
      op: 'EmbedLayerNormalization',
      inputs: { ids, segments: ids },
      stored: [w('word', 10, 8), w('pos', 12, 8), w('seg', 2, 8), w('g', 8), w('b', 8)],
      order: ['ids', 'segments', 'word', 'pos', 'seg', 'g', 'b'],
      outputs: 2,
    });
    expect(shapes(ledger)).toEqual(['2x5x8', '2']);
    expect(total(ledger)).toMatchObject({ macs: '0', params: `${(10 + 12 + 2) * 8 + 16}` });
  });
});

describe('attention', () => {
  test('Attention: projections in one matrix, then QKᵀ and AV', () => {
    const ledger = one({
      op: 'Attention',
      inputs: { x: [2, 5, 16] },
      stored: [w('w', 16, 48), w('b', 48)],
      order: ['x', 'w', 'b'],
      attrs: { num_heads: 4 },
    });
    expect(shapes(ledger)).toEqual(['2x5x16']);
    expect(total(ledger)).toMatchObject({
      macs: `${2 * 5 * 16 * 48 + 2 * (2 * 4 * 5 * 5 * 4)}`,
      params: `${16 * 48 + 48}`,
    });
  });

  test('with a past of 7 keys one new token attends to 8', () => {
    const ledger = one({
      op: 'Attention',
      inputs: { x: [2, 1, 16], past: [2, 2, 4, 7, 4] },
      stored: [w('w', 16, 48), w('b', 48)],
      order: ['x', 'w', 'b', '', 'past'],
      outputs: 2,
      attrs: { num_heads: 4, unidirectional: 1 },
    });
    expect(shapes(ledger)).toEqual(['2x1x16', '2x2x4x8x4']);
    expect(total(ledger).macs).toBe(`${2 * 16 * 48 + 2 * (2 * 4 * 1 * 8 * 4)}`);
  });

  test('values of another width', () => {
    const ledger = one({
      op: 'Attention',
      inputs: { x: [2, 5, 16] },
      stored: [w('w', 16, 40)],
      order: ['x', 'w'],
      attrs: { num_heads: 4, qkv_hidden_sizes: [16, 16, 8] },
    });
    expect(shapes(ledger)).toEqual(['2x5x8']);
    expect(total(ledger).macs).toBe(`${2 * 5 * 16 * 40 + 2 * 4 * 25 * (4 + 2)}`);
  });

  test('MultiHeadAttention: apart, packed, and with keys as a cache has them', () => {
    const of = (inputs: Shapes, order: readonly string[]): string =>
      total(one({ op: 'MultiHeadAttention', inputs, order, attrs: { num_heads: 4 } })).macs;
    expect(of({ q: [2, 5, 16], k: [2, 7, 16], v: [2, 7, 24] }, ['q', 'k', 'v'])).toBe(`${2 * 4 * 5 * 7 * (4 + 6)}`);
    expect(of({ q: [2, 5, 4, 3, 8] }, ['q'])).toBe(`${2 * 4 * 25 * 16}`);
    expect(of({ q: [2, 5, 16], k: [2, 4, 7, 4], v: [2, 4, 7, 4] }, ['q', 'k', 'v'])).toBe(`${2 * 4 * 5 * 7 * 8}`);
  });

  test('GroupQueryAttention: heads share keys; a longer cache is not all used', () => {
    const length = ints('t', [], [7]);
    const of = (past: number): Ledger =>
      one({
        op: 'GroupQueryAttention',
        inputs: {
          q: [1, 1, 64],
          k: [1, 1, 32],
          v: [1, 1, 32],
          pk: [1, 2, past, 16],
          pv: [1, 2, past, 16],
          s: typed(6, 1),
        },
        stored: [length],
        order: ['q', 'k', 'v', 'pk', 'pv', 's', 't'],
        outputs: 3,
        attrs: { num_heads: 4, kv_num_heads: 2 },
      });
    expect(shapes(of(6))).toEqual(['1x1x64', '1x2x7x16', '1x2x7x16']);
    expect(shapes(of(12))).toEqual(['1x1x64', '1x2x12x16', '1x2x12x16']);
    for (const past of [6, 12]) expect(total(of(past)).macs).toBe(`${4 * 1 * 7 * 32}`);
  });

  test('RotaryEmbedding: two products and a sum an element, of the part that is rotated; its tables are not parameters', () => {
    const ledger = one({
      op: 'RotaryEmbedding',
      inputs: { x: [2, 3, 16], p: typed(7, 2, 3) },
      stored: [w('cos', 10, 2), w('sin', 10, 2)],
      order: ['x', 'p', 'cos', 'sin'],
      attrs: { num_heads: 4 },
    });
    expect(total(ledger)).toEqual({ macs: '0', flops: `${3 * 96}`, params: '0' });
  });

  test('LinearAttention: the state updated, corrected and read, once a token', () => {
    const ledger = one({
      op: 'LinearAttention',
      inputs: { q: [2, 4, 32], k: [2, 4, 32], v: [2, 4, 32], g: [2, 4, 4], b: [2, 4, 4] },
      order: ['q', 'k', 'v', '', 'g', 'b'],
      outputs: 2,
      attrs: { q_num_heads: 4, kv_num_heads: 4 },
    });
    expect(shapes(ledger)).toEqual(['2x4x32', '2x4x8x8']);
    expect(total(ledger).macs).toBe(`${2 * 4 * 4 * 3 * 64}`);
  });
});

describe('mixtures of experts', () => {
  const layers = (fused: number): readonly Uint8Array[] => [
    w('w1', 4, fused, 16),
    w('b1', 4, fused),
    w('w2', 4, 16, 32),
    w('b2', 4, 16),
  ];
  test('each token goes through k experts, however many there are', () => {
    const of = (attrs: Parameters<typeof attributes>[0], fused = 32): Ledger =>
      one({
        op: 'MoE',
        inputs: { x: [6, 16], r: [6, 4] },
        stored: layers(fused),
        order: ['x', 'r', 'w1', 'b1', 'w2', 'b2'],
        attrs,
      });
    expect(total(of({ k: 2, activation_type: 'gelu' })).macs).toBe(`${6 * 2 * (16 * 32 + 32 * 16)}`);
    expect(total(of({ k: 1, activation_type: 'gelu' })).macs).toBe(`${6 * (16 * 32 + 32 * 16)}`);
    expect(total(of({ k: 1, activation_type: 'swiglu', swiglu_fusion: 1 }, 64)).macs).toBe(
      `${6 * (16 * 64 + 32 * 16)}`,
    );
    expect(total(of({ k: 1 })).params).toBe(`${4 * (2 * 16 * 32 + 32 + 16)}`);
  });
});

describe('quantised', () => {
  const operandsOf = (ledger: Ledger): unknown =>
    ledger.entries.find((e) => e.attrs['operands'] !== undefined)?.attrs['operands'];
  const scale = w('s', 1);
  const zero = tensor('z', [], UINT8);

  test('MatMulNBits: the products of the layer; its weight is N×K of few bits', () => {
    const ledger = one({
      op: 'MatMulNBits',
      inputs: { x: [2, 3, 64] },
      stored: [tensor('w', [10, 2, 16], UINT8), w('scales', 20)],
      order: ['x', 'w', 'scales'],
      attrs: { N: 10, K: 64, bits: 4, block_size: 32 },
    });
    expect(shapes(ledger)).toEqual(['2x3x10']);
    expect(total(ledger)).toEqual({ macs: `${6 * 640}`, flops: `${12 * 640}`, params: '640' });
    expect(operandsOf(ledger)).toEqual(['float32', 'uint4']);
    expect(ledger.weights.find((x) => x.name === 'w')).toMatchObject({ dtype: 'uint4', shape: [10, 64] });
  });

  test('QuantizeWithOrder and DequantizeWithOrder: a scale and no zero point, whatever the order of elements', () => {
    const order = { order_input: 1, order_output: 2 };
    const to = one({
      op: 'QuantizeWithOrder',
      inputs: { x: [2, 5, 64] },
      stored: [scale],
      order: ['x', 's'],
      attrs: order,
    });
    expect([shapes(to), to.outputs[0]?.value.type?.dtype]).toEqual([['2x5x64'], 'int8']);
    expect(total(to)).toEqual({ macs: '0', flops: `${4 * 640}`, params: '0' }); // divide, round, two compares
    const from = one({
      op: 'DequantizeWithOrder',
      inputs: { x: typed(INT8, 2, 5, 64) },
      stored: [scale],
      order: ['x', 's'],
      attrs: { ...order, to: 10 },
    });
    expect([shapes(from), from.outputs[0]?.value.type?.dtype]).toEqual([['2x5x64'], 'float16']);
    expect(total(from)).toEqual({ macs: '0', flops: '640', params: '0' });
  });

  test('QLinearConv, with channels last too, and DynamicQuantizeMatMul name their operands', () => {
    const conv = one({
      op: 'QLinearConv',
      inputs: { x: typed(UINT8, 1, 8, 9, 4) },
      stored: [scale, zero, tensor('w', [6, 4, 3, 3], INT8), tensor('b', [6], 6)],
      order: ['x', 's', 'z', 'w', 's', 'z', 's', 'z', 'b'],
      attrs: { channels_last: 1, pads: [1, 1, 1, 1] },
    });
    expect(shapes(conv)).toEqual(['1x8x9x6']);
    expect(total(conv).macs).toBe(`${72 * 6 * 36}`);
    expect(operandsOf(conv)).toEqual(['uint8', 'int8']);
    const dynamic = one({
      op: 'DynamicQuantizeMatMul',
      inputs: { x: [2, 3, 8] },
      stored: [tensor('w', [8, 5], INT8), scale],
      order: ['x', 'w', 's'],
    });
    expect(total(dynamic).macs).toBe('240');
    expect(operandsOf(dynamic)).toEqual(['uint8', 'int8']);
  });

  test('a graph that is quantised between floats counts what its float twin does, and says what it multiplies', () => {
    const float = modelOf({
      nodes: [node('Conv', ['x', 'w'], ['y'])],
      inputs: { x: [1, 4, 9, 9] },
      outputs: ['y'],
      initializers: [w('w', 6, 4, 3, 3)],
    });
    const nodes = [
      node('QuantizeLinear', ['x', 's', 'z'], ['xq']),
      node('DequantizeLinear', ['xq', 's', 'z'], ['xf']),
      node('DequantizeLinear', ['wq', 's', 'zw'], ['wf']),
      node('Conv', ['xf', 'wf'], ['y']),
    ];
    const stored = [scale, zero, tensor('wq', [6, 4, 3, 3], INT8), tensor('zw', [], INT8)];
    const quantised = readModel(
      memorySource(modelOf({ nodes, inputs: { x: [1, 4, 9, 9] }, outputs: ['y'], initializers: stored })),
    );
    expect(total(quantised).macs).toBe(total(readModel(memorySource(float))).macs);
    expect(operandsOf(quantised)).toEqual(['uint8', 'int8']);
    const totals = totalsOf(quantised);
    expect([...totals.macsByOperands]).toEqual([['uint8×int8', totals.macs]]);
    expect([...totalsOf(readModel(memorySource(float))).macsByOperands]).toEqual([['float32×float32', totals.macs]]);
    expect(total(quantised).params).toBe('216');
  });

  test('arithmetic on eight bits: from integers, the operation, to integers', () => {
    const ledger = one({
      op: 'QLinearAdd',
      inputs: { a: typed(UINT8, 2, 3), b: typed(UINT8, 3) },
      stored: [scale, zero],
      order: ['a', 's', 'z', 'b', 's', 'z', 's', 'z'],
    });
    expect(total(ledger).flops).toBe(`${2 * 6 + 2 * 3 + 6 + 5 * 6}`);
    expect(ledger.outputs[0]?.value.type?.dtype).toBe('uint8');
  });
});

test('what has no graph of its own in the file, or one for a device, is a gap with a reason', () => {
  const search = one({
    op: 'GreedySearch',
    inputs: { ids: typed(6, 2, 5) },
    stored: [ints('n', [], [20])],
    order: ['ids', 'n'],
  });
  expect(shapes(search)).toEqual(['2x20']);
  const device = one({ op: 'EPContext', inputs: { x: [2, 5] }, order: ['x'] });
  for (const ledger of [search, device])
    expect(ledger.entries[0]?.result).toMatchObject({ kind: 'gap', why: expect.stringMatching(/decoder|device/) });
});

describe('attention over chosen pairs', () => {
  /** Scores and weighted sums of so many pairs. */
  const pairs = (n: number, depth: number): number => 2 * n * depth;

  test('Longformer: windows, and global tokens by their own number', () => {
    const given = {
      op: 'LongformerAttention',
      stored: [w('w', 8, 24), w('b', 24), w('gw', 8, 24), w('gb', 24)],
      order: ['x', 'w', 'b', 'm', 'gw', 'gb', 'g'],
      attrs: { num_heads: 2, window: 3 },
    };
    const open = one({ ...given, inputs: { x: [2, 10, 8], m: [2, 10], g: typed(6, 2, 10) } });
    expect(shapes(open)).toEqual(['2x10x8']);
    const projections = 2 * (2 * 10 * 8 * 24);
    const at = (global: number): number => projections + pairs(2 * 2 * (10 * (7 + global) + global * 10), 4);
    expect(coverageOf(open).unknown).toEqual([]);
    expect(String(totalsOf(open).macs)).toBe(`${at(1) - at(0)}*y0.global + ${at(0)}`);
    const none = one({
      ...given,
      inputs: { x: [2, 10, 8], m: [2, 10] },
      stored: [...given.stored, ints('g', [2, 10], new Array(20).fill(0))],
    });
    expect(total(none).macs).toBe(String(at(0)));
  });

  test('SparseAttention: whole blocks of each row, from the layout that the file holds', () => {
    const stored = [
      // rows of a lower triangle of 2×2 blocks, for both heads; of length 8 in blocks of 4
      ints('rows', [1, 3], [0, 1, 3]),
      ints('columns', [1, 3], [0, 0, 1]),
      ints('total', [1], [8]),
    ];
    const order = ['q', 'k', 'v', 'pk', 'pv', 'rows', 'columns', 'total', 'lengths'];
    const inputs = {
      q: [1, 8, 8],
      k: [1, 8, 8],
      v: [1, 8, 8],
      pk: [1, 2, 16, 4],
      pv: [1, 2, 16, 4],
      lengths: typed(6, 1),
    };
    const attrs = { num_heads: 2, kv_num_heads: 2, sparse_block_size: 4 };
    const ledger = one({ op: 'SparseAttention', inputs, stored, order, outputs: 3, attrs });
    expect(shapes(ledger)).toEqual(['1x8x8', '1x2x16x4', '1x2x16x4']);
    // a head: 4 queries × 1 block, 4 queries × 2 blocks
    expect(total(ledger).macs).toBe(String(pairs(2 * (4 * 4 + 4 * 8), 4)));
    const open = one({
      op: 'SparseAttention',
      inputs: { ...inputs, rows: typed(6, 1, 3), columns: typed(6, 1, 3), total: typed(6, 1) },
      order,
      attrs,
    });
    expect(String(totalsOf(open).macs)).toBe(`${pairs(16, 4)}*y0.blocks`);
  });

  test('PagedAttention: each text with its own past', () => {
    const order = ['q', 'k', 'v', 'pk', 'pv', 'starts', 'past', 'table'];
    const inputs = { q: [7, 8], k: [7, 8], v: [7, 8], pk: [9, 4, 2, 4], pv: [9, 4, 2, 4], table: typed(6, 2, 3) };
    const attrs = { num_heads: 2, kv_num_heads: 2 };
    const stored = [ints('starts', [3], [0, 3, 7]), ints('past', [2], [5, 0])];
    const ledger = one({ op: 'PagedAttention', inputs, stored, order, outputs: 3, attrs });
    expect(shapes(ledger)).toEqual(['7x8', '9x4x2x4', '9x4x2x4']);
    expect(total(ledger).macs).toBe(String(pairs(2 * (3 * (5 + 3) + 4 * 4), 4)));
  });

  test('DecoderAttention: what it projects depends on switches that the file holds', () => {
    const flag = (name: string, value: number): Uint8Array => tensor(name, [1], 9, len(9, [value]));
    const run = (fixed: number, cached: number) =>
      one({
        op: 'DecoderAttention',
        inputs: { q: [4, 2, 8], k: [6, 2, 8], pad: typed(9, 2, 6), kc: [2, 2, 5, 4], vc: [2, 2, 5, 4] },
        stored: [
          w('qw', 8, 8),
          w('kvw', 8, 16),
          w('b', 24),
          flag('s', fixed),
          flag('u', cached),
          flag('l', 1),
          flag('p', 0),
        ],
        order: ['q', 'k', 'qw', 'kvw', 'b', 'pad', 'kc', 'vc', 's', 'u', 'l', 'p'],
        outputs: 3,
        attrs: { num_heads: 2 },
      });
    const query = 4 * 2 * 64;
    expect(total(run(1, 0)).macs).toBe(String(query + 6 * 2 * 128 + pairs(4 * 4 * 6, 4)));
    expect(total(run(1, 1)).macs).toBe(String(query + pairs(4 * 4 * 5, 4)));
    expect(total(run(0, 1)).macs).toBe(String(query + 4 * 2 * 128 + pairs(4 * 4 * 9, 4)));
    expect(shapes(run(0, 1))).toEqual(['4x2x8', '2x2x9x4', '2x2x9x4']);
  });

  test('MultiHeadAttention with one buffer for past and present', () => {
    const ledger = one({
      op: 'MultiHeadAttention',
      inputs: { q: [1, 1, 8], k: [1, 1, 8], v: [1, 1, 8], pk: [1, 2, 32, 4], pv: [1, 2, 32, 4], n: typed(6, 1) },
      order: ['q', 'k', 'v', '', '', '', 'pk', 'pv', 'n'],
      outputs: 3,
      attrs: { num_heads: 2 },
    });
    expect(shapes(ledger)).toEqual(['1x1x8', '1x2x32x4', '1x2x32x4']);
    expect(total(ledger).macs).toBe('16*n + 16');
  });
});

describe('generation inside a graph', () => {
  /** One layer: 8 → 16 for keys and values, and each new one against all that are kept. */
  const decoder = graph({
    nodes: [
      node('Gather', ['table', 'input_ids'], ['x']),
      node('MatMul', ['x', 'weight'], ['h']),
      node('Reshape', ['h', 'split'], ['parts']),
      node('Transpose', ['parts'], ['now'], attributes({ perm: [2, 0, 3, 1, 4] })),
      node('Concat', ['past_0', 'now'], ['present_0'], attributes({ axis: 3 })),
      node('Transpose', ['present_0'], ['turned'], attributes({ perm: [0, 1, 2, 4, 3] })),
      node('MatMul', ['now', 'turned'], ['logits']),
    ],
    inputs: {
      input_ids: tensorType(6, ['b', 's']),
      position_ids: tensorType(6, ['b', 's']),
      attention_mask: tensorType(6, ['b', 't']),
      past_0: [2, 'b', 2, 'p', 4],
    },
    outputs: ['logits', 'present_0'],
    initializers: [w('table', 50, 8), w('weight', 8, 16), ints('split', [5], [0, 0, 2, 2, 4])],
  });
  const ledgerOf = (op: string, order: readonly string[], stored: readonly Uint8Array[]) =>
    one({ op, inputs: { ids: typed(6, 3, 5) }, stored, order, attrs: { decoder } });
  const pass = (rows: number, length: number, past: number): number =>
    rows * length * 8 * 16 + 16 * rows * length * (past + length);

  test('GreedySearch: a pass over the prompt, then one a token, as often as there are tokens', () => {
    const ledger = ledgerOf('GreedySearch', ['ids', 'limit'], [ints('limit', [1], [20])]);
    expect(shapes(ledger)).toEqual(['3x20']);
    expect(coverageOf(ledger).unknown).toEqual([]);
    const { macs } = totalsOf(ledger);
    const at = (trips: number): number => Number(substitute(macs, new Map([['y0.trips', trips]])));
    expect(symbols(macs)).toEqual(['y0.trips']);
    expect(at(0)).toBe(pass(3, 5, 0));
    expect(at(3)).toBe(pass(3, 5, 0) + pass(3, 1, 5) + pass(3, 1, 6) + pass(3, 1, 7));
  });
  test('BeamSearch: as many rows as beams', () => {
    const numbers = [
      ints('limit', [1], [20]),
      ints('least', [1], [1]),
      ints('beams', [1], [4]),
      ints('kept', [1], [2]),
    ];
    const ledger = ledgerOf('BeamSearch', ['ids', 'limit', 'least', 'beams', 'kept'], numbers);
    expect(shapes(ledger)).toEqual(['3x2x20']);
    const { macs } = totalsOf(ledger);
    expect(substitute(macs, new Map([['y0.trips', 1]]))).toBe(pass(12, 5, 0) + pass(12, 1, 5));
  });
});
