import { describe, expect, test } from 'vitest';
import { detectFormat } from '../../src/formats/index.js';
import { mnn } from '../../src/formats/mnn/index.js';
import { isModelError } from '../../src/source/errors.js';
import { memorySource } from '../../src/source/memory.js';
import { bytes, type Flat, i32, ints, table, u8 } from '../wire/flat-build.js';
import { seen } from './layers.js';
import { axis, constant, conv, dims, input, mnnFile, type Operator } from './mnn-build.js';

const read = (bytes: Uint8Array, options = {}) => seen(mnn, bytes, 'net.mnn', options);

const NET = mnnFile(
  ['x', 'c', 'd', 'p', 'r', 'y', 'shape'],
  [
    { type: 'Input', out: [0], main: input(-1, 3, 16, 16), name: 'x' },
    { type: 'Convolution', in: [0], out: [1], main: conv({ kernel: 3, stride: 2, mode: 2, outputs: 8, relu: true }) },
    { type: 'ConvolutionDepthwise', in: [1], out: [2], main: conv({ kernel: 3, pad: 1, outputs: 8, groups: 8 }) },
    { type: 'Pooling', in: [2], out: [3], main: table({ 2: u8(1), 7: u8(1) }) },
    { type: 'Const', out: [6], main: constant([2], [-1, 8]) },
    { type: 'Reshape', in: [3, 6], out: [4], main: dims() },
    { type: 'InnerProduct', in: [4], out: [5], main: table({ 0: i32(10), 1: i32(1) }) },
  ],
  ['y'],
);

/** One operator on an input. */
const one = (op: Omit<Operator, 'in' | 'out'>, ...shape: number[]): Uint8Array =>
  mnnFile(
    ['x', 'y'],
    [
      { type: 'Input', out: [0], main: input(...shape) },
      { ...op, in: [0], out: [1] },
    ],
    ['y'],
  );

describe('models', () => {
  test('a small network, by hand; weights need not be in the file', async () => {
    const { macs, params, outputs, gaps } = await read(NET);
    expect(macs).toBe(`${64 * 8 * 27 + 64 * 8 * 9 + 80}*batch`);
    expect(params).toBe(String(8 * 27 + 8 + 72 + 8 + 80 + 10));
    expect([outputs, gaps]).toEqual([['batchx10'], []]);
  });

  test('another size', async () => {
    const { macs } = await read(NET, { inputs: [{ shape: [2, 3, 32, 32] }] });
    expect(macs).toBe(String(2 * (256 * 8 * 27 + 256 * 8 * 9 + 80)));
  });

  test.each([
    ['padded by its own numbers', { pad: 1 }, 9],
    ['valid', { mode: 1 }, 8],
    ['same', { mode: 2 }, 9],
  ])('a convolution %s', async (_, more, expected) => {
    const { outputs } = await read(
      one({ type: 'Convolution', main: conv({ kernel: 3, stride: 2, outputs: 4, ...more }) }, 1, 2, 17, 17),
    );
    expect(outputs).toEqual([`1x4x${expected}x${expected}`]);
  });

  test.each([
    ['rounded up', {}, 9],
    ['rounded down', { 10: u8(0) }, 8],
    ['valid', { 8: u8(1) }, 8],
    ['same', { 8: u8(2) }, 9],
  ])('pooling %s', async (_, more, expected) => {
    const main = table({ 3: i32(2), 4: i32(2), 5: i32(2), 6: i32(2), ...more });
    expect((await read(one({ type: 'Pooling', main }, 1, 2, 17, 17))).outputs).toEqual([`1x2x${expected}x${expected}`]);
  });

  test('a transposed convolution', async () => {
    const { macs, outputs } = await read(
      one({ type: 'Deconvolution', main: conv({ kernel: 4, stride: 2, pad: 1, outputs: 3 }) }, 1, 2, 8, 8),
    );
    expect([outputs, macs]).toEqual([['1x3x16x16'], String(64 * 2 * 3 * 16)]);
  });

  test('between layouts channels change their place', async () => {
    const convert = (from: number, to: number) =>
      one({ type: 'ConvertTensor', main: table({ 0: u8(from), 1: u8(to) }) }, 1, 4, 5, 6);
    expect((await read(convert(1, 2))).outputs).toEqual(['1x6x4x5']);
    expect((await read(convert(2, 1))).outputs).toEqual(['1x5x6x4']);
    expect((await read(convert(0, 2))).outputs).toEqual(['1x4x5x6']);
  });

  test('a loop that does not say what it runs is a gap, and named', async () => {
    expect((await read(one({ type: 'While' }, 1, 4))).gaps).toEqual(['While: it has no settings']);
  });

  test('two tensors of one name are two', async () => {
    const bytes = mnnFile(
      ['x', 'x', 'y'],
      [
        { type: 'Input', out: [0], main: input(1, 4) },
        { type: 'ReLU', in: [0], out: [1], main: table({}) },
        { type: 'Concat', in: [0, 1], out: [2], main: axis(1) },
      ],
      ['y'],
    );
    expect((await read(bytes)).outputs).toEqual(['1x8']);
  });

  test('weights are stepped over', async () => {
    const weights: Flat = { kind: 'numbers', width: 4, of: new Array<number>(200_000).fill(1) };
    const main = table({ 0: i32(10), 1: i32(1), 2: i32(200_000), 3: weights });
    const { ledger } = await read(one({ type: 'InnerProduct', main }, 1, 20_000));
    expect(ledger.file?.bytesRead).toBeLessThan(100_000);
  });
});

describe('what is refused', () => {
  test.each<[string, Uint8Array]>([
    ['no operators', mnnFile(['x'], [], [])],
    ['a tensor that is not there', mnnFile(['x'], [{ type: 'ReLU', in: [7], out: [0] }], [])],
    ['a file cut short', NET.subarray(0, 100)],
  ])('%s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toSatisfy((e) => isModelError(e) && e.hint !== '');
  });

  test('it is detected by its name and its root', () => {
    expect(detectFormat(memorySource(NET, { name: 'net.mnn' })).id).toBe('mnn');
    expect(() => detectFormat(memorySource(new Uint8Array(64), { name: 'net.mnn' }))).toThrow(/no format/);
  });
});

describe('what converters from ONNX write', () => {
  test.each([
    ['2', [0x00, 0x40], '1x3x10x12'],
    ['1.5', [0x00, 0x3e], '1x3x7x9'],
  ])('factors of a resize as halves: they are no weight (%s)', async (_, factor, out) => {
    const ONE = [0x00, 0x3c];
    const scales = table({ 0: ints(4), 2: i32(19), 3: bytes([...ONE, ...ONE, ...factor, ...factor]) });
    const file = mnnFile(
      ['x', 's', 'y'],
      [
        { type: 'Input', out: [0], main: input(1, 3, 5, 6), name: 'x' },
        { type: 'Const', out: [1], main: scales },
        { type: 'Interp', in: [0, 1], out: [2], main: table({ 4: i32(1) }) },
      ],
      ['y'],
    );
    const { outputs, params, gaps } = await read(file);
    expect([outputs, params, gaps]).toEqual([[out], '0', []]);
  });

  test('a global pooling over volumes, of an image', async () => {
    const pooling = { type: 'Pooling3D', main: table({ 3: u8(1), 5: u8(1) }) } as const;
    expect((await read(one(pooling, 1, 8, 7, 7))).outputs).toEqual(['1x8x1x1']);
  });
});
