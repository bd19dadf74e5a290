import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { codeKind } from '../../src/cli/code-cache.js';

const cli = resolve(import.meta.dirname, '../../dist/opcount.js');
const scratch = mkdtempSync(join(tmpdir(), 'opcount-code-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(scratch, 'home-'));
});
const folder = (): string => join(home, 'opcount');
const files = (): string[] => readdirSync(folder()).map((name) => join(folder(), name));

function run(...args: string[]): string {
  const env = { ...process.env, XDG_CACHE_HOME: home, LOCALAPPDATA: home };
  const done = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', env });
  return `${done.status}\n${done.stdout}${done.stderr}`;
}

test('runs are told apart by the command and by what kind of model it reads', () => {
  const kinds = (...lines: string[]): unknown[] => lines.map((line) => codeKind(line.split(' ')));
  expect(kinds('resnet50', 'resnet101 --format json', 'profile resnet50')).toEqual(Array(3).fill('profile-resnet'));
  expect(kinds('a/b.onnx', '../weird-name!.ONNX', 'https://x.org/m.onnx')).toEqual(Array(3).fill('profile-onnx'));
  expect(kinds('net.py:Net', 'models/llama', 'llama-3.1-405b', 'qwen2.5-7b')).toEqual([
    'profile-py',
    'profile-folder',
    'profile-llama',
    'profile-qwen',
  ]);
  expect(kinds('train resnet50', 'check a.onnx', 'check', '--version', '--help', '-')).toEqual([
    'train-resnet',
    'check-onnx',
    'check-',
    'version',
    'options',
    'profile-',
  ]);
  expect(codeKind([])).toBe('options');
});

describe.skipIf(process.platform === 'win32')('what V8 made of the code is kept from run to run', () => {
  test('in a folder and a file that are the user’s alone, and gives the same', () => {
    const first = run('alexnet');
    expect(first).toMatch(/^0\nalexnet/);
    expect(statSync(folder()).mode & 0o777).toBe(0o700);
    expect(files().map((file) => statSync(file).mode & 0o777)).toEqual([0o600]);
    const written = statSync(files()[0] as string).mtimeMs;
    expect(run('alexnet')).toBe(first);
    expect(statSync(files()[0] as string).mtimeMs).toBe(written);
  });

  test('a folder that others may write is neither read nor written', () => {
    mkdirSync(folder());
    chmodSync(folder(), 0o777);
    expect(run('alexnet')).toMatch(/^0\nalexnet/);
    expect(files()).toEqual([]);
  });

  test('a file that is damaged is done without, and replaced', () => {
    const first = run('alexnet');
    const [file] = files() as [string];
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length / 2));
    expect(run('alexnet')).toBe(first);
    writeFileSync(file, 'not code');
    expect(run('alexnet')).toBe(first);
    expect(readFileSync(file).length).toBeGreaterThan(whole.length / 2);
    expect(run('alexnet')).toBe(first);
  });

  test('code that a later run of the same kind needs besides is added once', () => {
    run('alexnet');
    const [file] = files() as [string];
    const small = statSync(file).size;
    const timed = run('alexnet', '--device', 'rtx-4090');
    const grown = statSync(file).size;
    expect(grown).toBeGreaterThan(small);
    expect(run('alexnet', '--device', 'rtx-4090')).toBe(timed);
    run('alexnet');
    expect(statSync(file).size).toBe(grown);
    expect(files()).toEqual([file]);
  });

  test('a failed run keeps nothing, and nothing is kept where it is not wanted', () => {
    expect(run('nosuchmodel')).toMatch(/^2\n/);
    process.env['OPCOUNT_CODE_CACHE'] = '0';
    run('alexnet');
    delete process.env['OPCOUNT_CODE_CACHE'];
    expect(() => files()).toThrow(/ENOENT/);
  });
});
