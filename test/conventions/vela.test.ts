import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { profile, reconcile } from '../../src/node.js';

const bytes = (name: string): Uint8Array => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const QUANTISED = 'tflite/mixed_layers.int8.tflite';
const EXACT = 35511676;

test('a softmax is two passes, a mean a pooling, a transposed convolution goes over its outputs', async () => {
  const report = await reconcile(bytes(QUANTISED), {});
  const [count] = report.tools.find((tool) => tool.id === 'vela')?.counts ?? [];
  const terms = Object.fromEntries((count?.terms ?? []).map((d) => [d.term, Number(d.amount)]));
  // Attention over 26 × 26 places with four heads; two layer norms over 20 channels and an image of 100.
  expect(terms).toEqual({
    softmax: 2 * 4 * 676 * 676,
    transposed: 3 * 602112,
    reduction: 676 * (2 * 20 + 100),
  });
  const total = Object.values(terms).reduce((a, b) => a + b, EXACT);
  const { conventions } = await profile(bytes(QUANTISED), { conventions: ['vela'] });
  expect(Number(conventions['vela']?.counts['macs'])).toBe(total);
});

test('what is in floating point is left to the CPU, and a note says so', async () => {
  const { conventions } = await profile(bytes('tflite/mnist_sequential.fp16.tflite'), { conventions: ['vela'] });
  expect(Number(conventions['vela']?.counts['macs'])).toBe(0);
  expect(conventions['vela']?.notes.map((note) => note.code)).toEqual(['silent-zero']);
});

test.each(['vela', 'tflite-tools', 'tf-profiler', 'darknet'])(
  '%s has no count of what it does not read',
  async (id) => {
    const { conventions } = await profile('resnet18', { conventions: [id] });
    expect(conventions[id]?.counts).toEqual({});
    expect(conventions[id]?.notes.map((note) => note.code)).toEqual(['tool-fails']);
  },
);

test('products of a transposed convolution are by data and filter', async () => {
  const { totals } = await profile(bytes(QUANTISED), {});
  expect(Object.keys(totals.macsByOperands ?? {})).toEqual(['int8×int8']);
});
