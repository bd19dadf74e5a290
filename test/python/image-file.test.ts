import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { packedImage } from '../../scripts/pack.mjs';
import { unpacked } from '../../src/python/node/image-file.js';

let home: string;
const image = (byte: number): Uint8Array => new Uint8Array(100_000).fill(byte);
const pack = (byte: number): string => {
  const file = join(home, `packed-${byte}.br`);
  writeFileSync(file, packedImage(image(byte), 1));
  return file;
};
const kept = (): string[] => readdirSync(join(home, 'opcount'));

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'opcount-image-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

test('a packed image is unpacked once, into the user’s own folder, and replaces that of another version', () => {
  const file = unpacked(pack(1)) as string;
  expect(new Uint8Array(readFileSync(file))).toEqual(image(1));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const written = statSync(file).ino;
  expect(unpacked(pack(1))).toBe(file);
  expect(statSync(file).ino).toBe(written);
  const other = unpacked(pack(2)) as string;
  expect(other).not.toBe(file);
  expect(kept()).toEqual([other.slice(other.lastIndexOf('/') + 1)]);
});

test('nothing that another user may have written is taken, and nothing is put there', () => {
  const file = unpacked(pack(1)) as string;
  chmodSync(file, 0o666);
  writeFileSync(file, image(9));
  expect(new Uint8Array(readFileSync(unpacked(pack(1)) as string))).toEqual(image(1));
  rmSync(join(home, 'opcount'), { recursive: true });
  mkdirSync(join(home, 'opcount'), { mode: 0o777 });
  chmodSync(join(home, 'opcount'), 0o777);
  expect(unpacked(pack(1))).toBeNull();
  expect(kept()).toEqual([]);
});

test('without an image, or with a broken one, Python starts from nothing', () => {
  expect(unpacked(null)).toBeNull();
  const file = join(home, 'broken.br');
  for (const bytes of [new Uint8Array(20), packedImage(image(3), 1).subarray(0, 30), new Uint8Array(3)]) {
    writeFileSync(file, bytes);
    expect(unpacked(file)).toBeNull();
  }
  expect(existsSync(join(home, 'opcount'))).toBe(false);
});
