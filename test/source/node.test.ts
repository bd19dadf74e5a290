import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOwnError } from '../../src/source/errors.js';
import { fileSource } from '../../src/source/node/file.js';
import { filesIn } from '../../src/source/node/folder.js';
import { openSource } from '../../src/source/node/open.js';
import { onceRead } from '../../src/source/node/reads.js';
import { textFile } from '../../src/source/node/text.js';
import { type Loopback, serve } from './server.js';

let folder = '';
let bundle = '';
let server: Loopback;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'opcount-'));
  bundle = join(folder, 'bundle.mjs');
  server = await serve(new Map([['m.bin', new Uint8Array(100_000).fill(5)]]));
  const program = `import { openSource } from './src/source/node/index.js';
    const source = openSource(process.argv[2]);
    console.log(source.size, source.read(source.size - 1, source.size)[0], source.name);`;
  await build({
    stdin: { contents: program, resolveDir: process.cwd() },
    outfile: bundle,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});

test('a pipe with a name is read once somebody writes into it, and given up where nobody does', () => {
  const pipe = join(folder, 'pipe');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  expect(() => fileSource(pipe, 50)).toThrow(
    expect.objectContaining({ kind: 'SourceError', hint: expect.any(String) }),
  );
  spawn('sh', ['-c', 'sleep 0.1; printf abc > "$0"', pipe], { stdio: 'ignore' });
  expect(fileSource(pipe, 60_000).size).toBe(3);
});

test('a link in a circle does not hide the other files of its folder', () => {
  const inner = mkdtempSync(join(folder, 'links-'));
  symlinkSync(join(inner, 'loop'), join(inner, 'loop'));
  writeFileSync(join(inner, 'm.onnx'), 'x');
  expect(filesIn(inner)).toEqual([join(inner, 'm.onnx')]);
});

test.each(['file://host/m.onnx', 'file:///a%2fb', 'file:///a%00b'])('%s is refused with the way out', (url) => {
  expect(() => openSource(url)).toThrow(expect.objectContaining({ kind: 'SourceError', hint: expect.any(String) }));
});

test('a file beyond 4 GiB is read at its end', () => {
  const path = join(folder, 'large.bin');
  const size = 5 * 2 ** 30;
  const fd = openSync(path, 'w');
  ftruncateSync(fd, size);
  writeSync(fd, Uint8Array.of(1, 2, 3), 0, 3, size - 3);
  closeSync(fd);
  const source = openSource(path);
  expect(source.size).toBe(size);
  expect(source.read(size - 3, size)).toEqual(Uint8Array.of(1, 2, 3));
  expect(source.bytesRead).toBeLessThan(1000);
  source.close?.();
});

test('what cannot be opened says why and what to do', () => {
  for (const [path, message] of [
    [join(folder, 'absent'), /no such file/],
    [folder, /folder/],
    [join(bundle, 'x'), /not a folder/],
  ] as const) {
    expect(() => openSource(path)).toThrow(
      expect.objectContaining({
        kind: 'SourceError',
        message: expect.stringMatching(message),
        hint: expect.any(String),
      }),
    );
  }
});

test('a file that shrinks while it is read is not a model error', () => {
  const path = join(folder, 'shrinks');
  writeFileSync(path, new Uint8Array(10_000));
  const source = openSource(path);
  writeFileSync(path, new Uint8Array(10));
  expect(() => source.read(5000, 6000)).toThrow(expect.objectContaining({ kind: 'SourceError' }));
  source.close?.();
});

test('file URLs are paths', () => {
  const path = join(folder, 'with space');
  writeFileSync(path, 'abc');
  const source = openSource(pathToFileURL(path).href);
  expect(source.size).toBe(3);
  source.close?.();
});

const run = (argument: string, input?: Uint8Array) =>
  spawnSync(process.execPath, [bundle, argument], { encoding: 'utf8', timeout: 30_000, ...(input && { input }) });

test('bundled: standard input, a pipe by name, and a server; and the process ends by itself', () => {
  const piped = new Uint8Array(300_000).fill(9);
  expect(run('-', piped).stdout).toBe('300000 9 standard input\n');
  const file = join(folder, 'piped');
  writeFileSync(file, piped);
  const shell = spawnSync('sh', ['-c', `cat '${file}' | '${process.execPath}' '${bundle}' /dev/stdin`], {
    encoding: 'utf8',
  });
  expect(shell.stdout).toBe('300000 9 /dev/stdin\n');
  const url = server.url('ranges', 'm.bin');
  expect(run(url)).toMatchObject({ stdout: `100000 5 ${url}\n`, stderr: '', status: 0 });
});

test('who waits for a long run is told once, when so many bytes were read', () => {
  const path = join(folder, 'read.bin');
  writeFileSync(path, new Uint8Array(4 << 20));
  let times = 0;
  onceRead(1 << 20, () => times++);
  const source = openSource(path);
  source.read(0, 1 << 10);
  expect(times).toBe(0);
  source.read(1 << 20, 2 << 20);
  source.read(2 << 20, 4 << 20);
  expect(times).toBe(1);
  source.close?.();
});

test('a text beside the models is read whole, and what never ends is not', () => {
  const path = join(folder, 'text.json');
  writeFileSync(path, 'é'.repeat(100_000));
  expect(textFile(path, 'list')).toBe('é'.repeat(100_000));
  for (const [where, why] of [
    ['/dev/zero', /cannot read the list \/dev\/zero: it has more than 256 MiB/],
    [folder, /it is a folder/],
    [`${path}/x`, /a part of the path is a file/],
    ['a\0b', /no file has such a name/],
    ['x'.repeat(300), /its name is longer/],
  ] as const)
    expect(() => textFile(where, 'list', 'try another')).toThrow(
      expect.objectContaining({ kind: 'SourceError', message: expect.stringMatching(why), hint: 'try another' }),
    );
});

test('what the system refuses where nobody expected it is a SourceError, not a fault of opcount', () => {
  let refused: unknown;
  try {
    openSync(join(folder, 'nothing'), 'r');
  } catch (error) {
    refused = error;
  }
  expect(asOwnError(refused)).toMatchObject({
    kind: 'SourceError',
    code: 'ENOENT',
    hint: expect.stringContaining('ulimit'),
  });
  expect(asOwnError(new Error('x'))).toMatchObject({ kind: 'ModelError', code: 'internal' });
});
