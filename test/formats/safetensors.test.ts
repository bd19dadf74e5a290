import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detectFormat } from '../../src/formats/index.js';
import { readSafetensors } from '../../src/formats/safetensors/read.js';
import { profile, read } from '../../src/node.js';
import { render } from '../../src/report/index.js';
import { isModelError, isSourceError, type ModelErrorCode } from '../../src/source/errors.js';
import { memorySource } from '../../src/source/memory.js';
import { serve } from '../source/server.js';

const folder = join(import.meta.dirname, '../fixtures/safetensors');
const file = (name: string): string => join(folder, name);

/** Parameters and buffers as PyTorch counted them when the files were written. */
const COUNTED: readonly (readonly [string, bigint, bigint, number])[] = [
  ['resnet18.safetensors', 11_689_512n, 9_620n, 122],
  ['tinycnn.safetensors', 330n, 17n, 9],
  ['gpt2/model.safetensors', 124_439_808n, 0n, 148],
  ['bert_base/model.safetensors.index.json', 109_482_240n, 0n, 199],
  ['bert_base/model-00003-of-00005.safetensors', 109_482_240n, 0n, 199],
  ['tiny_llama/model.safetensors.index.json', 19_286_272n, 0n, 39],
  // A scalar of int64 counts something, and no optimizer moves it: 13 of its 14 elements are parameters.
  ['dtypes.safetensors', 13n, 1n, 4],
];

test.each(COUNTED)('%s: %i parameters, %i elements of buffers', async (name, params, buffers, tensors) => {
  const ledger = await read(file(name));
  expect(ledger.weights).toHaveLength(tensors);
  const { totals, coverage } = await profile(file(name));
  expect([totals.params, totals.bufferElements]).toEqual([params, buffers]);
  expect(totals.macs).toBeNull();
  expect(coverage.nodes).toBe(0);
});

test('only headers are read, however large the weights', () => {
  const header = readFileSync(file('resnet18.safetensors'));
  const whole = new Uint8Array(header.length + 46_796_608);
  whole.set(header);
  const source = memorySource(whole, { name: 'resnet18.safetensors' });
  const ledger = readSafetensors(source);
  expect(source.bytesRead).toBe(header.length);
  expect(ledger.notes).toEqual([]);
});

test('by HTTP ranges, the other files of the set too', async () => {
  const names = readdirSync(file('tiny_llama'));
  const server = await serve(new Map(names.map((name) => [name, readFileSync(file(`tiny_llama/${name}`))])));
  try {
    const { totals } = await profile(new URL(server.url('ranges', 'model-00002-of-00003.safetensors')));
    expect(totals.params).toBe(19_286_272n);
  } finally {
    await server.close();
  }
});

test('without an index the files of a set are found by their numbers', () => {
  const siblings = (name: string): Uint8Array | undefined =>
    name.endsWith('.json') ? undefined : readFileSync(file(`tiny_llama/${name}`));
  const first = 'model-00001-of-00003.safetensors';
  const ledger = readSafetensors(memorySource(siblings(first)!, { name: first, siblings }));
  expect(ledger.weights).toHaveLength(39);
  expect(ledger.notes.map((n) => n.code)).toContain('sharded');
});

test('a missing file of a set is named', () => {
  const index = readFileSync(file('tiny_llama/model.safetensors.index.json'));
  const source = memorySource(index, { name: 'model.safetensors.index.json', siblings: () => undefined });
  expect(() => readSafetensors(source)).toThrow(/model-0000\d-of-00003\.safetensors is not beside/);
});

test('the screen: parameters by module, bytes and dtypes, and what to give for MACs', async () => {
  const text = render(await profile(file('gpt2/model.safetensors')), 'tree');
  expect(text).toContain('124,439,808');
  expect(text).toContain('474.7 MiB');
  expect(text).toMatch(/0 … 11 \(×12\) +85\.054 M +68\.3 % +324\.5 MiB +float32/);
  expect(text).toContain('weights and no graph');
  expect(text).toContain('torch.export (.pt2)');
  expect(text).not.toMatch(/MACs +0/);
});

test('conventions that count a graph say so instead of printing zero', async () => {
  const report = await profile(file('tinycnn.safetensors'), { conventions: ['thop'] });
  expect(report.conventions['thop']?.counts).toEqual({});
  expect(report.conventions['thop']?.notes[0]?.code).toBe('no-graph');
  expect(report.macs).toBeUndefined();
});

const build = (header: unknown, payload = 0): Uint8Array => {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + payload);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
};
const readBuilt = (header: unknown, payload = 0) => readSafetensors(memorySource(build(header, payload)));
const f32 = (shape: readonly number[], start = 0) => ({
  dtype: 'F32',
  shape,
  data_offsets: [start, start + 4 * shape.reduce((a, b) => a * b, 1)],
});

test('tied tensors that the writer dropped are aliases of the one that stays', () => {
  const { weights } = readBuilt({
    __metadata__: { 'lm_head.weight': 'wte.weight', format: 'pt' },
    'wte.weight': f32([2, 3]),
  });
  expect(weights).toMatchObject([{ name: 'wte.weight', aliases: ['lm_head.weight'] }]);
});

test('packed weights are counted as stored, and a note says so', () => {
  const { notes, weights } = readBuilt({ 'fc.qweight': { dtype: 'I32', shape: [8, 4], data_offsets: [0, 128] } });
  expect(weights[0]?.kind).toBe('parameter');
  expect(notes.map((n) => n.code)).toContain('packed-weights');
});

test('names of any depth make a tree that can be walked', () => {
  const ledger = readBuilt({ [`${'a.'.repeat(5000)}weight`]: f32([1]) });
  expect(ledger.weights[0]?.name).toHaveLength(10_006);
  expect(ledger.root.module.children).toHaveLength(1);
});

describe('what is wrong is refused, with a place', () => {
  const cases: readonly (readonly [string, Uint8Array, ModelErrorCode, RegExp])[] = [
    ['too short', new Uint8Array(4), 'truncated', /at least 10/],
    ['a header longer than the file', build('{}').with(0, 200), 'truncated', /header has 200 bytes/],
    ['a header of exabytes', build('{}').with(7, 0x7f), 'limit', /the format allows/],
    ['no JSON', build('{"a":'), 'malformed', /not JSON/],
    ['no UTF-8', build('{}').with(9, 0xff), 'malformed', /not JSON/],
    ['no object', build('[]'), 'malformed', /not an object/],
    ['nothing but brackets', build('['.repeat(100_000)), 'limit', /nested|deep/],
    ['a tensor that is a number', build({ a: 3 }), 'malformed', /not described by an object/],
    ['an unknown dtype', build({ a: { dtype: 'F128', shape: [], data_offsets: [0, 16] } }), 'unsupported', /F128/],
    [
      'a dtype by a trick',
      build({ a: { dtype: 'constructor', shape: [], data_offsets: [0, 16] } }),
      'unsupported',
      /constructor/,
    ],
    ['a negative extent', build({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }), 'malformed', /shape/],
    ['a broken extent', build({ a: { dtype: 'F32', shape: [1.5], data_offsets: [0, 6] } }), 'malformed', /shape/],
    [
      'bytes that do not fit the shape',
      build({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }),
      'malformed',
      /bytes are 0 to 4/,
    ],
    [
      'a shape past 2^64',
      build({ a: { dtype: 'F32', shape: [2 ** 50, 2 ** 50], data_offsets: [0, 0] } }),
      'malformed',
      /bytes/,
    ],
    ['offsets backwards', build({ a: { dtype: 'F32', shape: [0], data_offsets: [4, 0] } }), 'malformed', /bytes/],
    ['tensors on top of each other', build({ a: f32([4]), b: f32([4], 8) }), 'malformed', /within the one before/],
  ];
  test.each(cases)('%s', (_, bytes, code, message) => {
    try {
      readSafetensors(memorySource(bytes));
    } catch (error) {
      if (!isModelError(error)) throw error;
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(error.hint).not.toBeNull();
      return;
    }
    throw new Error('it was read');
  });

  const index = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json));
  test.each([
    ['an index without a map', index({})],
    ['an index of numbers', index({ weight_map: { a: 1 } })],
    ['an index that leaves its folder', index({ weight_map: { a: '../../secret.safetensors' } })],
  ])('%s', (_, bytes) => {
    const source = memorySource(bytes, { name: 'model.safetensors.index.json', siblings: () => build('{}') });
    expect(() => readSafetensors(source)).toThrow();
  });
});

test('any header is read or refused, never anything else', () => {
  const extent = fc.oneof(fc.nat(8), fc.constantFrom(-1, 2 ** 60, 0.5, null));
  const tensor = fc.record({
    dtype: fc.constantFrom('F32', 'I8', 'BOOL', 'F4', 'X', 3),
    shape: fc.oneof(fc.array(extent, { maxLength: 4 }), fc.constant('x')),
    data_offsets: fc.array(extent, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.oneof(tensor, fc.jsonValue())), (header) => {
      try {
        readBuilt(header);
      } catch (error) {
        expect(isModelError(error) || isSourceError(error)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('the format is detected by the first bytes', () => {
  const named = (name: string): string => detectFormat(memorySource(readFileSync(file(name)), { name })).id;
  expect(named('resnet18.safetensors')).toBe('safetensors');
  expect(named('tiny_llama/model.safetensors.index.json')).toBe('safetensors');
  expect(detectFormat(memorySource(build({}), { name: 'x' })).id).toBe('safetensors');
});
