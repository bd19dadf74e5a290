import { describe, expect, test } from 'vitest';
import { exact } from '../../src/conventions/exact.js';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { read } from '../../src/index.js';
import { coverageOf, type Ledger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { zipOf } from '../wire/zip-build.js';
import { NEW, OLD } from './coreml-text-build.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const say = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const of = async (text: string): Promise<Ledger> =>
  (await read(memorySource(encode(text), { name: 'model.mil' }))) as Ledger;

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
