import { afterAll, beforeAll, expect, test } from 'vitest';
import { withAsyncBytes } from '../../src/source/async.js';
import { ModelError } from '../../src/source/errors.js';
import type { Source } from '../../src/source/source.js';
import { windowed } from '../../src/source/window.js';
import { type Loopback, serve } from './server.js';

const BYTES = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 2654435761) >>> 24);
let server: Loopback;

beforeAll(async () => {
  server = await serve(
    new Map([
      ['m.bin', BYTES],
      ['w.bin', Uint8Array.of(7)],
    ]),
  );
});

afterAll(() => server.close());

/** Reads here and there, and across the edges of pages. */
function reader(source: Source): { readonly sum: number; readonly source: Source } {
  const file = windowed(source);
  let sum = 0;
  for (const at of [0, 2_900_000, 65_530, 131_000, 1_000_000, 2_999_000, 64_000]) {
    const bytes = file.read(at, at + 1000);
    expect(Buffer.compare(bytes, BYTES.subarray(at, at + 1000))).toBe(0);
    sum += bytes[500]!;
  }
  return { sum, source };
}

test('a Blob gives what memory gives, in few pages', async () => {
  const { source } = await withAsyncBytes(new Blob([BYTES]), reader);
  expect(source.requests).toBeLessThanOrEqual(7);
  expect(source.bytesRead).toBeLessThanOrEqual(BYTES.length);
});

test('so does a server', async () => {
  const { source } = await withAsyncBytes(server.url('ranges', 'm.bin'), reader);
  expect(source.requests).toBeLessThanOrEqual(8);
  expect((await withAsyncBytes(server.url('whole', 'm.bin'), reader)).source.requests).toBe(1);
});

test('a large read spans pages', async () => {
  const all = await withAsyncBytes(new Blob([BYTES]), (source) => {
    source.read(1_000_000, 1_000_001);
    return source.read(0, source.size);
  });
  expect(Buffer.compare(all, BYTES)).toBe(0);
});

test('siblings: those dropped together, or beside the address', async () => {
  const first = (source: Source) => source.sibling('w.bin')?.read(0, 1)[0];
  expect(
    await withAsyncBytes(new Blob([BYTES]), first, {
      siblings: (path) => (path === 'w.bin' ? new Blob([Uint8Array.of(7)]) : undefined),
    }),
  ).toBe(7);
  expect(await withAsyncBytes(new Blob([BYTES]), first)).toBeUndefined();
  expect(await withAsyncBytes(server.url('ranges', 'm.bin'), first)).toBe(7);
  expect(await withAsyncBytes(server.url('ranges', 'm.bin'), (source) => source.sibling('absent'))).toBeUndefined();
});

test('a reader that swallows the interruption still ends with the right result', async () => {
  const stubborn = (source: Source) => {
    try {
      return source.read(1_000_000, 1_000_001)[0];
    } catch {
      return undefined;
    }
  };
  expect(await withAsyncBytes(new Blob([BYTES]), stubborn)).toBe(BYTES[1_000_000]);
});

test('errors of the reader and of the server come through; an abort stops it', async () => {
  const broken = () => {
    throw new ModelError('malformed', 'bad');
  };
  await expect(withAsyncBytes(new Blob([BYTES]), broken)).rejects.toMatchObject({ code: 'malformed' });
  await expect(withAsyncBytes(new Blob([BYTES]), (source) => source.read(0, 4_000_000))).rejects.toMatchObject({
    code: 'truncated',
  });
  await expect(withAsyncBytes(server.url('status-500', 'm.bin'), reader)).rejects.toMatchObject({
    kind: 'SourceError',
    status: 500,
  });
  await expect(withAsyncBytes(new Blob([BYTES]), reader, { signal: AbortSignal.abort() })).rejects.toThrow();
});
