import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { profile } from '../../src/node.js';
import { modelOf, node } from '../formats/onnx-build.js';

const folder = resolve(import.meta.dirname, '../fixtures/measured');
const model = join(folder, 'tiny.onnx');
const json = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));

test('fused kernels of ONNX Runtime stand for the operators in front of them', async () => {
  const { measured, totals } = await profile(model, { measured: json('onnxruntime.json') });
  expect(measured).toMatchObject({ source: 'ONNX Runtime', runs: 3 });
  const rows = measured?.rows ?? [];
  expect(rows.reduce((n, { share }) => n + share, 0)).toBeCloseTo(1);
  expect(rows.reduce((n, { seconds }) => n + seconds, 0)).toBeCloseTo(measured?.seconds ?? 0);
  expect(rows.reduce((n, { macs }) => n + (macs ?? 0n), 0n)).toBe(totals.macs);
  const of = (name: string) => rows.find((row) => row.name === name);
  expect(of('r1_nchwc')).toMatchObject({ path: '/stem/conv/Conv', op: 'Conv', operators: 2, macs: 221_184n });
  expect(of('n2_nchwc')).toMatchObject({ path: '/body/conv/Conv', operators: 2, macs: 589_824n });
  expect(of('/head/Gemm')).toMatchObject({ operators: 1, macs: 80n });
  expect(of('ReorderOutput')).toMatchObject({ path: null, macs: null, flopsPerSecond: null });
  // The sum and the activation behind the second convolution are in its kernel, which is not named after them.
  expect(measured?.withoutTime).toBe(2);
});

test('layers of TensorRT name all that they fuse', async () => {
  const { measured } = await profile(model, { measured: json('trtexec.json') });
  expect(measured).toMatchObject({ source: 'TensorRT', runs: 10, wholeSeconds: null });
  expect(measured?.rows.map(({ operators, macs, seconds }) => [operators, macs, seconds])).toEqual([
    [2, 221_184n, 5e-5],
    [3, 589_824n, 4e-5],
    [0, null, 1e-5],
  ]);
});

test('entries that are none are passed over; sums of all runs do, and a wrapped profile', async () => {
  const layers = [
    { count: 4 },
    null,
    7,
    { name: null, averageMs: 1 },
    { name: '/head/Gemm', averageMs: '1' },
    { name: '/body/conv/Conv', timeMs: 2 },
  ];
  const { measured } = await profile(model, { measured: layers });
  expect(measured?.rows.map(({ name, seconds }) => [name, seconds])).toEqual([['/body/conv/Conv', 5e-4]]);
  const wrapped = await profile(model, { measured: { traceEvents: json('onnxruntime.json') } });
  expect(wrapped.measured).toMatchObject({ source: 'ONNX Runtime', runs: 3 });
});

test('free sizes leave rates open', async () => {
  const options = { inputs: [['n', 3, 32, 32]], measured: json('onnxruntime.json') } as const;
  const { measured } = await profile(model, options);
  const convolutions = measured?.rows.filter(({ op }) => op === 'Conv');
  expect(convolutions?.map(({ macs, flopsPerSecond }) => [macs, flopsPerSecond])).toEqual([
    [null, null],
    [null, null],
  ]);
});

test('what is not a profile, or one of another model, is refused', async () => {
  await expect(profile(model, { measured: {} })).rejects.toThrow(/neither a profile/);
  await expect(profile(model, { measured: [{ cat: 'Session', name: 'x', dur: 1 }] })).rejects.toThrow(/no kernels/);
  await expect(profile('resnet18', { measured: json('trtexec.json') })).rejects.toThrow(/no kernel of the profile/);
});

test('what ONNX Runtime has fused under a name of its own is joined to the node that it began with', async () => {
  const kernel = (name: string, op_name: string, node_index: string) => ({
    cat: 'Node',
    name: `${name}_kernel_time`,
    dur: 10,
    args: { op_name, node_index },
  });
  const profiled = [
    kernel('/stem/conv/Conv/ConvActivationFusion', 'FusedConv', '1'),
    kernel('/body/conv/Conv/ConvAddFusion//ConvActivationFusion/', 'FusedConv', '2'),
    kernel('/head/Gemm', 'Gemm', '3'),
    kernel('BiasGelu_token_3', 'BiasGelu', '4'),
  ];
  const { measured, totals } = await profile(model, { measured: profiled });
  const rows = new Map(measured?.rows.map((row) => [row.name, row]));
  expect(rows.get('/stem/conv/Conv/ConvActivationFusion')).toMatchObject({ path: '/stem/conv/Conv', macs: 221_184n });
  expect(rows.get('BiasGelu_token_3')).toMatchObject({ path: null, macs: null });
  expect(measured?.rows.reduce((n, { macs }) => n + (macs ?? 0n), 0n)).toBe(totals.macs);
});

test('a kernel’s long name is looked into as a short one is', async () => {
  // A node without a name goes by its first result.
  const name = 'n'.repeat(20_000);
  const named = modelOf({ nodes: [node('Sigmoid', ['x'], [name])], inputs: { x: [4] }, outputs: [name] });
  const kernel = { cat: 'Node', name: `${name}/SigmoidFusion_kernel_time`, dur: 10, args: {} };
  const { measured } = await profile(named, { measured: [kernel] });
  expect(measured?.rows.map(({ op }) => op)).toEqual(['Sigmoid']);
});
