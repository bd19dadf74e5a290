import { describe, expect, test } from 'vitest';
import { paddle } from '../../src/formats/paddle/index.js';
import { isModelError } from '../../src/source/errors.js';
import { seen } from './layers.js';
import { block, op, program, variable } from './paddle-build.js';

const read = (bytes: Uint8Array | string, options = {}) => seen(paddle, bytes, 'inference.pdmodel', options);

const NET = program(
  block(
    [
      variable('x', [-1, 3, 16, 16]),
      variable('conv.w', [8, 3, 3, 3], true),
      variable('bn.scale', [8], true),
      variable('bn.bias', [8], true),
      variable('bn.mean', [8], true),
      variable('bn.var', [8], true),
      variable('fc.w', [8, 10], true),
      variable('fc.b', [10], true),
    ],
    [
      op('feed', { X: ['feed'] }, { Out: ['x'] }),
      op(
        'conv2d',
        { Filter: ['conv.w'], Input: ['x'] },
        { Output: ['c'] },
        { strides: [2, 2], paddings: [1, 1], groups: 1 },
      ),
      op(
        'batch_norm',
        { Bias: ['bn.bias'], Mean: ['bn.mean'], Scale: ['bn.scale'], Variance: ['bn.var'], X: ['c'] },
        { MeanOut: ['bn.mean'], VarianceOut: ['bn.var'], Y: ['n'] },
      ),
      op('hard_swish', { X: ['n'] }, { Out: ['h'] }),
      op('pool2d', { X: ['h'] }, { Out: ['p'] }, { pooling_type: 'avg', global_pooling: true, ksize: [1, 1] }),
      op('shape', { Input: ['p'] }, { Out: ['s'] }),
      op('slice', { Input: ['s'] }, { Out: ['s0'] }, { axes: [0], starts: [0], ends: [1], decrease_axis: [0] }),
      op('fill_constant', {}, { Out: ['k'] }, { shape: [1], str_value: '-1', dtype: 2 }),
      op('reshape2', { X: ['p'], ShapeTensor: ['s0', 'k'] }, { Out: ['r'], XShape: ['xs'] }, { shape: [-1, -1] }),
      op('mul', { X: ['r'], Y: ['fc.w'] }, { Out: ['m'] }, { x_num_col_dims: 1, y_num_col_dims: 1 }),
      op('elementwise_add', { X: ['m'], Y: ['fc.b'] }, { Out: ['y'] }, { axis: -1 }),
      op('fetch', { X: ['y'] }, { Out: ['fetch'] }),
    ],
  ),
);

describe('.pdmodel', () => {
  test('a small network, by hand; the batch is free, statistics are buffers', async () => {
    const { macs, params, outputs, gaps, ledger } = await read(NET);
    expect(macs).toBe(`${64 * 8 * 27 + 80}*batch`);
    expect(params).toBe(String(216 + 16 + 90));
    expect(outputs).toEqual(['batchx10']);
    expect(gaps).toEqual([]);
    expect(ledger.weights.filter((w) => w.kind === 'buffer').map((w) => w.name)).toEqual(['bn.mean', 'bn.var']);
  });

  test('another size goes through what shapes are made of', async () => {
    const { macs, outputs } = await read(NET, { inputs: [{ shape: [2, 3, 32, 32] }] });
    expect([macs, outputs]).toEqual([String(2 * (256 * 8 * 27 + 80)), ['2x10']]);
  });

  const one = (type: string, attrs: Parameters<typeof op>[3], shape: number[], weight?: number[]) =>
    program(
      block(
        [variable('x', shape), ...(weight === undefined ? [] : [variable('w', weight, true)])],
        [
          op('feed', { X: ['feed'] }, { Out: ['x'] }),
          op(
            type,
            weight === undefined
              ? { X: ['x'] }
              : { [type.startsWith('conv') ? 'Input' : 'X']: ['x'], [type.startsWith('conv') ? 'Filter' : 'Y']: ['w'] },
            { [type.startsWith('conv') ? 'Output' : 'Out']: ['y'] },
            attrs,
          ),
          op('fetch', { X: ['y'] }, { Out: ['fetch'] }),
        ],
      ),
    );

  test.each([
    [
      'conv2d',
      { strides: [2, 2], padding_algorithm: 'SAME', groups: 2 },
      [1, 4, 15, 15],
      [6, 2, 3, 3],
      '1x6x8x8',
      64 * 6 * 18,
    ],
    [
      'conv2d',
      { strides: [1, 1], paddings: [0, 1, 2, 3], groups: 1 },
      [1, 4, 8, 8],
      [6, 4, 3, 3],
      '1x6x7x11',
      77 * 6 * 36,
    ],
    [
      'conv2d_transpose',
      { strides: [2, 2], paddings: [0, 0], groups: 1 },
      [1, 4, 8, 8],
      [4, 6, 2, 2],
      '1x6x16x16',
      64 * 4 * 6 * 4,
    ],
    ['matmul_v2', { trans_x: false, trans_y: true }, [2, 5, 7], [3, 7], '2x5x3', 2 * 5 * 7 * 3],
    [
      'pool2d',
      { pooling_type: 'max', ksize: [3, 3], strides: [2, 2], paddings: [0, 0], ceil_mode: true },
      [1, 4, 8, 8],
      undefined,
      '1x4x4x4',
      0,
    ],
    ['transpose2', { axis: [0, 2, 1] }, [2, 3, 4], undefined, '2x4x3', 0],
    ['flatten_contiguous_range', { start_axis: 1, stop_axis: 2 }, [2, 3, 4, 5], undefined, '2x12x5', 0],
    ['nearest_interp_v2', { out_h: -1, out_w: -1, scale: [2.0, 2.0] }, [1, 4, 8, 8], undefined, '1x4x16x16', 0],
  ] as const)('%s %j', async (type, attrs, shape, weight, expected, count) => {
    const { macs, outputs } = await read(
      one(type, attrs as never, [...shape], weight === undefined ? undefined : [...weight]),
    );
    expect([outputs, macs]).toEqual([[expected], String(count)]);
  });

  test('what has no formula is a gap, and its stated shape is believed', async () => {
    const bytes = program(
      block(
        [variable('x', [1, 4]), variable('y', [1, 6])],
        [
          op('feed', { X: ['feed'] }, { Out: ['x'] }),
          op('my_op', { X: ['x'] }, { Out: ['y'] }),
          op('relu', { X: ['y'] }, { Out: ['z'] }),
          op('fetch', { X: ['z'] }, { Out: ['fetch'] }),
        ],
      ),
    );
    const { gaps, outputs } = await read(bytes);
    expect(gaps).toEqual(['my_op: opcount has no formula for my_op']);
    expect(outputs).toEqual(['1x6']);
  });
});

/** Operators of PIR: numbers for values, letters for keys. */
const type = (shape: readonly number[], dtype = 'f32') => ({
  '#': '0.t_dtensor',
  D: [{ '#': `0.t_${dtype}` }, shape, 'NCHW', [], 0],
});
const result = (id: number, shape: readonly number[], dtype?: string) => ({ '%': id, TT: type(shape, dtype) });
const parameter = (id: number, name: string, shape: readonly number[]) => ({
  '#': 'p',
  A: [0, 1, 1, name],
  O: result(id, shape),
});
const attribute = (N: string, kind: string, D: unknown) => ({ N, AT: { '#': kind, D } });
const inputs = (...ids: readonly number[]) => ids.map((id) => ({ '%': id }));
const pir = (ops: readonly unknown[]): string =>
  JSON.stringify({
    base_code: { magic: 'pir', trainable: true, version: 1 },
    program: { regions: [{ '#': 'region_0', blocks: [{ '#': 'block_0', args: [], ops }] }] },
  });

const PIR = pir([
  parameter(1, 'linear_0.b_0', [30]),
  parameter(2, 'linear_0.w_0', [12, 30]),
  { '#': '1.data', A: [attribute('name', '0.a_str', 'image')], I: [], O: [result(3, [-1, 3, 4])] },
  {
    '#': '1.full_int_array',
    A: [
      attribute('value', '0.a_array', [
        { '#': '0.a_i64', D: 0 },
        { '#': '0.a_i64', D: 12 },
      ]),
    ],
    I: [],
    O: [result(4, [2], 'i64')],
  },
  { '#': '1.reshape', A: [], I: inputs(3, 4), O: [result(5, [-1, 12])] },
  {
    '#': '1.matmul',
    A: [
      attribute('transpose_x', '0.a_bool', false),
      attribute('transpose_y', '0.a_bool', false),
      attribute('struct_name', '0.a_str', '/Net/Linear/'),
    ],
    I: inputs(5, 2),
    O: [result(6, [-1, 30])],
  },
  { '#': '1.add', A: [attribute('struct_name', '0.a_str', '/Net/Linear/')], I: inputs(6, 1), O: [result(7, [-1, 30])] },
  {
    '#': '1.full',
    A: [
      attribute('shape', '1.a_intarray', [1]),
      attribute('value', '0.a_f64', 1),
      attribute('dtype', '1.a_dtype', 'int32'),
    ],
    I: [],
    O: [result(8, [1], 'i32')],
  },
  {
    '#': '0.combine',
    A: [],
    I: inputs(7, 7),
    O: [{ '%': 9, TT: { '#': '0.t_vec', D: [type([-1, 30]), type([-1, 30])] } }],
  },
  { '#': '1.concat', A: [], I: inputs(9, 8), O: [result(10, [-1, 60])] },
  {
    '#': '1.split_with_num',
    A: [attribute('num', '0.a_i32', 2)],
    I: inputs(10, 8),
    O: [{ '%': 11, TT: { '#': '0.t_vec', D: [] } }],
  },
  { '#': '0.split', A: [], I: inputs(11), O: [result(12, [-1, 30]), result(13, [-1, 30])] },
  { '#': '1.relu', A: [], I: inputs(13), O: [result(14, [-1, 30])] },
  { '#': '1.fetch', A: [attribute('name', '0.a_str', 'out')], I: inputs(14), O: [result(15, [-1, 30])] },
]);

describe('PIR', () => {
  test('operators by number, lists put together and taken apart, modules by the names of layers', async () => {
    const { macs, params, outputs, gaps, ledger } = await read(PIR);
    expect([macs, params, outputs, gaps]).toEqual(['360*batch', '390', ['batchx30'], []]);
    expect(ledger.inputs.map((i) => i.name)).toEqual(['image']);
    expect(ledger.weights.map((w) => w.name)).toEqual(['linear_0.w_0', 'linear_0.b_0']);
    expect(ledger.root.module.children.map((c) => c.module.path)).toEqual(['Net']);
  });

  test('another batch', async () => {
    expect((await read(PIR, { inputs: [{ name: 'image', shape: [4, 3, 4] }] })).macs).toBe('1440');
  });
});

/** One list of so many values, read by as many operators. */
const reread = (count: number): string =>
  pir([
    { '#': '0.combine', A: [], I: inputs(...Array.from({ length: count }, () => 1)), O: [result(2, [1])] },
    ...Array.from({ length: count }, () => ({ '#': '1.add_n', A: [], I: inputs(2), O: [] })),
  ]);

describe('what is refused', () => {
  test.each<[string, string | Uint8Array]>([
    ['a program without operators', program(block([], []))],
    ['PIR that breaks off', PIR.slice(0, 400)],
    ['PIR without operators', pir([])],
  ])('%s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toSatisfy((e) => isModelError(e) && e.hint !== '');
  });

  test('PIR whose operators read one long list again and again', async () => {
    await expect(read(reread(1100))).rejects.toThrow(/lists of more than 1048576 values/);
  });
});
