import { describe, expect, test } from 'vitest';
import { sym } from '../../src/dim/index.js';
import { newModule, Trace, type Value } from '../../src/ledger/index.js';
import { tally } from '../../src/ops/index.js';
import type { DType, Shape } from '../../src/tensor/index.js';
import { type Arg, type AtenCall, applyAten, isValue, knowsAten } from '../../src/torch/operators/index.js';

function start(): Trace {
  const trace = new Trace();
  trace.enter(newModule('', 'Net'), '', []);
  return trace;
}
const tensor = (trace: Trace, shape: Shape, dtype: DType = 'float32'): Value => trace.input('x', { dtype, shape });
const call = (trace: Trace, name: string, args: readonly Arg[], kwargs: AtenCall['kwargs'] = {}): readonly Arg[] =>
  applyAten(trace, { name, args, kwargs, spelling: { type: `torch.${name}` } });
const shown = (result: Arg | undefined): unknown =>
  isValue(result)
    ? `${result.type?.dtype}[${result.type?.shape.map(String).join(',')}]`
    : Array.isArray(result)
      ? (result as readonly Arg[]).map(shown)
      : result;
const why = (trace: Trace): string | null => {
  const last = trace.entries.at(-1)?.result;
  return last?.kind === 'gap' ? last.why : null;
};

/** Operator, shapes of tensors, further arguments, and what comes out by PyTorch's documentation. */
const CASES: [name: string, shapes: Shape[], rest: readonly Arg[], result: unknown[]][] = [
  [
    'conv2d',
    [
      [1, 3, 8, 8],
      [4, 3, 3, 3],
    ],
    [null, [2, 2], [1, 1]],
    ['float32[1,4,4,4]'],
  ],
  [
    'conv2d',
    [
      [1, 3, 8, 8],
      [4, 3, 2, 2],
    ],
    [null, [1, 1], 'same'],
    ['float32[1,4,8,8]'],
  ],
  [
    '_convolution',
    [
      [1, 4, 4, 4],
      [4, 2, 2, 2],
    ],
    [null, [2, 2], [0, 0], [1, 1], true, [0, 0], 1, false, false, true, true],
    ['float32[1,2,8,8]'],
  ],
  ['max', [[2, 3]], [], ['float32[]']],
  ['max', [[2, 3]], [1], ['float32[2]', 'int64[2]']],
  ['max', [[2, 3], [3]], [], ['float32[2,3]']],
  ['sum', [[2, 3, 4]], [[0, 2], true], ['float32[1,3,1]']],
  ['mean', [[2, 3, 4]], [], ['float32[]']],
  ['view', [[2, 3, 4]], [2, -1], ['float32[2,12]']],
  ['view', [[2, 3, 4]], [[6, 4]], ['float32[6,4]']],
  ['permute', [[2, 3, 4]], [2, 0, 1], ['float32[4,2,3]']],
  ['expand', [[1, 3]], [4, -1], ['float32[4,3]']],
  ['chunk', [[7, 2]], [3], [['float32[3,2]', 'float32[3,2]', 'float32[1,2]']]],
  ['split', [[7, 2]], [[3, 4]], [['float32[3,2]', 'float32[4,2]']]],
  ['tensor_split', [[7]], [3], [['float32[3]', 'float32[2]', 'float32[2]']]],
  ['unbind', [[2, 5]], [1], [new Array(5).fill('float32[2]')]],
  ['slice', [[10, 4]], [0, 2, 9223372036854775807n, 3], ['float32[3,4]']],
  ['movedim', [[2, 3, 4]], [0, -1], ['float32[3,4,2]']],
  ['unfold', [[1, 10]], [1, 4, 3], ['float32[1,3,4]']],
  ['pixel_shuffle', [[1, 8, 3, 3]], [2], ['float32[1,2,6,6]']],
  ['pad', [[1, 2, 4, 4]], [[1, 2, 0, 1]], ['float32[1,2,5,7]']],
  ['upsample_bilinear2d', [[1, 2, 4, 5]], [null, false, [2, 2.5]], ['float32[1,2,8,12]']],
  ['adaptive_avg_pool2d', [[1, 2, 7, 7]], [[1, 1]], ['float32[1,2,1,1]']],
  ['adaptive_max_pool2d', [[1, 2, 7, 7]], [3], ['float32[1,2,3,3]', 'int64[1,2,3,3]']],
  ['size', [[2, 3]], [], [[2, 3]]],
  ['size', [[2, 3]], [-1], [3]],
  ['topk', [[2, 9]], [4], ['float32[2,4]', 'int64[2,4]']],
  ['one_hot', [[2, 3]], [7], ['int64[2,3,7]']],
  ['div', [[2]], [2], ['float32[2]']],
  ['fft_rfft', [[2, 8]], [], ['complex64[2,5]']],
  ['cross_entropy_loss', [[4, 10], [4]], [], ['float32[]']],
  ['diag_embed', [[2, 3]], [], ['float32[2,3,3]']],
  [
    'tensordot',
    [
      [2, 3, 4],
      [4, 3, 5],
    ],
    [
      [1, 2],
      [1, 0],
    ],
    ['float32[2,5]'],
  ],
];

/** Sizes beyond 2^53 have no JSON: they are named as text. */
const named = ([name, shapes, rest]: (typeof CASES)[number]): string =>
  `${name} of ${JSON.stringify([shapes, rest], (_, value) => (typeof value === 'bigint' ? String(value) : value))}`;

describe('arguments by place', () => {
  test.each(CASES.map((c) => [named(c), ...c] as const))('%s', (_, name, shapes, rest, result) => {
    const trace = start();
    const out = call(trace, name, [...shapes.map((s) => tensor(trace, s)), ...rest]);
    expect([out.map(shown), why(trace)]).toEqual([result, null]);
  });
});

describe('arguments', () => {
  test('by PyTorch’s names, by Python’s other names, and what changes nothing passed over', () => {
    const trace = start();
    const x = tensor(trace, [2, 3]);
    expect(call(trace, 'sum', [], { input: x, axis: 1, keepdims: true }).map(shown)).toEqual(['float32[2,1]']);
    expect(call(trace, 'zeros', [2, 5], { dtype: 4, device: 'cpu', pin_memory: false }).map(shown)).toEqual([
      'int64[2,5]',
    ]);
    expect(call(trace, 'arange', [10], { dtype: 'torch.float16' }).map(shown)).toEqual(['float16[10]']);
    expect(call(trace, 'arange', [2, 10, 3]).map(shown)).toEqual(['int64[3]']);
  });

  test('what does not fit is a gap that says so', () => {
    const trace = start();
    call(trace, 'relu', [tensor(trace, [2]), 1, 2, 3]);
    expect(why(trace)).toMatch(/arguments/);
    call(trace, 'no_such_operator', [tensor(trace, [2])]);
    expect(why(trace)).toMatch(/no formula/);
    expect([knowsAten('relu_'), knowsAten('no_such_operator')]).toEqual([true, false]);
    const unknown = call(trace, 'no_such_operator', [tensor(trace, [2])])[0] as Value;
    call(trace, 'relu', [unknown]);
    expect(why(trace)).toMatch(/not known/);
  });

  test('free sizes stay formulas', () => {
    const trace = start();
    const n = sym('n');
    const x = tensor(trace, [n, 12]);
    const [size] = call(trace, 'size', [x, 0]);
    const [y] = call(trace, 'view', [x, [size as Arg, 3, 4]]);
    expect(shown(y)).toBe('float32[n,3,4]');
    expect(trace.entries.length).toBe(1);
  });
});

describe('dtypes', () => {
  test('a number does not widen a tensor of its kind; floats make floats of integers', () => {
    const trace = start();
    const [half, ints] = [tensor(trace, [2], 'float16'), tensor(trace, [2], 'int32')];
    expect(shown(call(trace, 'mul', [half, 2.5])[0])).toBe('float16[2]');
    expect(shown(call(trace, 'mul', [ints, 2])[0])).toBe('int32[2]');
    expect(shown(call(trace, 'mul', [ints, { float: 2 }])[0])).toBe('float32[2]');
    expect(shown(call(trace, 'add', [half, tensor(trace, [], 'float32')])[0])).toBe('float16[2]');
    expect(shown(call(trace, 'exp', [ints])[0])).toBe('float32[2]');
    expect(shown(call(trace, 'eq', [ints, 1])[0])).toBe('bool[2]');
    expect(shown(call(trace, 'sum', [ints])[0])).toBe('int64[]');
  });
});

describe('in place', () => {
  test('the result has the storage, shape and dtype of the first argument', () => {
    const trace = start();
    const x = tensor(trace, [2, 3], 'float16');
    const [y] = call(trace, 'add_', [x, tensor(trace, [3])]) as [Value];
    expect([y.storage === x.storage, shown(y), y.id !== x.id]).toEqual([true, 'float16[2,3]', true]);
    const [r] = call(trace, 'relu', [x], { inplace: true }) as [Value];
    expect(r.storage).toBe(x.storage);
  });

  test('contents that were known before are not any more', () => {
    const trace = start();
    const [x] = call(trace, 'zeros', [3], { dtype: 'int64' }) as [Value];
    expect(shown(call(trace, 'item', [call(trace, 'select', [x, 0, 0])[0] as Arg])[0])).toBe(0);
    const [part] = call(trace, 'slice', [x, 0, 0, 1]) as [Value];
    call(trace, 'fill_', [part, 5]);
    expect(shown(call(trace, 'item', [call(trace, 'select', [x, 0, 0])[0] as Arg])[0])).toBe('int64[]');
  });
});

describe('indexing', () => {
  const at = (shapes: readonly (Shape | null)[], x: Shape, dtype: DType = 'int64'): unknown => {
    const trace = start();
    return shown(
      call(trace, 'index', [tensor(trace, x), shapes.map((s) => (s === null ? null : tensor(trace, s, dtype)))])[0],
    );
  };
  test('index tensors take the place of their axes, or go to the front where kept axes lie between', () => {
    expect(at([[5]], [8, 3])).toBe('float32[5,3]');
    expect(at([null, [5], [5]], [2, 8, 9, 3])).toBe('float32[2,5,3]');
    expect(at([[4, 1], null, [5]], [8, 2, 9])).toBe('float32[4,5,2]');
    expect(at([null, null, [5]], [8, 2, 9])).toBe('float32[8,2,5]');
  });
  test('a mask gives so many rows as the data says', () => {
    expect(at([[8, 3]], [8, 3, 4], 'bool')).toMatch(/^float32\[index_0,4\]$/);
  });
});

describe('fused kernels', () => {
  test('multi-head attention is its projections, two products and the output', () => {
    const trace = start();
    const [l, e, h] = [10, 16, 4];
    const x = tensor(trace, [2, l, e]);
    const w = (...shape: number[]) => tensor(trace, shape);
    call(trace, '_native_multi_head_attention', [x, x, x, e, h, w(3 * e, e), w(3 * e), w(e, e), w(e), null, false]);
    const result = trace.entries.at(-1)?.result;
    expect(result?.kind === 'known' && tally(result.work).macs).toBe(2 * (l * e * 4 * e + 2 * l * l * e));
    for (const heads of [0, -4])
      expect(() =>
        call(trace, '_native_multi_head_attention', [x, x, x, e, heads, w(48, e), w(48), w(e, e), w(e), null, false]),
      ).toThrow(/attention cannot have/);
  });

  test('an encoder layer is that and its feed-forward pair', () => {
    const trace = start();
    const [l, e, f] = [10, 16, 32];
    const w = (...shape: number[]) => tensor(trace, shape);
    call(trace, '_transformer_encoder_layer_fwd', [
      tensor(trace, [2, l, e]),
      e,
      4,
      w(3 * e, e),
      w(3 * e),
      w(e, e),
      w(e),
      false,
      false,
      1e-5,
      w(e),
      w(e),
      w(e),
      w(e),
      w(f, e),
      w(f),
      w(e, f),
      w(e),
    ]);
    const result = trace.entries.at(-1)?.result;
    expect(result?.kind === 'known' && tally(result.work).macs).toBe(
      2 * (l * e * 4 * e + 2 * l * l * e + 2 * l * e * f),
    );
  });

  test('a packed recurrent layer has its widths from its weights', () => {
    const trace = start();
    const w = (...shape: number[]) => tensor(trace, shape);
    const out = call(trace, 'lstm', [
      tensor(trace, [5, 2, 8]),
      [w(1, 2, 4), w(1, 2, 16)],
      [w(64, 8), w(64, 4), w(64), w(64), w(4, 16)],
      true,
      1,
      0,
      false,
      false,
      false,
    ]);
    expect(out.map(shown)).toEqual(['float32[5,2,4]', 'float32[1,2,4]', 'float32[1,2,16]']);
  });
});
