import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../docs.js';

const client = new Client({ name: 'test', version: '1' });
beforeAll(async () => {
  const command = process.execPath;
  const args = [join(ROOT, 'dist/opcount.js'), 'mcp'];
  await client.connect(new StdioClientTransport({ command, args, cwd: join(ROOT, 'test/fixtures'), stderr: 'pipe' }));
});
afterAll(() => client.close());

interface Told {
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what the protocol carries has no type
  readonly data: any;
  readonly isError: boolean;
}

async function call(name: string, args: Record<string, unknown>): Promise<Told> {
  const result = await client.callTool({ name, arguments: args });
  const [first] = result.content as { text: string }[];
  return { text: first?.text ?? '', data: result.structuredContent, isError: result.isError === true };
}

test('lists tools that only read', async () => {
  const { tools } = await client.listTools();
  expect(tools.map((t) => t.name)).toEqual(['profile', 'compare', 'reconcile', 'fit']);
  expect(tools.every((t) => t.annotations?.readOnlyHint === true)).toBe(true);
});

test('profile gives exact totals, other tools’ numbers, and text', async () => {
  const { text, data } = await call('profile', { model: 'resnet50', conventions: ['thop'] });
  expect(data.totals).toMatchObject({ macs: 4089184256, flops: 8217431528, params: 25557032 });
  expect(data.conventions.thop.counts).toEqual({ macs: 4133742592 });
  expect(text).toMatch(/4\.089 G/);
});

test('at other sizes, from a file, free dimensions bound', async () => {
  const at = await call('profile', { model: 'resnet18', inputs: ['1x3x112x112'] });
  expect(at.data.inputs[0].shape).toEqual([1, 3, 112, 112]);
  const file = await call('profile', { model: 'onnx/resnet50.legacy17.dyn.onnx', bind: { batch: 2 } });
  expect(file.data.totals.macs).toBe(2 * 4089184256);
});

test('a name that objects lose is refused', async () => {
  const bind = JSON.parse('{"__proto__":3}') as Record<string, number>;
  const { text, isError } = await call('profile', { model: 'onnx/resnet50.legacy17.dyn.onnx', bind });
  expect(isError).toBe(true);
  expect(text).toContain('--bind __proto__=3');
});

test('compare, reconcile and who prints a number', async () => {
  const compared = await call('compare', { a: 'resnet18', b: 'resnet34' });
  expect(compared.text).toContain('layer3');
  const reconciled = await call('reconcile', { model: 'resnet50' });
  expect(reconciled.text).toContain('4,133,742,592');
  const who = await call('reconcile', { model: 'resnet50', number: '4.1G' });
  expect(who.text).toContain('thop');
});

test('fit of a language model on a device', async () => {
  const { data } = await call('fit', { model: 'llama-3.1-8b', devices: ['rtx-4090'], context: 8192, weights: 'int4' });
  expect(data.serving.cacheBytesAtContext).toBe(2 * 32 * 8 * 128 * 8192 * 2);
  expect(data.serving.devices[0]).toMatchObject({ device: expect.stringContaining('4090') });
});

test('what cannot be done is told with what to do, and ends nothing', async () => {
  const gone = await call('profile', { model: 'gone.onnx' });
  expect([gone.isError, gone.text]).toEqual([true, expect.stringMatching(/^error: .*gone\.onnx[\s\S]*try/)]);
  const long = await call('profile', { model: 'x'.repeat(100_000) });
  expect([long.isError, long.text]).toEqual([
    true,
    expect.stringContaining('its name is longer than a file system allows'),
  ]);
  const shape = await call('profile', { model: 'resnet18', inputs: ['oops-'] });
  expect([shape.isError, shape.text]).toEqual([true, expect.stringContaining('is not a shape')]);
  expect((await call('profile', { model: 'alexnet' })).isError).toBe(false);
});

test('what is no file, or no argument, is refused and ends nothing', async () => {
  for (const model of ['-', '/dev/zero']) {
    const told = await call('profile', { model });
    expect([told.isError, told.text]).toEqual([true, expect.stringContaining('not a file that can be opened here')]);
  }
  const surplus = await call('profile', { model: 'resnet18', input: ['1x3x64x64'] });
  expect([surplus.isError, surplus.text]).toEqual([true, expect.stringContaining('input')]);
  expect((await call('profile', { model: 'resnet18' })).isError).toBe(false);
});

test('a line longer than any message ends the server with a word, not in silence', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist/opcount.js'), 'mcp'], {
    input: 'x'.repeat(11 * 2 ** 20),
    encoding: 'utf8',
  });
  expect(stderr).toMatch(/^error: a message on stdin is longer than 10 MiB/);
  expect(status).toBe(4);
});
