import { describe, expect, test } from 'vitest';
import { exact } from '../../src/conventions/exact.js';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { read } from '../../src/index.js';
import { coverageOf, type Ledger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { zipOf } from '../wire/zip-build.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const say = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const of = async (text: string): Promise<Ledger> =>
  (await read(memorySource(encode(text), { name: 'model.mil' }))) as Ledger;

/** As the compiler of iOS 15 writes it: every value is a tensor. */
const OLD = `program(1.0)
[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{"coremlc-component-MIL", "5.33.4"}, {"coremltools-version", "6.3"}})]
{
    func main<ios15>(tensor<fp32, [1, 3, 32, 32]> image) [FlexibleShapeInformation = tuple<tuple<tensor<string, []>, dict<tensor<string, []>, tensor<int32, [?]>>>>((("DefaultShapes", {{"image", [1, 3, 32, 32]}})))] {
            tensor<string, []> to16 = const()[name = tensor<string, []>("to16"), val = tensor<string, []>("fp16")];
            tensor<fp16, [1, 3, 32, 32]> x = cast(dtype = to16, x = image)[name = tensor<string, []>("cast")];
            tensor<fp16, [8, 3, 3, 3]> w = const()[name = tensor<string, []>("w"), val = tensor<fp16, [8, 3, 3, 3]>(BLOBFILE(path = tensor<string, []>("@model_path/weights/weight.bin"), offset = tensor<uint64, []>(64)))];
            tensor<fp16, [8]> b = const()[name = tensor<string, []>("b"), val = tensor<fp16, [8]>([0x1.8p-3, -0x1p+0, 0x0p+0, 1, 2, 3, 4, 5])];
            tensor<string, []> pt = const()[name = tensor<string, []>("pt"), val = tensor<string, []>("custom")];
            tensor<int32, [2]> st = const()[name = tensor<string, []>("st"), val = tensor<int32, [2]>([2, 2])];
            tensor<int32, [4]> pd = const()[name = tensor<string, []>("pd"), val = tensor<int32, [4]>([1, 1, 1, 1])];
            tensor<int32, [2]> dl = const()[name = tensor<string, []>("dl"), val = tensor<int32, [2]>([1, 1])];
            tensor<int32, []> gr = const()[name = tensor<string, []>("gr"), val = tensor<int32, []>(1)];
            tensor<fp16, [1, 8, 16, 16]> y = conv(bias = b, dilations = dl, groups = gr, pad = pd, pad_type = pt, strides = st, weight = w, x = x)[name = tensor<string, []>("net/conv")];
            tensor<fp16, [1, 8, 16, 16]> y2 = relu(x = y)[name = tensor<string, []>("net/relu")];
            tensor<int32, []> ax = const()[name = tensor<string, []>("ax"), val = tensor<int32, []>(1)];
            tensor<int32, []> two = const()[name = tensor<string, []>("two"), val = tensor<int32, []>(2)];
            tensor<fp16, [1, 4, 16, 16]> h_0, tensor<fp16, [1, 4, 16, 16]> h_1 = split(axis = ax, num_splits = two, x = y2)[name = tensor<string, []>("split")];
            tensor<bool, []> il = const()[name = tensor<string, []>("il"), val = tensor<bool, []>(false)];
            tensor<fp16, [1, 8, 16, 16]> out = concat(axis = ax, interleave = il, values = (h_1, h_0))[name = tensor<string, []>("concat")];
        } -> (out);
}`;

/** As that of iOS 18 writes it: numbers and texts are no tensors, spaces are few, values stand in place. */
const NEW = `program(1.3)
[buildInfo = dict<string, string>({{"coremlc-version", "3505.4.1"}})]
{
  func main<ios18>(tensor<fp16, [1,4,8]> x, state<tensor<fp16, [1,4,8]>> kept) {
    tensor<fp16, [16,8]> w = const()[name=string("w"), val=tensor<fp16, [16,8]>(BLOBFILE(path=string("@model_path/weights/weight.bin"), offset=uint64(64)))];
    tensor<fp16, [16]> b = const()[name=string("b"), val=tensor<fp16, [16]>(BLOBFILE(path=string("@model_path/weights/weight.bin"), offset=uint64(640)))];
    tensor<fp16, [1,4,16]> y = linear(bias=b, weight=w, x=x)[name=string("y \\"quoted\\"")];
    tensor<fp16, [1,4,16]> z = mul(x=y, y=fp16(0x1p-1))[name=string("z")];
  } -> (z);
}`;

describe('the text of a compiled program', () => {
  test.each([
    ['of iOS 15', OLD, { macs: 8 * 27 * 256, params: 8 * 27 + 8, out: '1x8x16x16' }],
    ['of iOS 18', NEW, { macs: 4 * 16 * 8, params: 16 * 8 + 16, out: '1x4x16' }],
  ])('%s', async (_, text, want) => {
    const ledger = await of(text);
    expect(coverageOf(ledger).unknown).toEqual([]);
    expect(ledger.notes.map(({ code }) => code)).toEqual([]);
    expect(String(exact.run(ledger).counts['macs'])).toBe(String(want.macs));
    expect(say(totalsOf(ledger).params)).toBe(String(want.params));
    expect(ledger.outputs.map((o) => o.value.type?.shape.map(say).join('x'))).toEqual([want.out]);
  });

  test('free extents are symbols, and a folder’s zip is the program in it', async () => {
    const free = NEW.replaceAll('[1,4,', '[1,?,');
    expect(String(exact.run(await of(free)).counts['macs'])).toBe('128*x_1');
    const zip = zipOf([
      { name: 'net.mlmodelc/model.mil', data: encode(NEW) },
      { name: 'net.mlmodelc/coremldata.bin', data: encode('x') },
    ]);
    expect(String(exact.run((await read(zip as never)) as Ledger).counts['macs'])).toBe('512');
  });

  test('loops have their blocks behind them', async () => {
    const loop = `program(1.0)
{
  func main<ios15>(tensor<fp32, [2, 8]> x, tensor<int32, []> i) {
    tensor<fp32, [8, 8]> w = const()[val = tensor<fp32, [8, 8]>(BLOBFILE(path = tensor<string, []>("w"), offset = tensor<uint64, []>(64)))];
    tensor<int32, []> n = while_loop(loop_vars = (i))[name = tensor<string, []>("loop")] (tensor<int32, []> a) {
      tensor<bool, []> go = less(x = a, y = int32(3))[name = string("go")];
    } -> (go), (tensor<int32, []> b) {
      tensor<int32, []> more = add(x = b, y = int32(1))[name = string("more")];
    } -> (more);
    tensor<fp32, [2, 8]> y = matmul(x = x, y = w)[name = string("y")];
  } -> (y);
}`;
    expect(String(exact.run(await of(loop)).counts['macs'])).toBe(String(2 * 8 * 8));
  });

  test.each<[string, string]>([
    ['cut short', OLD.slice(0, 900)],
    ['with a sign that there is not', NEW.replace('y=fp16', 'y=#fp16')],
    ['of no function', 'program(1.0)\n{\n}'],
    ['of too deep values', `program(1.0)\n[a = tensor<int32, [1]>(${'['.repeat(500)}${']'.repeat(500)})]\n{}`],
    ['of too deep types', `program(1.0)\n[a = ${'list<'.repeat(500)}int32${'>'.repeat(500)}()]\n{}`],
    ['of an extent beyond all numbers', NEW.replace('[1,4,8]', `[1,4,${'9'.repeat(400)}]`)],
    ['that only begins', 'program('],
  ])('%s is refused', async (_, text) => {
    await expect(of(text)).rejects.toMatchObject({ code: 'malformed', hint: expect.any(String) });
  });
});
