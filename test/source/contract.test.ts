import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memorySource } from '../../src/source/memory.js';
import { fileSource } from '../../src/source/node/file.js';
import { urlSource } from '../../src/source/node/http.js';
import { openSource } from '../../src/source/node/open.js';
import type { Source } from '../../src/source/source.js';
import { CALL_BOUND, LOCAL, REMOTE, windowed } from '../../src/source/window.js';
import { type Loopback, serve } from './server.js';

/** What every kind of source must do, whatever it stands on. */

const SIZE = 200_000;
const BYTES = Uint8Array.from({ length: SIZE }, (_, i) => (i * 2654435761) >>> 24);
const BESIDE = Uint8Array.of(1, 2, 3);
const FILES = new Map([
  ['sub/model.onnx', BYTES],
  ['sub/weights.bin', BESIDE],
  ['sub/deep/part 1.bin', BESIDE],
  ['sub/empty', new Uint8Array(0)],
  ['outside.bin', BESIDE],
]);

let folder = '';
let server: Loopback;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'opcount-'));
  mkdirSync(join(folder, 'sub', 'deep'), { recursive: true });
  for (const [name, bytes] of FILES) writeFileSync(join(folder, name), bytes);
  symlinkSync(join(folder, 'outside.bin'), join(folder, 'sub', 'link.bin'));
  symlinkSync(join(folder, 'sub', 'circle.bin'), join(folder, 'sub', 'circle.bin'));
  mkdirSync(join(folder, 'cache', 'blobs'), { recursive: true });
  mkdirSync(join(folder, 'cache', 'snapshots'));
  for (const [blob, name, bytes] of [
    ['1', 'model.onnx', BYTES],
    ['2', 'weights.bin', BESIDE],
  ] as const) {
    writeFileSync(join(folder, 'cache', 'blobs', blob), bytes);
    symlinkSync(join('..', 'blobs', blob), join(folder, 'cache', 'snapshots', name));
  }
  symlinkSync(join(folder, 'outside.bin'), join(folder, 'cache', 'snapshots', 'outside.bin'));
  server = await serve(FILES);
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});

const memory = (name: string): Source =>
  memorySource(FILES.get(`sub/${name}`)!, { name, siblings: (path) => FILES.get(`sub/${path}`) });

const KINDS: Readonly<Record<string, (name: string) => Source>> = {
  memory,
  file: (name) => fileSource(join(folder, 'sub', name)),
  'file, opened': (name) => openSource(join(folder, 'sub', name)),
  'server with ranges': (name) => urlSource(server.url('ranges', `sub/${name}`)),
  'server without ranges': (name) => openSource(server.url('whole', `sub/${name}`)),
  'local windows': (name) => windowed(memory(name), LOCAL),
  'call-bound windows': (name) => windowed(memory(name), CALL_BOUND),
  'remote windows': (name) => windowed(memory(name), REMOTE),
  'tiny windows': (name) => windowed(memory(name), { first: 8, least: 1, most: 64, share: 0.5 }),
};

describe.each(Object.entries(KINDS))('%s', (_, open) => {
  test('has the size, and reads exactly the bytes asked for', () => {
    const source = open('model.onnx');
    expect(source.size).toBe(SIZE);
    expect(source.name).toMatch(/model\.onnx$/);
    for (const [start, end] of [
      [0, 0],
      [0, 1],
      [SIZE - 1, SIZE],
      [SIZE, SIZE],
      [70_000, 70_010],
      [1000, 150_000],
      [0, SIZE],
    ] as const) {
      expect(Buffer.compare(source.read(start, end), BYTES.slice(start, end))).toBe(0);
    }
    source.close?.();
  });

  test('any reads in any order give the same bytes', () => {
    const source = open('model.onnx');
    const range = fc.tuple(fc.nat(SIZE), fc.oneof(fc.nat(20), fc.nat(5000), fc.nat(SIZE)));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), (ranges) => {
        for (const [start, length] of ranges) {
          const end = Math.min(SIZE, start + length);
          const got = source.read(start, end);
          expect(got.length).toBe(end - start);
          expect(Buffer.compare(got, BYTES.subarray(start, end))).toBe(0);
        }
      }),
      { numRuns: 15 },
    );
    source.close?.();
  });

  test('counts what it fetched', () => {
    const source = open('model.onnx');
    const before = source.bytesRead;
    source.read(100_000, 100_100);
    expect(source.requests).toBeGreaterThan(0);
    expect(source.bytesRead).toBeGreaterThanOrEqual(Math.max(100, before));
    expect(source.bytesRead).toBeLessThanOrEqual(SIZE);
    source.close?.();
  });

  test('refuses bytes past the end, with the offset', () => {
    const source = open('model.onnx');
    for (const [start, end] of [
      [0, SIZE + 1],
      [SIZE, SIZE + 1],
      [5 * SIZE, 6 * SIZE],
      [10, 2 ** 52],
    ] as const) {
      expect(() => source.read(start, end)).toThrow(
        expect.objectContaining({ kind: 'ModelError', code: 'truncated', at: { offset: start } }),
      );
    }
    for (const [start, end] of [
      [-1, 1],
      [2, 1],
      [0.5, 1],
      [0, Number.NaN],
    ] as const) {
      expect(() => source.read(start, end)).toThrow(expect.objectContaining({ kind: 'ModelError', code: 'argument' }));
    }
    source.close?.();
  });

  test('an empty file is a file', () => {
    const source = open('empty');
    expect(source.size).toBe(0);
    expect(source.read(0, 0).length).toBe(0);
    source.close?.();
  });

  test('finds files beside it, and none outside its folder', () => {
    const source = open('model.onnx');
    expect(source.sibling('weights.bin')?.read(0, 3)).toEqual(BESIDE);
    expect(source.sibling('./deep//part 1.bin')?.read(1, 3)).toEqual(BESIDE.slice(1));
    expect(source.sibling('weights.bin')?.sibling('model.onnx')?.size).toBe(SIZE);
    const outside = [
      '../outside.bin',
      'deep/../../outside.bin',
      '..\\outside.bin',
      '/etc/passwd',
      '\\x',
      'C:\\x',
      'file:///etc/passwd',
      '',
      '.',
      'a\0b',
    ];
    for (const path of [...outside, 'absent.bin', 'deep']) expect(source.sibling(path), path).toBeUndefined();
    source.close?.();
  });
});

test('a link is followed within the folder, and within the one where a cache keeps all files of a model; nowhere else', () => {
  const source = fileSource(join(folder, 'sub', 'model.onnx'));
  expect(source.sibling('link.bin')).toBeUndefined();
  expect(() => source.sibling('circle.bin')).toThrow(expect.objectContaining({ kind: 'SourceError' }));
  source.close?.();
  const cached = fileSource(join(folder, 'cache', 'snapshots', 'model.onnx'));
  expect(cached.sibling('weights.bin')?.read(0, 3)).toEqual(BESIDE);
  expect(cached.sibling('outside.bin')).toBeUndefined();
  cached.close?.();
});

test('a name that no file can have is an error with a hint', () => {
  const source = fileSource(join(folder, 'sub', 'model.onnx'));
  expect(() => source.sibling('a'.repeat(5000))).toThrow(
    expect.objectContaining({ kind: 'SourceError', hint: expect.any(String) }),
  );
  source.close?.();
});

test('a sibling that is asked for many times is one open file', () => {
  const source = fileSource(join(folder, 'sub', 'model.onnx'));
  const first = source.sibling('weights.bin');
  expect(source.sibling('./weights.bin')).toBe(first);
  first?.close?.();
  expect(source.sibling('weights.bin')?.read(0, 3)).toEqual(BESIDE);
  source.close?.();
});

test('closing gives descriptors back, the siblings’ too, and reading then fails plainly', () => {
  const source = openSource(join(folder, 'sub', 'model.onnx'));
  const sibling = source.sibling('weights.bin')!;
  source.close?.();
  source.close?.();
  for (const closed of [source, sibling]) {
    expect(() => closed.read(0, 1)).toThrow(expect.objectContaining({ kind: 'SourceError' }));
  }
});
