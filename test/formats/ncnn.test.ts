import { describe, expect, test } from 'vitest';
import { detectFormat } from '../../src/formats/index.js';
import { ncnn } from '../../src/formats/ncnn/index.js';
import { profile } from '../../src/index.js';
import { isModelError } from '../../src/source/errors.js';
import { memorySource } from '../../src/source/memory.js';
import { seen } from './layers.js';

const read = (lines: string, options = {}) => seen(ncnn, `7767517\n9 9\n${lines}`, 'net.param', options);

/** The same network as ncnn writes it in binary: types by number, blobs by number, settings until −233. */
function binary(layers: readonly (readonly [type: number, ins: number[], outs: number[], settings: number[]])[]) {
  const words = [7767517, layers.length, layers.length];
  for (const [type, ins, outs, settings] of layers)
    words.push(type, ins.length, outs.length, ...ins, ...outs, ...settings, -233);
  return new Uint8Array(Int32Array.from(words).buffer);
}

const SMALL = `
Input        data  0 1 data  0=32 1=32 2=3
Convolution  conv1 1 1 data  a     0=8 1=3 3=2 4=1 5=1 6=216 9=1
ConvolutionDepthWise dw 1 1 a b    0=8 1=3 4=1 5=1 6=72 7=8
Split        split 1 2 b b0 b1
Convolution  conv2 1 1 b0 c        0=8 1=1 6=64
BinaryOp     add   2 1 c b1 d      0=0
Pooling      pool  1 1 d e         0=1 4=1
InnerProduct fc    1 1 e f         0=10 1=1 2=80
Softmax      prob  1 1 f prob      0=0
`;

describe('networks', () => {
  test('a small network, by hand', async () => {
    const { macs, params, outputs, gaps } = await read(SMALL);
    // 16·16 positions: 8·27 of the first, 8·9 of the second, 8·8 of the third; 8·10 behind the pooling
    expect(macs).toBe(String(256 * (216 + 72 + 64) + 80));
    expect(params).toBe(String(216 + 8 + 72 + 8 + 64 + 80 + 10));
    expect(outputs).toEqual(['10']);
    expect(gaps).toEqual([]);
  });

  test('the same in binary form', async () => {
    const bytes = binary([
      [16, [], [0], [0, 32, 1, 32, 2, 3]],
      [6, [0], [1], [0, 8, 1, 3, 3, 2, 4, 1, 5, 1, 6, 216, 9, 1]],
      [42, [1], [2], [0, 8, 1, 3, 4, 1, 5, 1, 6, 72, 7, 8]],
      [33, [2], [3, 4], []],
      [6, [3], [5], [0, 8, 1, 1, 6, 64]],
      [40, [5, 4], [6], [0, 0]],
      [21, [6], [7], [0, 1, 4, 1]],
      [15, [7], [8], [0, 10, 1, 1, 2, 80]],
      [32, [8], [9], [0, 0]],
    ]);
    const [text, packed] = [await read(SMALL), await seen(ncnn, bytes, 'net.param.bin')];
    expect([packed.macs, packed.params, packed.outputs]).toEqual([text.macs, text.params, text.outputs]);
  });

  test('another input size goes through the whole network', async () => {
    const { macs } = await read(SMALL, { inputs: [{ shape: [3, 64, 32] }] });
    expect(macs).toBe(String(512 * (216 + 72 + 64) + 80));
  });

  test('an input without extents is what its reader says: free in rows and columns', async () => {
    const { macs, outputs } = await read('Input in0 0 1 in0\nConvolution c 1 1 in0 out 0=4 1=1 6=12');
    expect(macs).toBe('12*in0_1*in0_2');
    expect(outputs).toEqual(['4xin0_1xin0_2']);
  });

  test.each([
    ['0', '16'], // so many windows that the last is begun and padded
    ['1', '15'],
    ['2', '16'],
  ])('pooling in mode %s has %s positions', async (mode, expected) => {
    const { outputs } = await read(`Input i 0 1 i 0=32 1=32 2=1\nPooling p 1 1 i o 0=0 1=3 2=2 5=${mode}`);
    expect(outputs).toEqual([`1x${expected}x${expected}`]);
  });

  test('lists in the old and the new spelling, orders of axes, shares of what is left', async () => {
    const { outputs } = await read(
      [
        'Input i 0 1 i 0=4 1=6 2=10',
        'Slice s 1 3 i a b c -23300=3,2,-233,-233 1=0',
        'Permute p 1 1 b d 0=3',
        'Reshape r 1 1 c e 0=-1 1=2',
        'Crop k 1 1 a f 9=0,1 10=-233,3 11=0,1',
      ].join('\n'),
    );
    expect([...outputs].sort()).toEqual(['2x2x4', '2x48', '6x4x4']);
  });

  test('attention over heads with a cache in front of the keys', async () => {
    const { macs, outputs } = await read(
      'Input q 0 1 q 0=64 1=5 2=8\nInput k 0 1 k 0=64 1=5 2=8\nInput v 0 1 v 0=64 1=5 2=8\nInput m 0 1 m\nInput c 0 2 ck cv\nSDPA s 6 3 q k v m ck cv o nk nv 5=1 7=1',
      { bind: new Map([['past', 11]]) },
    );
    expect(macs).toBe(String(2 * 8 * 5 * 16 * 64));
    expect(outputs).toEqual(['8x5x64', '8x16x64', '8x16x64']);
  });

  test('recurrent layers: the matrices of the input by their number, those of the state by its width', async () => {
    const { macs, params } = await read('Input i 0 1 i 0=10 1=7\nLSTM l 1 1 i o 0=6 1=480 2=2');
    expect(macs).toBe(String(7 * 2 * 4 * 6 * (10 + 6)));
    expect(params).toBe(String(480 + 2 * 24 + 2 * 24 * 6));
  });

  test('a layer of the user’s own is a gap, and named', async () => {
    const { gaps } = await read('Input i 0 1 i 0=10\nMyLayer l 1 1 i o 0=6');
    expect(gaps).toEqual(['MyLayer: opcount has no formula for MyLayer']);
  });

  test('8-bit weights keep their width', async () => {
    const { ledger } = await read('Input i 0 1 i 0=10\nInnerProduct l 1 1 i o 0=6 2=60 8=2');
    expect(ledger.weights.map((w) => w.dtype)).toEqual(['int8']);
  });
});

describe('what is refused', () => {
  test.each([
    ['pnnx’s own file', 'pnnx.Input p 0 1 0 #0=(1,3)f32\nnn.Linear l 1 1 0 1 in=3 @weight=(3,3)f32', 'unsupported'],
    ['a line that is not a layer', 'Convolution conv one 1 a b', 'malformed'],
    ['fewer blobs than it says', 'Convolution conv 3 1 a b', 'malformed'],
    ['weights that do not divide', 'Input i 0 1 i 0=8 1=8 2=3\nConvolution c 1 1 i o 0=4 1=3 6=107', 'shape'],
    ['a blob that nobody makes', 'ReLU r 1 1 a b', 'malformed'],
  ])('%s', async (_, lines, code) => {
    await expect(read(lines)).rejects.toSatisfy((e) => isModelError(e) && e.code === code && e.hint !== '');
  });

  test('detection is by the first line or the first four bytes', () => {
    const of = (given: string | Uint8Array) =>
      memorySource(typeof given === 'string' ? new TextEncoder().encode(given) : given, { name: 'x' });
    expect(detectFormat(of('7767517\n1 1\nInput a 0 1 a')).id).toBe('ncnn');
    expect(detectFormat(of(binary([[16, [], [0], []]]))).id).toBe('ncnn');
  });
});

test('a number that is none is not a list of sizes', async () => {
  const text = '7767517\n2 2\nInput data 0 1 data 0=8 1=8 2=3\nCrop crop 1 1 data out -23309=1,-Infinity\n';
  await expect(profile(new File([text], 'x.param'))).rejects.toMatchObject({ code: 'malformed' });
});

describe('inputs without extents', () => {
  test.each([
    ['a padding in front', 'Padding p 1 1 in0 a 0=4 1=4 2=4 3=4 4=2\nConvolution c 1 1 a y 0=4 1=3 6=108', '3'],
    ['images side by side', 'Split s 1 2 in0 a b\nConcat k 2 1 a b c 0=0\nConvolution c 1 1 c y 0=4 1=1 6=24', '3'],
    ['four pixels as channels', 'YoloV5Focus f 1 1 in0 a\nConvolution c 1 1 a y 0=4 1=1 6=48', '3'],
    ['a norm', 'InstanceNorm n 1 1 in0 a 0=5\nConvolution c 1 1 a y 0=4 1=1 6=20', '5'],
  ])('%s', async (_, lines, channels) => {
    const { ledger, gaps } = await read(`Input i 0 1 in0\n${lines}`);
    expect(ledger.inputs[0]?.value.type?.shape.map(String)).toEqual([channels, 'in0_1', 'in0_2']);
    expect(gaps).toEqual([]);
  });

  test('steps of a recurrent layer, and its states', async () => {
    const { ledger, macs, gaps } = await read(
      'Input a 0 1 in0\nInput b 0 1 in1\nInput c 0 1 in2\nLSTM l 3 3 in0 in1 in2 y h c 0=8 1=320 2=0',
    );
    expect(ledger.inputs.map(({ value }) => value.type?.shape.map(String).join('x'))).toEqual([
      'in0_0x10',
      '1x8',
      '1x8',
    ]);
    expect([macs, gaps]).toEqual([`${4 * 8 * (10 + 8)}*in0_0`, []]);
  });

  test('layers in a circle are refused', async () => {
    const circle = read('Input i 0 1 in0\nBinaryOp b 2 1 in0 y x 0=0\nReLU r 1 1 x y');
    await expect(circle).rejects.toThrow('never defined');
  });
});

test('reductions of the first converters count the batch among the axes', async () => {
  const input = 'Input i 0 1 x 0=6 1=4 2=3\n';
  const old = await read(`${input}Reduction r 1 1 x y 0=3 1=0 -23303=2,2,3 4=1`);
  const now = await read(`${input}Reduction r 1 1 x y 0=3 1=0 -23303=2,1,2 4=1 5=1`);
  expect([old.outputs, now.outputs]).toEqual([['3x1x1'], ['3x1x1']]);
});

test('floats as C writes them', async () => {
  const { outputs } = await read('Input i 0 1 x 0=6 1=4 2=3\nInterp u 1 1 x y 0=1 1=2.f 2=2.f');
  expect(outputs).toEqual(['3x8x12']);
});
