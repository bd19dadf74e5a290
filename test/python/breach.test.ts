import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildChild } from '../../scripts/python.mjs';
import { filesOf } from '../../src/python/files.js';
import { childFiles, commands } from '../../src/python/node/command.js';
import { runConfined } from '../../src/python/node/process.js';

// The breach is assumed: JavaScript of an attacker's runs in the confined process, at the moment at which a program would.

const root = mkdtempSync(join(tmpdir(), 'opcount-breach-'));
const entry = join(root, 'attack.cjs');
const folder = join(root, 'outside');
const requests: string[] = [];
const datagrams: string[] = [];
const server = createServer((request, response) => {
  requests.push(String(request.url));
  response.end('1');
});
/** A process that is signalled, if anything is. */
const victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
/** Listens at a path. */
const local = createSocketServer(() => requests.push('local'));
const receiver = createSocket('udp4').on('message', (data) => datagrams.push(String(data)));

beforeAll(async () => {
  server.on('connection', () => requests.push('connection'));
  mkdirSync(folder);
  writeFileSync(join(folder, 'secret'), 'SECRET=1\n');
  writeFileSync(join(folder, 'module.mjs'), 'export {};\n');
  writeFileSync(join(folder, 'data.json'), '{}');
  await Promise.all([
    new Promise<void>((done) => server.listen(0, '127.0.0.1', done)),
    new Promise<void>((done) => local.listen(join(root, 'socket'), done)),
    new Promise<void>((done) => receiver.bind(0, '127.0.0.1', done)),
  ]);
  await buildChild(join(import.meta.dirname, 'attack.ts'), entry);
  const where = {
    tcp: (server.address() as AddressInfo).port,
    udp: receiver.address().port,
    local: join(root, 'socket'),
    secret: join(folder, 'secret'),
    module: join(folder, 'module.mjs'),
    folder,
    pid: victim.pid,
  };
  writeFileSync(entry, `globalThis.where = ${JSON.stringify(where)};\n${readFileSync(entry, 'utf8')}`);
});
afterAll(() => {
  victim.kill('SIGKILL');
  server.close();
  server.closeAllConnections();
  local.close();
  receiver.close();
  rmSync(root, { recursive: true, force: true });
});

test.each([
  ['in the strictest way that this system offers', 0],
  ['by Node alone, as where the system offers nothing', -1],
])(
  'whoever owns the confined process reads, writes, starts, signals and reaches nothing: %s',
  async (_, way) => {
    const files = { ...childFiles(), entry };
    let printed = '';
    const decoder = new TextDecoder();
    const ending = await runConfined(
      files,
      { files: filesOf(new Map()), mounts: [], limits: { seconds: 120, bytes: 2 ** 30 } },
      {
        answer: () => '{"error":{"message":"there is no job"}}',
        stdout: (bytes) => {
          printed += decoder.decode(bytes, { stream: true });
        },
        stderr: () => {},
      },
      commands(files).slice(way),
    );
    // All refused; and then there is no job for Python to do.
    expect([printed, ending.kind]).toEqual(['[]', 'broken']);
    expect(requests).toEqual([]);
    expect(datagrams).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['data.json', 'module.mjs', 'secret']);
  },
  200_000,
);

test('the same attack gets through where nothing confines it', async () => {
  const scratch = mkdtempSync(join(root, 'control-'));
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', entry, 'control'], { cwd: scratch });
  const through = JSON.parse(stdout) as string[];
  for (const kind of ['read', 'write', 'process', 'native', 'environment', 'code', 'connect', 'listen', 'names'])
    expect(through.filter((name) => name.startsWith(`${kind}: `)).length, kind).toBeGreaterThan(0);
  // What a version of Node lacks does not get through there either; nearly all of them must.
  expect(through.length).toBeGreaterThan(58);
  expect(requests.length).toBeGreaterThan(0);
  expect(datagrams.length).toBeGreaterThan(0);
}, 200_000);
