import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findRedis } from '../../scripts/redis.mjs';
import { ROOT } from '../docs.js';

const redis = findRedis();
const scratch = mkdtempSync(join(tmpdir(), 'opcount-queue-'));
let server: ChildProcess | undefined;
let url = '';

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as { port: number };
  await new Promise((done) => probe.close(done));
  return port;
}

beforeAll(async () => {
  if (redis === null) return;
  const port = await freePort();
  url = `redis://127.0.0.1:${port}`;
  server = spawn(redis, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', scratch]);
  await new Promise<void>((done, failed) => {
    server?.stdout?.on('data', (data: Buffer) => /Ready to accept/.test(data.toString()) && done());
    server?.on('exit', () => failed(new Error('the server did not start')));
  });
});
afterAll(() => {
  server?.removeAllListeners('exit');
  server?.kill('SIGKILL');
  rmSync(scratch, { recursive: true });
});

function worker(args: readonly string[]): { process: ChildProcess; ended: Promise<number | null>; said: () => string } {
  let text = '';
  const child = spawn(process.execPath, [join(ROOT, 'dist/opcount.js'), 'scan', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.on('data', (data: Buffer) => {
    text += data.toString();
  });
  return {
    process: child,
    ended: new Promise((done) => child.on('exit', (code) => done(code))),
    said: () => text,
  };
}

/** A moment later, until something is so. */
async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((done) => setTimeout(done, 20));
}

const rows = (out: string): string[] =>
  readdirSync(out)
    .filter((name) => name.startsWith('models-'))
    .flatMap((name) => readFileSync(join(out, name), 'utf8').trimEnd().split('\n'));

describe.skipIf(redis === null)('workers on a queue', () => {
  test('one that is killed loses its jobs to the others: nothing is lost, nothing is there twice', async () => {
    const out = join(scratch, 'out');
    const sizes = Array.from({ length: 12 }, (_, i) => 64 + 32 * i);
    const list = join(scratch, 'models.list');
    const names = ['resnet18', 'alexnet', 'vgg11', 'squeezenet1_0', 'mobilenet_v2', 'densenet121', 'regnet_y_400mf'];
    writeFileSync(list, names.join('\n'));
    const args = [`@${list}`, ...sizes.map((n) => `resnet${[34, 50, 101, 152][n % 4]}`).filter(unique), '-o', out];
    const queue = ['--queue', url, '--lease', '2', '--jobs', '1'];
    const victim = worker([...args, ...queue]);
    await until(() => existsSync(out) && rows(out).length >= 1);
    victim.process.kill('SIGKILL');
    const others = [worker([...args, ...queue]), worker([...args, ...queue])];
    const codes = await Promise.all(others.map((w) => w.ended));
    expect([codes, others.map((w) => w.said()).join('')]).toEqual([[0, 0], expect.stringMatching(/models? \(/)]);
    expect(await worker(['--merge', '-o', out]).ended).toBe(0);
    const { buffer, byteOffset, byteLength } = readFileSync(join(out, 'models.parquet'));
    const merged = await parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer });
    const wanted = [...names, ...args.filter((a) => /^resnet\d/.test(a))];
    expect(merged.map((row) => row['model']).sort()).toEqual(wanted.sort());
    expect(merged.every((row) => row['status'] === 'whole')).toBe(true);
  });

  test('a second run finds everything done', async () => {
    const out = join(scratch, 'twice');
    const args = ['alexnet', 'resnet18', '-o', out, '--queue', url, '--jobs', '1'];
    expect(await worker(args).ended).toBe(0);
    const first = rows(out).length;
    expect(await worker(args).ended).toBe(0);
    expect([first, rows(out).length]).toEqual([2, 2]);
  });
});

const unique = (name: string, i: number, all: readonly string[]): boolean => all.indexOf(name) === i;
