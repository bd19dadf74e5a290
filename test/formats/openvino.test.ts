import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { detectFormat, type ReadOptions } from '../../src/formats/index.js';
import { readOpenvino } from '../../src/formats/openvino/read.js';
import { coverageOf, type Ledger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { controlled, net, network, old, parameter, result, stored } from './openvino-build.js';

const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const bin = new Uint8Array(16);
new DataView(bin.buffer).setBigInt64(8, 128n, true); // [0, 128]: a batch as it is, 128 features
const read = (xml: string, options: ReadOptions = {}, siblings: Record<string, Uint8Array> = {}): Ledger =>
  readOpenvino(
    memorySource(new TextEncoder().encode(xml), { name: 'model.xml', siblings: (path) => siblings[path] }),
    options,
  );
const macs = (ledger: Ledger): string => text(totalsOf(ledger).macs);
const shapes = (ledger: Ledger): (string | undefined)[] =>
  ledger.outputs.map((o) => o.value.type?.shape.map(text).join('x'));

/** 64 positions of 8×27 products, 16 of 8×9, and 10×128. */
const MACS = 64 * 8 * 27 + 16 * 8 * 9 + 1280;

describe('networks of opsets', () => {
  test('weights are constants, also behind a conversion, which costs nothing', () => {
    const ledger = read(network());
    expect([macs(ledger), shapes(ledger)]).toEqual([String(MACS), ['1x10']]);
    expect(totalsOf(ledger).params).toBe(8 * 27 + 8 + 8 * 9 + 1280);
    expect(ledger.weights.map((w) => [w.name, w.dtype])[0]).toEqual(['conv/weight_half', 'float16']);
    expect(coverageOf(ledger).unknown).toEqual([]);
    expect(ledger.notes).toEqual([]);
    expect(ledger.entries.find((e) => e.op === 'linear')?.call.path).toBe('head');
  });

  test('a free batch: as far as the stated shapes go, and with the .bin beside it', () => {
    for (const siblings of [{}, { 'model.bin': bin }]) {
      const ledger = read(network('?'), {}, siblings);
      expect([macs(ledger), shapes(ledger)]).toEqual([`${MACS}*batch`, ['batchx10']]);
    }
  });

  test('another size is worked out anew where the .bin has the constants, else it says what is missing', () => {
    const given = { inputs: [{ shape: [2, 3, 8, 8] }] };
    expect(macs(read(network(), given, { 'model.bin': bin }))).toBe(String(2 * MACS));
    const without = read(network(), given);
    expect(
      coverageOf(without)
        .unknown.map((u) => u.why)
        .join(),
    ).toContain('.bin');
  });

  test('loops over slices, with states; branches', () => {
    const ledger = read(controlled());
    expect(macs(ledger)).toBe(String(5 * 4 * 32 * (16 + 32)));
    expect(shapes(ledger)).toEqual(['1x5x32']);
    expect(totalsOf(ledger).params).toBe(128 * 16 + 128 * 32 + 128);
    expect(coverageOf(ledger).unknown).toEqual([]);
  });

  test('compressed weights are those that are stored, and what widens them is not work', () => {
    const ledger = read(
      net([
        parameter('x', [4, 64]),
        stored('w', [32, 64], 0, 'u8'),
        { type: 'Convert', name: 'wf', data: { destination_type: 'f32' }, inputs: ['w'], outputs: [[32, 64]] },
        stored('zero', [32, 1], 3000),
        { type: 'Subtract', name: 'ws', inputs: ['wf', 'zero'], outputs: [[32, 64]] },
        stored('scale', [32, 1], 4000),
        { type: 'Multiply', name: 'wm', inputs: ['ws', 'scale'], outputs: [[32, 64]] },
        { type: 'MatMul', name: 'y', data: { transpose_b: 'true' }, inputs: ['x', 'wm'], outputs: [[4, 32]] },
        result('y'),
      ]),
    );
    expect([macs(ledger), text(totalsOf(ledger).flops)]).toEqual(['8192', text(2 * 8192)]);
    expect([totalsOf(ledger).params, ledger.weights[0]?.dtype]).toEqual([2048, 'uint8']);
    expect(ledger.entries.find((e) => e.op === 'linear')?.attrs?.['operands']).toEqual(['float32', 'uint8']);
  });

  test('how many boxes are kept is free, and named so', () => {
    const ledger = read(
      net([
        parameter('x', [1, 100, 4]),
        parameter('scores', [1, 2, 100]),
        { type: 'NonMaxSuppression', name: 'nms', inputs: ['x', 'scores'], outputs: [[-1, 3]] },
        result('nms'),
      ]),
    );
    expect(shapes(ledger)).toEqual(['nms.boxes0x3']);
  });

  test('a layer without a rule is named', () => {
    const ledger = read(
      net([parameter('x', [1, 4]), { type: 'Own', name: 'y', inputs: ['x'], outputs: [[1, 4]] }, result('y')]),
    );
    expect(coverageOf(ledger).unknown.map((u) => u.op)).toEqual(['Own']);
    expect(shapes(ledger)).toEqual(['1x4']);
  });
});

test('versions before 10: blobs are weights, attributes their extents', () => {
  const ledger = read(old());
  expect([macs(ledger), shapes(ledger)]).toEqual([String(16 * 4 * 27 + 80), ['1x5']]);
  expect(totalsOf(ledger).params).toBe(4 * 27 + 4 + 80 + 5);
  expect([ledger.notes, coverageOf(ledger).unknown]).toEqual([[], []]);
});

describe('files', () => {
  test('are detected by their outermost element', () => {
    const of = (xml: string): string => detectFormat(memorySource(new TextEncoder().encode(xml), { name: 'a.xml' })).id;
    expect(of(network())).toBe('openvino');
    expect(of(`<!-- made by hand -->\n${old().replace(/^<\?xml[^>]*>/, '')}`)).toBe('openvino');
    expect(() => of('<?xml version="1.0"?><opencv_storage/>')).toThrow(
      expect.objectContaining({ code: 'wrong-format' }),
    );
  });

  test('a damaged or hostile one: an error with a reason', () => {
    const whole = network();
    for (const [xml, code] of [
      [whole.slice(0, 900), 'malformed'],
      [whole.replace('version="11"', 'version="99"'), 'unsupported'],
      [whole.replace('<edge from-layer="0"', '<edge from-layer="77"'), 'malformed'],
      [`<net version="11">${'<a>'.repeat(400)}`, 'limit'],
      [
        '<!DOCTYPE net [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><net version="11" name="&b;"><layers/></net>',
        'malformed',
      ],
    ] as const)
      expect(() => read(xml)).toThrow(expect.objectContaining({ code }));
  });

  test('the .xml is read once', () => {
    const ledger = read(network());
    expect(ledger.file?.bytesRead).toBe(network().length);
  });
});

test.each([
  [256, 255, 'uint8×int8'],
  [16, 15, 'uint4×int4'],
  [65536, 256, 'uint16×int8'],
])('products behind FakeQuantize of %i and %i levels are %s', (data, weight, operands) => {
  const range = (name: string, offset: number) =>
    ['low', 'high', 'out_low', 'out_high'].map((end, i) => stored(`${name}/${end}`, [1], offset + 4 * i));
  const rounded = (name: string, of: string, levels: number, shape: readonly number[]) => ({
    type: 'FakeQuantize',
    name,
    data: { levels },
    inputs: [of, ...['low', 'high', 'out_low', 'out_high'].map((end) => `${of}/${end}`)],
    outputs: [shape],
  });
  const ledger = read(
    net([
      parameter('x', [1, 16]),
      ...range('x', 0),
      rounded('x/fq', 'x', data, [1, 16]),
      stored('w', [8, 16], 64),
      ...range('w', 600),
      rounded('w/fq', 'w', weight, [8, 16]),
      {
        type: 'MatMul',
        name: 'y',
        data: { transpose_a: 'false', transpose_b: 'true' },
        inputs: ['x/fq', 'w/fq'],
        outputs: [[1, 8]],
      },
      result('y'),
    ]),
  );
  expect([...totalsOf(ledger).macsByOperands].map(([key, n]) => [key, text(n)])).toEqual([[operands, '128']]);
});
